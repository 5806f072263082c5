//! What the audit and the runs of the state folder tell of the past: which run was the last complete
//! one, and what runs left in the tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::files::{self, FileError};
use super::settings::Settings;
use super::state::{Part, StateFolder};
use crate::model::{Address, Document};
use crate::plan::{self, OutcomeStatus, Plan};

/// How many runs are looked into where none is known to be complete.
const RUNS: usize = 20;

/// The end of a run, as the audit tells it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct End {
    event: String,
    pub(super) run: String,
    pub(super) time: Timestamp,
    pub(super) commit: Option<String>,
    result: Option<String>,
    #[serde(default)]
    partial: bool,
}

/// One attempted change, as the audit tells it.
#[derive(Deserialize)]
struct Attempt {
    event: String,
    run: String,
    address: String,
    result: String,
}

/// What is known of the last applies.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// The last complete one.
    pub(super) last: Option<End>,
    /// The digest of the manifests that it was made from, where its plan is here.
    pub(super) digest: Option<String>,
    /// What it and those after it left of what they were to change.
    pub(super) left: BTreeMap<Address, Option<Document>>,
}

impl End {
    fn is_complete(&self) -> bool {
        self.event == "end" && self.result.as_deref() == Some("complete") && !self.partial
    }
}

/// The commit of the last complete apply of all that it declares; none where no such is known.
pub(super) fn last_commit(settings: &Settings) -> anyhow::Result<Option<String>> {
    let state = StateFolder::new(&settings.state_dir.value);
    let ends = ends(settings, &state)?;
    let last = last(&ends, |end| end.commit.is_some());
    Ok(last.and_then(|index| ends.into_iter().nth(index)?.commit))
}

/// What is known of the last applies. A run whose plan is gone tells nothing.
pub(super) fn applied(settings: &Settings) -> anyhow::Result<Applied> {
    let state = StateFolder::new(&settings.state_dir.value);
    let mut ends = ends(settings, &state)?;
    let last = last(&ends, |end| end.commit.is_some());
    let last = last.or_else(|| self::last(&ends, |_| true));
    let from = last.unwrap_or_else(|| ends.len().saturating_sub(RUNS));
    let runs = ends.split_off(from.min(ends.len()));
    let mut done = done(settings, &state, &runs)?;
    let (mut left, mut digest) = (BTreeMap::new(), None);
    for end in &runs {
        let Some(plan) = state.run(&end.run).read(Part::Plan)? else { continue };
        let Ok(plan) = plan::open(&plan) else { continue };
        if last.is_some() && end.run == runs[0].run {
            digest = Some(plan.source.manifests_digest.clone());
        }
        leave(&mut left, plan, &done.remove(&end.run).unwrap_or_default());
    }
    let last = last.and_then(|_| runs.into_iter().next());
    Ok(Applied { last, digest, left })
}

/// What a run left of what it was to change: what it was to be where that was done, else what it
/// had found, unless an earlier run knows better.
fn leave(left: &mut BTreeMap<Address, Option<Document>>, plan: Plan, done: &BTreeSet<String>) {
    let acting = plan.resource_changes.into_iter().filter(|change| change.action().is_some());
    for change in acting {
        if done.contains(&change.address.to_string()) && change.held_by.is_empty() {
            left.insert(change.address, change.change.after);
        } else {
            left.entry(change.address).or_insert(change.change.before);
        }
    }
}

/// The last complete run of those that fit, which left nothing out of what its manifests declare.
fn last(ends: &[End], fits: impl Fn(&End) -> bool) -> Option<usize> {
    ends.iter().rposition(|end| fits(end) && end.is_complete())
}

/// The ends of all runs, in their order.
fn ends(settings: &Settings, state: &StateFolder) -> anyhow::Result<Vec<End>> {
    let mut ends = Vec::new();
    each_line(settings, state, |end: End| {
        if end.event == "end" {
            ends.push(end);
        }
    })?;
    Ok(ends)
}

/// What each of these runs has done.
fn done(
    settings: &Settings,
    state: &StateFolder,
    runs: &[End],
) -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
    let runs: BTreeSet<&str> = runs.iter().map(|end| &*end.run).collect();
    let mut done: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    each_line(settings, state, |attempt: Attempt| {
        let is_done = [OutcomeStatus::Done, OutcomeStatus::Already]
            .iter()
            .any(|status| status.word() == attempt.result);
        if attempt.event == "change" && is_done && runs.contains(&*attempt.run) {
            done.entry(attempt.run).or_default().insert(attempt.address);
        }
    })?;
    Ok(done)
}

/// Takes each line of the tenant's audit that has this shape.
fn each_line<T: DeserializeOwned>(
    settings: &Settings,
    state: &StateFolder,
    mut take: impl FnMut(T),
) -> anyhow::Result<()> {
    let tenant = &settings.tenant()?.name.value;
    for file in state.audit_files(tenant).all()?.into_iter().filter(|file| file.exists()) {
        let mut lines = BufReader::new(files::open(&file)?);
        let mut line = Vec::new();
        let failed = |cause| FileError::Read { path: file.clone(), cause };
        while lines.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            if let Ok(told) = serde_json::from_slice(&line) {
                take(told);
            }
            line.clear();
        }
    }
    Ok(())
}
