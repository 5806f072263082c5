//! Changes that are many and alike: grouped, and as a grid of members and heads where that is small.

use std::collections::{BTreeMap, BTreeSet};

use super::super::base::headed;
use super::super::fields::one_line;
use super::super::overview::overview_of_all;
use super::super::plan::{Detail, NAMED, body, heading, member_name, some_places, symbol};
use super::escape::{cell, fence};
use super::fit::Section;
use super::resources::folded;
use super::words::{counted, for_whom, head, many, members, names, wrapped};
use crate::kinds::{Action, kind_of};
use crate::plan::{Change, PathChange, Plan};

/// How large a grid is at most.
const ROWS: usize = 15;
const COLUMNS: usize = 8;
/// How many sorts of changes are told of a head.
const SORTS: usize = 12;
/// More groups than these are folded.
const OPEN: usize = 25;

/// The section of these groups.
#[must_use]
pub(super) fn matrix(plan: &Plan, groups: &[&Vec<&Change>]) -> Section {
    if groups.is_empty() {
        return Section::default();
    }
    let mut groups = groups.to_vec();
    groups.sort_by_key(|group| {
        let drifted = group.first().is_some_and(|first| first.drifted);
        (drifted, !group.iter().any(|change| is_worse(change)), std::cmp::Reverse(group.len()))
    });
    let groups = &groups[..];
    let all = || groups.iter().copied().flatten().copied();
    let members = members(all()).map(|members| format!(", {members}")).unwrap_or_default();
    let title = format!("#### Grouped changes: {}{members}\n\n", counted(all()));
    let mut table = String::new();
    // A text takes what is written to it.
    let _ = overview_of_all(&mut table, plan);
    let table: Vec<String> = table.lines().map(str::to_owned).collect();
    let table = fence("text", &table[..table.len().saturating_sub(1)]);
    let heads = fence("text", &by_head(groups));
    let lines = |is_long| {
        let lines = groups.iter().filter_map(|group| Some((*group.first()?, told(group, is_long))));
        fence("diff", &headed(plan, lines))
    };
    let (long, short) = (lines(true), lines(false));
    let (open, shorter) = match grid(plan) {
        Some(grid) => {
            let why = folded("Group by group, with fields and places", &long);
            (format!("{title}{grid}\n{why}"), format!("{title}{grid}\n"))
        }
        None if groups.len() > OPEN => {
            let wrap = |lines: &str| {
                format!("{title}{table}\n{heads}\n{}", folded("Group by group", lines))
            };
            (wrap(&long), wrap(&short))
        }
        None => (format!("{title}{long}\n"), format!("{title}{short}\n")),
    };
    Section::of(open)
        .leaving_out(left_out(groups))
        .or(shorter, "names and places of grouped changes")
        .or(format!("{title}{table}\n{heads}\n"), "the single groups of changes")
        .or(format!("{title}{table}\n"), "what changes in each group")
        .or(title.clone(), "which groups change")
}

/// A line for each head: what happens how often. `~` stands for fields that have no better or worse.
fn by_head(groups: &[&Vec<&Change>]) -> Vec<String> {
    let mut heads: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for change in groups.iter().copied().flatten() {
        let Some(grouping) = kind_of(&change.address).and_then(|kind| kind.grouped_by()) else {
            continue;
        };
        let head = format!("{} {}", grouping.heads, change.address.segment(grouping.head));
        *heads.entry(head).or_default().entry(mark(change)).or_default() += 1;
    }
    let line = |(head, marks): (String, BTreeMap<String, usize>)| {
        let mut marks: Vec<(String, usize)> = marks.into_iter().collect();
        marks.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let told: Vec<String> =
            marks.iter().take(SORTS).map(|(mark, count)| format!("{mark} for {count}")).collect();
        let more = match marks.len().saturating_sub(SORTS) {
            0 => String::new(),
            more => format!(", and {more} sorts more"),
        };
        format!("{}:  {}{more}", one_line(&head), told.join(", "))
    };
    heads.into_iter().map(line).collect()
}

/// What even the long form leaves out.
fn left_out(groups: &[&Vec<&Change>]) -> String {
    let names: usize = groups.iter().map(|group| group.len().saturating_sub(NAMED)).sum();
    let files: usize = groups.iter().map(|group| some_places(group).1).sum();
    let told = [(names, "name"), (files, "place")].into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, what)| many(count, what)).collect();
    if told.is_empty() {
        String::new()
    } else {
        format!("{} of grouped changes", told.join(" and "))
    }
}

