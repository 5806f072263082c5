//! One line of the events: terraform's machine-readable UI, and what it has no word for.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize as _;
use serde_json::{Map, Value, json};

use crate::cli::figures::span;
use crate::cli::report::clashed;
use crate::kinds::Action;
use crate::model::{Address, Level, SafeJson};
use crate::plan::{Change, CheckResult, Outcome, OutcomeStatus, Status, Summary};
use crate::tenant::Retry;

/// The version of the lines.
const UI: &str = "1.0";

/// What a line says beside its time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    level: &'static str,
    message: String,
    kind: &'static str,
    fields: Map<String, Value>,
}

/// A change as `hook`s name it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hook {
    resource: Value,
    address: String,
    action: Action,
    id: Option<String>,
}

impl Line {
    fn new(level: &'static str, kind: &'static str, message: String, fields: Value) -> Self {
        let fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        Self { level, message, kind, fields }
    }

    /// The line's text, with its line feed.
    pub(super) fn text(self, time: Timestamp) -> String {
        let mut fields = self.fields;
        for (key, value) in [
            ("@level", self.level.into()),
            ("@message", self.message.into()),
            ("@module", "cxform.ui".into()),
            ("@timestamp", format!("{time:.6}").into()),
            ("type", self.kind.into()),
        ] {
            fields.insert(key.to_owned(), value);
        }
        let mut text = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, SafeJson);
        // A map of plain values, written to memory.
        let _ = Value::Object(fields).serialize(&mut serializer);
        text.push(b'\n');
        String::from_utf8(text).unwrap_or_default()
    }

    pub(super) fn version() -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let fields = json!({"cxform": version, "ui": UI});
        Self::new("info", "version", format!("cxform {version}"), fields)
    }

    /// One of the diagnostics that `validate --format json` has too.
    pub(super) fn diagnostic(told: &Value) -> Self {
        let summary = told["summary"].as_str().unwrap_or_default();
        let (level, word) = match told["severity"].as_str() {
            Some("warning") => ("warn", "Warning"),
            _ => ("error", "Error"),
        };
        Self::new(level, "diagnostic", format!("{word}: {summary}"), json!({"diagnostic": told}))
    }

    /// None for what stays as it is.
    pub(super) fn planned(change: &Change) -> Option<Self> {
        let action = change.action()?.word();
        let (address, held_by) = (&change.address, &change.held_by);
        let message = match held_by.is_empty() {
            true => format!("{address}: Plan to {action}"),
            false => format!("{address}: Plan to {action}, held by {}", held_by.join(", ")),
        };
        let mut told = json!({
            "resource": resource(address), "action": action, "reason": change.reason,
        });
        if !held_by.is_empty() {
            told["held_by"] = json!(held_by);
        }
        Some(Self::new("info", "planned_change", message, json!({"change": told})))
    }

    pub(super) fn check(check: &CheckResult) -> Self {
        let level = match (check.status, check.level) {
            (Status::Pass, _) => "info",
            (Status::Warn, _) | (Status::Fail, Level::Hold | Level::Warn) => "warn",
            (Status::Fail, _) => "error",
        };
        let message = match &check.message {
            Some(message) => format!("{}: {message}", check.rule),
            None => format!("{}: passed", check.rule),
        };
        Self::new(level, "check_result", message, json!({"check": check}))
    }

    pub(super) fn plan_summary(summary: &Summary) -> Self {
        let Summary { add, change, destroy, held, .. } = summary;
        let held_too = if *held == 0 { String::new() } else { format!("; {held} held") };
        let message =
            format!("Plan: {add} to add, {change} to change, {destroy} to destroy{held_too}.");
        let changes = json!({
            "add": add, "change": change, "remove": destroy, "import": 0, "held": held,
            "operation": "plan",
        });
        Self::new("info", "change_summary", message, json!({"changes": changes}))
    }

    pub(super) fn apply_summary(outcomes: &[Outcome], held: usize, is_complete: bool) -> Self {
        let done = |action| {
            let is = |o: &&Outcome| o.status == OutcomeStatus::Done && o.action == action;
            outcomes.iter().filter(is).count()
        };
        let [add, change, remove] = [Action::Create, Action::Update, Action::Delete].map(done);
        let counts = crate::cli::report::counts(outcomes);
        let changes = json!({
            "add": add, "change": change, "remove": remove, "import": 0, "held": held,
            "operation": "apply", "outcomes": counts,
        });
        let each = counts.iter().map(|(status, n)| format!("{n} {}", status.word()));
        let each: Vec<String> = each.map(|each| each.replace('-', " ")).collect();
        let (level, message) = match is_complete {
            true => (
                "info",
                format!(
                    "Apply complete! Resources: {add} added, {change} changed, {remove} destroyed."
                ),
            ),
            false if each.is_empty() => ("error", "Apply incomplete: nothing was done.".to_owned()),
            false => ("error", format!("Apply incomplete: {}.", each.join(", "))),
        };
        Self::new(level, "change_summary", message, json!({"changes": changes}))
    }

    pub(super) fn retry(retry: &Retry<'_>) -> Self {
        let Retry { request, status, why, wait } = retry;
        let reason = match (status, why) {
            (_, Some(why)) => (*why).to_owned(),
            (Some(status), None) => format!("answered {status}"),
            (None, None) => "no answer".to_owned(),
        };
        let fields = json!({"retry": {
            "request": request, "status": status, "reason": reason,
            "wait_seconds": wait.as_secs_f64(),
        }});
        Self::new("warn", "retry", format!("{request}: sent again: {reason}"), fields)
    }

    pub(super) fn rate_limited(wait: Duration) -> Self {
        let message = format!("The tenant asks to hold back for {}", span(wait));
        Self::new("warn", "rate_limited", message, json!({"wait_seconds": wait.as_secs_f64()}))
    }

    pub(super) fn audit_head(run: &str, head: &str) -> Self {
        let fields = json!({"run": run, "head": head});
        Self::new("info", "audit_head", format!("Audit head: {head}"), fields)
    }
}

