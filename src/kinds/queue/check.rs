//! The rules for queues.

use std::collections::BTreeMap;

use serde_json::Value;

use super::address;
use super::chain::overflow_chain;
use crate::kinds::{Action, Check, Checking, Needs, Proposal};
use crate::model::{Address, Document, Finding, Level};

/// The table of rules.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: "capacity", level: Level::Block, needs: Needs::Nothing, run: capacity },
    Check { rule: "overflow-cycle", level: Level::Error, needs: Needs::Nothing, run: cycle },
    Check { rule: "overflow-in", level: Level::Hold, needs: Needs::Nothing, run: still_used },
    Check { rule: "stale-rule", level: Level::Warn, needs: Needs::Nothing, run: stale_rule },
    Check { rule: "overflow-chain", level: Level::Warn, needs: Needs::Held, run: overflow_chain },
];

/// A queue may not wait more calls than there are licensed agents; skipped where that is unset.
fn capacity(checking: &Checking<'_>) -> Vec<Finding> {
    let Some(licensed) = checking.facts.licensed_agents else { return Vec::new() };
    let too_large = |proposal: &Proposal<'_>| {
        let capacity = proposal.after?.value().get("capacity")?.as_u64()?;
        (capacity > licensed).then(|| {
            let message = format!(
                "capacity {capacity} of `{}` is more than the {licensed} licensed agents",
                proposal.address.segment(0)
            );
            Finding::error("capacity", proposal.place, message)
                .about(proposal.address)
                .hint("lower spec.capacity, or correct licensedAgents of the tenant")
        })
    };
    checking.proposals.iter().filter_map(too_large).collect()
}

/// New queues that overflow into each other have no order in which they could be created.
fn cycle(checking: &Checking<'_>) -> Vec<Finding> {
    let new: BTreeMap<&Address, &Proposal<'_>> = checking
        .proposals
        .iter()
        .filter(|proposal| proposal.action == Action::Create)
        .map(|proposal| (proposal.address, proposal))
        .collect();
    let next = |proposal: &Proposal<'_>| proposal.after.and_then(target).map(|key| address(&key));
    let mut findings = Vec::new();
    for (start, proposal) in &new {
        let mut chain = vec![(*start).clone()];
        let mut at = next(proposal);
        while let Some(step) =
            at.filter(|step| new.contains_key(step) && !chain[1..].contains(step))
        {
            if step == **start {
                // The same circle is met from each of its queues: the first one tells it.
                if chain.iter().any(|link| link < start) {
                    break;
                }
                let names: Vec<String> = chain.iter().map(|link| link.segment(0)).collect();
                let message = format!(
                    "the new queues {} overflow into each other: none can be created first",
                    names.join(", ")
                );
                findings.push(
                    Finding::error("overflow-cycle", proposal.place, message)
                        .about(start)
                        .hint("leave out one overflow.target, apply, then add it"),
                );
                break;
            }
            at = new.get(&step).and_then(|proposal| next(proposal));
            chain.push(step);
        }
    }
    findings
}

/// A queue into which one overflows that stays is not deleted (the tenant would refuse it).
fn still_used(checking: &Checking<'_>) -> Vec<Finding> {
    let after_all = |address: &Address, before: &Document| -> Option<String> {
        match checking.proposal(address) {
            Some(Proposal { action: Action::Delete, .. }) => None,
            Some(Proposal { after: Some(after), .. }) if has_target(after) => target(after),
            _ => target(before),
        }
    };
    let deletions = || checking.proposals.iter().filter(|p| p.action == Action::Delete);
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if deletions().next().is_some() {
        for entry in checking.observed.remotes.of_kind("queue") {
            let user = entry.address();
            if let Some(target) = after_all(&user, &entry.value.document) {
                users.entry(target).or_default().push(format!("`{}`", user.segment(0)));
            }
        }
    }
    let mut findings = Vec::new();
    for proposal in deletions() {
        let key = proposal.address.segment(0);
        let users = users.get(&key).map(Vec::as_slice).unwrap_or_default();
        if !users.is_empty() {
            let message = format!("{} overflows into `{key}`, and would still", users.join(", "));
            findings.push(
                Finding::error("overflow-in", proposal.place, message)
                    .about(proposal.address)
                    .hint("declare another overflow.target for it, or null"),
            );
        }
    }
    findings
}

/// Rules that nobody manages stay; one that repeats the old capacity or priority is told.
fn stale_rule(checking: &Checking<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for proposal in checking.proposals {
        let (Some(before), Some(after)) = (proposal.before, proposal.after) else { continue };
        let (before, after) = (before.value(), after.value());
        if after.get("routingRules").is_some() {
            continue;
        }
        for rule in before.get("routingRules").and_then(Value::as_array).into_iter().flatten() {
            let Some(field @ ("capacity" | "priority")) = rule.get("type").and_then(Value::as_str)
            else {
                continue;
            };
            let (Some(is), Some(will)) = (rule.get("value"), after.get(field)) else { continue };
            if is != will {
                let message = format!(
                    "the routing rule `{field}` of `{}` says {is}, its {field} will be {will}",
                    proposal.address.segment(0)
                );
                findings.push(
                    Finding::error("stale-rule", proposal.place, message)
                        .about(proposal.address)
                        .hint("manage spec.routingRules too"),
                );
            }
        }
    }
    findings
}

/// Whether a document manages where calls overflow to.
pub(super) fn has_target(document: &Document) -> bool {
    document.value().pointer("/overflow/target").is_some()
}

/// The queue into which calls overflow, by its key.
pub(super) fn target(document: &Document) -> Option<String> {
    document.value().pointer("/overflow/target")?.as_str().map(str::to_owned)
}
