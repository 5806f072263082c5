//! Doors: rebase as a table, the order of phases, what guards a saved plan.

use serde_json::{Value, json};

use super::{
    Change, CheckResult, Delta, PathChange, Plan, PlannedAction, Precondition, Reason, Rebase,
    SavedError, Source, Status, Summary, Tenant, Unmanaged, open, phases, rebase, seal, write,
};
use crate::http::Dialect;
use crate::model::{Document, Level, Place, References};

pub(super) fn change(
    address: &str,
    action: PlannedAction,
    before: &Value,
    after: &Value,
) -> Change {
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
        kind: "queue".into(),
        name: address.to_owned(),
        id: (!before.is_null()).then(|| "q-1".into()),
        previous_address: None,
        change: Delta {
            actions: [action],
            before: document(before),
            after: document(after),
            paths: paths.into(),
        },
        reason: Reason::Differs,
        drifted: false,
        source: Place::default(),
        precondition: Precondition::default(),
        carry: None,
        replaces: false,
        unknown: std::sync::Arc::default(),
        depends_on: Vec::new(),
        held_by: Vec::new(),
    }
}

pub(super) fn plan(changes: Vec<Change>) -> Plan {
    let mut plan = Plan {
        format_version: super::FORMAT_VERSION.to_owned(),
        tool_version: String::new(),
        hash: String::new(),
        integrity: String::new(),
        redacted: false,
        tenant: Tenant { name: "t".to_owned(), url: "https://t".to_owned(), dialect: Dialect::V2 },
        source: Source::default(),
        references: References::new(),
        people: super::People::new(),
        resource_changes: changes,
        selection: None,
        timeline: None,
        unmanaged: Unmanaged::default(),
        coverage: None,
        wants_everybody: false,
        checks: Vec::new(),
        summary: Summary::default(),
        applyable: true,
    };
    seal(&mut plan);
    plan
}

fn text(plan: &Plan) -> String {
    let mut text = Vec::new();
    write(plan, &mut text).unwrap();
    String::from_utf8(text).unwrap()
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
    check(Delete, one.clone(), none, json!({"c": 4, "p": 5}), "/c 1 4 null");
    // What is gone need not be unlinked.
    let unlink = change("queue/a", Update, &one, &json!({"c": null}));
    let unlink = Change { reason: Reason::Absent, ..unlink };
    assert_eq!(rebase(&unlink, None), Rebase::Done);
}

#[test]
fn what_is_needed_comes_first() {
    let made = |address: &str, first: &[&str]| Change {
        depends_on: first.iter().map(|name| name.parse().unwrap()).collect(),
        ..change(address, PlannedAction::Create, &Value::Null, &json!({}))
    };
    let check = |changes: Vec<Change>, expect: &[&[&str]]| {
        let plan = plan(changes);
        let name = |index: &usize| plan.resource_changes[*index].address.to_string();
        let phases: Vec<Vec<String>> =
            phases(&plan).iter().map(|phase| phase.iter().map(name).collect()).collect();
        assert_eq!(phases, expect);
    };
    check(vec![], &[]);
    check(
        vec![made("queue/a", &["queue/b"]), made("queue/b", &["queue/c"]), made("queue/c", &[])],
        &[&["queue/c"], &["queue/b"], &["queue/a"]],
    );
    check(vec![made("queue/a", &["queue/x"]), made("queue/b", &[])], &[&["queue/a", "queue/b"]]);
    // What is unlinked before it is deleted has two changes; the first one is waited for.
    let twice = |address: &str, action, first: &[&str]| Change {
        change: Delta { actions: [action], ..made(address, first).change },
        reason: Reason::Absent,
        ..made(address, first)
    };
    check(
        vec![
            twice("queue/a", PlannedAction::Update, &[]),
            twice("queue/a", PlannedAction::Delete, &["queue/b"]),
            twice("queue/b", PlannedAction::Delete, &["queue/a"]),
        ],
        &[&["queue/a"], &["queue/b"], &["queue/a"]],
    );
    let alone = [PlannedAction::Update, PlannedAction::Delete].map(|a| twice("queue/a", a, &[]));
    check(alone.into(), &[&["queue/a"], &["queue/a"]]);
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
    assert!(same(|change| change.precondition.etag = Some("v2".into())));
    assert!(!same(|change| change.held_by.push("allow-delete".to_owned())));
    assert!(!same(|change| change.id = Some("q-2".into())));
    assert!(!same(|change| change.change.after = Some(Document::of(&json!({"c": 3})))));
    // The canonical JSON of the product page, made by somebody else.
    let mut strange =
        change("queue/a\u{e9}\"", PlannedAction::Delete, &json!({"\u{fb33}": 1.5}), &Value::Null);
    strange.held_by.push("allow-delete".to_owned());
    let mut plan = plan(vec![one(), strange]);
    plan.checks = ["licence", "capacity", "licence"].map(failed).into();
    seal(&mut plan);
    assert_eq!(plan.hash, meaning(&plan).digest());
    let noop = change("queue/b", PlannedAction::NoOp, &json!({"c": 1}), &json!({"c": 1}));
    assert_eq!(self::plan(vec![one(), noop]).hash, base);
}

fn failed(rule: &str) -> CheckResult {
    CheckResult {
        rule: rule.to_owned(),
        level: Level::Block,
        status: Status::Fail,
        address: (rule == "licence").then(|| "queue/a".parse().unwrap()),
        message: None,
        hint: None,
        source: None,
    }
}

fn meaning(plan: &Plan) -> Document {
    let value = |document: &Option<Document>| document.as_ref().map(Document::value);
    let change = |change: &Change| {
        json!({
            "address": change.address, "id": change.id, "held_by": change.held_by,
            "previous_address": change.previous_address, "actions": change.change.actions,
            "before": value(&change.change.before), "after": value(&change.change.after),
        })
    };
    Document::of(&json!({
        "format": "1",
        "tenant": {"url": plan.tenant.url, "dialect": plan.tenant.dialect},
        "changes": plan.resource_changes.iter().map(change).collect::<Vec<_>>(),
        "blocked": [["capacity", null], ["licence", "queue/a"]],
    }))
}
