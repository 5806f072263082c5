//! What the page knows: a plan in small tables, so that what many changes share is there once.
//! The page knows no kind; what it needs of one stands in `kinds`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::base::compared;
use super::super::fields::{self, one_line};
use super::super::plan::{consequence, member_name, summary, symbol};
use super::coverage::Grid;
use crate::kinds::{Action, Kind, kind_of};
use crate::model::{Document, Level};
use crate::plan::{Change, Plan, Status, Summary};

/// Everything that is shown.
#[derive(Debug, Serialize)]
pub(super) struct Page<'p> {
    headline: String,
    /// What the plan is compared with.
    base: Option<String>,
    applyable: bool,
    counts: &'p Summary,
    /// What the plan was made of, and for.
    about: Vec<(&'static str, String)>,
    kinds: Vec<KindOf>,
    heads: Vec<String>,
    members: Vec<Member>,
    whys: Vec<String>,
    says: Vec<Box<RawValue>>,
    changes: Vec<Row>,
    checks: Vec<Check>,
    coverage: Option<Grid>,
    ahead: Vec<Moment>,
}

/// A kind of which something changes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Serialize)]
struct KindOf {
    name: String,
    /// What heads its groups, and who their members are; none where each stands alone.
    head: Option<&'static str>,
    member: Option<&'static str>,
}

/// A member of groups: an agent.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Serialize)]
struct Member {
    id: String,
    name: String,
}

/// One change. Numbers are places in the tables.
#[derive(Debug, Serialize)]
struct Row {
    address: String,
    kind: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<usize>,
    action: &'static str,
    symbol: char,
    held: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    drifted: bool,
    says: usize,
    why: usize,
    place: String,
}

/// What a change does to the fields; `cell` is the one of them that is better or worse.
#[derive(Debug, Default, Serialize)]
struct Said {
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    better: Option<bool>,
    fields: Vec<Field>,
}

/// One field, before and after.
#[derive(Clone, Debug, Default, Serialize)]
struct Field {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    better: Option<bool>,
    /// The lines of a text that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<String>,
}

/// A rule that did not pass.
#[derive(Debug, Serialize)]
struct Check {
    rule: String,
    /// `blocked`, `held` or `warning`.
    level: &'static str,
    address: Option<String>,
    message: String,
    hint: Option<String>,
    place: Option<String>,
}

/// What happens some time after the plan is applied.
#[derive(Debug, Serialize)]
struct Moment {
    at: String,
    event: Value,
    what: String,
    count: usize,
    names: String,
}

/// Values, each once, by their places.
#[derive(Debug)]
struct Table<T>(BTreeMap<T, usize>);

impl<T: Ord + Clone> Table<T> {
    fn place(&mut self, value: T) -> usize {
        let next = self.0.len();
        *self.0.entry(value).or_insert(next)
    }

    fn values(self) -> Vec<T> {
        let mut values: Vec<(T, usize)> = self.0.into_iter().collect();
        values.sort_by_key(|(_, place)| *place);
        values.into_iter().map(|(value, _)| value).collect()
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// The tables while changes are entered.
#[derive(Debug, Default)]
struct Tables {
    kinds: Table<KindOf>,
    heads: Table<String>,
    members: Table<Member>,
    whys: Table<String>,
    says: Table<String>,
}

impl<'p> Page<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut tables = Tables::default();
        let changes = plan.resource_changes.iter().map(|change| tables.enter(change)).collect();
        let Tables { kinds, heads, members, whys, says } = tables;
        let says = says.values().into_iter().filter_map(|said| RawValue::from_string(said).ok());
        Self {
            headline: summary(plan),
            base: plan.source.base.as_ref().map(|base| one_line(&base.name)),
            applyable: plan.applyable,
            counts: &plan.summary,
            about: about(plan),
            kinds: kinds.values(),
            heads: heads.values(),
            members: members.values(),
            whys: whys.values(),
            says: says.collect(),
            changes,
            checks: checks(plan),
            coverage: plan.coverage.as_ref().map(Grid::of),
            ahead: ahead(plan),
        }
    }
}

impl Tables {
    fn enter(&mut self, change: &Change) -> Row {
        let kind = kind_of(&change.address);
        let grouping = kind.and_then(Kind::grouped_by);
        let said = serde_json::to_string(&said(change, kind)).unwrap_or_default();
        let head = grouping.map(|grouping| one_line(&change.address.segment(grouping.head)));
        let member = grouping.map(|grouping| Member {
            // Of the two segments, the other one.
            id: one_line(&change.address.segment(1 - grouping.head.min(1))),
            name: one_line(member_name(change)),
        });
        Row {
            address: one_line(&change.address.to_string()),
            kind: self.kinds.place(KindOf {
                name: one_line(&change.kind),
                head: grouping.map(|grouping| grouping.heads),
                member: grouping.map(|grouping| grouping.member),
            }),
            head: head.map(|head| self.heads.place(head)),
            member: member.map(|member| self.members.place(member)),
            action: action(change),
            symbol: symbol(change),
            held: !change.held_by.is_empty(),
            drifted: change.drifted,
            says: self.says.place(said),
            why: self.whys.place(consequence(change)),
            place: change.source.to_string(),
        }
    }
}

