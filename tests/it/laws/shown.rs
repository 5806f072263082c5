//! Nothing is written that the plan did not show.

use std::collections::{BTreeMap, BTreeSet};

use cxform::http::Method;
use cxform::model::Address;
use cxform::plan::{Change, Plan, PlannedAction};
use cxform::world::{Logged, decode_query};
use serde_json::Value;

use super::changed::{differences, in_row, meaning, old_row, path_in_row, table};
use super::stage::{Rows, Stage, law, writes};

#[test]
fn nothing_is_written_that_the_plan_did_not_show() {
    law(80, |seed| async move {
        let stage = Stage::of(seed).await;
        let before = stage.rows();
        let plan = stage.plan().await;
        stage.take_log();
        stage.apply(&plan).await;
        let log = stage.take_log();
        let after = stage.rows();
        let mut written = BTreeSet::new();
        for write in writes(&log) {
            let change = change_of(write, &plan, &before);
            assert!(written.insert(change.address.clone()), "{} twice", change.address);
            is_shown(write, change, &before, &after);
        }
        let planned: BTreeSet<Address> = plan.live().map(|c| c.address.clone()).collect();
        assert_eq!(written, planned);
    });
}

/// Whether a change is about what a write is about.
type Fits = Box<dyn Fn(&Change) -> bool>;

/// The change that a write belongs to.
fn change_of<'p>(write: &Logged, plan: &'p Plan, before: &Rows) -> &'p Change {
    // A path as it is sent is decoded like a query's value.
    let segments: Vec<String> = write.path.split('/').map(decoded).collect();
    let body: Value = serde_json::from_str(&write.body).unwrap_or(Value::Null);
    let (action, is_it): (_, Fits) = match &segments[3..] {
        [queues] if queues == "queues" => {
            let name = body["name"].as_str().unwrap().to_owned();
            (PlannedAction::Create, Box::new(move |change| change.address.segment(0) == name))
        }
        [queues, id] if queues == "queues" => {
            let id = id.clone();
            let action = match write.method {
                Method::Put => PlannedAction::Update,
                _ => PlannedAction::Delete,
            };
            (action, Box::new(move |change| change.id.as_deref() == Some(&id)))
        }
        [_, user, _] => {
            let held = before.iter().find(|((table, _), row)| {
                *table == "assignments"
                    && row["userId"] == **user
                    && row["skillId"] == body["skillId"]
            });
            let action = match held {
                Some(_) => PlannedAction::Update,
                None => PlannedAction::Create,
            };
            let skill = &before[&("skills", body["skillId"].as_str().unwrap().to_owned())];
            let names =
                [skill["name"].as_str(), skill["id"].as_str()].map(Option::unwrap_or_default);
            let segments = [names[0].to_owned(), format!("id:{}", names[1])];
            let user = user.clone();
            let fits = move |change: &Change| {
                change.address.segment(0) == user && segments.contains(&change.address.segment(1))
            };
            (action, Box::new(fits))
        }
        [_, _, _, id] => {
            let id = id.clone();
            (PlannedAction::Delete, Box::new(move |change| change.id.as_deref() == Some(&id)))
        }
        other => panic!("{other:?}"),
    };
    let kind = if segments[3] == "queues" { "queue" } else { "assignment" };
    let mut fits = plan.live().filter(|change| {
        &*change.kind == kind && change.change.actions == [action] && is_it(change)
    });
    let change = fits.next().unwrap_or_else(|| panic!("no change is {write:?}"));
    assert_eq!(fits.next(), None);
    change
}

fn decoded(segment: &str) -> String {
    decode_query(segment).pop().map_or_else(String::new, |(text, _)| text)
}

/// Holds a body against the row that was there, the paths of the plan, and what they shall be.
fn is_shown(write: &Logged, change: &Change, before: &Rows, after: &Rows) {
    let table = table(&change.address);
    let Some(wanted) = &change.change.after else {
        assert_eq!(write.body, "");
        return;
    };
    let mut body: Value = serde_json::from_str(&write.body).unwrap();
    let old = old_row(change, before);
    for own in ["id", "userId"] {
        // What the tenant says by the path, a body need not repeat.
        if let (Some(old), None) = (old.and_then(|old| old.get(own)), body.get(own)) {
            body[own] = old.clone();
        }
    }
    let is = meaning(table, &body);
    let wanted: BTreeMap<&str, Value> = in_row(wanted, after);
    let shown: BTreeSet<String> = match old {
        Some(_) => change.change.paths.iter().map(|p| path_in_row(&p.path).to_owned()).collect(),
        None => wanted.keys().map(|path| (*path).to_owned()).collect(),
    };
    for path in &shown {
        assert_eq!(is.get(path), wanted.get(path.as_str()), "{} {path}", change.address);
    }
    match old {
        Some(old) => {
            let differ = differences(table, old, &body);
            assert!(differ.is_subset(&shown), "{}: {differ:?}, shown {shown:?}", change.address);
        }
        None => {
            let own = ["/name", "/skillId"].map(str::to_owned);
            let other = is.keys().find(|path| !shown.contains(*path) && !own.contains(path));
            assert_eq!(other, None, "{}: {body}", change.address);
        }
    }
}
