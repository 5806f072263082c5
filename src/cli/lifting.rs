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

/// Tells what is lifted, and overrides that lift nothing. Where the plan may not be applied it
/// answers with the exit code.
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
    let Some(refusal) = refusal else {
        let blocks = |lifted: &&Override| plan.blocked_by().any(|check| check.rule == lifted.rule);
        for Override { rule, reason, .. } in overrides.iter().filter(blocks) {
            context.note(&format!("{rule} is lifted for this plan: {reason}\n"))?;
        }
        return Ok(None);
    };
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Judgement, judge};
    use crate::audit::Override;
    use crate::plan::{Plan, PlannedAction, open};

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    /// A plan that these rules block, with one change or none.
    fn plan(rules: &[&str], changes: bool) -> Plan {
        let checks: Vec<_> = rules
            .iter()
            .map(|rule| json!({"rule": rule, "level": "block", "status": "fail"}))
            .collect();
        let action = if changes { PlannedAction::Delete } else { PlannedAction::NoOp };
        let mut plan: Plan = serde_json::from_value(json!({
            "format_version": "1.0", "tool_version": "", "hash": "", "integrity": "",
            "tenant": {"name": "t", "url": "https://t", "dialect": "v2"},
            "source": {"commit": null, "dirty": null, "manifests_digest": ""},
            "references": {}, "unmanaged": {"count": 0, "by_kind": {}}, "checks": checks,
            "resource_changes": [{
                "address": "queue/a", "kind": "queue", "name": "a", "id": "q-1",
                "previous_address": null, "reason": "absent", "held_by": [],
                "change": {"actions": [action], "before": {}, "after": null, "paths": []},
                "source": {"file": "f", "line": 1, "column": 1},
                "precondition": {"etag": null, "digest": null},
            }],
            "summary": {
                "add": 0, "change": 0, "destroy": 1, "held": 0, "noop": 0, "unmanaged": 0,
            },
            "applyable": true,
        }))
        .unwrap();
        crate::plan::seal(&mut plan);
        let mut file = Vec::new();
        crate::plan::write(&plan, &mut file).unwrap();
        assert_eq!(open(&String::from_utf8(file).unwrap()).unwrap(), plan);
        plan
    }

    #[test]
    fn a_rule_is_lifted_for_one_plan_and_what_lifts_nothing_is_told() {
        let check = |rules: &[&str], changes, overrides: &[&str], told: &[&str], refusal: &str| {
            let plan = plan(rules, changes);
            let overrides = overrides.iter().map(|text| {
                let (rule, hash) = text.split_once('@').unwrap();
                let hash = hash.replace("HASH", &plan.hash);
                Override { rule: rule.to_owned(), hash, reason: "why".to_owned() }
            });
            let Judgement { useless, refusal: refused } =
                judge(&plan, &overrides.collect::<Vec<_>>());
            let useless: Vec<String> =
                useless.iter().map(|line| line.replace(&plan.hash, "HASH")).collect();
            assert_eq!((useless, refused.unwrap_or_default().as_str()), (owned(told), refusal));
        };
        let other = "--override a@sha256:12 is for another plan: the hash of this one is HASH";
        let meant = "the plan is not the one that is meant";
        check(&[], true, &[], &[], "");
        check(&["a"], true, &[], &[], "the plan is blocked");
        check(&["a"], true, &["a@HASH"], &[], "");
        check(&["a", "b"], true, &["b@HASH"], &[], "the plan is blocked by a");
        check(&["a", "b"], true, &["b@HASH", "a@HASH"], &[], "");
        check(&["a"], true, &["a@sha256:12"], &[other], "the plan is blocked by a");
        check(&["a"], true, &["a@HASH", "a@sha256:12"], &[other], meant);
        check(&[], true, &["a@sha256:12"], &[other], meant);
        check(&[], false, &["a@sha256:12"], &[other], "");
        let by = |by: &str| {
            format!(
                "--override c: this rule does not block the plan HASH, which is blocked by {by}"
            )
        };
        check(&[], true, &["c@HASH"], &[&by("nothing")], "");
        check(&["a", "b"], true, &["c@HASH"], &[&by("a, b")], "the plan is blocked by a, b");
    }
}
