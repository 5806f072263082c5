//! Where an apply ends: at the manifests, and nowhere else is anything different.

use std::collections::BTreeSet;

use cxform::plan::{OutcomeStatus, Plan, PlannedAction};

use serde_json::{Value, json};

use super::changed::{differences, in_row, meaning, old_row, path_in_row, planned, row_of, table};
use super::stage::{Rows, Stage, law, writes};

#[test]
fn after_apply_the_next_plan_is_empty() {
    law(80, |seed| async move {
        let stage = Stage::of(seed).await;
        let plan = stage.plan().await;
        let applied = stage.apply(&plan).await;
        let undone = applied.outcomes.iter().find(|o| o.status != OutcomeStatus::Done);
        assert_eq!(undone, None);
        assert_eq!(applied.outcomes.len(), plan.live().count());
        let next = stage.plan().await;
        assert!(next.is_empty(), "{:?}", next.resource_changes);
        // What goes because nobody declares it is no declared resource afterwards.
        let declared = plan.live().filter(|change| !change.reason.is_absence()).count();
        assert_eq!(next.summary.noop, plan.summary.noop + declared);
    });
}

#[test]
fn applying_twice_changes_nothing() {
    law(40, |seed| async move {
        let stage = Stage::of(seed).await;
        stage.apply(&stage.plan().await).await;
        let (before, _) = (stage.rows(), stage.take_log());
        let again = stage.plan().await;
        stage.apply(&again).await;
        assert_eq!(writes(&stage.take_log()).first(), None);
        assert_eq!(stage.rows(), before);
    });
}

#[test]
fn a_saved_plan_applied_again_changes_nothing() {
    law(40, |seed| async move {
        let stage = Stage::of(seed).await;
        let mut text = Vec::new();
        cxform::plan::write(&stage.plan().await, &mut text).unwrap();
        let plan = cxform::plan::open(std::str::from_utf8(&text).unwrap()).unwrap();
        stage.apply(&plan).await;
        let before = stage.rows();
        let again = stage.apply(&plan).await;
        let other = again.outcomes.iter().find(|o| o.status != OutcomeStatus::Already);
        assert_eq!(other, None);
        assert_eq!(stage.rows(), before);
    });
}

#[test]
fn what_is_not_managed_is_equal_afterwards() {
    law(80, |seed| async move {
        let stage = Stage::of(seed).await;
        let before = stage.rows();
        let plan = stage.plan().await;
        stage.apply(&plan).await;
        only_the_plan(&plan, &before, &stage.rows());
    });
}

/// What a queue that leaves a field out means by it.
fn unsaid(path: &str) -> Value {
    match path {
        "/description" => json!(""),
        "/skillGroups" | "/routingRules" => json!([]),
        _ => Value::Null,
    }
}

/// Holds two states of a tenant against the plan between them.
fn only_the_plan(plan: &Plan, before: &Rows, after: &Rows) {
    let mut touched = BTreeSet::new();
    for change in planned(plan, PlannedAction::Update) {
        let table = table(&change.address);
        let old = old_row(change, before).unwrap();
        let new = row_of(&change.address, after).unwrap();
        assert_eq!(old["id"], new["id"], "{}", change.address);
        let shown: BTreeSet<String> =
            change.change.paths.iter().map(|p| path_in_row(&p.path).to_owned()).collect();
        let differ = differences(table, old, new);
        assert!(differ.is_subset(&shown), "{}: {differ:?}, shown {shown:?}", change.address);
        touched.insert((table, old["id"].as_str().unwrap().to_owned()));
    }
    for change in planned(plan, PlannedAction::Create) {
        assert_eq!(row_of(&change.address, before), None, "{}", change.address);
        let new = row_of(&change.address, after).unwrap();
        touched.insert((table(&change.address), new["id"].as_str().unwrap().to_owned()));
    }
    for change in planned(plan, PlannedAction::Delete) {
        let old = row_of(&change.address, before).unwrap();
        assert_eq!(row_of(&change.address, after), None, "{}", change.address);
        touched.insert((table(&change.address), old["id"].as_str().unwrap().to_owned()));
    }
    for change in plan.live() {
        let (Some(fields), Some(row)) = (&change.change.after, row_of(&change.address, after))
        else {
            continue;
        };
        let is = meaning(table(&change.address), row);
        for (path, wanted) in in_row(fields, after) {
            let is = is.get(path).filter(|value| !value.is_null());
            assert_eq!(is.unwrap_or(&unsaid(path)), &wanted, "{} {path}", change.address);
        }
    }
    let untouched = |rows: &Rows| -> Rows {
        let left = rows.iter().filter(|(key, _)| !touched.contains(*key));
        left.map(|(key, row)| (key.clone(), row.clone())).collect()
    };
    assert_eq!(untouched(before), untouched(after));
}
