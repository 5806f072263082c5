//! A plan as text for people.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;

use super::base::{Headings, compared, since};
use super::due::{due, is_summarised};
use super::fields;
use super::overview::overview;
use super::timeline::timeline;
use crate::kinds::{Action, kind_of};
use crate::model::{Address, Document, Level, Memo, Place};
use crate::plan::{Change, CheckResult, PathChange, Plan, Reason, Selected, Status};

/// How much of a plan is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Counts and what stops it.
    Summary,
    /// What changes; like changes together.
    Changes,
    /// Every change by itself, and what stays as it is.
    Full,
}

/// How many members of a group are named before the rest is counted.
pub(super) const NAMED: usize = 8;
/// How many files of a group are named before the rest is counted.
const PLACES: usize = 4;
/// How many findings of one rule are told before the rest is counted.
const TOLD: usize = 10;

/// Writes the whole plan; the summary line is the last. `again` is the command that would apply
/// this very plan, if no rule blocked it.
///
/// # Errors
/// The writer's own.
pub fn plan(out: &mut dyn Write, plan: &Plan, detail: Detail, again: &str) -> fmt::Result {
    if detail != Detail::Summary {
        let mut headings = Headings::of(plan);
        for group in groups(plan, detail) {
            if let Some(heading) = group.first().and_then(|first| headings.before(first)) {
                writeln!(out, "{heading}\n")?;
            }
            render_group(out, &group, detail)?;
        }
    }
    due(out, plan, detail)?;
    overview(out, plan)?;
    if let Some(coverage) = plan.coverage.as_ref().filter(|_| detail != Detail::Summary) {
        super::coverage::coverage(out, coverage, detail)?;
    }
    checks(out, plan, again)?;
    notes(out, plan)?;
    if let Some(compared) = compared(plan) {
        writeln!(out, "{compared}")?;
    }
    writeln!(out, "{}", summary(plan))
}

/// What else there is to know: what lies ahead, and what sort of plan this is.
fn notes(out: &mut dyn Write, plan: &Plan) -> fmt::Result {
    if let Some(ahead) = &plan.timeline {
        timeline(out, ahead)?;
    }
    if let Some(snapshot) = &plan.source.live {
        let snapshot = fields::one_line(snapshot);
        writeln!(out, "This plan is for the snapshot {snapshot} and cannot be applied.")?;
    }
    if let Some(at) = &plan.source.at {
        writeln!(out, "This plan is made for {}.", fields::one_line(at))?;
    }
    if let Some(selected) = &plan.selection {
        writeln!(out, "This plan is partial: {}.", fields::one_line(&selected.to_string()))?;
    }
    if let Some(run) = &plan.source.undoes {
        writeln!(out, "This plan undoes the run {}.", fields::one_line(run))?;
    }
    Ok(())
}

/// The summary line.
pub(super) fn summary(plan: &Plan) -> String {
    if plan.is_empty() && plan.source.undoes.is_some() {
        return "No changes. There is nothing to undo.".to_owned();
    }
    if plan.is_empty() && plan.selection.as_ref().is_some_and(Selected::is_partial) {
        return "No changes. What is selected is as the manifests say.".to_owned();
    }
    if plan.is_empty() {
        return "No changes. The tenant matches the manifests.".to_owned();
    }
    let counts = &plan.summary;
    let mut line = format!(
        "Plan: {} to add, {} to change, {} to destroy",
        counts.add, counts.change, counts.destroy
    );
    if counts.held > 0 {
        line.push_str(&format!("; {} held", counts.held));
    }
    line.push('.');
    if counts.unmanaged > 0 {
        line.push_str(&format!(" {} unmanaged left alone.", counts.unmanaged));
    }
    line
}

