//! What stands for people, and where.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;

use super::Redaction;
use crate::model::{Address, Level, Raw};
use crate::plan::tests::{change, plan};
use crate::plan::{
    Applied, Carry, Change, CheckResult, INTERRUPTED, Outcome, OutcomeStatus, Plan, PlannedAction,
    SavedError, Status, open, seal, write,
};

fn key() -> SecretString {
    "0123456789abcdef".into()
}

/// Two agents, one of whom is called as a queue is; one message.
fn sample(message: &str) -> Plan {
    let (from, to) = (json!({"level": 3}), json!({"level": 4}));
    let of = |address| {
        let change = change(address, PlannedAction::Update, &from, &to);
        let fields = change.change.before.clone().unwrap();
        let raw = Raw::parse(r#"{"changedBy":"Ann Lee"}"#);
        let id = Some(Arc::from("a-1"));
        Change {
            carry: Some(Carry { fields, raw }),
            name: "Ann Lee / sales".to_owned(),
            id,
            ..change
        }
    };
    let queue = change("queue/Main", PlannedAction::Update, &from, &to);
    let mut plan = plan(vec![of("assignment/u-1/sales"), of("assignment/u%2F2/sales"), queue]);
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    plan.people = BTreeMap::from([
        ("u-1".to_owned(), own(&["u-1", "Ann", "ann@example.com"])),
        ("u/2".to_owned(), own(&["Ann", "Main"])),
        ("u-3".to_owned(), own(&["Bo"])),
    ]);
    plan.checks = vec![CheckResult {
        rule: "licence".to_owned(),
        level: Level::Warn,
        status: Status::Warn,
        address: Some(plan.resource_changes[0].address.clone()),
        message: Some(message.to_owned()),
        hint: None,
        source: None,
    }];
    seal(&mut plan);
    plan
}

/// A text in which pseudonyms are told by whom they stand for.
fn told(text: &str, redaction: &Redaction) -> String {
    let of = |text: String, person: &&str| {
        text.replace(&redaction.pseudonyms.person(person), &format!("<{person}>"))
    };
    let text = ["u-1", "u/2", "u-3", "u-9"].iter().fold(text.to_owned(), of);
    ["Ann", "Main"].iter().fold(text, |text, name| {
        text.replace(&redaction.pseudonyms.unknown(name), &format!("<{name}?>"))
    })
}

#[test]
fn messages_name_whom_they_mean_and_nobody_by_guess() {
    let check = |message: &str, expect: &str| {
        let plan = sample(message);
        let redaction = Redaction::new(&key(), &plan);
        let redacted = redaction.plan(&plan);
        let message = redacted.checks[0].message.as_deref().unwrap();
        assert_eq!(told(message, &redaction), expect);
    };
    check("ann@example.com, not Bo", "<u-1>, not <u-3>");
    // The one of the address.
    check("`Ann` has none", "`<u-1>` has none");
    check("it needs assignment/u%2F2/sales", "it needs assignment/<u/2>/sales");
    // Who sees the queue would know that somebody is called so.
    check("the queue `Main` and Mainz", "the queue `<Main?>` and Mainz");
}

#[test]
fn a_redacted_plan_has_its_hash_and_cannot_be_applied() {
    let plan = sample("Ann");
    let redaction = Redaction::new(&key(), &plan);
    let redacted = redaction.plan(&plan);
    let mut text = Vec::new();
    write(&redacted, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    for name in ["Ann", "ann@", "u-1", "u%2F2", "a-1"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    assert_eq!((&redacted.hash, redacted.applyable), (&plan.hash, plan.applyable));
    assert_ne!(redacted.integrity, plan.integrity);
    assert_eq!(open(&text), Err(SavedError::Redacted));
    // An older program would not know the mark, and finds another hash.
    assert_eq!(open(&text.replace(r#""redacted":true,"#, "")), Err(SavedError::Damaged));
    let names: Vec<&str> = redacted.resource_changes.iter().map(|c| &*c.name).collect();
    let mut names: Vec<String> = names.iter().map(|name| told(name, &redaction)).collect();
    names.sort();
    assert_eq!(names, ["<u-1> / sales", "<u/2> / sales", "queue/Main"]);
    let addresses = redacted.resource_changes.iter().map(|change| &change.address);
    assert!(addresses.is_sorted());
}

#[test]
fn what_failed_is_told_without_the_tenants_words() {
    let plan = sample("");
    let redaction = Redaction::new(&key(), &plan);
    let check = |status, http_status, message: &str, expect: &str| {
        let change = &plan.resource_changes[0];
        let message = Some(message.to_owned());
        let outcome = Outcome { http_status, message, ..Outcome::of(change, status) };
        let redacted = redaction.outcome(&outcome);
        assert_eq!(told(&redacted.message.unwrap(), &redaction), expect);
        assert_eq!(told(&redacted.address.to_string(), &redaction), "assignment/<u-1>/sales");
        assert_ne!(redacted.id.as_deref(), Some("a-1"));
    };
    let words = "POST /users/u-1 answered 422: Annie has left";
    let more = "; outcome.json of the run says more";
    let all = "something went wrong that all else needs";
    check(OutcomeStatus::Failed, Some(422), words, &format!("the tenant answered 422{more}"));
    check(OutcomeStatus::Unknown, None, words, &format!("there was no answer to go by{more}"));
    check(OutcomeStatus::NotStarted, None, words, &format!("{all}{more}"));
    check(OutcomeStatus::NotStarted, None, INTERRUPTED, "interrupted");
    let waited = Outcome::waited_for(&plan.resource_changes[0], &plan.resource_changes[1].address);
    let waited = redaction.outcome(&waited).message.unwrap();
    assert_eq!(told(&waited, &redaction), "it needs assignment/<u/2>/sales first");
    let applied = Applied { outcomes: Vec::new(), stopped: Some(words.to_owned()) };
    assert_eq!(redaction.applied(&applied).stopped.unwrap(), format!("{all}{more}"));
}

#[test]
fn patterns_tell_nobody() {
    let plan = sample("");
    let redaction = Redaction::new(&key(), &plan);
    let check = |pattern: &str, expect: &str| {
        assert_eq!(told(&redaction.pattern(pattern), &redaction), expect, "{pattern}");
    };
    check("queue/Ann*", "queue/Ann*");
    check("queue/**", "queue/**");
    check("assignment/u-9/*", "assignment/<u-9>/*");
    check("assignment/u%2F2/sales", "assignment/<u/2>/sales");
    check("assignment/*/sales", "assignment/*/sales");
    check("assignment/u-*/sales", "assignment/redacted/sales");
    check("assignment/**/sales", "assignment/**/redacted");
    check("assignment/u-1**", "assignment/redacted");
    check("**/u-1/*", "**/redacted/*");
    check("*/u-1", "*/redacted");
    check("assign*/u-1", "redacted/redacted");
    let agent: Address = "agent/u-1".parse().unwrap();
    assert_eq!(told(&redaction.id(&agent, "77"), &redaction), "<u-1>");
}
