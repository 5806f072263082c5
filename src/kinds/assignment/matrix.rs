//! `kind: SkillMatrix` and `kind: AgentGroup`: from rows and cells to assignments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::schema::{GROUP, MATRIX};
use super::window::{Stated, windows};
use super::{Fields, Side, Skills, assignment};
use crate::kinds::Declaring;
use crate::kinds::declaring::text_of;
use crate::model::{
    Address, Declared, Document, Finding, Item, Key, Node, NodeKey, Place, Recurrence, Resources,
    address_head,
};

/// What a row's key says about a group.
const GROUP_PREFIX: &str = "group:";

/// What a cell says where there should be no assignment.
pub(super) const NONE: &str = "none";

/// What all matrices share.
struct Context<'i> {
    windows: BTreeMap<String, Stated>,
    groups: BTreeMap<&'i str, &'i Item>,
}

/// Declares the assignments of every matrix.
pub(super) fn declare(items: &[Item], declaring: &mut Declaring<'_>) {
    let windows = windows(items, declaring);
    let groups = declaring.by_name(items, GROUP);
    let groups = groups.into_iter().map(|item| (item.name.as_str(), item)).collect();
    let context = Context { windows, groups };
    for matrix in declaring.by_name(items, MATRIX) {
        declare_matrix(matrix.spec(), &context, declaring);
    }
}

/// The levels of the cells at these places, as they are written.
pub(super) fn levels(items: &[Item], cells: &BTreeSet<&Place>) -> BTreeMap<Place, Node> {
    let level =
        |(place, node): (&Place, &Node)| (place.clone(), node.get("level").unwrap_or(node).clone());
    written(items, cells).map(level).collect()
}

/// The cells at these places, as they are written.
pub(super) fn cells(items: &[Item], cells: &BTreeSet<&Place>) -> BTreeMap<Place, Node> {
    written(items, cells).map(|(place, node)| (place.clone(), node.clone())).collect()
}

/// The cells at these places, each by its place.
fn written<'i>(
    items: &'i [Item],
    cells: &'i BTreeSet<&Place>,
) -> impl Iterator<Item = (&'i Place, &'i Node)> {
    let matrices = items.iter().filter(|item| item.kind == MATRIX);
    let rows = matrices.filter_map(|item| item.spec().get("agents")).flat_map(Node::entries);
    let all = rows.flat_map(|(_, row)| row.entries()).map(|(key, node)| (&key.place, node));
    all.filter(|(place, _)| cells.contains(place))
}

/// In one matrix, what an agent's own row says wins over what its groups' rows say.
fn declare_matrix(spec: &Node, context: &Context<'_>, declaring: &mut Declaring<'_>) {
    let rows = spec.get("agents").map(Node::entries).unwrap_or_default();
    let mut matrix = Matrix {
        default: spec.get("window").and_then(|node| named_window(node, context, declaring)),
        context,
        columns: Skills::default(),
        documents: BTreeMap::new(),
        cells: Vec::new(),
    };
    let is_exclusive = spec.get("scope").and_then(Node::as_str) == Some("exclusive");
    let has_groups = rows.iter().any(|(key, _)| key.text.starts_with(GROUP_PREFIX));
    // Offline an own row may mean a group's member under another spelling, and win over its groups:
    // what those declare is not certain then.
    let has_own = rows.iter().any(|(key, _)| !key.text.starts_with(GROUP_PREFIX));
    let is_certain = declaring.facts().is_some() || !has_own;
    let mut own = Resources::default();
    for (key, row) in rows.iter().filter(|(key, _)| !key.text.starts_with(GROUP_PREFIX)) {
        matrix.read(row, declaring);
        let Some(agent) = declaring.resolve("agent", &key.text, &key.place) else { continue };
        if is_exclusive {
            declaring.exclude_others(&address_head("assignment", &agent.segment), &key.place);
        }
        for (address, declared) in matrix.of_agent(&agent) {
            if has_groups {
                own.put(&address, (), |(), ()| false);
            }
            declaring.declare(&address, declared);
        }
    }
    for (key, row) in rows {
        let Some(group) = key.text.strip_prefix(GROUP_PREFIX) else { continue };
        matrix.read(row, declaring);
        let Some(item) = context.groups.get(group) else {
            declaring.complain(no_group(key, group, context));
            continue;
        };
        for member in item.spec().get("members").map(Node::items).unwrap_or_default() {
            let agent = declaring.resolve("agent", &text_of(member), &member.place);
            if let Some(agent) = &agent {
                let head = address_head("assignment", &agent.segment);
                declaring.join(group, &head);
                if is_exclusive {
                    declaring.exclude_others(&head, &key.place);
                }
            }
            for (address, declared) in agent.iter().flat_map(|agent| matrix.of_agent(agent)) {
                if is_certain && !own.contains(&address) {
                    declaring.declare(&address, declared);
                }
            }
        }
    }
}

