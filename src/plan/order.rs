//! The order of the changes: phases, each of which may start when the one before it has ended.

use std::collections::BTreeMap;

use super::{Change, Plan};
use crate::model::Address;

/// The changes to make, phase by phase, as indices of the plan's list. Changes that depend on each
/// other in a circle share the last phase of those they are reached from.
#[must_use]
pub fn phases(plan: &Plan) -> Vec<Vec<usize>> {
    let waits = plan.live().any(|change| !change.depends_on.is_empty());
    let live: BTreeMap<&Address, &Change> = match waits {
        true => plan.live().map(|change| (&change.address, change)).collect(),
        false => BTreeMap::new(),
    };
    let mut depths: BTreeMap<&Address, usize> = BTreeMap::new();
    for address in live.keys() {
        depth(address, &live, &mut depths);
    }
    let mut phases: Vec<Vec<usize>> = Vec::new();
    for (index, change) in plan.resource_changes.iter().enumerate().filter(|(_, c)| c.is_live()) {
        let depth = depths.get(&change.address).copied().unwrap_or(1);
        if phases.len() < depth {
            phases.resize(depth, Vec::new());
        }
        phases[depth - 1].push(index);
    }
    phases
}

/// 1 for what waits for nothing; a circle is cut where it closes. A loop instead of recursion,
/// since a chain may be as long as the tenant has queues.
fn depth<'p>(
    start: &'p Address,
    live: &BTreeMap<&'p Address, &'p Change>,
    depths: &mut BTreeMap<&'p Address, usize>,
) {
    let mut stack = vec![(start, false)];
    let mut open: Vec<&Address> = Vec::new();
    while let Some((address, entered)) = stack.pop() {
        let first =
            live.get(address).map(|change| change.depends_on.as_slice()).unwrap_or_default();
        let first = first.iter().filter_map(|name| live.get_key_value(name).map(|(key, _)| *key));
        if entered {
            let deepest = first.filter_map(|name| depths.get(name)).max().copied().unwrap_or(0);
            depths.insert(address, deepest + 1);
            open.retain(|name| *name != address);
        } else if !depths.contains_key(address) && !open.contains(&address) {
            open.push(address);
            stack.push((address, true));
            stack.extend(first.map(|name| (name, false)));
        }
    }
}