/// The symbol of a change: `+`, `~`, `-`, `>`, or `!` where it is held.
pub(super) fn symbol(change: &Change) -> char {
    match change.action() {
        None => ' ',
        Some(_) if !change.held_by.is_empty() => '!',
        Some(Action::Create) => '+',
        Some(Action::Update) if change.previous_address.is_some() => '>',
        Some(Action::Update) => '~',
        Some(Action::Delete) => '-',
    }
}

/// Changes that say the same, in the order of what heads them.
pub(super) fn groups(plan: &Plan, detail: Detail) -> Vec<Vec<&Change>> {
    let mut groups: BTreeMap<Order<'_>, Vec<&Change>> = BTreeMap::new();
    let mut said = Memo::default();
    let mut before: Option<&Change> = None;
    for change in &plan.resource_changes {
        if is_summarised(change, detail) {
            continue;
        }
        let is_second = before.replace(change).is_some_and(|first| first.is_unlink());
        let order = Order { is_second, ..order(change, detail, &mut said) };
        groups.entry(order).or_default().push(change);
    }
    groups.into_values().collect()
}

/// Where a change stands, and with which others: by who moved, by kind, then by what heads it, then
/// by what happens. Those that are equal in all of it are shown together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Order<'p> {
    /// Set for what is no part of what changed since the base: it comes last.
    drifted: bool,
    kind: &'p str,
    head: String,
    /// Set for a deletion that another change of the same resource comes before.
    is_second: bool,
    symbol: char,
    reason: Reason,
    what: Arc<str>,
    held_by: &'p [String],
    /// Set where it stands alone.
    own: Option<&'p Address>,
}

/// What changes say, by where that is in memory: the many that say the same share it.
type SaidAt = Memo<usize, Arc<str>>;

fn order<'p>(change: &'p Change, detail: Detail, said: &mut SaidAt) -> Order<'p> {
    let grouping = kind_of(&change.address).and_then(|kind| kind.grouped_by());
    let (head, what) = match grouping {
        Some(grouping) => (change.address.segment(grouping.head), what(change, said)),
        None => (change.address.to_string(), Arc::default()),
    };
    let is_alone = grouping.is_none() || detail == Detail::Full || change.action().is_none();
    Order {
        drifted: change.drifted,
        kind: &change.kind,
        head,
        is_second: false,
        symbol: symbol(change),
        reason: change.reason,
        what,
        held_by: &change.held_by,
        own: is_alone.then_some(&change.address),
    }
}

/// What happens, as a text that is equal for changes that say the same.
fn what(change: &Change, said: &mut SaidAt) -> Arc<str> {
    let document = |document: &Option<Document>| {
        document.as_ref().map_or_else(Arc::default, |document| Arc::from(document.as_str()))
    };
    match change.action() {
        None => Arc::default(),
        Some(Action::Update) => {
            let paths = &change.change.paths;
            said.get_or(paths.as_ptr().addr(), |_| {
                Arc::from(serde_json::to_string(paths).unwrap_or_default())
            })
        }
        Some(Action::Create) => document(&change.change.after),
        Some(Action::Delete) => document(&change.change.before),
    }
}

fn render_group(out: &mut dyn Write, group: &[&Change], detail: Detail) -> fmt::Result {
    let Some(first) = group.first() else { return Ok(()) };
    let mut lines = body(first, detail);
    let heading = heading(group, &mut lines);
    writeln!(out, "{} {}  {}", symbol(first), fields::one_line(&heading), consequence(first))?;
    for line in lines {
        writeln!(out, "    {line}")?;
    }
    if group.len() > 1 {
        let named = group.iter().take(NAMED);
        let names: Vec<String> = named.map(|c| fields::one_line(member_name(c))).collect();
        let more = match group.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more (--detail full names them)"),
        };
        writeln!(out, "    {}{more}", names.join(", "))?;
    }
    writeln!(out, "    at {}\n", places(group))
}

