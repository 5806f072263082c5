//! Event-stream exports: where the tenant sends what happens to its queues.
//!
//! An export cannot be changed, its name need not be unique, and its header values are never told.
//! What cxform needs to find its own again is in the export's description: see `mark.rs`.

mod api_v2;
mod header;
mod manifest;
mod mark;
mod pasted;
mod sim;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::{Check, Declaring, Kind, Pasted, Wire};
use crate::http::Dialect;
use crate::model::{
    Address, Declared, Document, Facts, Item, Links, ManifestKind, Place, Remote, Secrets,
};
use crate::world::Collection;
use header::Header;

/// The kind `export`.
pub struct Export;

/// An export's canonical fields, in the manifest's own form; what is `None` is not known. `events`
/// is a set; headers are in the order of their names.
#[derive(Clone, Debug, Serialize)]
struct Fields {
    destination: Destination,
    events: BTreeSet<String>,
    /// Whose events: see [`whose`], or another filter as the tenant tells it.
    queue: Value,
    /// Fingerprints of the header values that are secret, by the headers' names in small letters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    secrets: BTreeMap<String, String>,
}

/// Where events are sent to.
#[derive(Clone, Debug, Serialize)]
struct Destination {
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<Header>>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    destination_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Whose events an export sends, as documents have it: `all`, or a queue's key. A queue that is
/// itself called `all` is `name:all`.
fn whose(queue: Option<&str>) -> Value {
    match queue {
        None => ALL.into(),
        Some(key) if key == ALL || key.starts_with(NAME) => format!("{NAME}{key}").into(),
        Some(key) => key.into(),
    }
}

/// The key of the queue that [`whose`] tells; none for all.
fn queue_of(whose: &str) -> Option<&str> {
    match whose {
        ALL => None,
        key => Some(key.strip_prefix(NAME).unwrap_or(key)),
    }
}

const ALL: &str = "all";
const NAME: &str = "name:";

/// Where a document has the headers.
const HEADERS: &str = "/destination/headers";

/// The address of the export that a manifest's name and a queue's key stand for; without a queue,
/// the one for all.
fn address(name: &str, queue: Option<&str>) -> Address {
    match queue {
        Some(queue) => Address::new("export", &[name, queue]),
        None => Address::new("export", &[name]),
    }
}

/// What the tenant calls it.
fn tenant_name(name: &str, queue: Option<&str>) -> String {
    match queue {
        Some(queue) => format!("{name}/{queue}"),
        None => name.to_owned(),
    }
}

/// The same, from its address.
fn name_of(address: &Address) -> String {
    let queue = address.tail().map(|_| address.segment(1));
    tenant_name(&address.segment(0), queue.as_deref())
}

/// The headers of a document; none where they are not known.
fn headers_of(document: &Value) -> Option<Vec<Header>> {
    serde_json::from_value(document.pointer(HEADERS)?.clone()).ok()
}

/// What keeps the fingerprints of an export's header apart from all others.
fn salt(name: &str, header: &str) -> String {
    format!("cxform export {name}\n{}", header.to_lowercase())
}

/// Fingerprints of the secret values of headers, as far as this machine knows them.
fn fingerprints(name: &str, headers: &[Header], secrets: &Secrets) -> BTreeMap<String, String> {
    let print = |header: &Header| {
        let print = secrets.fingerprint(header.variable()?, &salt(name, &header.name))?;
        Some((header.name.to_lowercase(), print))
    };
    headers.iter().filter_map(print).collect()
}

impl Kind for Export {
    fn name(&self) -> &'static str {
        "export"
    }

    fn manifests(&self) -> &'static [ManifestKind] {
        manifest::KINDS
    }

    fn needs(&self, items: &[Item]) -> BTreeSet<&'static str> {
        manifest::needs(items)
    }

    fn declare(&self, items: &[Item], declaring: &mut Declaring<'_>) {
        manifest::declare(items, declaring);
    }

    fn lacks(&self, declared: &Declared, label: &str) -> Option<(String, String)> {
        headers_of(&declared.document.value()).is_none().then(|| {
            (
                format!(
                    "the headers of the export `{label}` are not known, since no tenant tells them"
                ),
                "declare it with its headers".to_owned(),
            )
        })
    }

    fn as_manifests(&self, remotes: &[(Address, &Remote)]) -> Vec<Pasted> {
        pasted::of(remotes)
    }

    fn secrets(&self, items: &[Item]) -> Vec<(String, Place)> {
        manifest::secrets(items)
    }

    fn secrets_of(&self, document: &Document) -> BTreeSet<String> {
        let headers = headers_of(&document.value()).unwrap_or_default();
        headers.iter().filter_map(|header| header.variable().map(str::to_owned)).collect()
    }

    fn label(&self, address: &Address, _: &Links, _: &Facts) -> String {
        name_of(address)
    }

    fn checks(&self) -> &'static [Check] {
        &[]
    }

    fn collections(&self) -> &'static [Collection] {
        sim::COLLECTIONS
    }

    fn wire(&self, dialect: Dialect) -> Option<&'static dyn Wire> {
        match dialect {
            Dialect::V2 => Some(&api_v2::V2),
        }
    }
}

#[cfg(test)]
mod tests;