/// One matrix while it is read: what its rows share, and the row at hand.
struct Matrix<'m> {
    context: &'m Context<'m>,
    /// The window of cells that name none.
    default: Option<&'m Stated>,
    /// The skills by their keys.
    columns: Skills,
    /// What cells say, by level and by where their window is in memory: there are few of them.
    documents: BTreeMap<(Option<i64>, usize), Document>,
    /// The row at hand.
    cells: Vec<Cell<'m>>,
}

/// One cell of a row: the skill, and what it says.
struct Cell<'m> {
    /// Among the matrix's columns.
    skill: usize,
    document: Document,
    absent: bool,
    place: &'m Place,
    /// Set where its window is an occurrence of a recurring one.
    recurs: Option<&'m Arc<Recurrence>>,
}

impl<'m> Matrix<'m> {
    /// Reads the cells of a row.
    fn read(&mut self, row: &'m Node, declaring: &mut Declaring<'_>) {
        self.cells.clear();
        for (key, node) in row.entries() {
            let Some(skill) = self.column(key, declaring) else { continue };
            let absent = node.as_str() == Some(NONE);
            let level = node.get("level").unwrap_or(node).as_i64();
            let window = match node.get("window") {
                Some(name) => named_window(name, self.context, declaring),
                None => self.default,
            };
            let (level, window) = if absent { (None, None) } else { (level, window) };
            let said = (level, window.map_or(0, |window| std::ptr::from_ref(window).addr()));
            let document = self.documents.entry(said).or_insert_with(|| {
                let window = window.map(|stated| stated.window.clone());
                Document::of(&Fields { level: level.map(Value::from), window })
            });
            let (document, place) = (document.clone(), &key.place);
            let recurs = window.and_then(|stated| stated.recurs.as_ref());
            self.cells.push(Cell { skill, document, absent, place, recurs });
        }
    }

    /// The skill of a key; one that cannot be found is a finding each time.
    fn column(&mut self, key: &NodeKey, declaring: &mut Declaring<'_>) -> Option<usize> {
        if let Some(known) = self.columns.find(&key.text) {
            return Some(known);
        }
        let skill = declaring.resolve("skill", &key.text, &key.place)?;
        Some(self.columns.add(&key.text, Side::skill(&skill.segment, skill.id.as_deref())))
    }

    /// The assignments that the row at hand declares for an agent.
    fn of_agent(&self, agent: &Key) -> impl Iterator<Item = (Address, Declared)> + use<'_, 'm> {
        let agent = Side::agent(&agent.segment, agent.id.as_deref());
        self.cells.iter().map(move |cell| {
            let (address, links) = assignment(&agent, &self.columns[cell.skill]);
            let declared = Declared {
                document: cell.document.clone(),
                on_create: None,
                absent: cell.absent,
                place: cell.place.clone(),
                links,
                recurs: cell.recurs.cloned(),
            };
            (address, declared)
        })
    }
}

fn no_group(key: &NodeKey, group: &str, context: &Context<'_>) -> Finding {
    let message = format!("no AgentGroup is named `{group}`");
    let finding = Finding::error("unknown-reference", &key.place, message);
    match crate::model::closest(group, context.groups.keys().copied()) {
        Some(close) => finding.hint(format!("did you mean `{GROUP_PREFIX}{close}`?")),
        None => finding,
    }
}

fn named_window<'m>(
    node: &Node,
    context: &'m Context<'m>,
    declaring: &mut Declaring<'_>,
) -> Option<&'m Stated> {
    let name = text_of(node);
    if let Some(window) = context.windows.get(&name) {
        return Some(window);
    }
    let message = format!("no AvailabilityWindow is named `{name}`");
    let mut finding = Finding::error("unknown-reference", &node.place, message);
    if let Some(close) = crate::model::closest(&name, context.windows.keys().map(String::as_str)) {
        finding = finding.hint(format!("did you mean `{close}`?"));
    }
    declaring.complain(finding);
    None
}
