//! What is left of an undoing that was begun before.

use std::collections::BTreeSet;

use super::{Change, Made, Plan};
use crate::kinds::Action;
use crate::model::Address;

/// Takes out of the inverse of a run the steps that were made already, and tells how many they are.
/// What one of them made anew has the id that its answer told.
pub fn take_undone(inverse: &mut Plan, made: impl Fn(&Change) -> Option<Made>) -> usize {
    let (before, references) = (inverse.resource_changes.len(), &mut inverse.references);
    let mut undone: BTreeSet<Address> = BTreeSet::new();
    inverse.resource_changes.retain(|change| {
        let Some(made) = made(change) else { return true };
        if change.action() == Some(Action::Create) {
            // Other steps need the id; where it is not known, looking for the resource tells it.
            if made.id.is_none() {
                return true;
            }
            references.insert(change.address.clone(), made.id);
        }
        undone.insert(change.address.clone());
        undone.extend(change.previous_address.clone());
        false
    });
    for change in &inverse.resource_changes {
        undone.remove(&change.address);
    }
    inverse.checks.retain(|check| check.address.as_ref().is_none_or(|own| !undone.contains(own)));
    before - inverse.resource_changes.len()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::take_undone;
    use crate::model::Level;
    use crate::plan::check::passed;
    use crate::plan::tests::{change, plan};
    use crate::plan::{CheckResult, Made, PlannedAction};

    #[test]
    fn what_was_made_already_is_taken_out() {
        let (old, new) = (json!({"capacity": 2}), json!({"capacity": 1}));
        let mut inverse = plan(vec![
            change("queue/anew", PlannedAction::Create, &Value::Null, &new),
            change("queue/left", PlannedAction::Update, &old, &new),
            change("queue/made", PlannedAction::Delete, &old, &Value::Null),
        ]);
        let warning = |address: &str| CheckResult {
            address: Some(address.parse().unwrap()),
            ..passed("rollback", Level::Warn)
        };
        inverse.checks = vec![warning("queue/anew"), warning("queue/left")];
        let made = |own: &crate::plan::Change| {
            (own.address.to_string() != "queue/left").then(|| Made { id: Some("q-7".into()) })
        };
        assert_eq!(take_undone(&mut inverse, made), 2);
        let left: Vec<_> = inverse.resource_changes.iter().map(|c| c.address.to_string()).collect();
        assert_eq!(left, ["queue/left"]);
        assert_eq!(inverse.checks, [warning("queue/left")]);
        let known: Vec<_> =
            inverse.references.iter().map(|(own, id)| format!("{own} {id:?}")).collect();
        assert_eq!(known, ["queue/anew Some(\"q-7\")"]);
        assert_eq!(take_undone(&mut inverse, |_| None), 0);
        let anew = change("queue/anew", PlannedAction::Create, &Value::Null, &new);
        assert_eq!(take_undone(&mut plan(vec![anew]), |_| Some(Made::default())), 0);
    }
}
