//! Runs that were cut off: what became of their last writes is found out, and told in the audit,
//! before the next run does anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::clock;
use super::context::Context;
use super::files::{self, FileError};
use super::journal::{Record, Run, RunJournal, change};
use super::making::tenant_of;
use super::provenance::Provenance;
use super::report::{self, Ended};
use super::settings::Settings;
use super::state::{Part, RunFolder, StateFolder};
use crate::audit::{self, Entry, Event, RunEnd, RunStart};
use crate::plan::{self, Outcome, OutcomeStatus, Plan};
use crate::tenant::{self, Figures, Open, Reader};

/// Why a run that has no end has none.
const CUT_OFF: &str = "the run was cut off";

/// A run that has no end.
struct CutOff {
    folder: RunFolder,
    plan: Arc<Plan>,
    /// Whether its journal is gone: then each change of the plan may have been written.
    is_lost: bool,
    /// Writes of which nobody knows what became.
    open: Vec<Open>,
    /// What the journal says became of the others.
    ended: BTreeMap<(String, String), audit::Change>,
    /// How many lines of the journal are none of ours.
    unreadable: usize,
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

/// What the audit has of a run. A run's lines stand together, in the last parts of it.
fn told(state: &StateFolder, tenant: &str, run: &str) -> anyhow::Result<Vec<Entry>> {
    for file in state.audit_files(tenant).all()?.iter().rev() {
        let text = match files::read_text(file) {
            Err(FileError::Read { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                continue;
            }
            read => read?,
        };
        let of_run = text.lines().filter(|line| line.contains(run));
        let entries = of_run.filter_map(|line| serde_json::from_str::<Entry>(line).ok());
        let entries: Vec<Entry> = entries.filter(|entry| entry.run == run).collect();
        if !entries.is_empty() {
            return Ok(entries);
        }
    }
    Ok(Vec::new())
}

impl CutOff {
    fn of(folder: RunFolder, plan: Plan, told: Vec<Entry>) -> anyhow::Result<Self> {
        let mut open: BTreeMap<(String, &'static str), Open> = BTreeMap::new();
        let (mut ended, mut is_lost, mut unreadable) = (BTreeMap::new(), false, 0);
        for line in folder.journal()? {
            let Ok(record) = serde_json::from_str(&line) else {
                unreadable += 1;
                continue;
            };
            match record {
                Record::Lost => is_lost = true,
                Record::Intent { intent } => {
                    let key = (intent.address.to_string(), intent.action.word());
                    let (address, action) = (intent.address, intent.action);
                    let (attempts, payload_hash) = (intent.attempt, Some(intent.payload_hash));
                    open.insert(key, Open { address, action, attempts, payload_hash });
                }
                Record::Outcome { change, .. } => {
                    let is_other = |(address, word): &(String, &str)| {
                        *address != change.address || *word != change.written_as()
                    };
                    open.retain(|key, _| is_other(key));
                    ended.insert((change.address.clone(), change.written_as().to_owned()), change);
                }
            }
        }
        let mut open: Vec<Open> = open.into_values().collect();
        if is_lost {
            open.extend(plan.live().filter_map(Open::of));
        }
        let plan = Arc::new(plan);
        Ok(Self { folder, plan, open, is_lost, ended, unreadable, told })
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
        let open = self.open.clone();
        let mut settled = tenant::settle(reader, Arc::clone(&self.plan), open, zone).await?;
        if self.is_lost {
            // What was not written may not have been tried either.
            settled.retain(|outcome| outcome.status != OutcomeStatus::Failed);
        }
        let tenant = settings.tenant()?.name.value.clone();
        let by = Provenance::of(&context.environment).actor;
        let begun = self.begun()?;
        let first = self.told.first().or(begun.as_ref());
        let run = Run {
            name: self.folder.name().to_owned(),
            actor: first.map_or_else(|| by.clone(), |entry| entry.actor.clone()),
            tenant: tenant.clone(),
            commit: self.plan.source.commit.clone(),
            plan_hash: self.plan.hash.clone(),
        };
        let journal = RunJournal::new(self.folder.record(state.audit(&tenant)?)?, run);
        if let Some(entry @ Entry { event: Event::Start(start), .. }) = &begun {
            let start = RunStart { settled_by: Some(by.clone()), ..start.clone() };
            journal.enter(Entry { event: Event::Start(start), ..entry.clone() }).await?;
        }
        let is_told: BTreeSet<(&str, &str)> = self
            .told
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::Change(change) => Some((change.address.as_str(), change.action.as_str())),
                _ => None,
            })
            .collect();
        for change in self.ended.values() {
            if !is_told.contains(&(change.address.as_str(), change.action.as_str())) {
                let change = audit::Change { settled_by: Some(by.clone()), ..change.clone() };
                journal.audit(Event::Change(change)).await?;
            }
        }
        for outcome in &settled {
            let change = audit::Change { settled_by: Some(by.clone()), ..change(outcome) };
            journal.ended(change, outcome).await?;
        }
        let outcomes = self.outcomes(&settled);
        let told_end = self.told.iter().find_map(|entry| match &entry.event {
            Event::End(end) => Some(end.clone()),
            _ => None,
        });
        let is_ended = told_end.is_some();
        let end = told_end.unwrap_or_else(|| RunEnd {
            result: "cut-off".to_owned(),
            outcomes: report::audited(&outcomes),
            settled_by: Some(by),
            ..RunEnd::default()
        });
        // It may have been cut off between its last entry and its report; it ends but once.
        let head = match first {
            Some(_) if !is_ended => Some(journal.audit(Event::End(end.clone())).await?),
            _ => None,
        };
        let ended = Ended {
            run: self.folder.name(),
            tenant: &tenant,
            plan_hash: &self.plan.hash,
            result: &end.result,
            stopped: Some(CUT_OFF),
            started: first.map_or_else(clock::now, |entry| entry.time),
            ended: clock::now(),
            outcomes: &outcomes,
            figures: &Figures::default(),
            audit_head: head.as_deref(),
        };
        self.folder.write(Part::Outcome, &|out| ended.write(out))?;
        Ok(self.said(&settled))
    }

    /// How it began, where the audit does not have that: it died before, or with its machine.
    fn begun(&self) -> anyhow::Result<Option<Entry>> {
        if !self.told.is_empty() {
            return Ok(None);
        }
        let text = self.folder.read(Part::Start)?.unwrap_or_default();
        let entry = serde_json::from_str::<Entry>(&text).ok();
        Ok(entry.filter(|entry| entry.run == self.folder.name()))
    }

    /// What became of every change of the plan.
    fn outcomes(&self, settled: &[Outcome]) -> Vec<Outcome> {
        let settled: BTreeMap<_, _> =
            settled.iter().map(|outcome| ((&outcome.address, outcome.action), outcome)).collect();
        let of = |change: &plan::Change| {
            let action = change.action()?;
            if let Some(outcome) = settled.get(&(&change.address, action)) {
                return Some((*outcome).clone());
            }
            let address = change.address.to_string();
            let ended = self.ended.get(&(address, action.word().to_owned()));
            Some(match ended {
                Some(told) => read_back(change, told),
                None => Outcome::not_started(change, CUT_OFF.to_owned()),
            })
        };
        self.plan.live().filter_map(of).collect()
    }

    fn said(&self, settled: &[Outcome]) -> String {
        let name = self.folder.name();
        let found: Vec<String> = report::audited(settled)
            .into_iter()
            .map(|(status, count)| format!("{count} {status}"))
            .collect();
        let found = match found[..] {
            [] => "no write was under way".to_owned(),
            _ => format!("of the writes that were under way: {}", found.join(", ")),
        };
        let unreadable = match self.unreadable {
            0 => String::new(),
            lines => format!("warning: {lines} lines of the journal of {name} cannot be read\n"),
        };
        format!("{unreadable}The run {name} was cut off; {found}. The audit has it now.\n")
    }
}

/// What became of a change, as journal and audit have it.
fn read_back(change: &plan::Change, told: &audit::Change) -> Outcome {
    let word = serde_json::Value::from(told.result.as_str());
    let status = serde_json::from_value(word).unwrap_or(OutcomeStatus::Unknown);
    Outcome {
        attempts: told.attempts,
        duration: Duration::from_millis(told.duration_ms),
        http_status: told.status,
        request_id: told.request_id.clone(),
        payload_hash: told.payload_hash.clone(),
        ..Outcome::of(change, status)
    }
}
