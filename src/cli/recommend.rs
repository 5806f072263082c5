//! `recommend`: advice from the tenant's figures. The only command that asks for them, beside
//! `snapshot --analytics`.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::args::{AdviceFormat, Assuming, At, ModelArg, RecommendArgs, TopicArg};
use super::console::Stream;
use super::context::{Context, Manifests, Wrong, report};
use super::editing::{Change, Edited, Extent, edit};
use super::exit::{Exit, UsageError};
use super::making::{facts, facts_at, policy, sound, tenant_of};
use super::planning::{connect, runtime};
use super::progress::Progress;
use super::settings::Settings;
use crate::advice::erlang::Target;
use crate::advice::{Advice, Assumptions, Model, Topic, capacities, levels, staffing, subjects};
use crate::facts::{agent_figures, queue_day};
use crate::kinds;
use crate::manifest;
use crate::model::{Raw, Roster, json_safe};
use crate::plan::{self, Inputs, Source, draft};
use crate::render::{self, findings};
use crate::tenant::{Observation, Reader, analytics, observe, recognise};

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &RecommendArgs) -> anyhow::Result<Exit> {
    check_usage(args)?;
    match advise(context, args) {
        Err(error) if args.format == AdviceFormat::Json => {
            context.console.data(&report(&error))?;
            Err(error)
        }
        ended => ended,
    }
}

fn check_usage(args: &RecommendArgs) -> Result<(), UsageError> {
    let wrong = |message: String, hint: &str| Err(UsageError::new(message).hint(hint));
    if args.topic == TopicArg::Levels && args.model != ModelArg::Source {
        let message =
            "an Erlang model says how many agents a queue needs, and nothing about levels";
        return wrong(message.to_owned(), "take --model source, or recommend capacity");
    }
    if args.at.is_some() && args.model == ModelArg::Source {
        let message = "--at means nothing to --model source".to_owned();
        return wrong(message, "take --model erlang-c or erlang-a, or drop it");
    }
    match args.assuming.said() {
        Some(flag) if args.model == ModelArg::Source => {
            let message = format!("{flag} means nothing to --model source");
            wrong(message, "take --model erlang-c or erlang-a, or drop it")
        }
        Some(_) if args.assuming.patience.is_some() && args.model == ModelArg::ErlangC => wrong(
            "--patience means nothing to --model erlang-c, where all callers wait".to_owned(),
            "take --model erlang-a, or drop it",
        ),
        _ => Ok(()),
    }
}

fn advise(context: &mut Context<'_>, args: &RecommendArgs) -> anyhow::Result<Exit> {
    let settings = context.settings(&context.global.flags(&args.paths))?;
    let manifests = sound(context, &settings)?;
    context.expect_manifest(&settings, &manifests.items, false)?;
    let wrong = |found: Vec<_>| match found.is_empty() {
        true => Ok(()),
        false => Err(Wrong::new(&found, &manifests.sources)),
    };
    wrong(kinds::declare(&manifests.items, None).1)?;
    let (seen, advice) = runtime()?.block_on(async {
        let (connection, embedded) = connect(context, &settings).await?;
        let reader = Reader::connect(connection)?;
        let asked = ask(context, &settings, &reader, &manifests, args).await;
        if let Some(embedded) = embedded {
            embedded.end_unlocked().await?;
        }
        asked
    })?;
    tell(context, &advice, args.format, &settings.timezone.value)?;
    if args.write {
        write(context, &settings, &manifests, &seen, &advice)?;
    }
    Ok(Exit::Done)
}

