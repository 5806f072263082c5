//! What became of a run, for machines: `runs/RUN/outcome.json`. README, *What a run leaves*, has its
//! shape.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::figures::{Reported, reported, whole_millis};
use crate::model::SafeJson;
use crate::plan::{Clash, Outcome, OutcomeStatus};
use crate::tenant::Figures;

/// The version of the format; a reader refuses another major.
const FORMAT_VERSION: &str = "1.0";

/// A run that has ended, however it did.
#[derive(Debug)]
pub(super) struct Ended<'a> {
    pub(super) run: &'a str,
    /// The tenant's name in the settings.
    pub(super) tenant: &'a str,
    pub(super) plan_hash: &'a str,
    /// `complete`, `incomplete`, `interrupted` or `failed`.
    pub(super) result: &'a str,
    /// Why it stopped before its end, if it did.
    pub(super) stopped: Option<&'a str>,
    pub(super) started: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) outcomes: &'a [Outcome],
    pub(super) figures: &'a Figures,
    /// The audit's head after the run; none where its end could not be written.
    pub(super) audit_head: Option<&'a str>,
}

/// The file, in its order.
#[derive(Serialize)]
struct Report<'a> {
    format_version: &'static str,
    run: &'a str,
    tenant: &'a str,
    plan_hash: &'a str,
    result: &'a str,
    stopped: Option<&'a str>,
    started: Timestamp,
    ended: Timestamp,
    counts: BTreeMap<OutcomeStatus, usize>,
    #[serde(serialize_with = "rows")]
    outcomes: &'a [Outcome],
    figures: Reported,
    audit_head: Option<&'a str>,
}

/// What became of one change.
#[derive(Serialize)]
struct Row<'a> {
    address: String,
    action: &'static str,
    status: OutcomeStatus,
    message: Option<&'a str>,
    attempts: u32,
    duration_ms: u64,
    http_status: Option<u16>,
    request_id: Option<&'a str>,
    clashes: Vec<Clashed<'a>>,
}

/// A field that somebody else changed too.
#[derive(Serialize)]
pub(super) struct Clashed<'a> {
    path: &'a str,
    base: &'a Value,
    theirs: &'a Value,
    ours: &'a Value,
}

impl Ended<'_> {
    /// Writes the report row by row, however many there are.
    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let report = Report {
            format_version: FORMAT_VERSION,
            run: self.run,
            tenant: self.tenant,
            plan_hash: self.plan_hash,
            result: self.result,
            stopped: self.stopped,
            started: self.started,
            ended: self.ended,
            counts: counts(self.outcomes),
            outcomes: self.outcomes,
            figures: reported(self.figures),
            audit_head: self.audit_head,
        };
        report.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, SafeJson))?;
        out.write_all(b"\n")
    }
}

impl<'a> From<&'a Clash> for Clashed<'a> {
    fn from(clash: &'a Clash) -> Self {
        let Clash { path, base, theirs, ours } = clash;
        Self { path, base, theirs, ours }
    }
}

/// How many changes became what.
pub(super) fn counts(outcomes: &[Outcome]) -> BTreeMap<OutcomeStatus, usize> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome.status).or_default() += 1;
    }
    counts
}

/// The same as the audit has it.
pub(super) fn audited(outcomes: &[Outcome]) -> BTreeMap<String, u64> {
    let counts = counts(outcomes).into_iter();
    counts.map(|(status, count)| (status.word().to_owned(), count as u64)).collect()
}

/// Clashes as reports and events have them.
pub(super) fn clashed(clashes: &[Clash]) -> Vec<Clashed<'_>> {
    clashes.iter().map(Clashed::from).collect()
}

fn rows<S: Serializer>(outcomes: &[Outcome], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(outcomes.iter().map(|outcome| Row {
        address: outcome.address.to_string(),
        action: outcome.action.word(),
        status: outcome.status,
        message: outcome.message.as_deref(),
        attempts: outcome.attempts,
        duration_ms: whole_millis(outcome.duration),
        http_status: outcome.http_status,
        request_id: outcome.request_id.as_deref(),
        clashes: clashed(&outcome.clashes),
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::Ended;
    use crate::kinds::Action;
    use crate::plan::{Clash, Outcome, OutcomeStatus};
    use crate::tenant::Figures;

    fn outcome(address: &str, status: OutcomeStatus) -> Outcome {
        Outcome {
            address: address.parse().unwrap(),
            previous_address: None,
            id: None,
            action: Action::Update,
            status,
            message: None,
            clashes: Vec::new(),
            attempts: 1,
            duration: Duration::from_micros(41_600),
            http_status: Some(200),
            request_id: Some("r-1".to_owned()),
            payload_hash: None,
            before: None,
            after: None,
        }
    }

    #[test]
    fn the_report_says_all_in_a_fixed_order() {
        let clash = Clash {
            path: "/capacity".to_owned(),
            base: json!(10),
            theirs: json!(99),
            ours: json!(20),
        };
        let conflict =
            Outcome { clashes: vec![clash], ..outcome("queue/B\u{202e}", OutcomeStatus::Conflict) };
        let ended = Ended {
            run: "r",
            tenant: "t",
            plan_hash: "sha256:p",
            result: "incomplete",
            stopped: None,
            started: Timestamp::UNIX_EPOCH,
            ended: Timestamp::UNIX_EPOCH,
            outcomes: &[outcome("queue/A", OutcomeStatus::Done), conflict],
            figures: &Figures::default(),
            audit_head: Some("sha256:h"),
        };
        let mut text = Vec::new();
        ended.write(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with(
            r#"{"format_version":"1.0","run":"r","tenant":"t","plan_hash":"sha256:p","#
        ));
        assert!(text.ends_with("\"audit_head\":\"sha256:h\"}\n") && text.lines().count() == 1);
        assert!(text.contains(r"B\u202e"), "{text}");
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(report["counts"], json!({"done": 1, "conflict": 1}));
        let rows = report["outcomes"].as_array().unwrap();
        let done = json!({
            "address": "queue/A", "action": "update", "status": "done", "message": null,
            "attempts": 1, "duration_ms": 42, "http_status": 200, "request_id": "r-1", "clashes": [],
        });
        assert_eq!(rows[0], done);
        let clash = json!({"path": "/capacity", "base": 10, "theirs": 99, "ours": 20});
        assert_eq!(rows[1]["clashes"], json!([clash]));
    }
}
