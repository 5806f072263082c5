//! Overrides: whether they lift what blocks a plan.

use std::collections::BTreeSet;

use super::context::Context;
use super::exit::Exit;
use super::run::bare;
use crate::audit::Override;
use crate::plan::Plan;

/// What becomes of a plan under its overrides.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Judgement {
    /// Overrides that lift nothing, and why.
    useless: Vec<String>,
    /// Why nothing may be sent.
    refusal: Option<String>,
}

/// Tells overrides that lift nothing. Where the plan may not be applied it answers with what.
pub(super) fn refuse(
    context: &mut Context<'_>,
    plan: &Plan,
    overrides: &[Override],
) -> anyhow::Result<Option<Exit>> {
    let Judgement { useless, refusal } = judge(plan, overrides);
    let word = if refusal.is_some() { "error" } else { "warning" };
    for line in useless {
        context.note(&format!("{word}: {line}\n"))?;
    }
    let Some(refusal) = refusal else { return Ok(None) };
    context.note(&format!("error: {refusal}; nothing was sent\n"))?;
    Ok(Some(Exit::Blocked))
}

fn judge(plan: &Plan, overrides: &[Override]) -> Judgement {
    let blocking: BTreeSet<&str> = plan.blocked_by().map(|check| check.rule.as_str()).collect();
    let mut left = blocking.clone();
    let (mut useless, mut is_for_another) = (Vec::new(), false);
    for Override { rule, hash, .. } in overrides {
        if bare(hash) != bare(&plan.hash) {
            is_for_another = true;
            useless.push(format!(
                "--override {rule}@{hash} is for another plan: the hash of this one is {}",
                plan.hash
            ));
        } else if blocking.contains(rule.as_str()) {
            left.remove(rule.as_str());
        } else {
            let by: Vec<&str> = blocking.iter().copied().collect();
            let by = if by.is_empty() { "nothing".to_owned() } else { by.join(", ") };
            useless.push(format!(
                "--override {rule}: this rule does not block the plan {}, which is blocked by {by}",
                plan.hash
            ));
        }
    }
    let refusal = match () {
        () if !left.is_empty() && overrides.is_empty() => Some("the plan is blocked".to_owned()),
        () if !left.is_empty() => {
            let left = left.into_iter().collect::<Vec<_>>().join(", ");
            Some(format!("the plan is blocked by {left}"))
        }
        // Who lifts a rule of one plan does not mean another one, not even a harmless one.
        () if is_for_another && plan.live().next().is_some() => {
            Some("the plan is not the one that is meant".to_owned())
        }
        () => None,
    };
    Judgement { useless, refusal }
}