fn action(change: &Change) -> &'static str {
    match change.action() {
        None => "unchanged",
        Some(Action::Create) => "create",
        Some(Action::Update) if change.previous_address.is_some() => "rename",
        Some(Action::Update) => "update",
        Some(Action::Delete) => "delete",
    }
}

fn said(change: &Change, kind: Option<&dyn Kind>) -> Said {
    let whole = |document: &Option<Document>, is_after: bool| {
        let leaves = document.as_ref().map(Document::leaves).unwrap_or_default();
        let field = |leaf: crate::model::Leaf| {
            let text = Some(one_line(&fields::shown(&leaf.value)));
            let (before, after) = if is_after { (None, text) } else { (text, None) };
            let field = Field { path: fields::path(&leaf.path), before, after, ..Field::default() };
            let number = leaf.value.as_i64();
            // What could be better is what a cell shows.
            let is_cell = kind.zip(number).is_some_and(|(kind, number)| {
                kind.is_better(&leaf.path, number, number.saturating_add(1)).is_some()
            });
            (field, is_cell)
        };
        let all: Vec<(Field, bool)> = leaves.into_iter().map(field).collect();
        let cell = all.iter().find(|(_, is_cell)| *is_cell).map(|(field, _)| field.clone());
        Said { cell, better: None, fields: all.into_iter().map(|(field, _)| field).collect() }
    };
    match change.action() {
        Some(Action::Create) | None => whole(&change.change.after, true),
        Some(Action::Delete) => whole(&change.change.before, false),
        Some(Action::Update) => updated(change, kind),
    }
}

fn updated(change: &Change, kind: Option<&dyn Kind>) -> Said {
    let mut said = Said::default();
    for path in change.change.paths.iter() {
        let numbers = kind.zip(path.before.as_i64().zip(path.after.as_i64()));
        let better = numbers.and_then(|(kind, (b, a))| kind.is_better(&path.path, b, a));
        let lines = match (&path.before, &path.after) {
            (Value::String(old), Value::String(new))
                if old.contains('\n') || new.contains('\n') =>
            {
                let lines = fields::difference(&path.before, &path.after, None);
                lines.iter().skip(1).map(|line| one_line(line.trim_start_matches("    "))).collect()
            }
            _ => Vec::new(),
        };
        let shown = |value: &Value| lines.is_empty().then(|| one_line(&fields::shown(value)));
        let field = Field {
            path: one_line(&fields::path(&path.path)),
            before: shown(&path.before),
            after: shown(&path.after),
            better,
            lines,
        };
        if better.is_some() && said.cell.is_none() {
            said.cell = Some(field.clone());
        }
        // One that is worse makes the whole of it worse.
        said.better = match (said.better, better) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (known, better) => known.or(better),
        };
        said.fields.push(field);
    }
    said
}

fn about(plan: &Plan) -> Vec<(&'static str, String)> {
    let source = &plan.source;
    let commit = source.commit.as_ref().map(|commit| match source.dirty {
        Some(true) => format!("{commit}, and changes beside it"),
        _ => commit.clone(),
    });
    let told = |what, value: Option<String>| value.map(|value| (what, one_line(&value)));
    let snapshot = source.live.as_ref();
    let facts = [
        told("Tenant", Some(format!("{} ({})", plan.tenant.name, plan.tenant.url))),
        told("Commit of the manifests", commit),
        told("Made for", source.at.clone()),
        told("Made against a snapshot, and never applied", snapshot.cloned()),
        told("Compared with", compared(plan)),
        told("Undoes the run", source.undoes.clone()),
        told("Partial", plan.selection.as_ref().map(ToString::to_string)),
        told("Plan", Some(plan.hash.clone())),
        told("Made by cxform", Some(plan.tool_version.clone())),
    ];
    facts.into_iter().flatten().collect()
}

fn checks(plan: &Plan) -> Vec<Check> {
    let failed = plan.checks.iter().filter(|check| check.status != Status::Pass);
    let told = |text: &Option<String>| text.as_deref().map(one_line);
    let check = failed.map(|check| Check {
        rule: one_line(&check.rule),
        level: match check.level {
            Level::Error | Level::Block => "blocked",
            Level::Hold => "held",
            Level::Warn => "warning",
        },
        address: check.address.as_ref().map(|address| one_line(&address.to_string())),
        message: told(&check.message).unwrap_or_default(),
        hint: told(&check.hint),
        place: check.source.as_ref().map(ToString::to_string),
    });
    check.collect()
}

fn ahead(plan: &Plan) -> Vec<Moment> {
    let moments = plan.timeline.iter().flat_map(|timeline| &timeline.moments);
    let moment = moments.map(|moment| Moment {
        at: one_line(&moment.at),
        event: serde_json::to_value(moment.event).unwrap_or_default(),
        what: one_line(&format!("{}/*/{}", moment.kind, moment.head)),
        count: moment.count,
        names: one_line(&moment.names.join(", ")),
    });
    moment.collect()
}
