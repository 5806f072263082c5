//! What differs: manifests, the last applies and the tenant are read and laid side by side.

use std::collections::BTreeMap;

use super::people::{named, people};
use crate::cli::args::DriftArgs;
use crate::cli::base;
use crate::cli::clock;
use crate::cli::context::{Context, Manifests, Wrong, causes};
use crate::cli::history::{self, Applied};
use crate::cli::making::{facts_at, sound, tenant_of};
use crate::cli::planning::{connect, runtime};
use crate::cli::progress::Progress;
use crate::cli::project::Leased;
use crate::cli::secrets;
use crate::cli::settings::Settings;
use crate::cli::sharing;
use crate::cli::state::StateFolder;
use crate::http::Dialect;
use crate::kinds::{self, KINDS};
use crate::manifest;
use crate::model::{Address, Finding, Item as ManifestItem, Remote, neutral};
use crate::plan::drift::{
    self, Class, Counts, DRIFT_FORMAT, Drift, Item, Known, LastApply, Seen, Tolerance,
};
use crate::plan::{self, draft, nameless};
use crate::render::findings;
use crate::tenant::{Observation, Reader, observe};

/// What was found, and what it was found in.
pub(super) struct Looked {
    pub(super) drift: Drift,
    pub(super) seen: Observation,
    pub(super) manifests: Manifests,
}

/// Looks.
pub(super) fn look(
    context: &mut Context<'_>,
    settings: &Settings,
    args: &DriftArgs,
) -> anyhow::Result<Looked> {
    let manifests = sound(context, settings)?;
    context.expect_manifest(settings, &manifests.items, args.all)?;
    let wrong = |found: Vec<Finding>| match found.is_empty() {
        true => Ok(()),
        false => Err(Wrong::new(&found, &manifests.sources)),
    };
    wrong(kinds::declare(&manifests.items, None).1)?;
    sharing::bring_for_drift(context, settings, &StateFolder::new(&settings.state_dir.value))?;
    let Applied { last, digest, left } = history::applied(settings)?;
    let commit = last.as_ref().and_then(|last| last.commit.clone());
    let base = applied_at(context, settings, commit.as_deref())?;
    let mut facts = facts_at(settings, args.at.as_ref())?;
    facts.secrets = secrets::named(context, &manifests.items)?;
    let now = facts.now.unwrap_or_else(clock::now);
    let mut seen = runtime()?.block_on(async {
        let (connection, embedded) = connect(context, settings).await?;
        let reader = Reader::connect(connection)?;
        let mut progress = Progress::new(context.console);
        let mut watch = |step| progress.tell(step);
        let seen = observe(&reader, &manifests.items, base, facts, args.all, &mut watch).await;
        drop(progress);
        if let Some(embedded) = embedded {
            embedded.end_unlocked().await?;
        }
        anyhow::Ok(seen?)
    })?;
    wrong(std::mem::take(&mut seen.findings))?;
    for (kind, count) in &seen.unreadable {
        context
            .note(&format!("warning: the tenant tells {count} {kind}s that cannot be read\n"))?;
    }
    let tenant = tenant_of(settings.tenant()?);
    // The very manifests that were applied last are their own base.
    let is_same = digest.as_ref() == Some(&manifests.digest);
    let base = seen.base.take().or_else(|| is_same.then(|| seen.desired.clone()));
    let known = Known { base, left };
    let (desired, observed) = (&seen.desired, &seen.observed);
    let (drafted, found) = draft(desired, None, observed, &seen.facts, tenant.dialect, false);
    let tolerance = Tolerance {
        leases: settings.guards.leases.iter().map(|l| l.lease(&settings.timezone.value)).collect(),
        ignored: settings.guards.ignore.clone(),
        now,
    };
    if args.accept.is_empty() {
        tell_idle(context, settings, &seen, tenant.dialect)?;
    }
    let (facts, known) = (&seen.facts, &known);
    let items =
        drift::drift(drafted, &Seen { desired, observed, facts, known, tolerance: &tolerance });
    // What could not be created is drift all the same.
    let is_told = |finding: &Finding| {
        items.iter().any(|item| finding.address.as_ref() == Some(&item.address))
    };
    wrong(found.into_iter().filter(|finding| !is_told(finding)).collect())?;
    let last_apply = last.map(|last| LastApply {
        run: last.run,
        time: last.time,
        commit: last.commit,
        manifests_known: known.base.is_some(),
    });
    let drift = Drift {
        format_version: DRIFT_FORMAT,
        tool_version: env!("CARGO_PKG_VERSION"),
        tenant,
        time: now,
        last_apply,
        after: None,
        drift: items.iter().any(|item| item.alarm),
        counts: Counts::of(&items),
        manifests: as_manifests(&items, &seen, Address::clone)?,
        items,
        accepted: Vec::new(),
    };
    Ok(Looked { drift, seen, manifests })
}

