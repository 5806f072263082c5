//! Values in manifests are changed where they are written, for review: the files keep every other
//! byte, and afterwards the manifests declare what was asked for and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::context::{Context, Manifests};
use super::files::{self, Access};
use super::settings::Settings;
use crate::kinds;
use crate::manifest::{self, EditError, Splice};
use crate::model::{Address, Desired, Document, Facts, Finding, Level, Node, Place};

/// What to do about a value that stands for others too.
const OWN_ROW: &str = "give it a row of its own, or edit it by hand";

/// One value that shall be another.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) address: Address,
    /// JSON pointer into its document; empty for what says that it should not be there.
    pub(super) path: String,
    pub(super) to: Value,
}

/// What became of changes.
#[derive(Debug, Default)]
pub(super) struct Edited {
    /// How many were made.
    pub(super) made: usize,
    /// The files that were written.
    pub(super) files: Vec<String>,
    /// What was left as it is, and why.
    pub(super) refused: Vec<Finding>,
}

/// What becomes of changes of which some cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// The others are made.
    Possible,
    /// None is made.
    AllOrNone,
}

/// A value that is written once, and the changes that are for it.
struct Site<'c> {
    splice: Splice,
    changes: Vec<&'c Change>,
}

/// Changes values of manifests that were read before; `desired` is what they declare.
pub(super) fn edit(
    context: &Context<'_>,
    settings: &Settings,
    manifests: &Manifests,
    desired: &Desired,
    facts: &Facts,
    changes: &[Change],
    extent: Extent,
) -> anyhow::Result<Edited> {
    let mut edited = Edited::default();
    let sites = sites(manifests, (desired, facts), changes, &mut edited.refused);
    let mut by_file: BTreeMap<&str, Vec<&Site<'_>>> = BTreeMap::new();
    for site in &sites {
        by_file.entry(&site.splice.place.file).or_default().push(site);
    }
    let mut texts = BTreeMap::new();
    let mut made = Vec::new();
    for (file, sites) in by_file {
        let Some(text) = manifests.sources.get(file) else { continue };
        let (text, done) = edit_file(file, text, sites, &mut edited.refused);
        if !done.is_empty() {
            texts.insert(file.to_owned(), text);
            made.extend(done);
        }
    }
    if made.is_empty() || (extent == Extent::AllOrNone && !edited.refused.is_empty()) {
        return Ok(edited);
    }
    hold_against(context, settings, desired, facts, &made, &texts)?;
    write(context, manifests, &texts)?;
    edited.made = made.len();
    edited.files = texts.into_keys().collect();
    Ok(edited)
}

/// Writes the files, all of them or none.
fn write(
    context: &Context<'_>,
    manifests: &Manifests,
    texts: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    for file in texts.keys() {
        if manifests.sources.get(file) != Some(&files::read_text(&context.cwd.join(file))?) {
            anyhow::bail!("{file} was changed meanwhile; run the command again");
        }
    }
    let put = |file: &String, text: &str| {
        files::write(&context.cwd.join(file), text.as_bytes(), Access::Shared)
    };
    let mut written = Vec::new();
    for (file, text) in texts {
        if let Err(error) = put(file, text) {
            for file in written {
                // The error that matters is the first one.
                let _ = put(file, manifests.sources.get(file).map_or("", String::as_str));
            }
            return Err(error.into());
        }
        written.push(file);
    }
    Ok(())
}

