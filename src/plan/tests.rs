//! Doors: rebase as a table, the order of phases, what guards a saved plan.

use serde_json::{Value, json};

use super::{
    Change, Delta, PathChange, Plan, PlannedAction, Precondition, Reason, Rebase, SavedError,
    Source, Summary, Tenant, Unmanaged, open, phases, rebase, seal, text,
};
use crate::http::Dialect;
use crate::model::{Document, Place, References};

fn change(address: &str, action: PlannedAction, before: &Value, after: &Value) -> Change {
    let document = |value: &Value| (!value.is_null()).then(|| Document::of(value));
    let mut paths = Vec::new();
    for (key, after) in after.as_object().into_iter().flatten() {
        let before = before.get(key).cloned().unwrap_or(Value::Null);
        if action == PlannedAction::Update && before != *after {
            paths.push(PathChange { path: format!("/{key}"), before, after: after.clone() });
        }
    }
    Change {
        address: address.parse().unwrap(),
        kind: "queue".to_owned(),
        name: address.to_owned(),
        id: (!before.is_null()).then(|| "q-1".to_owned()),
        previous_address: None,
        change: Delta {
            actions: [action],
            before: document(before),
            after: document(after),
            paths,
        },
        reason: Reason::Differs,
        source: Place::default(),
        precondition: Precondition::default(),
        carry: None,
        depends_on: Vec::new(),
        held_by: Vec::new(),
    }
}

fn plan(changes: Vec<Change>) -> Plan {
    let mut plan = Plan {
        format_version: super::FORMAT_VERSION.to_owned(),
        tool_version: String::new(),
        hash: String::new(),
        integrity: String::new(),
        tenant: Tenant { name: "t".to_owned(), url: "https://t".to_owned(), dialect: Dialect::V2 },
        source: Source::default(),
        references: References::new(),
        resource_changes: changes,
        unmanaged: Unmanaged::default(),
        checks: Vec::new(),
        summary: Summary::default(),
        applyable: true,
    };
    seal(&mut plan);
    plan
}

#[test]
fn base_theirs_ours() {
    let check = |action, before: Value, after: Value, theirs: Value, expect: &str| {
        let change = change("queue/a", action, &before, &after);
        let document = (!theirs.is_null()).then(|| Document::of(&theirs));
        let told = match rebase(&change, document.as_ref()) {
            Rebase::Done => "done".to_owned(),
            Rebase::Write(paths) => format!("write {}", paths.join(" ")).trim_end().to_owned(),
            Rebase::Drifted(clashes) => {
                let clash =
                    |c: &super::Clash| format!("{} {} {} {}", c.path, c.base, c.theirs, c.ours);
                clashes.iter().map(clash).collect::<Vec<_>>().join("; ")
            }
        };
        assert_eq!(told, expect, "{before} {theirs} {after}");
    };
    use PlannedAction::{Create, Delete, Update};
    let (none, one) = (Value::Null, json!({"c": 1, "p": 5}));
    check(Update, one.clone(), json!({"c": 2, "p": 5}), one.clone(), "write /c");
    check(Update, one.clone(), json!({"c": 2, "p": 5}), json!({"c": 2, "p": 5}), "done");
    // A managed field that the plan does not change keeps what the tenant has.
    check(Update, one.clone(), json!({"c": 2, "p": 5}), json!({"c": 1, "p": 9}), "write /c");
    check(Update, one.clone(), json!({"c": 2, "p": 5}), json!({"c": 7, "p": 5}), "/c 1 7 2");
    check(Update, one.clone(), json!({"c": 2, "p": 6}), json!({"c": 2, "p": 5}), "write /p");
    check(Update, one.clone(), json!({"c": 2, "p": 6}), json!({"c": 2, "p": 7}), "/p 5 7 6");
    check(Update, one.clone(), json!({"c": 2}), none.clone(), r#" {"c":1,"p":5} null {"c":2}"#);
    check(Create, none.clone(), json!({"c": 2}), none.clone(), "write");
    check(Create, none.clone(), json!({"c": 2}), json!({"c": 2, "x": 1}), "done");
    check(Create, none.clone(), json!({"c": 2}), json!({"c": 3}), "/c null 3 2");
    check(Delete, one.clone(), none.clone(), none.clone(), "done");
    check(Delete, one.clone(), none.clone(), one.clone(), "write");
    check(Delete, one, none, json!({"c": 4, "p": 5}), "/c 1 4 null");
}

#[test]
fn what_is_needed_comes_first() {
    let made = |address: &str, first: &[&str]| Change {
        depends_on: first.iter().map(|name| name.parse().unwrap()).collect(),
        ..change(address, PlannedAction::Create, &Value::Null, &json!({}))
    };
    let check = |changes: Vec<Change>, expect: &[&[&str]]| {
        let plan = plan(changes);
        let phases: Vec<Vec<&str>> = phases(&plan)
            .iter()
            .map(|phase| phase.iter().map(|change| change.address.as_str()).collect())
            .collect();
        assert_eq!(phases, expect);
    };
    check(vec![], &[]);
    check(
        vec![made("queue/a", &["queue/b"]), made("queue/b", &["queue/c"]), made("queue/c", &[])],
        &[&["queue/c"], &["queue/b"], &["queue/a"]],
    );
    check(vec![made("queue/a", &["queue/x"]), made("queue/b", &[])], &[&["queue/a", "queue/b"]]);
    let circle = vec![made("queue/a", &["queue/b"]), made("queue/b", &["queue/a"])];
    assert_eq!(phases(&plan(circle)).iter().map(Vec::len).sum::<usize>(), 2);
}

#[test]
fn a_saved_plan_is_the_same_again_and_every_changed_byte_is_noticed() {
    let mut changed = change("queue/a", PlannedAction::Update, &json!({"c": 1}), &json!({"c": 2}));
    changed.name = "\"integrity\":\"sha256:\u{9b}\u{202e}".to_owned();
    let saved = plan(vec![changed]);
    let file = text(&saved);
    assert!(!file.contains(['\u{9b}', '\u{202e}']));
    assert_eq!(open(&format!("{file}\n")).unwrap(), saved);
    for at in (0..file.len()).step_by(7) {
        let mut bytes = file.clone().into_bytes();
        bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
        let damaged = String::from_utf8(bytes).unwrap();
        assert!(open(&damaged).is_err(), "byte {at} of {damaged}");
    }
    let other = file.replacen("\"format_version\":\"1.0\"", "\"format_version\":\"2.0\"", 1);
    assert_eq!(open(&other).unwrap_err(), SavedError::OtherMajor { found: "2.0".to_owned() });
}

#[test]
fn the_hash_is_of_the_meaning() {
    let one = || change("queue/a", PlannedAction::Update, &json!({"c": 1}), &json!({"c": 2}));
    let base = plan(vec![one()]).hash;
    let same = |edit: fn(&mut Change)| {
        let mut edited = one();
        edit(&mut edited);
        plan(vec![edited]).hash == base
    };
    assert!(same(|change| change.source.line = 9));
    assert!(same(|change| change.name = "label".to_owned()));
    assert!(same(|change| change.precondition.etag = Some("v2".to_owned())));
    assert!(!same(|change| change.held_by.push("allow-delete".to_owned())));
    assert!(!same(|change| change.id = Some("q-2".to_owned())));
    assert!(!same(|change| change.change.after = Some(Document::of(&json!({"c": 3})))));
    let noop = change("queue/b", PlannedAction::NoOp, &json!({"c": 1}), &json!({"c": 1}));
    assert_eq!(plan(vec![one(), noop]).hash, base);
}
