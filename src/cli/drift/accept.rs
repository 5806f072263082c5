//! `--accept`: what the tenant has is written into the manifests. All that is asked for, or nothing.

use serde_json::Value;

use crate::cli::context::{Context, Manifests, Wrong};
use crate::cli::editing::{Change, Edited, Extent, edit};
use crate::cli::exit::UsageError;
use crate::cli::making::unmatched;
use crate::cli::settings::Settings;
use crate::kinds::kind_of;
use crate::model::{Finding, Level, Pattern, Place};
use crate::plan::NAME_PATH;
use crate::plan::drift::{Class, Counts, Drift, Item};
use crate::tenant::Observation;

/// Accepts what differs at these addresses; what is left of the drift stays.
pub(super) fn accept(
    context: &mut Context<'_>,
    settings: &Settings,
    (seen, manifests): (&Observation, &Manifests),
    patterns: &[Pattern],
    drift: &mut Drift,
) -> anyhow::Result<()> {
    for pattern in patterns {
        known(context, pattern, seen, drift)?;
    }
    let is_meant = |item: &&Item| {
        let of = |pattern: &&Pattern| pattern.matches(&item.address);
        // What is no alarm is meant where it is named outright, and not by a star.
        let is_free = item.alarm;
        let is_named = |pattern: &&Pattern| pattern.to_string() == item.address.to_string();
        patterns.iter().any(|pattern| of(&pattern) && (is_free || is_named(&pattern)))
    };
    let meant: Vec<&Item> = drift.items.iter().filter(is_meant).collect();
    let is_left =
        |item: &&Item| !is_meant(item) && patterns.iter().any(|p| p.matches(&item.address));
    let left = drift.items.iter().filter(|item| item.is_tolerated()).filter(is_left).count();
    let (mut changes, mut refused) = (Vec::new(), Vec::new());
    for item in &meant {
        match refusal(item) {
            Some(finding) => refused.push(finding),
            None => changes.extend(changes_of(item)),
        }
    }
    let wrong = |refused: Vec<Finding>| {
        let refused: Vec<Finding> = refused.into_iter().map(|f| f.level(Level::Error)).collect();
        match refused.is_empty() {
            true => Ok(()),
            false => Err(Wrong::new(&refused, &manifests.sources)),
        }
    };
    wrong(refused)?;
    let (desired, facts, extent) = (&seen.desired, &seen.facts, Extent::AllOrNone);
    let Edited { made, files, refused } =
        edit(context, settings, manifests, desired, facts, &changes, extent)?;
    wrong(refused)?;
    let accepted: Vec<_> = changes.iter().map(|change| change.address.clone()).collect();
    drift.items.retain(|item| !accepted.contains(&item.address));
    drift.counts = Counts::of(&drift.items);
    drift.drift = drift.items.iter().any(|item| item.alarm);
    drift.accepted = accepted;
    drift.accepted.dedup();
    let tolerated = match left {
        0 => String::new(),
        left => format!(
            "Of what differs {left} is leased or ignored, which a star leaves alone: to accept it, name \
             it by its whole address.\n"
        ),
    };
    let told = match made {
        0 if left > 0 => format!("Nothing was accepted. {tolerated}"),
        0 => "Nothing to accept: the manifests say what the tenant has.\n".to_owned(),
        _ => {
            let word = if made == 1 { "value" } else { "values" };
            let files = files.join(", ");
            format!("Accepted {made} {word} in {files}. See git diff, and plan.\n{tolerated}")
        }
    };
    context.note(&told)
}

/// A pattern that can mean nothing is a slip of the pen.
fn known(
    context: &Context<'_>,
    pattern: &Pattern,
    seen: &Observation,
    drift: &Drift,
) -> Result<(), UsageError> {
    let differs = drift.items.iter().any(|item| pattern.matches(&item.address));
    let declared = || seen.desired.iter().any(|entry| pattern.matches(&entry.address()));
    match differs || declared() {
        true => Ok(()),
        false if context.redacting.is_on() => {
            Err(UsageError::new("nothing that is declared has the address of some --accept"))
        }
        false => Err(unmatched(pattern, &seen.desired)),
    }
}

fn changes_of(item: &Item) -> Vec<Change> {
    let change = |path: &str, to: Value| {
        let (address, path) = (item.address.clone(), path.to_owned());
        Change { address, path, to }
    };
    if item.live.is_none() {
        return absence(item).map(|word| change("", word.into())).into_iter().collect();
    }
    let moved = item.paths.iter().filter(|moved| moved.class != Class::Due);
    moved.map(|moved| change(&moved.path, moved.live.clone())).collect()
}

/// What says of a resource in its value's place that it should not be there.
fn absence(item: &Item) -> Option<&'static str> {
    kind_of(&item.address)?.absence()
}

/// Why what the tenant has cannot be said by changing a value, and the way out.
fn refusal(item: &Item) -> Option<Finding> {
    let (message, hint) = match item.difference {
        Class::Unmanaged if item.exclusive => (
            "no manifest declares it, and `scope: exclusive` says that it should not be there",
            "declare it, or make the matrix `scope: additive`",
        ),
        Class::Unmanaged => {
            ("no manifest declares it", "paste the manifest that `cxform drift` shows")
        }
        Class::Due => (
            "only the next occurrence of a recurring window is due, which the next apply brings",
            "leave it to apply, or name another window",
        ),
        _ if item.live.is_none() && absence(item).is_none() => (
            "the tenant has none, which no value can say",
            "remove it from the manifests, or declare it absent (`state: absent`)",
        ),
        _ if item.declared.is_none() => (
            "it is declared absent, and the tenant has it",
            "declare what it should be instead of `state: absent` or `none`",
        ),
        _ if item.paths.iter().any(|moved| moved.path == NAME_PATH) => {
            ("the tenant has it by another name", "give it that name, and drop `renamedFrom`")
        }
        _ => return None,
    };
    let place = item.source.clone();
    let finding = Finding::error("not-accepted", &Place::default(), message);
    Some(Finding { place, ..finding.about(&item.address).hint(hint) })
}
