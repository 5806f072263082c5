//! A plan is made: manifests are read, tenant or snapshot observed, both compared, rules checked.

use std::path::Path;
use std::process::Command;

use jiff::SignedDuration;

use super::args::{At, Planning};
use super::base::{self, Base};
use super::clock;
use super::context::{Context, Manifests, Wrong};
use super::exit::UsageError;
use super::live::{self, Live};
use super::progress::Progress;
use super::project::CheckLevel;
use super::secrets;
use super::settings::{Settings, Tenant};
use super::show::lists_noops;
use crate::http::Dialect;
use crate::kinds;
use crate::model::{Desired, Facts, Finding, Item, Observed, Pattern, closest};
use crate::plan::{self, Draft, Inputs, Plan, Policy, Setting, Source, draft, finish, in_zone};
use crate::tenant::{Observation, Reader, learn, observe};

/// Makes a plan for a tenant.
pub(super) async fn make(
    context: &mut Context<'_>,
    settings: &Settings,
    reader: &Reader,
    planning: &Planning,
) -> anyhow::Result<Plan> {
    let Manifests { items, sources, digest, is_partial, .. } = sound(context, settings)?;
    let wrong = |found: Vec<_>| match found.is_empty() {
        true => Ok(()),
        false => Err(Wrong::new(&found, &sources)),
    };
    // What is wrong among the manifests themselves is told before anything is sent.
    wrong(kinds::declare(&items, None).1)?;
    let base = base::read(context, settings, planning)?;
    expect_manifest(context, settings, &items, base.as_ref(), planning)?;
    let told = base.as_ref().map(|base| base.told.clone());
    let mut facts = facts_at(settings, planning.timing.at.as_ref())?;
    facts.secrets = secrets::named(context, &items)?;
    let mut progress = Progress::new(context.console);
    let mut watch = |step| progress.tell(step);
    let base = base.map(|base| base.items);
    let mut seen = observe(reader, &items, base, facts, planning.all, &mut watch).await?;
    drop(items);
    wrong(std::mem::take(&mut seen.findings))?;
    let policy = policy(settings, is_partial);
    let closing = Closing {
        policy: &policy,
        tenant: tenant_of(settings.tenant()?),
        source: Source { base: told, ..source(settings, planning, digest) },
        dialect: reader.dialect(),
        ahead: planning.timing.timeline.map(|ahead| ahead.0),
    };
    let mut lacking: Option<Vec<_>> = None;
    let made = loop {
        let draft = closing.draft(&seen, planning, &wrong)?;
        if lacking.is_none() {
            lacking = Some(seen.look_beside(reader, &draft.looks_at()).await?);
            learn(reader, &draft, &policy, &mut seen.facts, &mut watch).await?;
        }
        let made = closing.close(draft, &seen);
        // Somebody whom no manifest names may be there.
        if seen.is_whole || !made.as_ref().is_ok_and(Plan::lacks_agents) {
            break made;
        }
        let more = seen.look_everywhere(reader, &mut watch).await?;
        lacking.get_or_insert_default().extend(more);
    };
    drop(progress);
    for (kind, count) in &seen.unreadable {
        let message = format!("the tenant tells {count} {kind}s that cannot be read");
        context.note(&format!("warning: {message}; they are left alone\n"))?;
    }
    note_lacking(context, lacking.unwrap_or_default())?;
    Ok(made.map_err(|found| Wrong::new(&found, &sources))?)
}

/// Tells which scopes the token would need for coverage to be known.
pub(super) fn note_lacking(
    context: &mut Context<'_>,
    mut lacking: Vec<&'static str>,
) -> anyhow::Result<()> {
    lacking.sort_unstable();
    lacking.dedup();
    for scope in lacking {
        let message = format!("coverage is not known as a whole: the token lacks {scope}");
        context.note(&format!("warning: {message}\n"))?;
    }
    Ok(())
}

