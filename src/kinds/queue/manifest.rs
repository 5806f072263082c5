//! `kind: Queue`: from manifest form to canonical fields.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::identity::identities;
use super::{Fields, Overflow, address, declared};
use crate::kinds::declaring::text_of;
use crate::kinds::{Declaring, Pasted, schema_of};
use crate::model::{
    Address, Facts, Finding, Item, Link, Links, ManifestKind, Node, Remote, Renamed, Tree,
};

/// The manifest of a queue.
pub(super) const QUEUE: &str = "Queue";

/// The manifests that declare queues.
pub(super) const KINDS: &[ManifestKind] = &[ManifestKind {
    kind: QUEUE,
    description: "A queue. A field that is left out is not managed and stays as the tenant has it.",
    spec_schema: schema_of::<QueueSpec>,
    metadata_schema: Some(schema_of::<QueueMetadata>),
    absent_allowed: true,
    table: None,
}];

/// What a queue's metadata may say beside its name.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct QueueMetadata {
    /// Restates, field by field, a queue that an earlier folder of the project's list declares.
    overlay: Option<bool>,
    /// The name that the queue had: where the tenant has it by that name only, it is renamed.
    #[schemars(length(min = 1))]
    renamed_from: Option<String>,
    /// The tenant's id of the queue that is meant, whatever it is called there. Where it has
    /// another name it is renamed; where there is none, nothing is created.
    #[schemars(length(min = 1))]
    id: Option<String>,
}

/// What a queue should be. Every field is optional: what is left out is not managed.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct QueueSpec {
    /// Free text for people.
    description: Option<String>,
    /// The queue's type; `standard` on create unless said.
    #[schemars(length(min = 1))]
    r#type: Option<String>,
    /// How many calls may wait, 1 to 5000. Needed to create a queue.
    #[schemars(range(min = 1, max = 5000))]
    capacity: Option<u16>,
    /// 0 to 9; 5 on create unless said.
    #[schemars(range(min = 0, max = 9))]
    priority: Option<u8>,
    /// Where calls go when the queue is full.
    overflow: Option<OverflowSpec>,
    /// Skills whose agents serve this queue: names or ids, in any order. `[]` means none.
    #[schemars(inner(length(min = 1)))]
    skill_groups: Option<Vec<String>>,
    /// Rules in their order. `[]` means none.
    routing_rules: Option<Vec<RuleSpec>>,
}

/// Where calls go when the queue is full.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct OverflowSpec {
    /// What the target is; `queue` on create unless said.
    #[schemars(length(min = 1))]
    r#type: Option<String>,
    /// The queue that takes over: its name or id. `null` means no target.
    #[schemars(extend("x-nullable" = true))]
    target: Option<String>,
    /// At how many percent of the capacity; 80 on create unless said.
    #[schemars(range(min = 0, max = 100))]
    threshold: Option<u8>,
}

/// One routing rule.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct RuleSpec {
    /// `priority`, `capacity` or another type that the tenant knows.
    #[schemars(length(min = 1))]
    r#type: String,
    /// The rule's value.
    value: Scalar,
}

/// A number, a text or a truth value.
struct Scalar;

impl JsonSchema for Scalar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({"type": ["number", "string", "boolean"]})
    }
}

/// The sorts of names that these queues refer to.
pub(super) fn needs(items: &[Item]) -> BTreeSet<&'static str> {
    let mut needs = BTreeSet::new();
    for item in items.iter().filter(|item| item.kind == QUEUE) {
        needs.insert("queue");
        if item.spec().get("skillGroups").is_some() {
            needs.insert("skill");
        }
    }
    needs
}

/// What all queues share while they are declared.
struct Context<'i> {
    /// The names of queues that should not be there.
    gone: BTreeSet<&'i str>,
    /// The names that queues shall no longer have, with those that they get.
    former: BTreeMap<&'i str, &'i str>,
}

/// Declares every queue.
pub(super) fn declare(items: &[Item], declaring: &mut Declaring<'_>) {
    let (queues, findings) = overlaid(items);
    findings.into_iter().for_each(|finding| declaring.complain(finding));
    let (identities, contradictions) = identities(&queues);
    contradictions.into_iter().for_each(|finding| declaring.complain(finding));
    let gone = queues.iter().filter(|item| item.is_absent()).map(|item| item.name.as_str());
    let former = identities.values().filter_map(|i| Some((i.from?.text, i.name)));
    let former = former.filter(|(from, _)| !identities.contains_key(from));
    let context = Context { gone: gone.collect(), former: former.collect() };
    let names = declaring.facts().and_then(|facts| facts.of("queue"));
    for item in &queues {
        let mut links = Links::new();
        let fields = fields(item, declaring, &context, &mut links);
        let own = address(&item.name);
        if names.is_some_and(|names| names.named(&item.name).count() > 1) {
            let message = format!("the tenant has several queues named `{}`", item.name);
            declaring.complain(
                Finding::error("ambiguous-name", &item.place, message)
                    .about(&own)
                    .hint("rename all but one of them in the tenant"),
            );
            continue;
        }
        declaring.declare(&own, declared(&fields, item.is_absent(), &item.place, links));
        if let Some(former) = names.and_then(|names| names.former(&item.name)) {
            let (before, after) = (former.name.clone(), item.name.clone());
            let from = address(&former.segment);
            declaring.rename(&own, Renamed { from, before, after });
        }
    }
}

