//! Runs that were cut off: what became of their last writes is found out, and told in the audit,
//! before the next run does anything else.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::files::{self, FileError};
use super::journal::{Record, Run, RunJournal, change};
use super::making::tenant_of;
use super::run::{actor, keep};
use super::settings::Settings;
use super::state::{Part, RunFolder, StateFolder};
use crate::audit::{self, Entry, Event, RunEnd};
use crate::plan::{self, OutcomeStatus, Plan};
use crate::tenant::{self, Open, Reader};

/// A run that has no end.
struct CutOff {
    folder: RunFolder,
    plan: Plan,
    /// Writes of which nobody knows what became.
    open: Vec<Open>,
    /// What the journal says became of the others.
    ended: Vec<audit::Change>,
    /// What the audit has of it.
    told: Vec<Entry>,
}

/// Settles every run of this tenant that was cut off. Only reads are sent.
pub(super) async fn settle(
    context: &mut Context<'_>,
    settings: &Settings,
    state: &StateFolder,
    reader: &Reader,
) -> anyhow::Result<()> {
    let tenant = settings.tenant()?;
    let own = tenant_of(tenant);
    for folder in state.unfinished()? {
        let text = folder.read(Part::Plan)?.unwrap_or_default();
        let plan = match plan::open(&text) {
            Ok(plan) if plan.tenant.url == own.url && plan.tenant.dialect == own.dialect => plan,
            // Another tenant's run is settled by the next run there.
            Ok(_) => continue,
            Err(error) => {
                let name = folder.name();
                context.note(&format!(
                    "warning: the run {name} was cut off, and its plan cannot be read ({error}); \
                     what became of its last writes cannot be known\n"
                ))?;
                continue;
            }
        };
        let told = told(state, &own.name, folder.name())?;
        let cut = CutOff::of(folder, plan, told)?;
        let said = cut.settle(context, settings, state, reader).await?;
        context.note(&said)?;
    }
    Ok(())
}

/// What the audit has of a run.
fn told(state: &StateFolder, tenant: &str, run: &str) -> Result<Vec<Entry>, FileError> {
    let text = match files::read_text(&state.audit_file(tenant)) {
        Err(FileError::Read { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        read => read?,
    };
    let of_run = text.lines().filter(|line| line.contains(run));
    let entries = of_run.filter_map(|line| serde_json::from_str::<Entry>(line).ok());
    Ok(entries.filter(|entry| entry.run == run).collect())
}

impl CutOff {
    fn of(folder: RunFolder, plan: Plan, told: Vec<Entry>) -> anyhow::Result<Self> {
        let mut open: BTreeMap<(String, &'static str), Open> = BTreeMap::new();
        let mut ended = Vec::new();
        for line in folder.journal()? {
            match serde_json::from_str(&line)? {
                Record::Intent { intent } => {
                    let key = (intent.address.to_string(), intent.action.as_str());
                    let (address, action) = (intent.address, intent.action);
                    let (attempts, payload_hash) = (intent.attempt, intent.payload_hash);
                    open.insert(key, Open { address, action, attempts, payload_hash });
                }
                Record::Outcome { change, .. } => {
                    let is_other = |(address, word): &(String, &str)| {
                        *address != change.address || *word != change.written_as()
                    };
                    open.retain(|key, _| is_other(key));
                    ended.push(change);
                }
            }
        }
        Ok(Self { folder, plan, open: open.into_values().collect(), ended, told })
    }

    /// Looks, and writes what is missing into journal and audit; returns what a person is told.
    async fn settle(
        self,
        context: &Context<'_>,
        settings: &Settings,
        state: &StateFolder,
        reader: &Reader,
    ) -> anyhow::Result<String> {
        let zone = &settings.timezone.value;
        let settled = tenant::settle(reader, &self.plan, &self.open, zone).await?;
        let tenant = settings.tenant()?.name.value.clone();
        let by = actor(context);
        let first = self.told.first();
        let run = Run {
            name: self.folder.name().to_owned(),
            actor: first.map_or_else(|| by.clone(), |entry| entry.actor.clone()),
            tenant: tenant.clone(),
            commit: self.plan.source.commit.clone(),
            plan_hash: self.plan.hash.clone(),
        };
        let journal = RunJournal::new(self.folder.record(state.audit(&tenant)?)?, run);
        let is_told: BTreeSet<(&str, &str)> = self
            .told
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::Change(change) => Some((change.address.as_str(), change.action.as_str())),
                _ => None,
            })
            .collect();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for change in &self.ended {
            *counts.entry(change.result.clone()).or_default() += 1;
            if !is_told.contains(&(change.address.as_str(), change.action.as_str())) {
                let change = audit::Change { settled_by: Some(by.clone()), ..change.clone() };
                journal.audit(Event::Change(change)).await?;
            }
        }
        let mut found = BTreeMap::new();
        for outcome in &settled {
            *found.entry(outcome.status).or_default() += 1_u64;
            *counts.entry(outcome.status.as_str().to_owned()).or_default() += 1;
            let change = audit::Change { settled_by: Some(by.clone()), ..change(outcome) };
            journal.ended(change, outcome).await?;
        }
        let end = RunEnd {
            result: "cut-off".to_owned(),
            outcomes: counts,
            settled_by: Some(by),
            ..RunEnd::default()
        };
        if first.is_some() {
            journal.audit(Event::End(end.clone())).await?;
        }
        keep(&self.folder, &self.plan.hash, &end)?;
        Ok(self.said(&found))
    }

    fn said(&self, found: &BTreeMap<OutcomeStatus, u64>) -> String {
        let name = self.folder.name();
        let found: Vec<String> =
            found.iter().map(|(status, count)| format!("{count} {}", status.as_str())).collect();
        let found = match found[..] {
            [] => "no write was under way".to_owned(),
            _ => format!("of the writes that were under way, {}", found.join(", ")),
        };
        format!("The run {name} was cut off; {found}. The audit has it now.\n")
    }
}
