//! What must be done before what.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Proposed;
use crate::kinds::Action;
use crate::model::{Address, Desired, Observed};

/// Creates walk down, deletes walk up, and a name is given up before another takes it:
///
/// ```text
///     create target ──► create or update what names it
///     update or delete what named it ──► delete target
///     rename away from a name ──► create it, or rename to it
/// ```
pub(super) fn depend(proposed: &mut [Proposed], desired: &Desired, observed: &Observed) {
    let named: BTreeSet<String> = proposed
        .iter()
        .flat_map(|proposed| &proposed.links)
        .map(|link| link.address.kind().to_owned())
        .collect();
    let acting = |wanted: Action| -> BTreeSet<Address> {
        let changes = proposed.iter().map(|proposed| &proposed.change);
        let of = changes.filter(|change| change.action() == Some(wanted));
        let of = of.filter(|change| named.contains(change.address.kind()));
        of.map(|change| change.address.clone()).collect()
    };
    let (created, deleted) = (acting(Action::Create), acting(Action::Delete));
    let leaving = proposed.iter().filter_map(|Proposed { change, .. }| {
        Some((change.previous_address.clone()?, change.address.clone()))
    });
    let leaving: BTreeMap<Address, Address> = leaving.collect();
    if created.is_empty() && deleted.is_empty() && leaving.is_empty() {
        return;
    }
    let mut first: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
    for Proposed { change, .. } in proposed.iter().filter(|p| p.change.action().is_some()) {
        let own = &change.address;
        if let Some(leaves) = leaving.get(own) {
            first.entry(own.clone()).or_default().push(leaves.clone());
        }
        if change.action() != Some(Action::Delete) {
            let named = desired.get(own).into_iter().flat_map(|declared| &declared.links);
            let named = named.map(|link| &link.address);
            let needed: Vec<Address> =
                named.filter(|name| created.contains(*name) && *name != own).cloned().collect();
            if !needed.is_empty() {
                first.entry(own.clone()).or_default().extend(needed);
            }
        }
        let named = observed.remotes.get(own).into_iter().flat_map(|remote| &remote.links);
        let named = named.map(|link| &link.address);
        for target in named.filter(|name| deleted.contains(*name) && *name != own) {
            first.entry(target.clone()).or_default().push(own.clone());
        }
    }
    for Proposed { change, .. } in proposed {
        change.depends_on = first.remove(&change.address).unwrap_or_default();
        change.depends_on.sort();
        change.depends_on.dedup();
    }
}
