//! Doors: each line as a machine gets it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Hook, Line};
use crate::plan::{Change, Clash, Outcome, OutcomeStatus, Summary};
use crate::tenant::Retry;

/// An update of this resource.
pub(in crate::cli) fn change(address: &str) -> Change {
    let change = json!({
        "address": address, "kind": "queue", "name": "shown", "id": "q-1",
        "previous_address": null,
        "change": {"actions": ["update"], "before": {"a": 1}, "after": {"a": 2}, "paths": []},
        "reason": "differs", "source": {"file": "f.yaml", "line": 1, "column": 1},
        "precondition": {"etag": null, "digest": null}, "held_by": [],
    });
    serde_json::from_value(change).unwrap()
}

/// An outcome of that update, after 1.5 seconds.
pub(in crate::cli) fn outcome(address: &str, status: OutcomeStatus) -> Outcome {
    Outcome { duration: Duration::from_millis(1500), ..Outcome::of(&change(address), status) }
}

fn parsed(line: Line) -> Value {
    let text = line.text(Timestamp::UNIX_EPOCH);
    assert!(text.ends_with('\n') && text.lines().count() == 1, "{text:?}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["@module"], "cxform.ui");
    assert_eq!(value["@timestamp"], "1970-01-01T00:00:00.000000Z");
    value
}

/// Level, type and message.
fn head(line: &Value) -> [&str; 3] {
    ["@level", "type", "@message"].map(|key| line[key].as_str().unwrap())
}

#[test]
fn the_first_line_names_the_format() {
    let line = parsed(Line::version());
    assert_eq!((&line["type"], &line["ui"]), (&json!("version"), &json!("1.0")));
}

#[test]
fn what_is_planned() {
    let line = parsed(Line::planned(&change("queue/a b%2Fc")).unwrap());
    let resource =
        json!({"addr": "queue/a b%2Fc", "resource_type": "queue", "resource_name": "a b%2Fc"});
    let expect = json!({"resource": resource, "action": "update", "reason": "differs"});
    assert_eq!(line["change"], expect);
    assert_eq!(head(&line), ["info", "planned_change", "queue/a b%2Fc: Plan to update"]);
    let held = Change { held_by: vec!["deletion".to_owned()], ..change("queue/a") };
    let line = parsed(Line::planned(&held).unwrap());
    assert_eq!(line["change"]["held_by"], json!(["deletion"]));
    assert_eq!(head(&line)[2], "queue/a: Plan to update, held by deletion");
    let summary = Summary { add: 1, change: 2, destroy: 3, held: 4, ..Summary::default() };
    let line = parsed(Line::plan_summary(&summary));
    let expect =
        json!({"add": 1, "change": 2, "remove": 3, "import": 0, "held": 4, "operation": "plan"});
    assert_eq!(line["changes"], expect);
}

#[test]
fn a_change_from_its_beginning_to_its_end() {
    let start = parsed(Hook::of(&change("queue/a")).start());
    assert_eq!(head(&start), ["info", "apply_start", "queue/a: Modifying..."]);
    let resource = json!({"addr": "queue/a", "resource_type": "queue", "resource_name": "a"});
    let hook = json!({"resource": resource, "action": "update", "id_key": "id", "id_value": "q-1"});
    assert_eq!(start["hook"], hook);
    let check = |outcome: Outcome, expect: &[[&str; 3]]| {
        let lines = Hook::ended(&outcome, Some("q-1")).end(&outcome);
        let lines: Vec<Value> = lines.into_iter().map(parsed).collect();
        let heads: Vec<_> = lines.iter().map(head).collect();
        assert_eq!(heads, expect);
        for line in &lines {
            assert_eq!(line["hook"]["status"], outcome.status.word());
            assert_eq!(line["hook"]["elapsed_seconds"], 1.5);
        }
        lines
    };
    let done = "queue/a: Modification complete after 1.5 s [id=q-1]";
    check(outcome("queue/a", OutcomeStatus::Done), &[["info", "apply_complete", done]]);
    let already = "queue/a: The tenant had it already";
    check(outcome("queue/a", OutcomeStatus::Already), &[["info", "apply_complete", already]]);
    let failed = Outcome {
        message: Some("PUT answered 422".to_owned()),
        ..outcome("queue/a", OutcomeStatus::Failed)
    };
    let told = "queue/a: Modification errored after 1.5 s: PUT answered 422";
    let lines = check(failed, &[["error", "apply_errored", told]]);
    assert_eq!(lines[0]["error"], "PUT answered 422");
    let clash = Clash { path: "/a".to_owned(), base: json!(1), theirs: json!(3), ours: json!(2) };
    let conflict = Outcome { clashes: vec![clash], ..outcome("queue/a", OutcomeStatus::Conflict) };
    let lines = check(
        conflict,
        &[
            [
                "warn",
                "conflict",
                "queue/a: somebody else changed the same fields; nothing was written",
            ],
            [
                "error",
                "apply_errored",
                "queue/a: Modification stopped: somebody else changed the same fields; nothing was \
                 written",
            ],
        ],
    );
    assert_eq!(lines[0]["clashes"], json!([{"path": "/a", "base": 1, "theirs": 3, "ours": 2}]));
}

#[test]
fn the_end() {
    let outcomes =
        [outcome("queue/a", OutcomeStatus::Done), outcome("queue/b", OutcomeStatus::Already)];
    let line = parsed(Line::apply_summary(&outcomes, 1, true));
    let told = "Apply complete! Resources: 0 added, 1 changed, 0 destroyed.";
    assert_eq!(head(&line), ["info", "change_summary", told]);
    let expect = json!({
        "add": 0, "change": 1, "remove": 0, "import": 0, "held": 1, "operation": "apply",
        "outcomes": {"done": 1, "already": 1},
    });
    assert_eq!(line["changes"], expect);
    let outcomes = [
        outcome("queue/a", OutcomeStatus::Unknown),
        outcome("queue/b", OutcomeStatus::NotStarted),
        outcome("queue/c", OutcomeStatus::Done),
    ];
    let line = parsed(Line::apply_summary(&outcomes, 0, false));
    let told = "Apply incomplete: 1 done, 1 unknown, 1 not started.";
    assert_eq!(head(&line), ["error", "change_summary", told]);
    let line = parsed(Line::apply_summary(&[], 0, false));
    assert_eq!(head(&line)[2], "Apply incomplete: nothing was done.");
    let told = json!({"severity": "error", "summary": "it is blocked", "detail": "lift it"});
    let line = parsed(Line::diagnostic(&told));
    assert_eq!(head(&line), ["error", "diagnostic", "Error: it is blocked"]);
    assert_eq!(line["diagnostic"], told);
}

#[test]
fn what_held_it_up() {
    let retry = |status, why| {
        let wait = Duration::from_millis(250);
        parsed(Line::retry(&Retry { request: "PUT /q", status, why, wait }))
    };
    let line = retry(Some(503), None);
    assert_eq!(head(&line), ["warn", "retry", "PUT /q: sent again: answered 503"]);
    let expect = json!({
        "request": "PUT /q", "status": 503, "reason": "answered 503", "wait_seconds": 0.25,
    });
    assert_eq!(line["retry"], expect);
    let line = retry(None, Some("the connection broke"));
    assert_eq!(line["retry"]["reason"], "the connection broke");
    let line = parsed(Line::rate_limited(Duration::from_secs(90)));
    assert_eq!(head(&line)[2], "The tenant asks to hold back for 1 min 30 s");
    assert_eq!(line["wait_seconds"], 90.0);
}
