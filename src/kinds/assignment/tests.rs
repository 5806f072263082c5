//! Doors: matrices to assignments, rows to documents, changes to requests.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use serde_json::json;

use super::Assignment;
use crate::http::Dialect;
use crate::kinds::{Action, Checking, Kind, Proposal, Writing, declare, manifest_kinds};
use crate::manifest;
use crate::model::{
    Address, AtMost, Document, Facts, Floors, Limit, Limits, Links, Place, Raw, Secrets,
};

const WINDOWS: &str = "
apiVersion: cxform/v1
kind: AvailabilityWindow
metadata: {name: early}
spec: {from: 2035-01-08T08:00, to: 2035-01-08T16:00, timezone: Europe/Berlin}
---
apiVersion: cxform/v1
kind: AgentGroup
metadata: {name: crew}
spec: {members: [ana, bo]}
---
";

/// The assignments that a matrix declares, or what is wrong with it.
fn matrix(spec: &str) -> String {
    let text = format!(
        "{WINDOWS}apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {{name: m}}\nspec: {spec}\n"
    );
    let (items, findings) =
        manifest::read(&manifest_kinds(), &[("m.yaml".to_owned(), text)], &|_, name| {
            Err(format!("{name} is not here"))
        });
    assert_eq!(findings, [], "{spec}");
    let (desired, findings) = declare(&items, None);
    let mut told = String::new();
    for finding in findings {
        let _ = writeln!(told, "{}: {}", finding.rule, finding.message);
    }
    for entry in desired.iter() {
        let absent = if entry.value.absent { " absent" } else { "" };
        let _ = writeln!(told, "{} {}{absent}", entry.address(), entry.value.document.as_str());
    }
    told
}

