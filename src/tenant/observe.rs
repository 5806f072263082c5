//! Reads from a tenant what the manifests make it necessary to know, and no more.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::{Fetched, Reader, TenantError};
use crate::facts::{self, SOURCES};
use crate::http::Read;
use crate::kinds::{self, KINDS};
use crate::model::{Address, Desired, Facts, Finding, Item, Names, Observed, Raw};
use crate::plan::{Draft, Policy};

/// What should be and what is, in the tenant's own names.
#[derive(Debug, Default)]
pub struct Observation {
    /// What the manifests declare.
    pub desired: Desired,
    /// What the tenant has.
    pub observed: Observed,
    /// What the tenant says and we do not manage.
    pub facts: Facts,
    /// What is wrong with the manifests, given this tenant. Where there is anything, the tenant
    /// was not read further.
    pub findings: Vec<Finding>,
}

/// Reads each needed list once, and each agent in scope once.
///
/// # Errors
/// The tenant cannot be reached, refuses, or the token lacks a scope.
pub async fn observe(
    reader: &Reader,
    items: &[Item],
    facts: Facts,
) -> Result<Observation, TenantError> {
    let mut observation = Observation { facts, ..Observation::default() };
    let needs: BTreeSet<&str> = KINDS.iter().flat_map(|kind| kind.needs(items)).collect();
    reader.require(&scopes(reader, &needs)).await?;
    let listed = list(reader, &needs, items, &mut observation.facts).await?;
    let (desired, findings) = kinds::declare(items, Some(&observation.facts));
    observation.desired = desired;
    observation.findings = findings;
    if !observation.findings.is_empty() {
        return Ok(observation);
    }
    let Observation { desired, observed, facts, .. } = &mut observation;
    for (kind, rows) in listed {
        for row in rows {
            enter(KINDS[kind], &row, None, facts, reader, observed);
        }
    }
    for kind in KINDS {
        let Some(wire) = kind.wire(reader.dialect()) else { continue };
        let parts = wire.parts(desired);
        let fetched = side_by_side(reader, parts, |reader, (lane, read)| async move {
            reader.list(&read).await.map(|fetched| (lane, fetched))
        });
        for (lane, Fetched { rows, etag }) in fetched.await? {
            for row in rows {
                enter(*kind, &row, Some(&lane), facts, reader, observed);
            }
            observed.versions.extend(etag.map(|etag| (lane, etag)));
        }
    }
    Ok(observation)
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
) -> Result<(), TenantError> {
    let dialect = reader.dialect();
    if draft.wants_strategies(policy) {
        let read = facts::list_strategies(dialect);
        reader.require(&BTreeSet::from([read.scope])).await?;
        let rows = reader.list(&read).await?.rows;
        facts.active_skills = Some(rows.iter().flat_map(facts::active_skills).collect());
    }
    let agents: Vec<String> = draft.wants_licences(policy).into_iter().collect();
    let licences = side_by_side(reader, agents, move |reader, agent| async move {
        let read = facts::read_licences(dialect, &agent);
        let rows = reader.one(&read).await?.unwrap_or_default().rows;
        // An agent that the tenant does not know has no licence.
        let licences = rows.first().and_then(facts::licences).unwrap_or_default();
        Ok((agent, licences))
    });
    facts.licences.extend(licences.await?);
    Ok(())
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
/// kinds come back with the index of their kind.
async fn list(
    reader: &Reader,
    needs: &BTreeSet<&str>,
    items: &[Item],
    facts: &mut Facts,
) -> Result<Vec<(usize, Vec<Raw>)>, TenantError> {
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
        reader.list(&read).await.map(|fetched| (index, fetched.rows))
    });
    let mut rows_of_kinds = Vec::new();
    for (index, rows) in fetched.await? {
        if let Some(source) = SOURCES.get(index) {
            let named = rows.iter().filter_map(source.named);
            let names = Names::new(source.sort, source.keyed_by_id, named);
            facts.names.insert(source.sort, names);
            continue;
        }
        let kind = KINDS[index - SOURCES.len()];
        let wire = kind.wire(dialect);
        let named = rows.iter().filter_map(|row| wire?.named(row));
        let mut names = Names::new(kind.name(), false, named);
        for name in kind.declared_names(items) {
            names.declare(name);
        }
        facts.names.insert(kind.name(), names);
        rows_of_kinds.push((index - SOURCES.len(), rows));
    }
    Ok(rows_of_kinds)
}

fn enter(
    kind: &'static dyn kinds::Kind,
    row: &Raw,
    lane: Option<&Address>,
    facts: &Facts,
    reader: &Reader,
    observed: &mut Observed,
) {
    let decoded = kind.wire(reader.dialect()).and_then(|wire| wire.decode(row, lane, facts));
    let Some((address, remote)) = decoded else { return };
    // A list that moved while it was paged can tell one thing twice: whatever the order, the same
    // one is kept.
    let is_kept = observed
        .remotes
        .get(&address)
        .is_none_or(|other| (&remote.id, &remote.document) < (&other.id, &other.document));
    if is_kept {
        observed.remotes.insert(address, remote);
    }
}

/// Does `work` for every item, as many at a time as the tenant allows, and keeps their order. The
/// first error ends it.
async fn side_by_side<T, R, F, W>(
    reader: &Reader,
    items: Vec<T>,
    work: W,
) -> Result<Vec<R>, TenantError>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Future<Output = Result<R, TenantError>> + Send,
    W: Fn(Reader, T) -> F + Clone + Send + Sync + 'static,
{
    let count = items.len();
    let queue = Arc::new(Mutex::new(items.into_iter().enumerate()));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..reader.concurrency().min(count) {
        let (queue, reader, work) = (Arc::clone(&queue), reader.clone(), work.clone());
        workers.spawn(async move {
            let mut done = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                let Some((index, item)) = next else { return Ok(done) };
                done.push((index, work(reader.clone(), item).await?));
            }
        });
    }
    let mut all = Vec::with_capacity(count);
    while let Some(joined) = workers.join_next().await {
        // A worker that panicked has nothing to give; going on without it would be a guess.
        let done: Result<Vec<(usize, R)>, TenantError> =
            joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        all.extend(done?);
    }
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}
