//! A run that is undone: the tenant is as before, but for what the inverse plan says is lost.

use std::collections::{BTreeMap, BTreeSet};

use cxform::model::{Address, Document, Facts};
use cxform::plan::{Change, Made, OutcomeStatus, Plan, invert, open, rollback, write};
use cxform::tenant::observe;
use serde_json::json;

use super::stage::{Stage, law, policy, run};

/// What is observed of the tenant, in its own names.
async fn seen(stage: &Stage) -> BTreeMap<Address, Document> {
    let seen = observe(&stage.reader, &stage.items, None, Facts::default(), false, &mut |_| ())
        .await
        .unwrap();
    let documents = seen.observed.remotes.iter();
    documents.map(|entry| (entry.address(), entry.value.document.clone())).collect()
}

/// The inverse as it comes back from its file.
fn saved(inverse: &Plan) -> Plan {
    let mut file = Vec::new();
    write(inverse, &mut file).unwrap();
    open(std::str::from_utf8(&file).unwrap()).unwrap()
}

#[test]
fn what_a_run_did_can_be_undone() {
    law(80, |seed| async move {
        let stage = Stage::of(seed).await;
        let before = seen(&stage).await;
        let plan = stage.plan().await;
        let inverse = saved(&invert(&plan));
        let (applied, _) = run(stage.process(), &plan).await.unwrap();
        let made: BTreeMap<_, _> = applied
            .outcomes
            .iter()
            .map(|o| ((o.address.clone(), o.action), o.id.clone()))
            .collect();
        let made = |address: &Address, action| {
            Some(Made { id: made.get(&(address.clone(), action))?.clone() })
        };
        let inverse = rollback(inverse, "the run", made, &policy());
        let (undone, _) = run(stage.process(), &inverse).await.unwrap();
        let wrong = undone.outcomes.iter().find(|o| o.status != OutcomeStatus::Done);
        assert_eq!(wrong, None);
        let lost: BTreeSet<_> =
            inverse.checks.iter().filter_map(|check| check.address.clone()).collect();
        let address =
            |change: &'_ Change| change.previous_address.clone().unwrap_or(change.address.clone());
        let undoable: BTreeSet<_> = inverse.resource_changes.iter().map(address).collect();
        for change in plan.live().filter(|change| !undoable.contains(&change.address)) {
            assert!(lost.contains(&change.address), "{} is lost without a word", change.address);
        }
        let after = seen(&stage).await;
        let known = |documents: &BTreeMap<Address, Document>| -> BTreeMap<Address, Document> {
            let whole = documents.iter().filter(|(address, _)| !lost.contains(*address));
            whole.map(|(address, document)| (address.clone(), document.clone())).collect()
        };
        assert_eq!(known(&before), known(&after));
        for (address, document) in before.iter().filter(|(address, _)| undoable.contains(address)) {
            // What was made anew has all that is known of it.
            let now = after.get(address).unwrap();
            assert!(now.covers(document), "{address}: {document:?} {now:?}");
        }
    });
}

#[test]
fn what_somebody_changed_since_is_not_undone() {
    law(40, |seed| async move {
        let stage = Stage::of(seed).await;
        let plan = stage.plan().await;
        let inverse = saved(&invert(&plan));
        stage.apply(&plan).await;
        let rows = stage.rows();
        for ((table, id), _) in rows.iter().filter(|((table, _), _)| *table == "queues") {
            let theirs = json!({"capacity": 4321, "priority": 0, "description": "theirs"});
            stage.sim.world().edit(table, id, &theirs);
        }
        let made = |_: &Address, _| Some(Made::default());
        let inverse = rollback(inverse, "the run", made, &policy());
        run(stage.process(), &inverse).await.unwrap();
        for ((table, id), _) in rows.iter().filter(|((table, _), _)| *table == "queues") {
            let world = stage.sim.world();
            let row = world.table(table).get(id).unwrap();
            assert_eq!((&row["capacity"], &row["description"]), (&json!(4321), &json!("theirs")));
        }
    });
}