/// Warns of leases and of what is to be ignored that tolerate nothing, as a slip of the pen does.
fn tell_idle(
    context: &mut Context<'_>,
    settings: &Settings,
    seen: &Observation,
    dialect: Dialect,
) -> anyhow::Result<()> {
    // Whoever is not to be named is named in addresses.
    if context.redacting.is_on() {
        return Ok(());
    }
    let (desired, observed, facts) = (&seen.desired, &seen.observed, &seen.facts);
    let known = plan::Known { desired, observed, facts, dialect };
    let leases = settings.guards.leases.iter().map(Leased::of);
    let mut idle = nameless("leases", leases, &known);
    let ignored = settings.guards.ignore.iter().map(|own| (&own.pattern, &own.place));
    idle.extend(nameless("ignore", ignored, &known));
    match &idle[..] {
        [] => Ok(()),
        _ => context.note(&findings::text(&idle, &BTreeMap::new())),
    }
}

/// The manifests of the last complete apply; none where they cannot be had any more.
fn applied_at(
    context: &mut Context<'_>,
    settings: &Settings,
    commit: Option<&str>,
) -> anyhow::Result<Option<Vec<ManifestItem>>> {
    let Some(commit) = commit else { return Ok(None) };
    match base::named(context, settings, commit) {
        Ok(base) => Ok(Some(base.items)),
        Err(error) => {
            let why = causes(&context.redacting.error(error));
            let why = why.lines().next().unwrap_or_default().trim_start_matches("--base ");
            context.note(&format!(
                "warning: the manifests of the last complete apply cannot be read: {why}\n"
            ))?;
            Ok(None)
        }
    }
}

/// What is unmanaged, as manifests to paste; each resource by the address that it is given there.
pub(super) fn as_manifests(
    items: &[Item],
    seen: &Observation,
    called: impl Fn(&Address) -> Address,
) -> anyhow::Result<Option<String>> {
    let unmanaged = items.iter().filter(|item| item.class == Class::Unmanaged);
    let mut remotes: Vec<(Address, &Remote)> = unmanaged
        .filter_map(|item| Some((called(&item.address), seen.observed.remotes.get(&item.address)?)))
        .collect();
    remotes.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut documents = Vec::new();
    for kind in KINDS {
        let own = remotes.iter().filter(|(address, _)| address.kind() == kind.name());
        let own: Vec<(Address, &Remote)> = own.cloned().collect();
        let people = people(*kind, &own, &seen.facts)?;
        for document in kind.as_manifests(&own) {
            let note = document.note.map(|note| format!("# {}\n", neutral(&note)));
            let text =
                document.document.map(|document| manifest::to_yaml(&document)).transpose()?;
            let text = text.map(|text| named(&text, &people));
            documents.push(note.unwrap_or_default() + &text.unwrap_or_default());
        }
    }
    Ok((!documents.is_empty()).then(|| documents.join("---\n")))
}
