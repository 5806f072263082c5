//! The rules for assignments.

use crate::facts::may_be_routed;
use crate::kinds::{Action, Check, Checking, Needs, Proposal};
use crate::model::{Finding, Level};

/// The table of rules.
pub(super) const CHECKS: &[Check] = &[
    Check { rule: "strategy", level: Level::Block, needs: Needs::Strategies, run: strategy },
    Check { rule: "licence", level: Level::Block, needs: Needs::Licences, run: licence },
];

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

fn assigned<'c>(checking: &'c Checking<'c>) -> impl Iterator<Item = &'c Proposal<'c>> {
    checking.proposals.iter().filter(|proposal| proposal.action != Action::Delete)
}

fn id_of<'p>(proposal: &Proposal<'p>, sort: &str) -> Option<&'p str> {
    proposal.links.iter().find(|link| link.address.kind() == sort)?.id.as_deref()
}
