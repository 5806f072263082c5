//! Reads from a tenant what the manifests make it necessary to know, and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::side_by_side::{each_side_by_side, side_by_side};
use super::{Fetched, Reader, TenantError};
use crate::facts::{self, SOURCES};
use crate::http::Read;
use crate::kinds::{self, KINDS, Observing, Wire};
use crate::model::{Address, Desired, Facts, Finding, Item, Names, Observed};
use crate::plan::{Draft, Policy};

/// What should be and what is, in the tenant's own names.
#[derive(Debug, Default)]
pub struct Observation {
    /// What the manifests declare.
    pub desired: Desired,
    /// What manifests declared before, in the same names; none where that was not asked for.
    pub base: Option<Desired>,
    /// What the tenant has.
    pub observed: Observed,
    /// What the tenant says and we do not manage.
    pub facts: Facts,
    /// What is wrong with the manifests, given this tenant. Where there is anything, the tenant
    /// was not read further.
    pub findings: Vec<Finding>,
    /// Whether every agent was read, and not only those that manifests name.
    pub is_whole: bool,
    /// How many entities of each kind say too little to be used; they are left alone.
    pub unreadable: BTreeMap<&'static str, usize>,
}

/// How far a long reading has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whose parts are read: a kind, or the facts of one sort.
    pub what: &'static str,
    /// So many parts were read.
    pub done: usize,
    /// There are so many.
    pub of: usize,
}

/// Told of each step of a long reading, as it is made.
pub type Watch<'a> = dyn FnMut(Step) + Send + 'a;

/// Reads each needed list once, and each agent in scope once; of a whole tenant, everything. What
/// manifests declared before (`base`) is read too: it may have to go.
///
/// # Errors
/// The tenant cannot be reached, refuses, or the token lacks a scope.
pub async fn observe(
    reader: &Reader,
    items: &[Item],
    base: Option<Vec<Item>>,
    facts: Facts,
    is_whole: bool,
    watch: &mut Watch<'_>,
) -> Result<Observation, TenantError> {
    let (mut observation, listed) = named(reader, items, base, facts, is_whole).await?;
    if !observation.findings.is_empty() {
        return Ok(observation);
    }
    let (mut findings, mut unreadable) = (Vec::new(), Unreadable::new());
    let dialect = reader.dialect();
    let (desired, base) = (&observation.desired, observation.base.as_ref());
    let mut observing = Observing::new(&observation.facts, dialect, desired, base);
    for (kind, rows) in listed {
        let count = rows.rows().filter(|row| !observing.enter(kind, row, None)).count();
        *unreadable.entry(KINDS[kind].name()).or_default() += count;
    }
    for (index, kind) in KINDS.iter().enumerate() {
        let Some(wire) = kind.wire(dialect) else { continue };
        let lane = |head: &Arc<str>| wire.lane(&Address::of_parts(head, None));
        let mut lanes: Vec<Address> = desired.heads(kind.name()).map(lane).collect();
        let before = base.into_iter().flat_map(|base| base.heads(kind.name()));
        lanes.extend(before.filter(|head| !desired.has_head(head)).map(lane));
        let gone = read_lanes(reader, index, lanes, &mut observing, &mut unreadable, watch).await?;
        // Whom only the base names may have left.
        let is_named =
            |gone: &&Address| desired.heads(kind.name()).any(|head| lane(head) == **gone);
        let named = gone.iter().filter(is_named);
        findings.extend(named.map(|lane| self::gone(lane, wire, kind.name(), desired)));
    }
    observation.observed = observing.finish();
    findings.sort();
    observation.findings = findings;
    observation.count_unreadable(unreadable);
    if is_whole && observation.findings.is_empty() {
        observation.look_everywhere(reader, watch).await?;
    }
    Ok(observation)
}

/// How many entities of each kind say too little to be used.
pub(super) type Unreadable = BTreeMap<&'static str, usize>;

