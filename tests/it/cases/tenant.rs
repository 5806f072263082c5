//! Random tenants: rows with fields that no contract names, and a personality.

use serde_json::{Value, json};

use super::random::Random;

/// Sizes at which pages end.
const EDGES: [usize; 5] = [0, 1, 99, 100, 101];
const FIRST: [&str; 5] = ["Ana", "Ben", "Cléa", "Dov: the 2nd", "E \"Z\" Y"];
const NAMES: [&str; 6] = ["billing", "Sales / EMEA", "100%*", "Überlauf", "true", "id#7 - x"];

/// What the manifests may know of a tenant.
pub(crate) struct Tenant {
    /// The whole as a `kind: Tenant` document.
    pub(crate) snapshot: Value,
    /// Ids of agents who may be routed to.
    pub(crate) licensed: Vec<String>,
    /// Ids of skills that an active strategy uses.
    pub(crate) active: Vec<String>,
}

impl Tenant {
    /// The tenant of a seed.
    pub(crate) fn random(seed: u64) -> Self {
        let random = &mut Random::new(seed, 1);
        // A few seeds fill a list up to where its page ends.
        let mut edge = |remainder: u64, otherwise: usize| {
            let usual = 1 + random.below(otherwise);
            let edge = *random.pick(&EDGES);
            if seed % 12 == remainder { edge } else { usual }
        };
        let (agents, queues, skills) = (edge(0, 6), edge(1, 6), edge(2, 6));
        let held = edge(3, 4);
        let skills = if seed % 12 == 3 { skills.max(held) } else { skills };
        let skills: Vec<Value> = (0..skills).map(|number| skill(number, random)).collect();
        let skill_ids = ids(&skills);
        let active = random.some(80, &skill_ids);
        let strategies = strategies(&skill_ids, &active, random);
        let agents: Vec<Value> = (0..agents).map(|number| agent(number, random)).collect();
        let licensed = agents.iter().filter(|agent| may_be_routed(agent));
        let licensed = ids(&licensed.cloned().collect::<Vec<_>>());
        let mut assignments = Vec::new();
        for (index, agent) in ids(&agents).iter().enumerate() {
            let many = seed % 12 == 3 && index == 0;
            let holds = if many { skill_ids[..held].to_vec() } else { random.some(40, &skill_ids) };
            assignments.extend(holds.iter().take(101).map(|skill| {
                let mut row = assignment(agent, skill, random);
                row["id"] = format!("a-{agent}-{skill}").into();
                row
            }));
        }
        let queues: Vec<Value> =
            (0..queues).map(|n| queue(n, queues, &skill_ids, random)).collect();
        let snapshot = json!({
            "apiVersion": "cxform/v1", "kind": "Tenant", "behaviour": personality(random),
            "skills": skills, "strategies": strategies, "agents": agents, "queues": queues,
            "assignments": assignments,
        });
        Self { snapshot, licensed, active }
    }

    /// The rows of a table.
    pub(crate) fn rows(&self, table: &str) -> &[Value] {
        self.snapshot[table].as_array().unwrap()
    }

    /// What a manifest may call a thing: by id, by a name that it alone has, by e-mail.
    pub(crate) fn reference(&self, table: &str, id: &str, random: &mut Random) -> String {
        let rows = self.rows(table);
        let row = rows.iter().find(|row| row["id"] == id).unwrap();
        let mut ways = vec![format!("id:{id}"), id.to_owned()];
        if let Some(name) = row["name"].as_str()
            && rows.iter().filter(|other| other["name"] == name).count() == 1
        {
            ways.extend([name.to_owned(), format!("name:{name}")]);
        }
        ways.extend(row["email"].as_str().map(str::to_owned));
        random.pick(&ways).clone()
    }
}

/// The ids of rows.
pub(crate) fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn personality(random: &mut Random) -> Value {
    json!({
        "etags": random.pick(&["all", "all", "reads", "none"]),
        "staleStatus": random.pick(&[409, 412]),
        "total": random.chance(50),
        "order": random.pick(&["sorted", "reversed", "shuffled"]),
        "shuffleSeed": random.below(1000),
        "offsets": random.chance(70),
        "extraFields": random.chance(30),
        "nulls": random.chance(30),
        "strategySkills": random.pick(&["stored", "ids", "id", "skillId"]),
        "retryAfter": random.pick(&["seconds", "date"]),
        "tellScopes": random.chance(70),
    })
}

fn skill(number: usize, random: &mut Random) -> Value {
    let mut skill = json!({"id": format!("s-{number}"), "colour": "red"});
    match random.below(10) {
        0 => {}
        1 => skill["name"] = "twin".into(),
        _ => skill["name"] = format!("{} {number}", random.pick(&NAMES)).into(),
    }
    skill
}

