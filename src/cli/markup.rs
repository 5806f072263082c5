//! Plans and what became of them for the pages of GitHub and GitLab.

use std::path::PathBuf;

use super::again::CommandText;
use super::args::{PlanFormat, Telling};
use super::context::{Context, report, with_help};
use super::files;
use crate::model::neutral;
use crate::plan::drift::Drift;
use crate::plan::{Applied, Plan};
use crate::render::{self, Detail, github};

/// The Markdown of a plan.
pub(super) fn markdown(
    context: &mut Context<'_>,
    plan: &Plan,
    detail: Detail,
    telling: &Telling,
    again: &CommandText,
) -> anyhow::Result<()> {
    let budget = telling.max_bytes.unwrap_or(render::COMMENT);
    Ok(context.console.data(&render::markdown(plan, detail, budget, again.commands()))?)
}

/// Annotations on standard output, a step's summary and its outputs where GitHub wants them.
pub(super) fn github(
    context: &mut Context<'_>,
    plan: &Plan,
    detail: Detail,
    telling: &Telling,
    again: &CommandText,
) -> anyhow::Result<()> {
    context.console.data(&github::annotations(plan))?;
    summarise(context, telling, |budget| render::markdown(plan, detail, budget, again.commands()))?;
    outputs(context, &github::outputs(plan))
}

/// The report of a merge request.
pub(super) fn gitlab(context: &mut Context<'_>, plan: &Plan) -> anyhow::Result<()> {
    Ok(context.console.data(&render::gitlab(plan))?)
}

/// What became of a plan, in the plan's format; people are told on standard error where a machine
/// has standard output.
pub(super) fn outcome(
    context: &mut Context<'_>,
    (format, telling): (PlanFormat, &Telling),
    plan: &Plan,
    applied: &Applied,
) -> anyhow::Result<()> {
    match format {
        PlanFormat::Text => context.say(&render::outcome(plan, applied)),
        PlanFormat::Json | PlanFormat::Html | PlanFormat::Gitlab => {
            context.note(&render::outcome(plan, applied))
        }
        PlanFormat::Markdown => {
            let budget = telling.max_bytes.unwrap_or(render::COMMENT);
            let text = render::markdown_outcome(plan, applied, budget);
            Ok(context.console.data(&format!("\n{text}"))?)
        }
        PlanFormat::Github => {
            context.console.data(&github::outcome_annotations(applied))?;
            summarise(context, telling, |budget| {
                format!("\n{}", render::markdown_outcome(plan, applied, budget - 1))
            })?;
            outputs(context, &github::outcome_outputs(applied))
        }
    }
}

/// Tells whoever asked for a machine's format that there is no plan.
pub(super) fn failure(
    context: &mut Context<'_>,
    format: Option<PlanFormat>,
    tenant: &str,
    error: &anyhow::Error,
) -> anyhow::Result<()> {
    let why = || neutral(&with_help(error)).into_owned();
    let text = match format {
        None | Some(PlanFormat::Text) => return Ok(()),
        Some(PlanFormat::Html) => {
            render::html_failure(&format!("There is no plan for {tenant}"), &why())
        }
        // A widget of which nothing is known says that there is no report.
        Some(PlanFormat::Gitlab) => "{}\n".to_owned(),
        Some(PlanFormat::Json) => report(error),
        Some(PlanFormat::Markdown) => render::markdown_failure(tenant, &why()),
        Some(PlanFormat::Github) => github::failure("no plan", &why()),
    };
    Ok(context.console.data(&text)?)
}

/// Drift for a step of GitHub Actions.
pub(super) fn github_drift(
    context: &mut Context<'_>,
    drift: &Drift,
    telling: &Telling,
) -> anyhow::Result<()> {
    context.console.data(&github::drift_annotations(drift))?;
    summarise(context, telling, |budget| render::markdown_drift(drift, budget))?;
    outputs(context, &github::drift_outputs(drift))
}

/// Adds a text to the step's summary, in what is left of the bytes that GitHub takes of one.
fn summarise(
    context: &mut Context<'_>,
    telling: &Telling,
    text: impl FnOnce(usize) -> String,
) -> anyhow::Result<()> {
    let most = telling.max_bytes.unwrap_or(github::SUMMARY).min(github::SUMMARY);
    let Some(file) = named(context, "GITHUB_STEP_SUMMARY") else {
        return Ok(context.console.data(&text(most))?);
    };
    let left = github::SUMMARY.saturating_sub(files::length(&file));
    if left < render::LEAST {
        return context.note("warning: the step's summary is full; the plan is not in it\n");
    }
    Ok(files::append(&file, &text(most.min(left)))?)
}

/// Adds values for the steps that follow, where there are such.
fn outputs(context: &mut Context<'_>, text: &str) -> anyhow::Result<()> {
    match named(context, "GITHUB_OUTPUT") {
        Some(file) => Ok(files::append(&file, text)?),
        None => Ok(()),
    }
}

fn named(context: &Context<'_>, variable: &str) -> Option<PathBuf> {
    context.environment.get(variable).map(|file| context.cwd.join(file))
}