/// What a group is about: an address, or how many have the head in common. What one line can say
/// of it stands beside, so that a large matrix is a table.
pub(super) fn heading(group: &[&Change], lines: &mut Vec<String>) -> String {
    let Some(first) = group.first() else { return String::new() };
    let grouping = kind_of(&first.address).and_then(|kind| kind.grouped_by());
    match (grouping, group.len()) {
        (Some(grouping), count @ 2..) => {
            let what = match lines.len() {
                1 => format!("{}  ", lines.remove(0)),
                _ => String::new(),
            };
            let head = first.address.segment(grouping.head);
            format!("{}/*/{head}  {what}for {count} {}s", first.kind, grouping.member)
        }
        _ if grouping.is_some() => {
            format!("{}  ({})", first.address, fields::one_line(&first.name))
        }
        _ => first.address.to_string(),
    }
}

/// The member's part of what a person calls a change.
pub(super) fn member_name(change: &Change) -> &str {
    change.name.rsplit_once(" / ").map_or(change.name.as_str(), |(member, _)| member)
}

/// What happens, and why or why not.
pub(super) fn consequence(change: &Change) -> String {
    let what = match change.action() {
        None => "stays as it is",
        Some(Action::Create) => "will be created",
        Some(Action::Update) if change.is_unlink() => {
            "will be unlinked first, so that both can be deleted"
        }
        Some(Action::Update) if change.makes_anew() => "will be replaced",
        Some(Action::Update) if change.replaces => "will be the only one of its name again",
        Some(Action::Update) if change.previous_address.is_some() => "will be renamed",
        Some(Action::Update) => "will be changed",
        Some(Action::Delete) => "will be deleted",
    };
    if change.held_by.is_empty() {
        let because = match (change.reason, change.action()) {
            (_, None) => return what.to_owned(),
            (Reason::Absent, _) => "declared absent".to_owned(),
            (Reason::Exclusive, _) => "no manifest declares it".to_owned(),
            (Reason::Renamed, _) => {
                let address = change.previous_address.as_ref();
                let address = address.map(|address| fields::one_line(&address.to_string()));
                format!("the tenant has it as {}", address.unwrap_or_default())
            }
            (Reason::Rollback, _) => "the run is undone".to_owned(),
            (Reason::Due, _) => "the next occurrence of a recurring window is due".to_owned(),
            (Reason::Differs, Some(Action::Create)) => "the tenant has none".to_owned(),
            (Reason::Differs, _) => "the tenant differs".to_owned(),
            (reason, action) => since(reason, action).to_owned(),
        };
        return format!("{what}: {because}");
    }
    let what = match change.reason {
        Reason::Removed => format!("{what} as {}", since(change.reason, change.action())),
        _ => what.to_owned(),
    };
    let what = what.replacen("will", "would", 1);
    let why: Vec<&str> = change.held_by.iter().map(|rule| held_because(rule)).collect();
    format!("{what}, held: {}", why.join("; "))
}

pub(super) fn held_because(rule: &str) -> &str {
    match rule {
        "allow-delete" => "deletions need --allow-delete",
        "left-out" => "it needs something that --only or --exclude leaves out",
        "protect" => "policy.protect keeps it",
        "depends-on-held" => "it needs something that is held",
        "partial" => "not every manifest that may declare it was read (leave PATH out)",
        rule => rule,
    }
}

pub(super) fn body(change: &Change, detail: Detail) -> Vec<String> {
    let mut lines = Vec::new();
    let shown = match change.action() {
        Some(Action::Update) => {
            lines.extend(change.change.paths.iter().flat_map(|path| moved(change, path)));
            if change.makes_anew() {
                let id = change.id.as_deref().map_or("the old one".into(), fields::one_line);
                let old = format!("two requests: a new one is created, then {id} is deleted");
                lines.push(old);
            }
            return lines;
        }
        Some(Action::Create) => &change.change.after,
        Some(Action::Delete) => &change.change.before,
        None if detail == Detail::Full => &change.change.after,
        None => return lines,
    };
    for leaf in shown.as_ref().map(crate::model::Document::leaves).unwrap_or_default() {
        lines.push(format!("{}: {}", fields::path(&leaf.path), fields::shown(&leaf.value)));
    }
    lines
}