fn strategies(all: &[String], active: &[String], random: &mut Random) -> Vec<Value> {
    let spelled = |id: &String, random: &mut Random| match random.below(3) {
        0 => json!(id),
        1 => json!({"id": id, "weight": 0.5}),
        _ => json!({"skillId": id}),
    };
    let idle = json!({"id": "r-0", "name": "idle", "status": "inactive", "skills": all});
    let mut strategies = vec![idle];
    for (index, part) in active.chunks(active.len().div_ceil(2).max(1)).enumerate() {
        let skills: Vec<Value> = part.iter().map(|id| spelled(id, random)).collect();
        let id = format!("r-{}", index + 1);
        strategies.push(json!({"id": id, "status": "active", "skills": skills, "x": null}));
    }
    strategies
}

fn agent(number: usize, random: &mut Random) -> Value {
    let licence = match random.below(5) {
        0 => json!([{"licenseType": "agent"}]),
        1 => json!([{"licenseType": "recording"}, {"licenseType": "routing", "status": "active"}]),
        2 => json!([{"licenseType": "routing", "status": "expired"}]),
        _ => json!([{"licenseType": "routing", "status": "active", "seat": 7}]),
    };
    let id = if random.chance(10) { format!("u/{number} ü") } else { format!("u-{number}") };
    let mut agent = json!({"id": id, "licenses": licence, "team": {"x": [1, 2]}});
    if random.chance(85) {
        agent["name"] = (*random.pick(&FIRST)).into();
    }
    if random.chance(70) {
        agent["email"] = format!("agent{number}@example.com").into();
    }
    agent
}

fn may_be_routed(agent: &Value) -> bool {
    agent["licenses"]
        .as_array()
        .unwrap()
        .iter()
        .any(|licence| licence["licenseType"] != "recording" && licence["status"] != "expired")
}

/// Fields that no contract names.
fn unknown(random: &mut Random) -> Vec<(&'static str, Value)> {
    let fields = [
        ("region", json!({"cell": 7, "share": 1.1, "deep": [{"a": null}]})),
        ("sla", json!(9_007_199_254_740_993_i64)),
        ("note", json!("do not touch — 'ever' \"so\"\n")),
        ("flags", json!([])),
        ("ratio", json!(0.1)),
    ];
    random.some(40, &fields)
}

fn queue(number: usize, count: usize, skills: &[String], random: &mut Random) -> Value {
    let mut queue = json!({"id": format!("q-{number}"), "name": queue_name(number)});
    let capacity = random.within(1, 5000);
    if random.chance(90) {
        queue["capacity"] = capacity.into();
    }
    if random.chance(60) {
        queue["description"] = (*random.pick(&["", "calls about bills", "Ünï\ttab"])).into();
    }
    if random.chance(60) {
        queue["type"] = (*random.pick(&["standard", "callback"])).into();
    }
    if random.chance(60) {
        queue["priority"] = random.within(0, 9).into();
    }
    if random.chance(70) {
        let mut overflow =
            json!({"overflowType": "queue", "overflowThreshold": random.within(0, 100)});
        let target = random.below(count);
        if target != number && random.chance(60) {
            overflow["overflowTargetId"] = format!("q-{target}").into();
        }
        if random.chance(40) {
            overflow["hysteresis"] = json!({"up": 1.5});
        }
        queue["overflow"] = overflow;
    }
    if random.chance(60) {
        let few = skills.iter().take(6).cloned().collect::<Vec<_>>();
        let mut groups = random.some(50, &few);
        random.shuffle(&mut groups);
        queue["skillGroups"] = groups.into();
    }
    if random.chance(60) {
        let rule = json!({"type": "capacity", "value": capacity, "since": "2031"});
        queue["routingRules"] = json!([{"type": "priority", "value": 5}, rule]);
    }
    for (name, value) in unknown(random) {
        queue[name] = value;
    }
    queue
}

/// The name of a tenant's queue.
pub(crate) fn queue_name(number: usize) -> String {
    format!("{} q{number}", NAMES[number % NAMES.len()])
}

fn assignment(agent: &str, skill: &str, random: &mut Random) -> Value {
    let (from, to) = random.pick(&[
        ("2035-01-08T08:00:00Z", "2035-01-08T17:00:00Z"),
        ("2034-12-31T23:30:00.250+02:00", "2035-06-01T00:00:00-05:00"),
        ("2035-01-08T09:00:00+01:00", "2035-01-08T17:00:00.000Z"),
    ]);
    let mut row = json!({
        "userId": agent, "skillId": skill, "level": random.within(1, 5),
        "availableFrom": from, "availableTo": to,
    });
    if random.chance(50) {
        row["lastModified"] = "2034-05-05T05:05:05Z".into();
    }
    for (name, value) in unknown(random) {
        row[name] = value;
    }
    row
}
