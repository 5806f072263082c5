//! Random manifests that are valid for a tenant.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::random::Random;
use super::tenant::{Tenant, ids};
use super::yaml::{Manifest, Tree, leaf};

/// The windows: name, and what the manifest says.
const WINDOWS: [(&str, &[(&str, &str)]); 3] = [
    ("early", &[("from", "2035-01-08T08:00:00Z"), ("to", "2035-01-08T17:00:00Z")]),
    ("offset", &[("from", "2035-02-01T00:00:00+02:00"), ("to", "2036-02-01T00:00:00+02:00")]),
    (
        "local",
        &[
            ("from", "2035-07-02T09:00:00"),
            ("to", "2035-07-02T18:30:00"),
            ("timezone", "America/New_York"),
        ],
    ),
];

/// Manifests, and whom they are about.
pub(crate) struct Desired {
    pub(crate) manifests: Vec<Manifest>,
    /// Ids of the agents that a cell of a matrix is about, or that an exclusive one names.
    pub(crate) agents: BTreeSet<String>,
}

impl Desired {
    /// Manifests for a tenant.
    pub(crate) fn random(seed: u64, tenant: &Tenant) -> Self {
        let random = &mut Random::new(seed, 2);
        let mut manifests = queues(tenant, random);
        for (name, fields) in WINDOWS {
            let said = |(key, value): &(&str, &str)| ((*key).to_owned(), leaf(*value));
            manifests.push(Manifest {
                kind: "AvailabilityWindow",
                name: name.to_owned(),
                metadata: Vec::new(),
                absent: false,
                spec: Tree::Map(fields.iter().map(said).collect()),
            });
        }
        let (cells, exclusive) = Default::default();
        let mut matrices = Matrices { tenant, cells, exclusive, manifests };
        for number in 0..=random.below(2) {
            matrices.add(number, random);
        }
        let agents = matrices.cells.keys().map(|(agent, _)| agent.clone());
        let agents = agents.chain(matrices.exclusive).collect();
        Self { manifests: matrices.manifests, agents }
    }
}

fn queues(tenant: &Tenant, random: &mut Random) -> Vec<Manifest> {
    let rows = tenant.rows("queues");
    let mut manifests = Vec::new();
    let new: Vec<String> = (0..random.below(3)).map(|n| format!("new/{n} *")).collect();
    let gone =
        rows.len().checked_sub(1).filter(|_| random.chance(30)).map(|_| random.below(rows.len()));
    let gone = gone.map(|index| &rows[index]);
    let stays: Vec<&Value> = rows.iter().filter(|row| Some(*row) != gone).collect();
    let renames = renames(&stays, random);
    let mut targets: Vec<String> = Vec::new();
    for row in &stays {
        let id = row["id"].as_str().unwrap();
        targets.push(match renames.get(id) {
            Some((name, _)) => random
                .pick(&[id.to_owned(), format!("id:{id}"), name.clone(), format!("name:{name}")])
                .clone(),
            None => tenant.reference("queues", id, random),
        });
    }
    targets.extend(new.iter().cloned());
    for row in &stays {
        let overflows_into_gone =
            gone.is_some_and(|gone| row["overflow"]["overflowTargetId"] == gone["id"]);
        let is_one_of_many = rows.len() > 20 && random.chance(90);
        let id = row["id"].as_str().unwrap();
        let renamed = renames.get(id);
        if !overflows_into_gone && renamed.is_none() && (is_one_of_many || random.chance(30)) {
            continue;
        }
        let name = renamed.map_or(row["name"].as_str().unwrap(), |(name, _)| name);
        let own = [name.to_owned(), id.to_owned(), format!("id:{id}"), format!("name:{name}")];
        let others: Vec<String> = targets.iter().filter(|t| !own.contains(t)).cloned().collect();
        let spec = queue_spec(tenant, &others, overflows_into_gone, false, random);
        let mut metadata = renamed.map_or_else(Vec::new, |(_, metadata)| metadata.clone());
        if renamed.is_none() && random.chance(10) {
            metadata.push(("id", id.to_owned()));
        }
        manifests.push(Manifest { metadata, ..queue(name, spec) });
    }
    for (index, name) in new.iter().enumerate() {
        // A new queue overflows into one that exists or into an earlier new one: no circle.
        let known = targets.len() - new.len();
        let spec = queue_spec(tenant, &targets[..known + index], false, true, random);
        manifests.push(queue(name, spec));
    }
    if let Some(gone) = gone {
        let name = gone["name"].as_str().unwrap();
        manifests.push(Manifest { absent: true, ..queue(name, Tree::Map(Vec::new())) });
    }
    if random.chance(20) {
        let never = queue("never was", Tree::Map(Vec::new()));
        manifests.push(Manifest { absent: true, ..never });
    }
    manifests
}

