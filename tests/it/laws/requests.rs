//! How many requests it takes when nothing goes wrong.

use std::collections::{BTreeMap, BTreeSet};

use cxform::http::Method;
use cxform::plan::{Plan, PlannedAction};
use cxform::world::{Etags, Logged};

use super::changed::planned;
use super::stage::{Stage, is_token, law, make, run, writes};

#[test]
fn no_request_is_made_that_is_not_needed() {
    law(50, |seed| async move {
        let stage = Stage::of(seed).await;
        let process = stage.process();
        let plan = make(&process.reader(), &stage.items).await.unwrap();
        let reading = stage.take_log();
        run(process, &plan).await.unwrap();
        let writing = stage.take_log();
        let tokens = reading.iter().chain(&writing).filter(|logged| is_token(logged)).count();
        assert_eq!(tokens, 1);
        // Figures are advice's alone.
        let mut both = reading.iter().chain(&writing);
        assert!(!both.any(|logged| logged.path.contains("analytics")));
        assert_eq!(writes(&reading).first(), None);
        reads(&stage, &plan, &reading);
        applies(&plan, &writing, stage.sim.world().behaviour.etags);
    });
}

/// What planning asks for: method-less, since it only reads.
fn reads(stage: &Stage, plan: &Plan, log: &[Logged]) {
    let mut expect: BTreeMap<String, usize> = BTreeMap::new();
    let mut list = |path: String, rows: usize| {
        for page in 1..=rows / 100 + 1 {
            expect.insert(format!("{path}?{page}"), 1);
        }
    };
    let said: BTreeSet<&str> = stage.desired.manifests.iter().map(|m| m.kind).collect();
    let of = |table| stage.tenant.rows(table).len();
    if said.contains("Queue") {
        list("/api/v2/queues".to_owned(), of("queues"));
    }
    let is_list = |logged: &&Logged| logged.path == "/api/v2/skills";
    let skills_read = log.iter().any(|logged| is_list(&logged));
    // There is always a matrix; it names agents and skills.
    assert!(skills_read);
    list("/api/v2/skills".to_owned(), of("skills"));
    list("/api/v2/users".to_owned(), of("agents"));
    for agent in &stage.desired.agents {
        let held = stage.tenant.rows("assignments").iter().filter(|row| row["userId"] == **agent);
        list(format!("/api/v2/users/{agent}/skill-assignments"), held.count());
    }
    let assigned = plan.live().filter(|change| {
        &*change.kind == "assignment" && change.change.actions != [PlannedAction::Delete]
    });
    let changed: BTreeSet<String> = assigned.map(|change| change.address.segment(0)).collect();
    if !changed.is_empty() {
        list("/api/v2/routing/strategies".to_owned(), of("strategies"));
    }
    for agent in changed {
        expect.insert(format!("/api/v2/users/{agent}/licenses?"), 1);
    }
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for logged in log.iter().filter(|logged| !is_token(logged)) {
        let page = logged.query.iter().find(|(name, _)| name == "page");
        let page = page.map_or("", |(_, number)| number);
        let path = logged.path.replace("%2F", "/").replace("%20", " ").replace("%C3%BC", "ü");
        *asked.entry(format!("{path}?{page}")).or_default() += 1;
    }
    assert_eq!(asked, expect);
}

/// What applying asks for: a write a change, and a read a queue that changes.
fn applies(plan: &Plan, log: &[Logged], etags: Etags) {
    assert_eq!(writes(log).len(), plan.live().count());
    let is_read = |logged: &&Logged| logged.method == Method::Get;
    let (queues, others): (Vec<&Logged>, Vec<&Logged>) =
        log.iter().filter(is_read).partition(|logged| logged.path.starts_with("/api/v2/queues"));
    let of_queues = [PlannedAction::Update, PlannedAction::Delete].map(|action| {
        planned(plan, action).iter().filter(|change| &*change.kind == "queue").count()
    });
    // Without versions each is read once more after it was written.
    let reads = if etags == Etags::None { 2 } else { 1 };
    assert_eq!(queues.len(), reads * of_queues.iter().sum::<usize>(), "{queues:?}");
    let assignments = plan.live().filter(|change| &*change.kind == "assignment");
    let addresses: Vec<_> = assignments.map(|change| change.address.segment(0)).collect();
    let agents: BTreeSet<&String> = addresses.iter().collect();
    // What follows a write that told no new version is read first. Without versions, what is read
    // after each write is what the next one starts from.
    let expect = match etags {
        Etags::All => 0,
        Etags::Reads => addresses.len() - agents.len(),
        Etags::None => addresses.len() + agents.len(),
    };
    let first_pages = |logged: &&&Logged| logged.query.contains(&("page".into(), "1".into()));
    assert_eq!(others.iter().filter(first_pages).count(), expect, "{others:?}");
}

#[test]
fn an_apply_of_nothing_sends_nothing() {
    law(40, |seed| async move {
        let stage = Stage::of(seed).await;
        stage.apply(&stage.plan().await).await;
        let plan = stage.plan().await;
        stage.take_log();
        run(stage.process(), &plan).await.unwrap();
        assert_eq!(stage.take_log(), Vec::new());
    });
}
