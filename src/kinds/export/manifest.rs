//! `kind: EventStreamExport`: from manifest form to canonical fields.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use url::{Host, Url};

use super::header::{Header, Said, is_name, is_secret, is_value};
use super::{Destination, Fields, address, fingerprints, tenant_name, whose};
use crate::kinds::declaring::text_of;
use crate::kinds::{Declaring, schema_of};
use crate::model::{
    Address, Declared, Document, Finding, Item, Key, LITERAL_SECRET, Link, Links, ManifestKind,
    Node, NodeKey, Place, Renamed, unresolved,
};

/// The manifest of exports.
pub(super) const EXPORT: &str = "EventStreamExport";

/// The manifests that declare exports.
pub(super) const KINDS: &[ManifestKind] = &[ManifestKind {
    kind: EXPORT,
    description: "Event-stream exports, one in the tenant for each queue. An export cannot be \
                  changed: where it differs, a new one is made and the old one is deleted.",
    spec_schema: schema_of::<ExportSpec>,
    metadata_schema: None,
    absent_allowed: true,
    table: None,
}];

/// Which events are sent where.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct ExportSpec {
    /// `all`, for one export of what happens to any queue; or the queues, by name or id, each of
    /// which gets an export of its own, called NAME/QUEUE.
    queues: Queues,
    /// The events, in any order.
    #[schemars(length(min = 1))]
    events: Vec<Event>,
    /// Where they are sent to.
    destination: DestinationSpec,
}

/// All queues, or some.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
enum Queues {
    /// One export for all queues.
    All(All),
    /// One export for each of these queues.
    Some(#[schemars(length(min = 1), inner(length(min = 1)))] Vec<String>),
}

/// The word for all queues.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
enum All {
    All,
}

/// What can happen to a queue.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
enum Event {
    #[schemars(rename = "QUEUE_CREATED")]
    Created,
    #[schemars(rename = "QUEUE_UPDATED")]
    Updated,
    #[schemars(rename = "QUEUE_ROUTING_CHANGED")]
    RoutingChanged,
}

/// Where events are sent to.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct DestinationSpec {
    /// `http`, which it is unless said.
    r#type: Option<DestinationType>,
    /// `https://…` (`http://` for loopback addresses only).
    #[schemars(length(min = 1))]
    url: String,
    /// Headers of each request, by their names. A value that is a secret is named by the variable
    /// that holds it: `{env: NAME}`.
    headers: Option<BTreeMap<String, HeaderValue>>,
}

/// The sorts of destination.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
enum DestinationType {
    Http,
}

/// A header's value.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
enum HeaderValue {
    /// The value, where it is no secret.
    Literal(#[schemars(length(min = 1))] String),
    /// Where the value of a secret is.
    Variable(Variable),
}

/// Where the value of a secret is.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct Variable {
    /// The environment variable that holds it, or whose `…_FILE` names a file with it.
    #[schemars(length(min = 1))]
    env: String,
}

fn exports(items: &[Item]) -> impl Iterator<Item = &Item> {
    items.iter().filter(|item| item.kind == EXPORT)
}

fn headers_in(item: &Item) -> &[(NodeKey, Node)] {
    let destination = item.spec().get("destination");
    destination.and_then(|destination| destination.get("headers")).map_or(&[], Node::entries)
}

fn variable(value: &Node) -> Option<&str> {
    value.get("env").and_then(Node::as_str)
}

/// The sorts of names that these exports refer to.
pub(super) fn needs(items: &[Item]) -> BTreeSet<&'static str> {
    let mut needs = BTreeSet::new();
    for item in exports(items) {
        needs.insert("export");
        if item.spec().get("queues").is_some_and(|queues| !queues.items().is_empty()) {
            needs.insert("queue");
        }
    }
    needs
}

/// The variables of what should be there.
pub(super) fn secrets(items: &[Item]) -> Vec<(String, Place)> {
    let headers = exports(items).filter(|item| !item.is_absent()).flat_map(headers_in);
    let named = headers.filter_map(|(_, value)| Some((variable(value)?.to_owned(), &value.place)));
    named.map(|(name, place)| (name, place.clone())).collect()
}

/// Declares every export.
pub(super) fn declare(items: &[Item], declaring: &mut Declaring<'_>) {
    for item in exports(items) {
        let name = &item.name;
        if name.contains('/') || name.starts_with("id:") {
            let message = format!("`{name}` cannot be the name of an export");
            declaring.complain(
                Finding::error("export-name", &item.place, message)
                    .hint("a slash divides it from its queue's name, and `id:` means an id"),
            );
            continue;
        }
        let Some(queues) = item.spec().get("queues") else {
            declaring.complain(
                Finding::error(
                    "export-queues",
                    &item.place,
                    "it does not say whose exports it means",
                )
                .hint("add spec.queues: all, or the queues"),
            );
            continue;
        };
        let fields = fields(item, declaring);
        if queues.as_str().is_some() {
            let own = address(name, None);
            let document = Document::of(&fields);
            put(item, &own, &item.place, document, Links::new(), declaring);
        }
        for queue in queues.items() {
            declare_one(item, queue, &fields, declaring);
        }
    }
}