fn queue(name: &str, spec: Tree) -> Manifest {
    Manifest { kind: "Queue", name: name.to_owned(), metadata: Vec::new(), absent: false, spec }
}

/// What a queue will be called, and how its manifest says that it is this one.
type Rename = (String, Vec<(&'static str, String)>);

/// Renames by id: to names that nobody had, and to names that others give up.
fn renames(rows: &[&Value], random: &mut Random) -> BTreeMap<String, Rename> {
    let mut renames = BTreeMap::new();
    let mut free: Option<String> = None;
    for (number, row) in rows.iter().enumerate() {
        if !random.chance(if rows.len() > 20 { 5 } else { 20 }) {
            continue;
        }
        let (id, old) = (row["id"].as_str().unwrap(), row["name"].as_str().unwrap());
        let name = free.take().filter(|_| random.chance(60));
        let name = name.unwrap_or_else(|| format!("renamed/{number} *"));
        let mut metadata = Vec::new();
        let pinned = random.chance(40);
        if pinned {
            metadata.push(("id", id.to_owned()));
        }
        if !pinned || random.chance(30) {
            metadata.push(("renamedFrom", old.to_owned()));
        }
        free = Some(old.to_owned());
        renames.insert(id.to_owned(), (name, metadata));
    }
    renames
}

fn queue_spec(
    tenant: &Tenant,
    targets: &[String],
    must_overflow: bool,
    is_new: bool,
    random: &mut Random,
) -> Tree {
    let mut spec: Vec<(String, Tree)> = Vec::new();
    let mut say = |key: &str, tree: Tree| spec.push((key.to_owned(), tree));
    if is_new || random.chance(50) {
        say("capacity", leaf(random.within(1, 5000)));
    }
    if random.chance(40) {
        say("description", leaf(*random.pick(&["", "by manifest: é", "- dash\nline"])));
    }
    if random.chance(30) {
        say("type", leaf(*random.pick(&["standard", "callback"])));
    }
    if random.chance(40) {
        say("priority", leaf(random.within(0, 9)));
    }
    let mut overflow = Vec::new();
    if must_overflow || random.chance(40) {
        let target = if targets.is_empty() || random.chance(25) {
            Value::Null
        } else {
            random.pick(targets).as_str().into()
        };
        overflow.push(("target".to_owned(), Tree::Leaf(target)));
    }
    if random.chance(30) {
        overflow.push(("threshold".to_owned(), leaf(random.within(0, 100))));
    }
    if random.chance(20) {
        overflow.push(("type".to_owned(), leaf("queue")));
    }
    if !overflow.is_empty() {
        say("overflow", Tree::Map(overflow));
    }
    if random.chance(40) {
        let skills: Vec<String> = ids(tenant.rows("skills")).into_iter().take(8).collect();
        let chosen = random.some(40, &skills);
        let named = chosen.iter().map(|id| leaf(tenant.reference("skills", id, random)));
        say("skillGroups", Tree::Set(named.collect()));
    }
    if random.chance(30) {
        let rules = [
            json!([]),
            json!([{"type": "priority", "value": 3}]),
            json!([{"type": "capacity", "value": 7}, {"type": "longest-idle", "value": true}]),
        ];
        say("routingRules", Tree::Leaf(random.pick(&rules).clone()));
    }
    Tree::Map(spec)
}

/// The matrices while they are made: no two say different things of one agent and skill.
struct Matrices<'t> {
    tenant: &'t Tenant,
    cells: BTreeMap<(String, String), String>,
    /// Ids of the agents that hold nothing but what is declared.
    exclusive: BTreeSet<String>,
    manifests: Vec<Manifest>,
}

impl Matrices<'_> {
    fn add(&mut self, number: usize, random: &mut Random) {
        let default = random.chance(50).then(|| random.pick(&WINDOWS).0);
        let is_exclusive = random.chance(25);
        let few: Vec<String> = self.tenant.licensed.iter().take(7).cloned().collect();
        let mut own: BTreeSet<(String, String)> = BTreeSet::new();
        let mut rows = Vec::new();
        for agent in random.some(60, &few) {
            let row = self.row(&agent, default, random);
            own.extend(row.iter().map(|(skill, _)| (agent.clone(), skill.clone())));
            if !row.is_empty() || random.chance(50) {
                self.exclusive.extend(is_exclusive.then(|| agent.clone()));
                let key = self.tenant.reference("agents", &agent, random);
                rows.push((key, self.spelled(row, random)));
            }
        }
        let members = random.some(40, &few);
        if !members.is_empty() {
            self.exclusive.extend(members.iter().filter(|_| is_exclusive).cloned());
            let name = format!("team{number}");
            let row = self.group_row(&members, &own, default, random);
            rows.push((format!("group:{name}"), self.spelled(row, random)));
            let called = members.iter().map(|id| leaf(self.tenant.reference("agents", id, random)));
            let spec = Tree::Map(vec![("members".to_owned(), Tree::Set(called.collect()))]);
            let (kind, metadata) = ("AgentGroup", Vec::new());
            self.manifests.push(Manifest { kind, name, metadata, absent: false, spec });
        }
        let mut spec = vec![("agents".to_owned(), Tree::Map(rows))];
        spec.extend(default.map(|window| ("window".to_owned(), leaf(window))));
        spec.extend(is_exclusive.then(|| ("scope".to_owned(), leaf("exclusive"))));
        let name = format!("matrix{number}");
        self.manifests.push(Manifest {
            kind: "SkillMatrix",
            name,
            metadata: Vec::new(),
            absent: false,
            spec: Tree::Map(spec),
        });
    }

    fn spelled(&self, row: Vec<(String, Tree)>, random: &mut Random) -> Tree {
        let cell =
            |(skill, cell): (String, Tree)| (self.tenant.reference("skills", &skill, random), cell);
        Tree::Map(row.into_iter().map(cell).collect())
    }

    /// Cells of one agent that nothing is said of yet.
    fn row(
        &mut self,
        agent: &str,
        default: Option<&str>,
        random: &mut Random,
    ) -> Vec<(String, Tree)> {
        let mut row = Vec::new();
        let all = ids(self.tenant.rows("skills"));
        for skill in random.some(if all.len() > 20 { 8 } else { 50 }, &all) {
            let key = (agent.to_owned(), skill.clone());
            let has = self.has(agent, &skill);
            let Some((said, cell)) = self.cell(&skill, has, default, random) else { continue };
            if let Entry::Vacant(vacant) = self.cells.entry(key) {
                vacant.insert(said);
                row.push((skill, cell));
            }
        }
        row
    }

    /// Cells of many agents at once; where an agent's own row says something, that one wins.
    fn group_row(
        &mut self,
        members: &[String],
        own: &BTreeSet<(String, String)>,
        default: Option<&str>,
        random: &mut Random,
    ) -> Vec<(String, Tree)> {
        let mut row = Vec::new();
        let all: Vec<String> = ids(self.tenant.rows("skills")).into_iter().take(8).collect();
        for skill in random.some(40, &all) {
            let keys = members.iter().map(|agent| (agent.clone(), skill.clone()));
            let keys: Vec<_> = keys.filter(|key| !own.contains(key)).collect();
            let all_have = keys.iter().all(|(agent, skill)| self.has(agent, skill));
            let Some((said, cell)) = self.cell(&skill, all_have, default, random) else { continue };
            let agrees = |key| self.cells.get(key).is_none_or(|other| *other == said);
            if keys.iter().all(agrees) {
                self.cells.extend(keys.into_iter().map(|key| (key, said.clone())));
                row.push((skill, cell));
            }
        }
        row
    }

    fn has(&self, agent: &str, skill: &str) -> bool {
        let rows = self.tenant.rows("assignments");
        rows.iter().any(|row| row["userId"] == agent && row["skillId"] == skill)
    }

    /// What it means and how it is written; none where it would not be valid.
    fn cell(
        &self,
        skill: &String,
        has: bool,
        default: Option<&str>,
        random: &mut Random,
    ) -> Option<(String, Tree)> {
        if random.chance(15) {
            return Some(("none".to_owned(), leaf("none")));
        }
        if !self.tenant.active.contains(skill) {
            return None;
        }
        let level = random.within(1, 5);
        let window = random.chance(50).then(|| random.pick(&WINDOWS).0);
        let means = window.or(default);
        if means.is_none() && !has {
            return None;
        }
        let mut fields = vec![("level".to_owned(), leaf(level))];
        let cell = match window {
            None if random.chance(50) => leaf(level),
            window => {
                fields.extend(window.map(|window| ("window".to_owned(), leaf(window))));
                Tree::Map(fields)
            }
        };
        Some((format!("{level} {means:?}"), cell))
    }
}
