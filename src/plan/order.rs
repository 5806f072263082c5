//! The order of the changes: phases, each of which may start when the one before it has ended.

use std::collections::BTreeMap;

use super::{Change, Plan};
use crate::model::Address;

/// The changes to make, phase by phase, as indices of the plan's list. Changes that depend on each
/// other in a circle share the last phase of those they are reached from.
#[must_use]
pub fn phases(plan: &Plan) -> Vec<Vec<usize>> {
    let live = || plan.resource_changes.iter().enumerate().filter(|(_, change)| change.is_live());
    let waits = live().any(|(_, change)| !change.depends_on.is_empty() || change.is_unlink());
    let waiting = Waiting {
        changes: &plan.resource_changes,
        // Of an address that has two changes, the first is waited for.
        first: match waits {
            true => live().rev().map(|(index, change)| (&change.address, index)).collect(),
            false => BTreeMap::new(),
        },
    };
    let mut depths: BTreeMap<usize, usize> = BTreeMap::new();
    let mut phases: Vec<Vec<usize>> = Vec::new();
    for (index, _) in live() {
        let depth = match waits {
            true => waiting.depth(index, &mut depths),
            false => 1,
        };
        if phases.len() < depth {
            phases.resize(depth, Vec::new());
        }
        phases[depth - 1].push(index);
    }
    phases
}

/// The live changes, and who of them waits for whom.
struct Waiting<'p> {
    changes: &'p [Change],
    first: BTreeMap<&'p Address, usize>,
}

impl Waiting<'_> {
    /// What must be done before a change: what it depends on, and the first change of its own
    /// address.
    fn before(&self, index: usize) -> impl Iterator<Item = usize> {
        let change = &self.changes[index];
        let own = self.first.get(&change.address).copied().filter(|first| *first != index);
        let others = change.depends_on.iter().filter_map(|name| self.first.get(name).copied());
        own.into_iter().chain(others)
    }

    /// 1 for what waits for nothing; a circle is cut where it closes. A loop instead of recursion,
    /// since a chain may be as long as the tenant has queues.
    fn depth(&self, start: usize, depths: &mut BTreeMap<usize, usize>) -> usize {
        let mut stack = vec![(start, false)];
        let mut open: Vec<usize> = Vec::new();
        while let Some((index, entered)) = stack.pop() {
            if entered {
                let depth = self.before(index).filter_map(|first| depths.get(&first)).max();
                let depth = depth.copied().unwrap_or(0) + 1;
                depths.insert(index, depth);
                open.retain(|other| *other != index);
            } else if !depths.contains_key(&index) && !open.contains(&index) {
                open.push(index);
                stack.push((index, true));
                stack.extend(self.before(index).map(|first| (first, false)));
            }
        }
        depths.get(&start).copied().unwrap_or(1)
    }
}
