//! Calls that overflow from queue to queue to queue.

use std::collections::{BTreeMap, BTreeSet};

use super::address;
use super::check::{has_target, target};
use crate::kinds::{Action, Checking, Proposal};
use crate::model::{Address, Finding};

/// A chain of so many queues is not worth a word.
const LONG: usize = 5;
/// So many queues of a chain are named before the rest is counted.
const NAMED: usize = 12;

/// Where calls overflow to when the plan is applied.
#[derive(Default)]
struct Overflows {
    targets: BTreeMap<Address, Address>,
    sources: BTreeMap<Address, Vec<Address>>,
}

/// Whoever waits at the end of a long chain has waited in each queue before it.
pub(super) fn overflow_chain(checking: &Checking<'_>) -> Vec<Finding> {
    let turned: Vec<&Proposal<'_>> = checking.proposals.iter().filter(|p| is_turned(p)).collect();
    if turned.is_empty() {
        return Vec::new();
    }
    let overflows = Overflows::after(checking);
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for proposal in turned {
        let chain = overflows.chain(proposal.address);
        if chain.len() <= LONG || told.contains(proposal.address) {
            continue;
        }
        let names: Vec<String> = chain.iter().take(NAMED).map(|queue| queue.segment(0)).collect();
        let more = match chain.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" -> {more} more"),
        };
        let (count, names) = (chain.len(), names.join(" -> "));
        let message = format!("calls would overflow through {count} queues: {names}{more}");
        findings.push(
            Finding::error("overflow-chain", proposal.place, message)
                .about(proposal.address)
                .hint("let one of them overflow into a queue nearer to the end, or into none"),
        );
        told.extend(chain);
    }
    findings
}

/// Whether a change that is to be applied lets a queue overflow into another one than before.
fn is_turned(proposal: &Proposal<'_>) -> bool {
    let goes_to = |proposal: &Proposal<'_>| {
        proposal
            .after
            .and_then(target)
            .is_some_and(|to| proposal.before.and_then(target) != Some(to))
    };
    !proposal.held && proposal.action != Action::Delete && goes_to(proposal)
}

impl Overflows {
    fn after(checking: &Checking<'_>) -> Self {
        let mut overflows = Self::default();
        for entry in checking.observed.remotes.of_kind("queue") {
            let (own, before) = (entry.address(), &entry.value.document);
            let to = match checking.proposal(&own).filter(|proposal| !proposal.held) {
                Some(Proposal { action: Action::Delete, .. }) => None,
                Some(Proposal { after: Some(after), .. }) if has_target(after) => target(after),
                _ => target(before),
            };
            overflows.add(own, to);
        }
        let made = checking.proposals.iter().filter(|p| p.action == Action::Create && !p.held);
        for proposal in made {
            overflows.add(proposal.address.clone(), proposal.after.and_then(target));
        }
        overflows
    }

    fn add(&mut self, own: Address, to: Option<String>) {
        let Some(to) = to.map(|key| address(&key)) else { return };
        self.sources.entry(to.clone()).or_default().push(own.clone());
        self.targets.insert(own, to);
    }

    /// The longest chain that a queue is part of, from its first queue to its last.
    fn chain(&self, own: &Address) -> Vec<Address> {
        let mut seen = BTreeSet::from([own]);
        let mut furthest = vec![own];
        loop {
            let sources = furthest.iter().filter_map(|queue| self.sources.get(*queue)).flatten();
            let next: Vec<&Address> = sources.filter(|source| seen.insert(source)).collect();
            if next.is_empty() {
                break;
            }
            furthest = next;
        }
        let mut chain: Vec<Address> = furthest.into_iter().min().cloned().into_iter().collect();
        let mut passed: BTreeSet<Address> = chain.iter().cloned().collect();
        while let Some(to) = chain.last().and_then(|last| self.targets.get(last)) {
            if !passed.insert(to.clone()) {
                break;
            }
            chain.push(to.clone());
        }
        chain
    }
}
