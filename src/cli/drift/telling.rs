//! Drift is told, in the format that is asked for.

use std::borrow::Cow;

use super::looking::as_manifests;
use crate::cli::args::{DriftArgs, DriftFormat};
use crate::cli::console::Stream;
use crate::cli::context::{Context, report, with_help};
use crate::cli::markup;
use crate::model::{Address, Finding, Level, json_safe, neutral};
use crate::plan::Redaction;
use crate::plan::drift::{Drift, Item};
use crate::render::{self, findings, github};
use crate::tenant::Observation;

/// What differs as it is told: with pseudonyms in the place of people where that is asked for.
pub(super) struct Shown<'d> {
    pub(super) drift: Cow<'d, Drift>,
    redaction: Option<Redaction>,
}

impl<'d> Shown<'d> {
    /// What was seen, as it is told.
    pub(super) fn of(
        context: &Context<'_>,
        drift: &'d Drift,
        seen: &Observation,
    ) -> anyhow::Result<Self> {
        let redaction = context.redacting.of_drift(drift, seen);
        let drift = match &redaction {
            None => Cow::Borrowed(drift),
            Some(redaction) => {
                let called = |address: &Address| redaction.address(address);
                let manifests = as_manifests(&drift.items, seen, called)?;
                Cow::Owned(redaction.drift(drift, manifests))
            }
        };
        Ok(Self { drift, redaction })
    }

    /// Some of it, likewise.
    pub(super) fn items<'i>(&self, items: &[&'i Item]) -> Vec<Cow<'i, Item>> {
        let Some(redaction) = &self.redaction else {
            return items.iter().map(|item| Cow::Borrowed(*item)).collect();
        };
        let mut items: Vec<_> = items.iter().map(|item| redaction.item(item)).collect();
        items.sort_by(|one, other| one.address.cmp(&other.address));
        items.into_iter().map(Cow::Owned).collect()
    }
}

/// Tells what differs.
pub(super) fn tell(
    context: &mut Context<'_>,
    args: &DriftArgs,
    drift: &Drift,
) -> anyhow::Result<()> {
    match args.format {
        DriftFormat::Text => {
            Ok(context.console.talk_long(Stream::Out, |out| render::drift(out, drift))?)
        }
        DriftFormat::Yaml => {
            context.note(&format!("{}\n", render::drift_summary(drift)))?;
            Ok(context.console.data(drift.manifests.as_deref().unwrap_or_default())?)
        }
        DriftFormat::Json => {
            let text = serde_json::to_string(drift)? + "\n";
            Ok(context.console.data(&json_safe(&text))?)
        }
        DriftFormat::Markdown => {
            let budget = args.telling.max_bytes.unwrap_or(render::COMMENT);
            Ok(context.console.data(&render::markdown_drift(drift, budget))?)
        }
        DriftFormat::Html => Ok(context.console.data(&render::html_drift(drift))?),
        DriftFormat::Github => markup::github_drift(context, drift, &args.telling),
        DriftFormat::Gitlab => {
            Ok(context.console.data(&findings::gitlab(&render::drift_findings(drift)))?)
        }
    }
}

/// Tells whoever asked for a machine's format that drift is not known.
pub(super) fn failure(
    context: &mut Context<'_>,
    format: DriftFormat,
    tenant: &str,
    error: &anyhow::Error,
) -> anyhow::Result<()> {
    let why = || neutral(&with_help(error)).into_owned();
    let text = match format {
        DriftFormat::Text | DriftFormat::Yaml => return Ok(()),
        DriftFormat::Html => {
            render::html_failure(&format!("Drift in {tenant} is not known"), &why())
        }
        DriftFormat::Json => report(error),
        DriftFormat::Markdown => render::markdown_drift_failure(tenant, &why()),
        DriftFormat::Github => github::failure("drift is not known", &why()),
        DriftFormat::Gitlab => findings::gitlab(&[Finding {
            place: None,
            level: Level::Error,
            rule: "error",
            address: None,
            message: why(),
            hint: None,
            related: None,
        }]),
    };
    Ok(context.console.data(&text)?)
}

/// Tells what was accepted.
pub(super) fn accepted(
    context: &mut Context<'_>,
    args: &DriftArgs,
    drift: &Drift,
) -> anyhow::Result<()> {
    match args.format {
        DriftFormat::Text => Ok(()),
        _ => tell(context, args, drift),
    }
}