/// Whether any field changes for the worse.
fn is_worse(change: &Change) -> bool {
    let numbers = |path: &PathChange| path.before.as_i64().zip(path.after.as_i64());
    let kind = kind_of(&change.address);
    let is_worse = |path: &PathChange| {
        let better =
            numbers(path).zip(kind).and_then(|((b, a), kind)| kind.is_better(&path.path, b, a));
        better == Some(false)
    };
    change.change.paths.iter().any(is_worse)
}

/// A group: what happens to how many, and to whom.
fn told(group: &[&Change], is_long: bool) -> Vec<String> {
    let Some(first) = group.first() else { return Vec::new() };
    let mut fields = body(first, Detail::Changes);
    let told = match head(first).filter(|_| group.len() > 1) {
        Some(head) => {
            let count = for_whom(group);
            format!("{head}  {}  for {count}", std::mem::take(&mut fields).join("; "))
        }
        None => one_line(&heading(group, &mut fields)),
    };
    let fields = if fields.is_empty() { String::new() } else { format!("  {}", fields.join("; ")) };
    let head = format!("{} {told}{fields}", symbol(first));
    let mut lines = vec![head.trim_end().to_owned()];
    if !is_long {
        return lines;
    }
    let mut named = if group.len() > 1 { names(group) } else { Vec::new() };
    if named.len() > NAMED {
        named.truncate(NAMED);
        named.push("…".to_owned());
    }
    lines.extend(wrapped(&named, "    "));
    let (places, more) = some_places(group);
    lines.push(format!("    at {places}{}", if more > 0 { ", …" } else { "" }));
    lines
}

/// Members down, heads across; none where that is large, or a line says as much.
fn grid(plan: &Plan) -> Option<String> {
    let mut heads = BTreeSet::new();
    let mut rows: BTreeMap<(String, String), BTreeMap<String, String>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for change in plan.resource_changes.iter().filter(|change| change.action().is_some()) {
        let Some(grouping) = kind_of(&change.address).and_then(|kind| kind.grouped_by()) else {
            continue;
        };
        kinds.insert(&change.kind);
        let head = change.address.segment(grouping.head);
        let member = change.address.segment(usize::from(grouping.head == 0));
        let row = (member_name(change).to_owned(), member);
        rows.entry(row).or_default().insert(head.clone(), mark(change));
        heads.insert(head);
        if rows.len() > ROWS || heads.len() > COLUMNS {
            return None;
        }
    }
    if kinds.len() != 1 || rows.len() < 2 || heads.len() < 2 {
        return None;
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text =
        line(std::iter::once(String::new()).chain(heads.iter().map(|h| cell(h))).collect());
    text.push_str(&line(vec!["---".to_owned(); heads.len() + 1]));
    for ((name, member), marks) in &rows {
        let is_twin = rows.keys().filter(|(other, _)| other == name).count() > 1;
        let name = if is_twin { cell(&format!("{name} ({member})")) } else { cell(name) };
        let marks = heads.iter().map(|head| marks.get(head).cloned().unwrap_or_default());
        text.push_str(&line(std::iter::once(name).chain(marks).collect()));
    }
    Some(text)
}

/// A change in a cell: `3 → 4 ▲`, `+ 4`, `− 3`; a held one begins with `!`, one that is no part of what
/// changed since the base ends with `not new`. All of it is ours.
fn mark(change: &Change) -> String {
    let Some(kind) = kind_of(&change.address) else { return String::new() };
    let is_grade = |path: &str| kind.is_better(path, 0, 1).is_some();
    let grade = |document: &Option<crate::model::Document>| {
        let leaves = document.as_ref().map(crate::model::Document::leaves).unwrap_or_default();
        let leaf = leaves.into_iter().find(|leaf| is_grade(&leaf.path));
        leaf.and_then(|leaf| leaf.value.as_i64()).map(|grade| format!(" {grade}"))
    };
    let told = match change.action() {
        None => return String::new(),
        Some(Action::Create) => format!("+{}", grade(&change.change.after).unwrap_or_default()),
        Some(Action::Delete) => format!("−{}", grade(&change.change.before).unwrap_or_default()),
        Some(Action::Update) => {
            let paths = &change.change.paths;
            let graded = paths.iter().find_map(|path| {
                let (before, after) = path.before.as_i64().zip(path.after.as_i64())?;
                let arrow = if kind.is_better(&path.path, before, after)? { '▲' } else { '▼' };
                Some(format!("{before} → {after} {arrow}"))
            });
            let others = paths.iter().any(|path| !is_grade(&path.path));
            match (graded, others) {
                (Some(graded), true) => format!("{graded} ~"),
                (Some(graded), false) => graded,
                (None, _) => "~".to_owned(),
            }
        }
    };
    let told = if change.drifted { format!("{told} not new") } else { told };
    if change.held_by.is_empty() { told } else { format!("! {told}") }
}
