//! The rules for assignments.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::holders::{nobody_holds, single_holder};
use crate::facts::may_be_routed;
use crate::kinds::{Action, Check, Checking, Needs, Proposal};
use crate::model::{AtMost, Document, Finding, Level, Memo, Recurrence};

/// The table of rules.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: "strategy", level: Level::Block, needs: Needs::Strategies, run: strategy },
    Check { rule: "licence", level: Level::Block, needs: Needs::Licences, run: licence },
    Check { rule: "levelJump", level: Level::Block, needs: Needs::Nothing, run: level_jump },
    Check { rule: "window-ended", level: Level::Warn, needs: Needs::Nothing, run: ended },
    Check { rule: "window-expiring", level: Level::Warn, needs: Needs::Nothing, run: expiring },
    Check { rule: "nobody-holds", level: Level::Warn, needs: Needs::Held, run: nobody_holds },
    Check { rule: "single-holder", level: Level::Warn, needs: Needs::Held, run: single_holder },
];

/// A window that ends within so many hours is soon to be renewed.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A skill may be assigned only if an active routing strategy uses it.
fn strategy(checking: &Checking<'_>) -> Vec<Finding> {
    let Some(active) = &checking.facts.active_skills else { return Vec::new() };
    let unused = |proposal: &Proposal<'_>| {
        let id = id_of(proposal, "skill")?;
        (!active.contains(id)).then(|| {
            let skill = proposal.address.segment(1);
            let message = format!("skill `{skill}` is in no active routing strategy");
            Finding::error("strategy", proposal.place, message)
                .about(proposal.address)
                .hint("add the skill to an active strategy of the tenant, or drop the cell")
        })
    };
    assigned(checking).filter_map(unused).collect()
}

/// Calls may be routed only to an agent with an active licence of type `routing` or `agent`.
fn licence(checking: &Checking<'_>) -> Vec<Finding> {
    let unlicensed = |proposal: &Proposal<'_>| {
        let id = id_of(proposal, "agent")?;
        let licences = checking.facts.licences.get(id)?;
        (!may_be_routed(licences)).then(|| {
            let agent = checking.facts.label_of("agent", id);
            let message = format!("agent `{agent}` has no active licence of type routing or agent");
            Finding::error("licence", proposal.place, message)
                .about(proposal.address)
                .hint("give the agent a licence in the tenant, or drop the cell")
        })
    };
    assigned(checking).filter_map(unlicensed).collect()
}

/// A proficiency level moves by no more steps than the project says.
fn level_jump(checking: &Checking<'_>) -> Vec<Finding> {
    let limit = checking.limits.of("levelJump");
    let Some((limit, AtMost::Count(most))) = limit.map(|limit| (limit, limit.at_most)) else {
        return Vec::new();
    };
    let mut jumps = Memo::default();
    let jump = |proposal: &Proposal<'_>| {
        let documents = (proposal.before?.clone(), proposal.after?.clone());
        let (before, after) = jumps
            .get_or(documents, |(before, after)| Some((level_of(before)?, level_of(after)?)))?;
        let steps = before.abs_diff(after);
        (steps > most).then(|| {
            let message = format!(
                "{steps} > {most}: steps of the level of `{}` for `{}`, from {before} to {after}; \
                 the limit is {}",
                proposal.address.segment(1),
                agent(checking, proposal),
                limit.origin("levelJump")
            );
            Finding::error("levelJump", proposal.place, message)
                .about(proposal.address)
                .hint("move the level in smaller steps, or set another policy.levelJump")
        })
    };
    checking.proposals.iter().filter_map(jump).collect()
}

fn level_of(document: &Document) -> Option<i64> {
    document.value().get("level")?.as_i64()
}

/// Nobody is routed by an assignment whose window is over.
fn ended(checking: &Checking<'_>) -> Vec<Finding> {
    let hint = "give the cell a window that lies ahead, or drop the cell";
    windows(checking, "window-ended", hint, |to, now| to <= now)
}

/// An assignment whose window is nearly over is worth a look.
fn expiring(checking: &Checking<'_>) -> Vec<Finding> {
    let hint = "renew the window before it ends";
    let is_soon = |to: Timestamp, now: Timestamp| to > now && to.duration_since(now) <= SOON;
    windows(checking, "window-expiring", hint, is_soon)
}

/// What is written with a window whose end is worth a word at the plan's time.
fn windows(
    checking: &Checking<'_>,
    rule: &'static str,
    hint: &str,
    is_worth: impl Fn(Timestamp, Timestamp) -> bool,
) -> Vec<Finding> {
    let Some(now) = checking.facts.now else { return Vec::new() };
    let mut ends = Memo::default();
    let mut end = |document: &Document| {
        ends.get_or(document.clone(), |document| {
            document
                .value()
                .pointer("/window/to")
                .and_then(Value::as_str)?
                .parse::<Timestamp>()
                .ok()
        })
    };
    // Whether what comes again does so after an end, by where it is in memory.
    let mut next = Memo::default();
    let finding = |proposal: &Proposal<'_>| {
        // A cell without a window leaves the tenant's alone.
        let to =
            proposal.after.and_then(&mut end).or_else(|| proposal.before.and_then(&mut end))?;
        let recurs = checking.desired.get(proposal.address).and_then(|own| own.recurs.as_ref());
        let goes_on = |recurs: &Arc<Recurrence>| {
            let said = (Arc::as_ptr(recurs).addr(), to);
            next.get_or(said, |_| recurs.current_or_next(to).is_some())
        };
        (is_worth(to, now) && !recurs.is_some_and(goes_on)).then(|| {
            let ends = if to <= now { "ended" } else { "ends in less than a week," };
            let (skill, agent) = (proposal.address.segment(1), agent(checking, proposal));
            let message = format!("the window of `{skill}` for `{agent}` {ends} {to}");
            Finding::error(rule, proposal.place, message).about(proposal.address).hint(hint)
        })
    };
    assigned(checking).filter_map(finding).collect()
}

/// What a person calls the agent of an assignment.
fn agent(checking: &Checking<'_>, proposal: &Proposal<'_>) -> String {
    match id_of(proposal, "agent") {
        Some(id) => checking.facts.label_of("agent", id),
        None => proposal.address.segment(0),
    }
}

fn assigned<'c>(checking: &'c Checking<'c>) -> impl Iterator<Item = &'c Proposal<'c>> {
    checking.proposals.iter().filter(|proposal| proposal.action != Action::Delete)
}

fn id_of<'p>(proposal: &Proposal<'p>, sort: &str) -> Option<&'p str> {
    proposal.links.iter().find(|link| link.address.kind() == sort)?.id.as_deref()
}
