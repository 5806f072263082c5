//! `kind: SkillMatrix` and `kind: AgentGroup`: from rows and cells to assignments.

use std::collections::BTreeMap;

use serde_json::json;

use super::schema::{GROUP, MATRIX};
use super::{Fields, Window, address, window};
use crate::kinds::Declaring;
use crate::kinds::declaring::text_of;
use crate::model::{Address, Declared, Document, Finding, Item, Key, Node, Place, References};

/// What a row's key says about a group.
const GROUP_PREFIX: &str = "group:";

/// What all matrices share.
struct Context<'i> {
    windows: BTreeMap<String, Window>,
    groups: BTreeMap<&'i str, &'i Item>,
}

/// Declares the assignments of every matrix.
pub(super) fn declare(items: &[Item], declaring: &mut Declaring<'_>) {
    let windows = window::windows(items, declaring);
    let groups = declaring.by_name(items, GROUP);
    let groups = groups.into_iter().map(|item| (item.name.as_str(), item)).collect();
    let context = Context { windows, groups };
    for matrix in declaring.by_name(items, MATRIX) {
        declare_matrix(matrix.spec(), &context, declaring);
    }
}

/// In one matrix, what an agent's own row says wins over what its groups' rows say.
fn declare_matrix(spec: &Node, context: &Context<'_>, declaring: &mut Declaring<'_>) {
    let default = spec.get("window").and_then(|node| named_window(node, context, declaring));
    let rows = spec.get("agents").map(Node::entries).unwrap_or_default();
    let mut own = BTreeMap::new();
    let mut from_groups = Vec::new();
    for (key, row) in rows {
        let cells = cells(row, default.as_ref(), context, declaring);
        let Some(group) = key.text.strip_prefix(GROUP_PREFIX) else {
            if let Some(agent) = declaring.resolve("agent", &key.text, &key.place) {
                for (address, declared) in row_of(&agent, &cells, declaring) {
                    match own.get(&address) {
                        // One agent by two names in one matrix: let `declare` compare the two.
                        Some(_) => declaring.declare(address, declared),
                        None => drop(own.insert(address, declared)),
                    }
                }
            }
            continue;
        };
        match context.groups.get(group) {
            Some(item) => {
                for member in item.spec().get("members").map(Node::items).unwrap_or_default() {
                    let agent = declaring.resolve("agent", &text_of(member), &member.place);
                    from_groups.extend(agent.map(|agent| row_of(&agent, &cells, declaring)));
                }
            }
            None => {
                let message = format!("no AgentGroup is named `{group}`");
                let names = context.groups.keys().copied();
                let mut finding = Finding::error("unknown-reference", &key.place, message);
                if let Some(close) = crate::model::closest(group, names) {
                    finding = finding.hint(format!("did you mean `{GROUP_PREFIX}{close}`?"));
                }
                declaring.complain(finding);
            }
        }
    }
    for (address, declared) in from_groups.into_iter().flatten() {
        if !own.contains_key(&address) {
            declaring.declare(address, declared);
        }
    }
    for (address, declared) in own {
        declaring.declare(address, declared);
    }
}

/// One cell of a row: the skill, and what it says.
struct Cell {
    skill: Key,
    fields: Fields,
    absent: bool,
    place: Place,
}

fn cells(
    row: &Node,
    default: Option<&Window>,
    context: &Context<'_>,
    declaring: &mut Declaring<'_>,
) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (key, node) in row.entries() {
        let Some(skill) = declaring.resolve("skill", &key.text, &key.place) else { continue };
        let absent = node.as_str() == Some("none");
        let level = node.get("level").unwrap_or(node);
        let window = match node.get("window") {
            Some(name) => named_window(name, context, declaring),
            None => default.cloned(),
        };
        let fields = if absent {
            Fields::default()
        } else {
            Fields { level: level.as_i64().map(|level| json!(level)), window }
        };
        cells.push(Cell { skill, fields, absent, place: key.place.clone() });
    }
    cells
}

fn named_window(
    node: &Node,
    context: &Context<'_>,
    declaring: &mut Declaring<'_>,
) -> Option<Window> {
    let name = text_of(node);
    if let Some(window) = context.windows.get(&name) {
        return Some(window.clone());
    }
    let message = format!("no AvailabilityWindow is named `{name}`");
    let mut finding = Finding::error("unknown-reference", &node.place, message);
    if let Some(close) = crate::model::closest(&name, context.windows.keys().map(String::as_str)) {
        finding = finding.hint(format!("did you mean `{close}`?"));
    }
    declaring.complain(finding);
    None
}

fn row_of(agent: &Key, cells: &[Cell], declaring: &Declaring<'_>) -> Vec<(Address, Declared)> {
    let label = match (&agent.id, declaring.facts()) {
        (Some(id), Some(facts)) => facts.label_of("agent", id),
        _ => agent.segment.clone(),
    };
    let one = |cell: &Cell| {
        let document = Document::of(&cell.fields);
        let references = References::from([
            (Address::new("agent", &[&agent.segment]), agent.id.clone()),
            (Address::new("skill", &[&cell.skill.segment]), cell.skill.id.clone()),
        ]);
        let declared = Declared {
            on_create: document.clone(),
            document,
            absent: cell.absent,
            place: cell.place.clone(),
            label: format!("{label} / {}", cell.skill.segment),
            references,
        };
        (address(&agent.segment, &cell.skill.segment), declared)
    };
    cells.iter().map(one).collect()
}