/// Where the values are written. What is written once for several addresses can only become one
/// thing, and only where all of them are asked for.
fn sites<'c>(
    manifests: &Manifests,
    (desired, facts): (&Desired, &Facts),
    changes: &'c [Change],
    refused: &mut Vec<Finding>,
) -> Vec<Site<'c>> {
    let mut by_place: BTreeMap<(&Place, &str), Vec<&Change>> = BTreeMap::new();
    for change in changes {
        if let Some(declared) = desired.get(&change.address) {
            by_place.entry((&declared.place, &change.path)).or_default().push(change);
        }
    }
    let places: BTreeSet<&Place> = by_place.keys().map(|(place, _)| *place).collect();
    let mut sharing: BTreeMap<&Place, usize> = BTreeMap::new();
    for entry in desired.iter().filter(|entry| places.contains(&entry.value.place)) {
        *sharing.entry(&entry.value.place).or_default() += 1;
    }
    let mut written: BTreeMap<(&str, &str), BTreeMap<Place, Node>> = BTreeMap::new();
    let mut sites = Vec::new();
    for ((place, path), group) in by_place {
        let Some(first) = group.first() else { continue };
        let Some(kind) = kinds::kind_of(&first.address) else { continue };
        let mut refuse = |message: String, hint: &str| {
            refused.extend(group.iter().map(|change| {
                Finding::error("not-written", place, message.clone())
                    .about(&change.address)
                    .level(Level::Warn)
                    .hint(hint)
            }));
        };
        let shared = sharing.get(place).copied().unwrap_or_default();
        if shared > group.len() || group.iter().any(|change| change.to != first.to) {
            let message = format!(
                "this value stands for {shared} addresses, and they would not all become the same"
            );
            refuse(message, OWN_ROW);
            continue;
        }
        let written = written
            .entry((kind.name(), path))
            .or_insert_with(|| kind.written(&manifests.items, path, &places));
        let Some(node) = written.get(place) else {
            let unwritten = kind.unwritten(path);
            let (why, hint) = unwritten.unwrap_or(("this value is not written by itself", OWN_ROW));
            refuse(why.to_owned(), hint);
            continue;
        };
        let from = node.to_json();
        let to = kind.spelled(path, &from, &first.to, facts);
        sites.push(Site { splice: Splice { place: node.place.clone(), from, to }, changes: group });
    }
    sites
}

/// Edits one file. What cannot be changed alone is refused, and the rest goes on without it.
fn edit_file<'c>(
    file: &str,
    text: &str,
    sites: Vec<&Site<'c>>,
    refused: &mut Vec<Finding>,
) -> (String, Vec<&'c Change>) {
    let splices: Vec<Splice> = sites.iter().map(|site| site.splice.clone()).collect();
    let changes = |sites: &[&Site<'c>]| sites.iter().flat_map(|s| s.changes.clone()).collect();
    if let Ok(edited) = manifest::edit(file, text, &splices) {
        return (edited, changes(&sites));
    }
    // One of them stands in the way: each is tried by itself, on top of those that went well.
    let (mut edited, mut done) = (Vec::new(), Vec::new());
    let mut result = text.to_owned();
    for site in sites {
        edited.push(site.splice.clone());
        match manifest::edit(file, text, &edited) {
            Ok(text) => {
                result = text;
                done.push(site);
            }
            Err(error) => {
                edited.pop();
                refused.extend(site.changes.iter().map(|change| refusal(site, change, &error)));
            }
        }
    }
    (result, changes(&done))
}

fn refusal(site: &Site<'_>, change: &Change, error: &EditError) -> Finding {
    Finding::error("not-written", &site.splice.place, error.to_string())
        .about(&change.address)
        .level(Level::Warn)
        .hint(error.hint())
}

/// Reads the manifests as they would be: they must declare what they did, but for the changes.
fn hold_against(
    context: &Context<'_>,
    settings: &Settings,
    desired: &Desired,
    facts: &Facts,
    made: &[&Change],
    texts: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let as_edited = context.manifests_with(settings, texts)?;
    let (declared, found) = kinds::declare(&as_edited.items, Some(facts));
    let mut wanted: BTreeMap<&Address, Vec<&Change>> = BTreeMap::new();
    for change in made {
        wanted.entry(&change.address).or_default().push(change);
    }
    let mut other = as_edited.findings.iter().chain(&found).map(|finding| finding.message.clone());
    let differs = desired.joined(&declared).find_map(|(address, before, after)| {
        let (Some(before), Some(after)) = (before, after) else { return Some(address.to_string()) };
        let (expected, absent) = match wanted.get(&address) {
            // Its one value says that it should not be there.
            Some(changes) if changes.iter().any(|change| change.path.is_empty()) => {
                (Document::of(&serde_json::Map::new()), true)
            }
            Some(changes) => {
                let leaves = changes.iter().map(|change| (change.path.as_str(), Some(&change.to)));
                (before.document.with(leaves), before.absent)
            }
            None => (before.document.clone(), before.absent),
        };
        (expected != after.document || absent != after.absent).then(|| address.to_string())
    });
    match other.next().or(differs) {
        None => Ok(()),
        Some(what) => anyhow::bail!(
            "the manifests were left as they are, since the edited ones would not say just that: {what}"
        ),
    }
}