/// Declares the export of one queue.
fn declare_one(item: &Item, queue: &Node, fields: &Fields, declaring: &mut Declaring<'_>) {
    let Some(key) = key_of(item, queue, declaring) else { return };
    let own = address(&item.name, Some(&key.segment));
    let links = [Link::new(Address::new("queue", &[&key.segment]), key.id.as_deref())];
    let fields = Fields { queue: whose(Some(&key.segment)), ..fields.clone() };
    put(item, &own, &queue.place, Document::of(&fields), Links::from_iter(links), declaring);
    let Some(facts) = declaring.facts() else { return };
    let former = facts.of("queue").and_then(|queues| queues.former(&key.segment));
    if let (Some(former), Some(exports)) = (former, facts.of("export")) {
        let before = tenant_name(&item.name, Some(&former.segment));
        let after = tenant_name(&item.name, Some(&key.segment));
        let is_there = |name: &str| exports.named(name).next().is_some();
        if is_there(&before) && !is_there(&after) {
            let from = address(&item.name, Some(&former.segment));
            declaring.rename(&own, Renamed { from, before: Some(before), after });
        }
    }
}

/// The queue that is meant. The export of a queue that is gone can still be declared absent.
fn key_of(item: &Item, queue: &Node, declaring: &mut Declaring<'_>) -> Option<Key> {
    let text = text_of(queue);
    if item.is_absent() {
        let known = declaring.facts().and_then(|facts| facts.of("queue")?.resolve(&text).ok());
        return Some(
            known.unwrap_or_else(|| unresolved(text.strip_prefix("name:").unwrap_or(&text))),
        );
    }
    declaring.resolve("queue", &text, &queue.place)
}

fn put(
    item: &Item,
    own: &Address,
    place: &Place,
    document: Document,
    links: Links,
    declaring: &mut Declaring<'_>,
) {
    let (absent, place) = (item.is_absent(), place.clone());
    declaring
        .declare(own, Declared { document, on_create: None, absent, place, links, recurs: None });
}

/// The fields, but for the queue.
fn fields(item: &Item, declaring: &mut Declaring<'_>) -> Fields {
    // Without a `spec`, `spec()` is the document itself, which has none of these keys.
    let spec = item.spec();
    let events = spec.get("events").map_or(&[][..], Node::items).iter().map(text_of).collect();
    let destination = spec.get("destination");
    let said = |key: &str| destination.and_then(|destination| destination.get(key));
    if let Some(url) = said("url")
        && let Some(why) = unsafe_url(&text_of(url))
    {
        declaring.complain(
            Finding::error("export-url", &url.place, why)
                .hint("events are sent to https://…, and to http:// at a loopback address"),
        );
    }
    let headers = headers(item, declaring);
    let secrets = declaring.facts().map(|facts| &facts.secrets);
    let secrets = secrets.map(|secrets| fingerprints(&item.name, &headers, secrets));
    let destination = Destination {
        headers: Some(headers),
        destination_type: Some(said("type").map_or_else(|| "http".to_owned(), text_of)),
        url: said("url").map(text_of),
    };
    Fields { destination, events, queue: whose(None), secrets: secrets.unwrap_or_default() }
}

/// The headers, in the order of their names; what is wrong with one is told without its value.
fn headers(item: &Item, declaring: &mut Declaring<'_>) -> Vec<Header> {
    let mut headers: BTreeMap<String, Header> = BTreeMap::new();
    for (key, value) in headers_in(item) {
        let name = key.text.to_string();
        let mut wrong = |rule, place, message: String, hint: &str| {
            declaring.complain(Finding::error(rule, place, message).hint(hint));
        };
        if !is_name(&name) {
            let hint = "letters, digits and hyphens make one";
            wrong("export-header", &key.place, format!("`{name}` is no name of a header"), hint);
        }
        let said = match variable(value) {
            Some(env) => Said::Variable { env: env.to_owned() },
            None if is_secret(&name) => {
                let message =
                    format!("the value of `{name}` may be a secret, and stands in a file");
                wrong(LITERAL_SECRET, &value.place, message, "name its variable: {env: NAME}");
                continue;
            }
            None => Said::Literal(text_of(value)),
        };
        if matches!(&said, Said::Literal(text) if !is_value(text)) {
            let message = format!("the value of `{name}` has a line end");
            wrong("export-header", &value.place, message, "write it on one line");
        }
        let header = Header { name: name.clone(), value: said };
        if let Some(other) = headers.insert(name.to_lowercase(), header) {
            let message = format!("`{name}` and `{}` are the same header", other.name);
            wrong("export-header", &key.place, message, "keep one of the two");
        }
    }
    headers.into_values().collect()
}

/// Every event, as it is written.
pub(super) const EVENTS: [&str; 3] = ["QUEUE_CREATED", "QUEUE_UPDATED", "QUEUE_ROUTING_CHANGED"];

/// Whether a manifest cannot name a URL.
pub(super) fn is_unsafe(url: &str) -> bool {
    unsafe_url(url).is_some()
}

/// Why nothing may be sent to a URL.
fn unsafe_url(text: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(text) else { return Some("it is no URL") };
    let is_loopback = match url.host() {
        None => return Some("it is no URL"),
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Some("it has a user or a password in it");
    }
    match url.scheme() {
        "https" => None,
        "http" if is_loopback => None,
        _ => Some("what is sent there could be read on the way"),
    }
}