/// The lines that tell what becomes of a leaf.
pub(super) fn moved(change: &Change, path: &PathChange) -> Vec<String> {
    let numbers = path.before.as_i64().zip(path.after.as_i64());
    let verdict = kind_of(&change.address).zip(numbers);
    let verdict = verdict.and_then(|(kind, (b, a))| kind.is_better(&path.path, b, a));
    let mut lines = fields::difference(&path.before, &path.after, verdict);
    if let Some(first) = lines.first_mut() {
        *first = format!("{}: {first}", fields::path(&path.path));
    }
    lines
}

/// Where the manifests say so: one place, or each file with the span of its lines.
pub(super) fn places(group: &[&Change]) -> String {
    match some_places(group) {
        (named, 0) => named,
        (named, more) => format!("{named} and {more} more files"),
    }
}

/// The first of these places, and how many files more there are.
pub(super) fn some_places(group: &[&Change]) -> (String, usize) {
    if let [only] = group {
        return (short(&only.source), 0);
    }
    let mut spans: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for Place { file, line, .. } in group.iter().map(|change| &change.source) {
        let span = spans.entry(file).or_insert((*line, *line));
        *span = (span.0.min(*line), span.1.max(*line));
    }
    let span = |(file, (from, to)): (&&str, &(u32, u32))| match from == to {
        true => format!("{file}:{from}"),
        false => format!("{file}:{from}-{to}"),
    };
    let named = spans.iter().take(PLACES).map(span).collect::<Vec<_>>().join(", ");
    (fields::brief(&named), spans.len().saturating_sub(PLACES))
}

/// A place as people are told it.
pub(super) fn short(place: &Place) -> String {
    fields::brief(&place.to_string())
}

/// What stops the plan or a change, and what is worth a look.
fn checks(out: &mut dyn Write, plan: &Plan, again: &str) -> fmt::Result {
    let mut by_rule: BTreeMap<(&str, Level), Vec<&CheckResult>> = BTreeMap::new();
    for check in plan.checks.iter().filter(|check| check.status != Status::Pass) {
        by_rule.entry((&check.rule, check.level)).or_default().push(check);
    }
    let blocking: Vec<&str> =
        by_rule.keys().filter(|(_, level)| *level == Level::Block).map(|(rule, _)| *rule).collect();
    for ((rule, level), results) in &by_rule {
        let word = match level {
            Level::Warn => "warning",
            Level::Hold => "! held",
            Level::Block | Level::Error => "! blocked",
        };
        for result in results.iter().take(TOLD) {
            let place = result.source.as_ref().map(|p| format!("  at {}", short(p)));
            let place = place.unwrap_or_default();
            let message = fields::one_line(result.message.as_deref().unwrap_or_default());
            writeln!(out, "{word} by {rule}: {message}{place}")?;
            if let Some(hint) = &result.hint {
                writeln!(out, "    {}", fields::one_line(hint))?;
            }
        }
        if results.len() > TOLD {
            writeln!(out, "{word} by {rule}: {} more of these", results.len() - TOLD)?;
        }
        // One command lifts them all; it comes after the last of them.
        let is_last = *level == Level::Block && blocking.last() == Some(rule);
        if is_last && plan.source.live.is_none() {
            let lifting = blocking.iter().map(|rule| format!(" --override {rule}@{}", plan.hash));
            let lifting = lifting.collect::<String>();
            let again = fields::one_line(again);
            writeln!(
                out,
                "    to apply this very plan all the same: {again}{lifting} --reason TEXT"
            )?;
        }
    }
    if by_rule.is_empty() { Ok(()) } else { writeln!(out) }
}