/// Makes a plan for what a snapshot tells; it needs no tenant.
pub(super) fn make_live(
    context: &mut Context<'_>,
    settings: &Settings,
    file: &Path,
    planning: &Planning,
) -> anyhow::Result<Plan> {
    let mut live = Live::open(file, &context.cwd)?;
    let Manifests { items, sources, digest, is_partial, .. } = sound(context, settings)?;
    let wrong = |found: Vec<_>| match found.is_empty() {
        true => Ok(()),
        false => Err(Wrong::new(&found, &sources)),
    };
    let base = base::read(context, settings, planning)?;
    expect_manifest(context, settings, &items, base.as_ref(), planning)?;
    let told = base.as_ref().map(|base| base.told.clone());
    let mut needs = kinds::needs(&items);
    needs.extend(base.iter().flat_map(|base| kinds::needs(&base.items)));
    if planning.all {
        needs.extend(kinds::everything(live::DIALECT));
    }
    let aside = kinds::looked_at(&needs, live::DIALECT);
    needs.extend(&aside);
    // Whoever serves a queue may have to be known later, and a file is read once for its names.
    needs.extend(kinds::staffed_by(&needs, live::DIALECT));
    let mut facts = facts_at(settings, planning.timing.at.as_ref())?;
    facts.secrets = secrets::named(context, &items)?;
    let mut found = live.learn(&items, &needs, &mut facts)?;
    let (desired, more) = kinds::declare(&items, Some(&facts));
    found.extend(more);
    found.sort();
    let base = base.map(|mut base| kinds::declare_base(&mut base.items, &items, &mut facts));
    drop(items);
    wrong(found)?;
    let mut tenant = match settings.tenant() {
        Ok(tenant) => tenant_of(tenant),
        Err(_) => plan::Tenant {
            name: live.name.clone(),
            url: format!("snapshot:{}", live.name),
            dialect: live::DIALECT,
        },
    };
    // A snapshot knows best whose it is.
    tenant.name = live.metadata.name.take().unwrap_or(tenant.name);
    tenant.url = live.metadata.url.take().unwrap_or(tenant.url);
    let live_name = Some(live.name.clone());
    let source = Source { live: live_name, base: told, ..source(settings, planning, digest) };
    let policy = policy(settings, is_partial);
    let ahead = planning.timing.timeline.map(|ahead| ahead.0);
    let closing = Closing { policy: &policy, tenant, source, dialect: live::DIALECT, ahead };
    let is_whole = planning.all;
    let mut seen = Observation { desired, base, facts, is_whole, ..Observation::default() };
    loop {
        let declared = (&seen.desired, seen.base.as_ref());
        seen.observed = live.observe(declared, &needs, &seen.facts, seen.is_whole)?;
        seen.observed.aside = aside.clone();
        let draft = closing.draft(&seen, planning, &wrong)?;
        let made = closing.close(draft, &seen);
        if seen.is_whole || !made.as_ref().is_ok_and(Plan::lacks_agents) {
            return Ok(made.map_err(|found| Wrong::new(&found, &sources))?);
        }
        seen.is_whole = true;
    }
}

/// From what was seen to a plan.
struct Closing<'a> {
    policy: &'a Policy,
    tenant: plan::Tenant,
    source: Source,
    dialect: Dialect,
    /// How far ahead the timeline looks, where there is one.
    ahead: Option<SignedDuration>,
}

impl Closing<'_> {
    fn draft(
        &self,
        seen: &Observation,
        planning: &Planning,
        wrong: &dyn Fn(Vec<Finding>) -> Result<(), Wrong>,
    ) -> anyhow::Result<Draft> {
        let Observation { desired, base, observed, facts, .. } = seen;
        let (base, with_noops) = (base.as_ref(), lists_noops(planning.detail));
        let (mut draft, found) = draft(desired, base, observed, facts, self.dialect, with_noops);
        wrong(found)?;
        select(&mut draft, planning, desired, observed)?;
        Ok(draft)
    }

    fn close(&self, draft: Draft, seen: &Observation) -> Result<Plan, Vec<Finding>> {
        let Observation { desired, observed, facts, .. } = seen;
        let (tenant, source) = (self.tenant.clone(), self.source.clone());
        let Self { policy, ahead, .. } = *self;
        finish(draft, Inputs { desired, observed, facts, policy, tenant, source, ahead })
    }
}

/// Takes what `--only` and `--exclude` say. One that can mean nothing is a slip of the pen.
fn select(
    draft: &mut Draft,
    planning: &Planning,
    desired: &Desired,
    observed: &Observed,
) -> anyhow::Result<()> {
    let selection = planning.selection();
    if let Some(pattern) = selection.idle(desired, observed) {
        if planning.redaction.redact_agents {
            let message = "nothing that is declared has the address of some --only or --exclude";
            return Err(UsageError::new(message).into());
        }
        return Err(unmatched(pattern, desired).into());
    }
    draft.select(&selection);
    Ok(())
}