impl Observation {
    /// More entities cannot be used.
    pub(super) fn count_unreadable(&mut self, unreadable: Unreadable) {
        for (kind, count) in unreadable.into_iter().filter(|(_, count)| *count > 0) {
            *self.unreadable.entry(kind).or_default() += count;
        }
    }
}

/// Reads these lanes of the kind at this index of [`KINDS`], where it is told lane by lane. Those
/// that the tenant does not find come back.
pub(super) async fn read_lanes(
    reader: &Reader,
    kind: usize,
    lanes: Vec<Address>,
    observing: &mut Observing<'_>,
    unreadable: &mut Unreadable,
    watch: &mut Watch<'_>,
) -> Result<Vec<Address>, TenantError> {
    let (name, wire) = (KINDS[kind].name(), KINDS[kind].wire(reader.dialect()));
    let part = |lane: Address| wire.and_then(|wire| wire.part(&lane)).map(|read| (lane, read));
    let parts: Vec<_> = lanes.into_iter().filter_map(part).collect();
    let (mut gone, mut done, of) = (Vec::new(), 0, parts.len());
    let fetch = |reader: Reader, (lane, read)| async move {
        match reader.list(&read).await {
            Err(TenantError::Refused { status: 404, .. }) => Ok((lane, None)),
            fetched => fetched.map(|fetched| (lane, Some(fetched))),
        }
    };
    each_side_by_side(reader, parts, fetch, |(lane, fetched): (Address, Option<Fetched>)| {
        let Some(fetched) = fetched else {
            gone.push(lane);
            return;
        };
        let count = fetched.rows().filter(|row| !observing.enter(kind, row, Some(&lane))).count();
        *unreadable.entry(name).or_default() += count;
        if let Some(etag) = &fetched.etag {
            observing.version(lane, etag);
        }
        done += 1;
        watch(Step { what: name, done, of });
    })
    .await?;
    Ok(gone)
}

/// Reads what the manifests' names mean, and nothing else: each needed list once.
///
/// # Errors
/// The tenant cannot be reached, refuses, or the token lacks a scope.
pub async fn recognise(
    reader: &Reader,
    items: &[Item],
    facts: Facts,
) -> Result<Observation, TenantError> {
    named(reader, items, None, facts, false).await.map(|(observation, _)| observation)
}

/// What the manifests declare in the tenant's names, and the rows of kinds that told some of them.
async fn named(
    reader: &Reader,
    items: &[Item],
    base: Option<Vec<Item>>,
    facts: Facts,
    is_whole: bool,
) -> Result<(Observation, Vec<(usize, Fetched)>), TenantError> {
    let mut observation = Observation { facts, ..Observation::default() };
    let mut needs = kinds::needs(items);
    needs.extend(base.iter().flat_map(|base| kinds::needs(base)));
    if is_whole {
        needs.extend(kinds::everything(reader.dialect()));
    }
    reader.require(&scopes(reader, &needs)).await?;
    let (listed, mut findings) = list(reader, &needs, items, &mut observation.facts).await?;
    let (desired, found) = kinds::declare(items, Some(&observation.facts));
    observation.desired = desired;
    observation.base =
        base.map(|mut base| kinds::declare_base(&mut base, items, &mut observation.facts));
    findings.extend(found);
    findings.sort();
    observation.findings = findings;
    Ok((observation, listed))
}

/// What the tenant lists and does not find any more, told where a manifest names it first.
fn gone(lane: &Address, wire: &dyn Wire, kind: &str, desired: &Desired) -> Finding {
    let is_it = |head: &&Arc<str>| wire.lane(&Address::of_parts(head, None)) == *lane;
    let head = desired.heads(kind).find(is_it);
    let named = desired.of_kind(kind).filter(|entry| wire.lane(&entry.address()) == *lane);
    let named = named.map(|entry| &entry.value.place);
    let named = named.chain(head.and_then(|head| desired.excludes_others(head)));
    let place = named.min().cloned().unwrap_or_default();
    let (sort, key) = (lane.kind(), lane.segment(0));
    let message = format!("the tenant lists the {sort} `{key}`, and does not find it any more");
    Finding::error("unknown-reference", &place, message)
        .hint("plan again; if it stays so, take it out of the manifests")
}

