//! What a new process does first with runs that were cut off, as `cli::settling` does it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cxform::audit::{self, Event};
use cxform::plan;
use cxform::tenant::{self, Open, Reader};
use jiff::tz::TimeZone;

use super::disk::{Record, RunJournal, change};
use super::life::Life;

/// Settles every run that has no end.
pub(super) async fn settle(life: &Arc<Life>, reader: &Reader) -> Result<(), String> {
    let runs = life.scene.lock().disk.runs.len();
    for run in 0..runs {
        if !life.scene.lock().disk.runs[run].is_ended {
            one(life, reader, run).await?;
        }
    }
    Ok(())
}

async fn one(life: &Arc<Life>, reader: &Reader, run: usize) -> Result<(), String> {
    let (plan, lines, told) = {
        let mut scene = life.scene.lock();
        scene.tell("a run is settled", format!("run {run} is settled"));
        let of_run = &scene.disk.runs[run];
        (of_run.text.clone(), of_run.journal.clone(), scene.disk.told(run))
    };
    let mut open: BTreeMap<(String, &'static str), Open> = BTreeMap::new();
    let mut ended = Vec::new();
    for line in &lines {
        match serde_json::from_str(line).unwrap() {
            Record::Intent { intent } => {
                let key = (intent.address.to_string(), intent.action.word());
                let (address, action) = (intent.address, intent.action);
                let (attempts, payload_hash) = (intent.attempt, Some(intent.payload_hash));
                open.insert(key, Open { address, action, attempts, payload_hash });
            }
            Record::Outcome { change, .. } => {
                open.retain(|(address, word), _| {
                    *address != change.address || *word != change.written_as()
                });
                ended.push(change);
            }
        }
    }
    let plan = Arc::new(plan::open(&plan).unwrap());
    let open: Vec<Open> = open.into_values().collect();
    let settled = tenant::settle(reader, plan, open, &TimeZone::UTC).await;
    let settled = settled.map_err(|error| error.to_string())?;
    let is_told: BTreeSet<(String, String)> = told
        .iter()
        .filter_map(|event| match event {
            Event::Change(change) => Some((change.address.clone(), change.action.clone())),
            _ => None,
        })
        .collect();
    let journal = RunJournal::new(life, run);
    let by = Some("bea".to_owned());
    let wrote = async {
        for change in ended {
            if !is_told.contains(&(change.address.clone(), change.action.clone())) {
                let change = audit::Change { settled_by: by.clone(), ..change };
                journal.audit(Event::Change(change)).await?;
            }
        }
        for outcome in &settled {
            let change = audit::Change { settled_by: by.clone(), ..change(outcome) };
            journal.ended(change, outcome.message.clone()).await?;
        }
        let has_end = told.iter().any(|event| matches!(event, Event::End(_)));
        if told.is_empty() || has_end {
            life.scene.lock().disk.runs[run].is_ended = true;
            return Ok(());
        }
        journal.end("cut-off").await
    };
    wrote.await.map_err(|error: tenant::JournalError| error.to_string())
}