/// The manifest of a queue as the tenant has it.
pub(super) fn of(address: &Address, remote: &Remote) -> Pasted {
    let name = address.segment(0);
    // It has no name, or shares it.
    if name.starts_with("id:") {
        let note = format!("{address}: no manifest can name it, since it has no name or shares it");
        return Pasted { note: Some(note), document: None };
    }
    let document = json!({
        "apiVersion": "cxform/v1", "kind": QUEUE, "metadata": {"name": name},
        "spec": remote.document.value(),
    });
    document.into()
}

/// Skills as a manifest lists them that has `written` now: those that stay keep their spelling and
/// order, new ones come after them.
pub(super) fn skills(written: &[Value], to: &[Value], facts: &Facts) -> Value {
    let names = facts.of("skill");
    let meant = |text: &Value| {
        let text = text.as_str().unwrap_or_default();
        names.and_then(|names| names.resolve(text).ok()).map_or(text.to_owned(), |key| key.segment)
    };
    let (mut skills, mut known) = (Vec::new(), BTreeSet::new());
    for text in written {
        let skill = Value::from(meant(text));
        if to.contains(&skill) && known.insert(skill.to_string()) {
            skills.push(text.clone());
        }
    }
    skills.extend(to.iter().filter(|skill| !known.contains(&skill.to_string())).cloned());
    Value::Array(skills)
}

/// The queues, each with what later manifests restate of it.
pub(super) fn overlaid(items: &[Item]) -> (Vec<Item>, Vec<Finding>) {
    let mut queues: Vec<Item> = Vec::new();
    let mut findings = Vec::new();
    for item in items.iter().filter(|item| item.kind == QUEUE) {
        let overlay = item.root.nearest("/metadata/overlay").tree == Tree::Bool(true);
        let earlier = queues.iter_mut().find(|earlier| overlay && earlier.name == item.name);
        match earlier {
            Some(earlier) => lay_over(&mut earlier.root, &item.root),
            None if overlay => findings.push(
                Finding::error(
                    "overlay",
                    &item.place,
                    format!("no earlier manifest declares the queue `{}`", item.name),
                )
                .hint("list the folder that declares it first, or drop metadata.overlay"),
            ),
            None => queues.push(item.clone()),
        }
    }
    (queues, findings)
}

/// Mappings are laid over key by key; anything else is replaced.
fn lay_over(below: &mut Node, above: &Node) {
    if let (Tree::Object(fields), Tree::Object(restated)) = (&mut below.tree, &above.tree) {
        for (key, value) in restated {
            match fields.iter_mut().find(|(known, _)| known.text == key.text) {
                Some((_, field)) => lay_over(field, value),
                None => fields.push((key.clone(), value.clone())),
            }
        }
    } else {
        *below = above.clone();
    }
}

fn fields(
    item: &Item,
    declaring: &mut Declaring<'_>,
    context: &Context<'_>,
    links: &mut Links,
) -> Fields {
    // Without a `spec`, `spec()` is the document itself, which has none of these keys.
    let spec = item.spec();
    let text = |key: &str| spec.get(key).and_then(Node::as_str).map(str::to_owned);
    Fields {
        description: text("description"),
        queue_type: text("type"),
        capacity: spec.get("capacity").map(Node::to_json),
        priority: spec.get("priority").map(Node::to_json),
        overflow: overflow(item, spec, declaring, context, links),
        skill_groups: spec.get("skillGroups").map(|groups| {
            let mut keys = BTreeSet::new();
            for group in groups.items() {
                if let Some(key) = declaring.resolve("skill", &text_of(group), &group.place) {
                    links
                        .push(Link::new(Address::new("skill", &[&key.segment]), key.id.as_deref()));
                    keys.insert(key.segment);
                }
            }
            keys
        }),
        routing_rules: spec
            .get("routingRules")
            .map(|rules| rules.items().iter().map(Node::to_json).collect::<Vec<Value>>()),
    }
}

fn overflow(
    item: &Item,
    spec: &Node,
    declaring: &mut Declaring<'_>,
    context: &Context<'_>,
    links: &mut Links,
) -> Overflow {
    let Some(node) = spec.get("overflow") else { return Overflow::default() };
    let mut overflow = Overflow {
        overflow_type: node.get("type").and_then(Node::as_str).map(str::to_owned),
        target: None,
        threshold: node.get("threshold").map(Node::to_json),
    };
    let Some(target) = node.get("target") else { return overflow };
    if target.tree == Tree::Null {
        overflow.target = Some(None);
        return overflow;
    }
    let text = text_of(target);
    let name = text.strip_prefix("name:").unwrap_or(&text);
    if let Some(to) = context.former.get(name) {
        let message = format!("the queue `{name}` is being renamed to `{to}`");
        declaring.complain(
            Finding::error("unknown-reference", &target.place, message)
                .about(&address(&item.name))
                .hint(format!("write `{to}`")),
        );
        return overflow;
    }
    let Some(key) = declaring.resolve("queue", &text, &target.place) else {
        return overflow;
    };
    if item.name == key.segment {
        declaring.complain(
            Finding::error("overflow", &target.place, "a queue cannot overflow into itself")
                .about(&address(&item.name))
                .hint("name another queue, or null for no target"),
        );
    } else if context.gone.contains(key.segment.as_str()) && !item.is_absent() {
        let message = format!("the overflow target `{}` is declared absent", key.segment);
        declaring.complain(
            Finding::error("overflow", &target.place, message)
                .about(&address(&item.name))
                .hint("name another queue, or null for no target"),
        );
    }
    links.push(Link::new(address(&key.segment), key.id.as_deref()));
    overflow.target = Some(Some(key.segment));
    overflow
}