/// Asks for the facts that the rules about a draft need.
///
/// # Errors
/// The tenant cannot be reached, refuses, or the token lacks a scope.
pub async fn learn(
    reader: &Reader,
    draft: &Draft,
    policy: &Policy,
    facts: &mut Facts,
    watch: &mut Watch<'_>,
) -> Result<(), TenantError> {
    let dialect = reader.dialect();
    if draft.wants_strategies(policy) {
        let read = facts::list_strategies(dialect);
        reader.require(&BTreeSet::from([read.scope])).await?;
        let fetched = reader.list(&read).await?;
        facts.active_skills = Some(fetched.rows().flat_map(facts::active_skills).collect());
    }
    let agents: Vec<Arc<str>> = draft.wants_licences(policy).into_iter().collect();
    let of = agents.len();
    let ask = move |reader: Reader, agent: Arc<str>| async move {
        let read = facts::read_licences(dialect, &agent);
        let fetched = reader.one(&read).await?.unwrap_or_default();
        // An agent that the tenant does not know has no licence.
        let licences = fetched.rows().next().and_then(facts::licences);
        Ok((agent, licences.unwrap_or_default()))
    };
    each_side_by_side(reader, agents, ask, |(agent, licences)| {
        facts.licences.insert(agent.to_string(), licences);
        watch(Step { what: "licence", done: facts.licences.len(), of });
    })
    .await
}

fn scopes(reader: &Reader, needs: &BTreeSet<&str>) -> BTreeSet<&'static str> {
    let dialect = reader.dialect();
    let sources = SOURCES.iter().filter(|source| needs.contains(source.sort));
    let mut scopes: BTreeSet<&str> = sources.map(|source| (source.list)(dialect).scope).collect();
    for kind in KINDS.iter().filter(|kind| needs.contains(kind.name())) {
        scopes.extend(kind.wire(dialect).into_iter().flat_map(|wire| wire.read_scopes()));
    }
    scopes
}

/// Fetches the needed lists side by side; what they name goes into the facts, and the rows of
/// kinds come back with the index of their kind, beside what is wrong with the manifests' names.
async fn list(
    reader: &Reader,
    needs: &BTreeSet<&str>,
    items: &[Item],
    facts: &mut Facts,
) -> Result<(Vec<(usize, Fetched)>, Vec<Finding>), TenantError> {
    let dialect = reader.dialect();
    let sources = SOURCES.iter().enumerate().filter(|(_, source)| needs.contains(source.sort));
    let sources = sources.map(|(index, source)| (index, (source.list)(dialect)));
    let kinds = KINDS.iter().enumerate().filter(|(_, kind)| needs.contains(kind.name()));
    let kinds = kinds.filter_map(|(index, kind)| {
        let list = kind.wire(dialect)?.list()?;
        Some((SOURCES.len() + index, list))
    });
    let lists: Vec<(usize, Read)> = sources.chain(kinds).collect();
    let fetched = side_by_side(reader, lists, |reader, (index, read)| async move {
        reader.list(&read).await.map(|fetched| (index, fetched))
    });
    let (mut rows_of_kinds, mut findings) = (Vec::new(), Vec::new());
    for (index, rows) in fetched.await? {
        if let Some(source) = SOURCES.get(index) {
            let named = rows.rows().filter_map(source.named);
            let names = Names::new(source.sort, source.keyed_by_id, named);
            facts.names.insert(source.sort, names);
            continue;
        }
        let kind = KINDS[index - SOURCES.len()];
        let wire = kind.wire(dialect);
        let named = rows.rows().filter_map(|row| wire?.named(row));
        let mut names = Names::new(kind.name(), false, named);
        findings.extend(kind.enter_names(items, &mut names));
        facts.names.insert(kind.name(), names);
        rows_of_kinds.push((index - SOURCES.len(), rows));
    }
    Ok((rows_of_kinds, findings))
}
