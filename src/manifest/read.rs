//! Manifest files to [`Item`]s: parsed, their headers looked at, held against their schemas.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::schema::{API_VERSION, for_kind};
use super::table::table;
use super::validate::Checker;
use super::words::{like, quoted, shown};
use super::yaml;
use crate::model::{Finding, Item, ManifestKind, Node, Tree};

/// Documents that stand among manifests and are none.
const OTHERS: [&str; 2] = ["Project", "Tenant"];

/// Answers the text of a file that a manifest names, given the manifest's file and the name as
/// written; with it comes the name by which messages call it.
pub type Load<'a> = &'a dyn Fn(&str, &str) -> Result<(String, String), String>;

/// Reads manifest files, each a name and its text; `load` brings the tables that they name.
///
/// Every error of every document is told, sorted by place; a document that has one is not among
/// the items. `kind: Project` and `kind: Tenant` are passed over.
#[must_use]
pub fn read(
    kinds: &[&ManifestKind],
    files: &[(String, String)],
    load: Load<'_>,
) -> (Vec<Item>, Vec<Finding>) {
    let mut checkers = BTreeMap::new();
    let mut items = Vec::new();
    let mut findings = Vec::new();
    for (file, text) in files {
        let (documents, fatal) = yaml::documents(file, text);
        findings.extend(fatal);
        for mut document in documents {
            let kind = document.root.get("kind").and_then(Node::as_str);
            if kind.is_some_and(|kind| OTHERS.contains(&kind)) {
                continue;
            }
            let mut own = document.findings;
            match kinds.iter().find(|known| kind == Some(known.kind)) {
                None => header(kinds, &document.root, &mut own),
                Some(kind) => {
                    if let Err(finding) = fill_in(kind, &mut document.root, load) {
                        own.push(*finding);
                    }
                    let checker =
                        checkers.entry(kind.kind).or_insert_with(|| Checker::new(for_kind(kind)));
                    checker.check(&document.root, &mut own);
                }
            }
            if own.is_empty() {
                items.extend(item(document.root));
            }
            findings.extend(own);
        }
    }
    findings.sort();
    (items, findings)
}

/// Puts the rows of a table in the place of the key that names its file.
fn fill_in(kind: &ManifestKind, root: &mut Node, load: Load<'_>) -> Result<(), Box<Finding>> {
    let Some((key, into)) = kind.table else { return Ok(()) };
    let Tree::Object(entries) = &mut root.tree else { return Ok(()) };
    let spec = entries.iter_mut().find(|(key, _)| &*key.text == "spec").map(|(_, spec)| spec);
    let Some(Tree::Object(spec)) = spec.map(|spec| &mut spec.tree) else { return Ok(()) };
    let has_rows = spec.iter().any(|(key, _)| &*key.text == into);
    let Some((entry, node)) = spec.iter_mut().find(|(entry, _)| &*entry.text == key) else {
        return Ok(());
    };
    if has_rows {
        let message = format!("`{key}` stands instead of `{into}`, not beside it");
        return Err(Box::new(Finding::error("not-allowed", &entry.place, message)));
    }
    let Some(name) = node.as_str() else { return Ok(()) };
    let (file, text) = load(&node.place.file, name).map_err(|why| {
        let finding = Finding::error("table", &node.place, why);
        Box::new(finding.hint("the file is looked for beside the manifest"))
    })?;
    *node = table(&file, &text)?;
    entry.text = Arc::from(into);
    Ok(())
}

fn item(root: Node) -> Option<Item> {
    let kind = root.get("kind")?.as_str()?.to_owned();
    let name = root.get("metadata")?.get("name")?;
    let (name, place) = (name.as_str()?.to_owned(), name.place.clone());
    Some(Item { kind, name, place, root })
}

/// What is wrong with a document whose kind is not known.
fn header(kinds: &[&ManifestKind], root: &Node, findings: &mut Vec<Finding>) {
    if !matches!(root.tree, Tree::Object(_)) {
        let message = "a manifest is a mapping with `apiVersion`, `kind`, `metadata` and `spec`";
        let finding = Finding::error("wrong-type", &root.place, message);
        let glued = root.as_str().is_some_and(yaml::lacks_space_after_colon);
        findings.push(if glued { finding.hint(yaml::COLON) } else { finding });
        return;
    }
    let names = || kinds.iter().map(|kind| kind.kind);
    if let Some(message) = of_others(root, names()) {
        let hint = "a file of another program stands outside the folders that `manifests` in \
                    cxform.yaml names";
        let place = root.get("apiVersion").map_or(&root.place, |version| &version.place);
        findings.push(Finding::error("api-version", place, message).hint(hint));
        return;
    }
    let listed = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match root.get("apiVersion") {
        None => findings.push(
            Finding::error("missing-key", &root.place, "missing key `apiVersion`")
                .hint(format!("write `apiVersion: {API_VERSION}`")),
        ),
        Some(node) if node.as_str() != Some(API_VERSION) => findings.push(api_version(node)),
        Some(_) => {}
    }
    findings.push(match root.get("kind") {
        None => Finding::error("missing-key", &root.place, "missing key `kind`")
            .hint(format!("the kinds are {}", listed())),
        Some(node) => {
            let (message, like) = match node.as_str() {
                Some(text) => (format!("there is no kind {}", quoted(text)), like(text, names())),
                None => (format!("a kind is a text, found {}", shown(node)), None),
            };
            Finding::error("unknown-kind", &node.place, message).hint(match like {
                Some(like) => like,
                None => format!("the kinds are {}", listed()),
            })
        }
    });
}

/// Why a document seems to be of another program: its `apiVersion` is none of ours, nor is its kind.
fn of_others<'k>(root: &Node, kinds: impl Iterator<Item = &'k str>) -> Option<String> {
    let version = root.get("apiVersion")?.as_str()?;
    let program = API_VERSION.split('/').next().unwrap_or_default();
    let is_like = like(root.get("kind")?.as_str()?, kinds).is_some();
    (!version.starts_with(program) && !is_like)
        .then(|| format!("{} is not of cxform: this is no manifest", quoted(version)))
}

/// The finding of an `apiVersion` that is not ours.
pub(super) fn api_version(node: &Node) -> Finding {
    let message = format!("this version of cxform cannot read {}", shown(node));
    Finding::error("api-version", &node.place, message)
        .hint(format!("write `apiVersion: {API_VERSION}`"))
}