/// The error about a pattern that means nothing.
pub(super) fn unmatched(pattern: &Pattern, desired: &Desired) -> UsageError {
    let addresses: Vec<String> = desired.iter().map(|entry| entry.address().to_string()).collect();
    let kind = pattern.kind().unwrap_or_default();
    let same_kind = |own: &String| own.split('/').next() == Some(kind);
    let similar = closest(&pattern.to_string(), addresses.iter().map(String::as_str));
    let hint = match similar {
        Some(similar) => format!("did you mean {similar}?"),
        None => match addresses.iter().find(|own| same_kind(own)).or(addresses.first()) {
            Some(one) => format!("addresses are spelled as a plan shows them, such as {one}"),
            None => "nothing at all is declared".to_owned(),
        },
    };
    UsageError::new(format!("{pattern}: nothing that is declared has such an address")).hint(hint)
}

/// The manifests, where nothing is wrong with any of them by itself.
pub(super) fn sound(context: &Context<'_>, settings: &Settings) -> anyhow::Result<Manifests> {
    let manifests = context.manifests(settings)?;
    if !manifests.findings.is_empty() {
        return Err(Wrong::new(&manifests.findings, &manifests.sources).into());
    }
    Ok(manifests)
}

/// Refuses to plan for nothing, unless there was something before or the whole tenant is looked at.
fn expect_manifest(
    context: &mut Context<'_>,
    settings: &Settings,
    items: &[Item],
    base: Option<&Base>,
    planning: &Planning,
) -> anyhow::Result<()> {
    let was_some = base.is_some_and(|base| !base.items.is_empty());
    context.expect_manifest(settings, items, planning.all || was_some)
}

/// What is known before anything was read.
pub(super) fn facts(settings: &Settings) -> Facts {
    Facts {
        licensed_agents: settings.licensed_agents.value,
        timezone: settings.timezone.value.clone(),
        now: Some(clock::now()),
        ..Facts::default()
    }
}

/// The same at the time that is said.
pub(super) fn facts_at(settings: &Settings, at: Option<&At>) -> Result<Facts, UsageError> {
    let mut facts = facts(settings);
    if let Some(at) = at {
        let now = at.instant(&facts.timezone).ok_or_else(|| {
            UsageError::new(format!("--at {at} is out of range"))
                .hint("choose a time between the years 1 and 9999")
        })?;
        facts.now = Some(now);
    }
    Ok(facts)
}

/// The tenant as a plan names it.
pub(super) fn tenant_of(tenant: &Tenant) -> plan::Tenant {
    plan::Tenant {
        name: tenant.name.value.clone(),
        url: tenant.url.value.clone(),
        dialect: tenant.dialect.value,
    }
}

/// What the project decides about the rules.
pub(super) fn policy(settings: &Settings, is_partial: bool) -> Policy {
    let setting = |level: &CheckLevel| match level {
        CheckLevel::Block => Setting::Block,
        CheckLevel::Hold => Setting::Hold,
        CheckLevel::Warn => Setting::Warn,
        CheckLevel::Off => Setting::Off,
    };
    Policy {
        checks: settings
            .checks
            .iter()
            .map(|(rule, level)| (rule.clone(), setting(level)))
            .collect(),
        allow_delete: settings.allow_delete.value,
        is_partial,
        limits: settings.guards.limits.clone(),
        floors: settings.guards.floors.clone(),
        protect: settings.guards.protect.clone(),
    }
}

/// The commit that the manifests are at, where git knows.
fn source(settings: &Settings, planning: &Planning, manifests_digest: String) -> Source {
    let folder = settings.manifests.value.first().map_or(settings.folder.as_path(), |path| {
        if path.is_dir() { path } else { path.parent().unwrap_or(path) }
    });
    let commit = git(folder, &["rev-parse", "HEAD"]).filter(|commit| !commit.is_empty());
    let dirty = commit
        .as_ref()
        .and_then(|_| git(folder, &["status", "--porcelain", "--", "."]))
        .map(|changes| !changes.is_empty());
    let at = planning.timing.at.as_ref().and_then(|at| at.instant(&settings.timezone.value));
    let at = at.map(|at| in_zone(at, &settings.timezone.value));
    Source { commit, dirty, manifests_digest, at, ..Source::default() }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
    Some(text.trim_end().to_owned())
}
