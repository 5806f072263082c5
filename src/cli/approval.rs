//! From a plan to its application: it is shown, held against what was expected, and asked about.

use std::sync::Arc;

use super::args::{Applying, PlanFormat, Telling};
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::follow::Following;
use super::lifting::refuse;
use super::markup;
use super::run::{Lifting, bare, exit, record, watch_signals};
use super::settings::Settings;
use super::sharing::Sharing;
use super::state::StateFolder;
use crate::audit::Override;
use crate::plan::Plan;
use crate::tenant::Writer;

/// Where and how a plan is to be applied.
pub(super) struct Ground<'g> {
    pub(super) settings: &'g Settings,
    pub(super) state: &'g StateFolder,
    pub(super) writer: Writer,
    pub(super) applying: &'g Applying,
    /// How plan and result are told.
    pub(super) format: (PlanFormat, &'g Telling),
    /// Who is told what happens.
    pub(super) following: &'g mut Following,
    /// The state branch, where there is one.
    pub(super) sharing: &'g mut Sharing,
    /// Whether nobody has agreed to the plan yet.
    pub(super) asks: bool,
}

/// Refuses to begin where nobody can be asked.
pub(super) fn can_ask(context: &Context<'_>, applying: &Applying) -> Result<(), UsageError> {
    if applying.auto_approve || context.console.is_interactive() {
        return Ok(());
    }
    Err(UsageError::new("there is no terminal to ask whether to apply")
        .hint("pass --auto-approve, or apply a saved plan with --plan FILE"))
}

/// Reads `--override RULE@HASH --reason TEXT`.
pub(super) fn overrides(applying: &Applying) -> Result<Vec<Override>, UsageError> {
    let one = |text: &String| {
        let (rule, hash) = text.split_once('@').ok_or_else(|| {
            UsageError::new(format!("--override {text}: expected RULE@HASH"))
                .hint("copy it from the blocked plan's message")
        })?;
        let reason = applying.reason.clone().filter(|reason| !reason.trim().is_empty());
        let reason = reason.ok_or_else(|| {
            UsageError::new("--override needs --reason TEXT").hint("the reason goes into the audit")
        })?;
        Ok(Override { rule: rule.to_owned(), hash: hash.to_owned(), reason })
    };
    applying.overrides.iter().map(one).collect()
}

/// Asks about a plan that was shown, and applies it.
pub(super) async fn go(
    context: &mut Context<'_>,
    ground: Ground<'_>,
    plan: &Arc<Plan>,
    lifting: Lifting,
) -> anyhow::Result<Exit> {
    ground.following.planned(plan);
    if let Some(expected) = &ground.applying.expect_hash
        && bare(expected) != bare(&plan.hash)
    {
        context.note(&format!(
            "error: the plan's hash is {}, not {expected}; nothing was sent\n",
            plan.hash
        ))?;
        return Ok(Exit::Conflict);
    }
    if let Some(refused) = refuse(context, plan, &lifting.overrides)? {
        return Ok(refused);
    }
    let asks = ground.asks && plan.live().next().is_some();
    if asks && !context.console.confirm("\nApply these changes? Only `yes` is taken: ")? {
        context.note("Apply cancelled; nothing was sent.\n")?;
        return Ok(Exit::Error);
    }
    watch_signals()?;
    let format = ground.format;
    let applied = record(context, ground, plan, lifting).await?;
    let redacting = context.redacting.clone();
    markup::outcome(context, format, &redacting.plan(plan), &redacting.applied(plan, &applied))?;
    Ok(exit(&applied))
}