#[test]
fn matrices() {
    let check = |spec: &str, expect: &str| assert_eq!(matrix(spec).trim(), expect, "{spec}");
    check("{agents: {ana: {billing: 3}}}", r#"assignment/ana/billing {"level":3}"#);
    check("{agents: {ana: {billing: none}}}", "assignment/ana/billing {} absent");
    check(
        "{agents: {ana: {billing: {level: 4, window: early}}}}",
        r#"assignment/ana/billing {"level":4,"window":{"from":"2035-01-08T07:00:00Z","to":"2035-01-08T15:00:00Z"}}"#,
    );
    check(
        "{agents: {'group:crew': {billing: 2, sales: 1}}}",
        "assignment/ana/billing {\"level\":2}\n\
         assignment/ana/sales {\"level\":1}\n\
         assignment/bo/billing {\"level\":2}\n\
         assignment/bo/sales {\"level\":1}",
    );
    // Offline nobody knows whom `ana` may be in the group.
    check(
        "{agents: {'group:crew': {billing: 2, sales: 1}, ana: {billing: 5}}}",
        "assignment/ana/billing {\"level\":5}",
    );
    check(
        "{agents: {'group:crews': {billing: 2}}}",
        "unknown-reference: no AgentGroup is named `crews`",
    );
    check(
        "{window: erly, agents: {ana: {billing: 2}}}",
        "unknown-reference: no AvailabilityWindow is named `erly`\nassignment/ana/billing {\"level\":2}",
    );
}

#[test]
fn windows() {
    let check = |spec: &str, expect: &str| {
        let text = format!(
            "apiVersion: cxform/v1\nkind: AvailabilityWindow\nmetadata: {{name: w}}\nspec: {spec}\n"
        );
        let (items, findings) =
            manifest::read(&manifest_kinds(), &[("w.yaml".to_owned(), text)], &|_, name| {
                Err(format!("{name} is not here"))
            });
        assert_eq!(findings, [], "{spec}");
        let (_, findings) = declare(&items, None);
        let told = findings.first().map_or("fine", |finding| finding.message.as_str());
        assert_eq!(told, expect, "{spec}");
    };
    check("{from: 2035-01-08T08:00:00Z, to: 2035-01-08T08:00:01Z}", "fine");
    check("{from: 2035-01-08T08:00:00+02:00, to: 2035-01-08T07:00:00Z}", "fine");
    check(
        "{from: 2035-01-08T08:00:00Z, to: 2035-01-08T08:00:00Z}",
        "the window ends before it begins",
    );
    check(
        "{from: 2035-01-08T08:00, to: 2035-01-08T09:00:00Z}",
        "`2035-01-08T08:00` is a local time, and no timezone is said",
    );
    check("{from: soon, to: 2035-01-08T09:00:00Z}", "`soon` is no time");
    check(
        "{from: 2035-01-08T08:00, to: 2035-01-08T09:00, timezone: Berlin}",
        "`Berlin` is no IANA time zone",
    );
}

#[test]
fn rows_are_read_whatever_they_lack() {
    let facts = Facts { timezone: TimeZone::get("America/New_York").unwrap(), ..Facts::default() };
    let check = |row: &str, expect: &str, kept: Option<&str>| {
        let wire = Assignment.wire(Dialect::V2).unwrap();
        let lane = Address::new("agent", &["u-1"]);
        let (address, remote) = wire.decoder(&facts).decode(row, Some(&lane)).unwrap();
        assert_eq!(format!("{address} {}", remote.document.as_str()), expect);
        assert_eq!(remote.raw.as_ref().map(Raw::as_str), kept);
    };
    check(
        r#"{"id":"a","skillId":"s-1","level":3.0,"availableFrom":"2035-01-08T08:00:00","availableTo":"2035-01-08T10:00:00.500+00:00","lastModified":"x"}"#,
        r#"assignment/u-1/id:s-1 {"level":3,"window":{"from":"2035-01-08T13:00:00Z","to":"2035-01-08T10:00:00.5Z"}}"#,
        None,
    );
    check(
        r#"{"skillId":"s-1","level":null,"availableFrom":null,"note":1.10}"#,
        "assignment/u-1/id:s-1 {}",
        Some(r#"{"availableFrom":null,"note":1.10}"#),
    );
}

#[test]
fn a_write_sends_back_what_it_does_not_manage() {
    let wire = Assignment.wire(Dialect::V2).unwrap();
    let document = Document::of(&json!({"level": 4, "window": {"from": "2035-01-08T13:00:00Z"}}));
    let kept = Raw::parse(r#"{"availableTo":null,"note":1.10}"#);
    let paths = ["/level".to_owned()];
    let secrets = Secrets::default();
    let (own, id_of) = (Address::new("assignment", &["u/1", "billing"]), |address: &Address| {
        (address.to_string() == "skill/billing").then(|| "s-1".to_owned())
    });
    let writing = Writing {
        address: &own,
        id: Some("a 1"),
        action: Action::Update,
        document: &document,
        paths: &paths,
        raw: kept.as_ref(),
        id_of: &id_of,
        secrets: &secrets,
    };
    let write = wire.write(&writing).unwrap();
    assert_eq!(write.path, "/api/v2/users/u%2F1/skill-assignments");
    assert_eq!(
        write.body.unwrap().as_str(),
        r#"{"availableFrom":"2035-01-08T13:00:00Z","availableTo":null,"level":4,"note":1.10,"skillId":"s-1"}"#
    );
    let delete = wire.write(&Writing { action: Action::Delete, ..writing }).unwrap();
    assert_eq!(delete.path, "/api/v2/users/u%2F1/skill-assignments/a%201");
    let nameless = wire.write(&Writing { action: Action::Delete, id: None, ..writing });
    assert_eq!(nameless.unwrap_err(), "the tenant told no id of this assignment");
}

/// What a rule says about two cells at a time: one with a window that ends 2035-01-08T15:00Z, and
/// one that manages the level of an assignment whose window ends ten days later.
fn told(rule: &str, now: Option<&str>, jump: Option<u64>) -> Vec<String> {
    let document = |level: u8, to: &str| {
        Document::of(&json!({"level": level, "window": {"from": "2035-01-01T00:00:00Z", "to": to}}))
    };
    let (early, late) = ("2035-01-08T15:00:00Z", "2035-01-18T15:00:00Z");
    let (before, after) = (document(1, early), document(4, early));
    let (own_before, own_after) = (document(3, late), Document::of(&json!({"level": 2})));
    let addresses = ["ana", "bo"].map(|agent| Address::new("assignment", &[agent, "billing"]));
    let (place, links) = (Place::default(), Links::new());
    let proposal = |index: usize, before, after| Proposal {
        address: &addresses[index],
        action: Action::Update,
        before: Some(before),
        after: Some(after),
        place: &place,
        links: &links,
        held: false,
    };
    let proposals = [proposal(0, &before, &after), proposal(1, &own_before, &own_after)];
    let now = now.map(|now| now.parse().unwrap());
    let facts = Facts { now, ..Facts::default() };
    let (observed, desired, mut limits) = Default::default();
    if let Some(steps) = jump {
        limits = Limits::default();
        limits.set("levelJump", Limit { at_most: AtMost::Count(steps), place: None });
    }
    let checking = Checking {
        proposals: &proposals,
        all: &proposals,
        observed: &observed,
        desired: &desired,
        facts: &facts,
        limits: &limits,
        floors: &Floors::default(),
    };
    let check = Assignment.checks().iter().find(|check| check.rule == rule).unwrap();
    (check.run)(&checking).into_iter().map(|finding| finding.message).collect()
}

#[test]
fn windows_that_end_are_told_at_the_plans_time() {
    let check = |now: Option<&str>, ended: &[&str], expiring: &[&str]| {
        let own = |rule: &str| -> Vec<String> {
            told(rule, now, None)
                .iter()
                .map(|m| m.replace("the window of `billing` for ", ""))
                .collect()
        };
        assert_eq!(own("window-ended"), ended, "{now:?}");
        assert_eq!(own("window-expiring"), expiring, "{now:?}");
    };
    let soon = "`ana` ends in less than a week, 2035-01-08T15:00:00Z";
    let over = "`ana` ended 2035-01-08T15:00:00Z";
    check(None, &[], &[]);
    check(Some("2035-01-01T14:59:59Z"), &[], &[]);
    check(Some("2035-01-01T15:00:00Z"), &[], &[soon]);
    check(Some("2035-01-08T14:59:59Z"), &[], &[soon]);
    check(Some("2035-01-08T15:00:00Z"), &[over], &[]);
    check(
        Some("2035-01-12T00:00:00Z"),
        &[over],
        &["`bo` ends in less than a week, 2035-01-18T15:00:00Z"],
    );
    check(Some("2035-01-18T15:00:00Z"), &[over, "`bo` ended 2035-01-18T15:00:00Z"], &[]);
}

#[test]
fn a_level_jumps_where_it_moves_by_more_than_is_set() {
    let check = |steps: Option<u64>, expect: &[&str]| {
        assert_eq!(told("levelJump", None, steps), expect, "{steps:?}");
    };
    let limit = "the limit is the default of policy.levelJump";
    let up = |most: u64| {
        format!("3 > {most}: steps of the level of `billing` for `ana`, from 1 to 4; {limit}")
    };
    check(None, &[]);
    check(Some(3), &[]);
    check(Some(2), &[&up(2)]);
    let down = format!("1 > 0: steps of the level of `billing` for `bo`, from 3 to 2; {limit}");
    check(Some(0), &[&up(0), &down]);
}