impl Hook {
    /// A change that is begun.
    pub(super) fn of(change: &Change) -> Self {
        let action = change.action().unwrap_or(Action::Update);
        let id = change.id.as_deref().map(str::to_owned);
        Self::new(&change.address, action, id)
    }

    /// A change that has ended.
    pub(super) fn ended(outcome: &Outcome, id: Option<&str>) -> Self {
        Self::new(&outcome.address, outcome.action, id.map(str::to_owned))
    }

    fn new(address: &Address, action: Action, id: Option<String>) -> Self {
        Self { resource: resource(address), address: address.to_string(), action, id }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn start(&self) -> Line {
        let [doing, _] = words(self.action);
        let message = format!("{}: {doing}...", self.address);
        Line::new("info", "apply_start", message, json!({"hook": self.fields(None)}))
    }

    pub(super) fn progress(&self, took: Duration) -> Line {
        let [doing, _] = words(self.action);
        let doing = doing.to_lowercase();
        let message = format!("{}: Still {doing}... [{} elapsed]", self.address, span(took));
        Line::new("info", "apply_progress", message, json!({"hook": self.fields(Some(took))}))
    }

    /// What became of it: one line, or two where somebody else had changed the same fields.
    pub(super) fn end(&self, outcome: &Outcome) -> Vec<Line> {
        let [_, done] = words(self.action);
        let (address, took, status) = (&self.address, outcome.duration, outcome.status);
        let mut hook = self.fields(Some(took));
        hook["status"] = status.word().into();
        let why = outcome.message.as_deref().unwrap_or_default();
        let line = |level, kind, what: String, fields| {
            Line::new(level, kind, format!("{address}: {what}"), fields)
        };
        let errored = |what: String, why: &str| {
            let fields = json!({"hook": hook, "error": why});
            line("error", "apply_errored", format!("{what}: {why}"), fields)
        };
        match status {
            OutcomeStatus::Done => {
                let id = self.id.as_deref().map_or_else(String::new, |id| format!(" [id={id}]"));
                let what = format!("{done} complete after {}{id}", span(took));
                vec![line("info", "apply_complete", what, json!({"hook": hook}))]
            }
            OutcomeStatus::Already => {
                let what = "The tenant had it already".to_owned();
                vec![line("info", "apply_complete", what, json!({"hook": hook}))]
            }
            OutcomeStatus::Conflict => {
                let why = "somebody else changed the same fields; nothing was written";
                let fields = json!({"hook": hook, "clashes": clashed(&outcome.clashes)});
                let conflict = line("warn", "conflict", why.to_owned(), fields);
                vec![conflict, errored(format!("{done} stopped"), why)]
            }
            OutcomeStatus::Failed => {
                vec![errored(format!("{done} errored after {}", span(took)), why)]
            }
            OutcomeStatus::Unknown => {
                vec![errored(format!("{done} sent; whether it was done is unknown"), why)]
            }
            OutcomeStatus::NotStarted => {
                let fields = json!({"hook": hook, "error": why});
                vec![line("warn", "not_started", format!("Not started: {why}"), fields)]
            }
        }
    }

    fn fields(&self, took: Option<Duration>) -> Value {
        let mut hook = json!({"resource": self.resource, "action": self.action.word()});
        if let Some(id) = &self.id {
            (hook["id_key"], hook["id_value"]) = ("id".into(), id.as_str().into());
        }
        if let Some(took) = took {
            hook["elapsed_seconds"] = json!((took.as_secs_f64() * 1000.0).round() / 1000.0);
        }
        hook
    }
}

fn resource(address: &Address) -> Value {
    let text = address.to_string();
    let name = text.split_once('/').map_or("", |(_, name)| name);
    json!({"addr": text, "resource_type": address.kind(), "resource_name": name})
}

/// What is done while it is done, and when it was done.
fn words(action: Action) -> [&'static str; 2] {
    match action {
        Action::Create => ["Creating", "Creation"],
        Action::Update => ["Modifying", "Modification"],
        Action::Delete => ["Destroying", "Destruction"],
    }
}

#[cfg(test)]
pub(in crate::cli) mod tests;
