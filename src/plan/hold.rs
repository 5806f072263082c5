//! Changes that are withheld, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::check::passed;
use super::{Change, CheckResult, Plan, Policy, Reason, Status};
use crate::kinds::Action;
use crate::model::{Address, Level};

/// The rule that withholds deletions unless they are allowed.
const DELETION: &str = "allow-delete";
/// The rule that withholds the deletion of what is protected.
pub(super) const PROTECTION: &str = "protect";
/// The rule that withholds deletions that follow from absence where not all manifests were read.
const PARTIAL: &str = "partial";
/// The rule that withholds what depends on something withheld.
const DEPENDENCY: &str = "depends-on-held";

impl Plan {
    /// Whether its apply brings all that its manifests declare: it takes no part of them, undoes
    /// nothing, and withholds no deletion of what is declared no more, of which nothing would tell but
    /// the base before.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let is_owed =
            |change: &Change| change.reason == Reason::Removed && !change.held_by.is_empty();
        self.source.undoes.is_none()
            && !self.selection.as_ref().is_some_and(|part| part.is_partial())
            && !self.resource_changes.iter().any(is_owed)
    }
}

/// Withholds deletions that are not allowed, and those of what is protected.
pub(super) fn hold_deletions(changes: &mut [&mut Change], policy: &Policy) -> Vec<CheckResult> {
    let mut results = Vec::new();
    for change in changes.iter_mut().filter(|change| change.action() == Some(Action::Delete)) {
        if !policy.allow_delete {
            change.held_by.push(DELETION.to_owned());
        }
        if policy.is_partial && change.reason.is_absence() {
            change.held_by.push(PARTIAL.to_owned());
        }
        if let Some(protected) = policy.protection(&change.address) {
            change.held_by.push(PROTECTION.to_owned());
            let (address, pattern) = (&change.address, &protected.pattern);
            let (file, line) = (&protected.place.file, protected.place.line);
            let place = if line == 0 { file.to_string() } else { format!("{file}:{line}") };
            results.push(CheckResult {
                status: Status::Fail,
                address: Some(address.clone()),
                message: Some(format!(
                    "{address} is never deleted: policy.protect in {place} has `{pattern}`"
                )),
                hint: Some("to delete it, take it out of policy.protect first".to_owned()),
                source: Some(change.source.clone()),
                ..passed(PROTECTION, Level::Hold)
            });
        }
    }
    results
}

/// Withholds what a rule holds, and what depends on something withheld.
pub(super) fn hold(changes: &mut [&mut Change], results: &[CheckResult]) {
    let mut rules: BTreeMap<&Address, BTreeSet<&str>> = BTreeMap::new();
    for result in results.iter().filter(|r| r.level == Level::Hold && r.status == Status::Fail) {
        if let Some(address) = &result.address {
            rules.entry(address).or_default().insert(&result.rule);
        }
    }
    let acting = |change: &&mut &mut Change| !rules.is_empty() && change.action().is_some();
    for change in changes.iter_mut().filter(acting) {
        let held = rules.get(&change.address).into_iter().flatten();
        change.held_by.extend(held.map(|rule| (*rule).to_owned()));
    }
    hold_what_waits(changes);
}

/// Withholds what depends on something withheld.
pub(super) fn hold_what_waits(changes: &mut [&mut Change]) {
    let mut held: BTreeSet<Address> = BTreeSet::new();
    let needed: BTreeSet<Address> =
        changes.iter().flat_map(|change| change.depends_on.iter().cloned()).collect();
    loop {
        let count = held.len();
        let more = changes.iter().filter(|change| !change.held_by.is_empty());
        let more = more.filter(|change| needed.contains(&change.address));
        held.extend(more.map(|change| change.address.clone()));
        if held.len() == count {
            return;
        }
        for change in changes.iter_mut().filter(|change| change.is_live()) {
            if change.depends_on.iter().any(|first| held.contains(first)) {
                change.held_by.push(DEPENDENCY.to_owned());
            }
        }
    }
}