/// Reads what the names mean, then the figures of those whom the manifests declare something about.
async fn ask(
    context: &mut Context<'_>,
    settings: &Settings,
    reader: &Reader,
    manifests: &Manifests,
    args: &RecommendArgs,
) -> anyhow::Result<(Observation, Advice)> {
    let topic = match args.topic {
        TopicArg::Levels => Topic::Levels,
        TopicArg::Capacity => Topic::Capacity,
    };
    let mut seen = recognise(reader, &manifests.items, facts(settings)).await?;
    let found = std::mem::take(&mut seen.findings);
    if !found.is_empty() {
        return Err(Wrong::new(&found, &manifests.sources).into());
    }
    let subjects = subjects(topic, &seen.desired, &seen.facts);
    let ids: BTreeSet<&String> =
        subjects.iter().filter_map(|subject| subject.id.as_ref()).collect();
    let queries: Vec<_> =
        ids.into_iter().map(|id| (id.clone(), topic.query(reader.dialect(), id))).collect();
    let scopes = queries.iter().map(|(_, query)| query.scope()).collect();
    reader.require(&scopes).await?;
    let mut progress = Progress::new(context.console);
    let told = analytics(reader, topic.sort(), queries, &mut |step| progress.tell(step)).await?;
    drop(progress);
    let model = match args.model {
        ModelArg::Source => Model::Source,
        ModelArg::ErlangC => Model::ErlangC,
        ModelArg::ErlangA => Model::ErlangA,
    };
    let days = |rows: &Vec<Raw>| rows.iter().map(|row| queue_day(row.as_str())).collect();
    let queues = || told.iter().map(|(id, rows)| (id.clone(), days(rows)));
    let advice = match (topic, model) {
        (Topic::Levels, _) => {
            let figures = |(id, rows): (&String, &Vec<Raw>)| {
                Some((id.clone(), agent_figures(id, rows.iter().map(Raw::as_str))?))
            };
            levels(&subjects, &told.iter().filter_map(figures).collect())
        }
        (Topic::Capacity, Model::Source) => capacities(&subjects, &queues().collect()),
        (Topic::Capacity, model) => {
            let assumed = assumptions(&args.assuming);
            let mut advice = staffing(&subjects, &queues().collect(), model, &assumed);
            advice.compare(&roster(context, settings, reader, manifests, args.at.as_ref()).await?);
            advice
        }
    };
    Ok((seen, advice))
}

/// Who could serve each queue if what is declared were applied: of the whole tenant, since whoever
/// is there counts.
async fn roster(
    context: &mut Context<'_>,
    settings: &Settings,
    reader: &Reader,
    manifests: &Manifests,
    at: Option<&At>,
) -> anyhow::Result<Roster> {
    let facts = facts_at(settings, at)?;
    let mut progress = Progress::new(context.console);
    let mut watch = |step| progress.tell(step);
    let seen = observe(reader, &manifests.items, None, facts, true, &mut watch).await?;
    let Observation { desired, observed, facts, findings, .. } = &seen;
    let (drafted, found) = draft(desired, None, observed, facts, reader.dialect(), false);
    let found = [findings.clone(), found].concat();
    if !found.is_empty() {
        return Err(Wrong::new(&found, &manifests.sources).into());
    }
    let policy = policy(settings, manifests.is_partial);
    let tenant = tenant_of(settings.tenant()?);
    let (policy, source, ahead) = (&policy, Source::default(), None);
    Ok(plan::roster(drafted, &Inputs { desired, observed, facts, policy, tenant, source, ahead }))
}

/// What is assumed where nothing is said.
fn assumptions(said: &Assuming) -> Assumptions {
    let (service_level, within) = said.service_level.unwrap_or((0.8, 20.0));
    let target = Target {
        service_level,
        within,
        occupancy: said.max_occupancy.unwrap_or(0.85),
        shrinkage: said.shrinkage.unwrap_or(0.3),
    };
    Assumptions { target, hours: said.hours_per_day.unwrap_or(8.0), patience: said.patience }
}

fn tell(
    context: &mut Context<'_>,
    advice: &Advice,
    format: AdviceFormat,
    zone: &TimeZone,
) -> anyhow::Result<()> {
    let data = match format {
        AdviceFormat::Text => {
            let content = |out: &mut dyn std::fmt::Write| render::advice(out, advice, zone);
            return Ok(context.console.talk_long(Stream::Out, content)?);
        }
        AdviceFormat::Json => serde_json::to_string(advice)? + "\n",
        AdviceFormat::Yaml => manifest::to_yaml(&serde_json::to_value(advice)?)?,
    };
    Ok(context.console.data(&json_safe(&data))?)
}

/// Writes what is proposed into the manifests; what rests on missing figures is left.
fn write(
    context: &mut Context<'_>,
    settings: &Settings,
    manifests: &Manifests,
    seen: &Observation,
    advice: &Advice,
) -> anyhow::Result<()> {
    let sure = advice.proposals.iter().filter(|proposal| !proposal.is_weak);
    let changes: Vec<Change> = sure
        .map(|proposal| Change {
            address: proposal.address.clone(),
            path: proposal.path.to_owned(),
            to: proposal.proposed.into(),
        })
        .collect();
    let Edited { made, files, refused } =
        edit(context, settings, manifests, &seen.desired, &seen.facts, &changes, Extent::Possible)?;
    if !refused.is_empty() {
        context.note(&findings::text(&refused, &manifests.sources))?;
    }
    let word = if made == 1 { "value" } else { "values" };
    let mut told = format!("Wrote {made} {word}");
    if !files.is_empty() {
        told += &format!(" in {}", files.join(", "));
    }
    let left = advice.proposals.len() - made;
    if left > 0 {
        told += &format!("; {left} left as they are");
    }
    if made > 0 {
        told += ". See git diff, and plan";
    }
    context.note(&format!("{told}.\n"))
}
