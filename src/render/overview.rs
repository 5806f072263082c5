//! A large plan at a glance: a line for each head of its groups, a skill say.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::due::is_summarised;
use super::fields::one_line;
use super::plan::Detail;
use crate::kinds::{Action, Kind, kind_of};
use crate::plan::{Change, Plan};

/// From so many changes of a kind on, a glance is worth having.
const LARGE: usize = 100;
/// How many heads are listed before the rest is counted.
const LISTED: usize = 100;

/// What becomes of the resources under one head.
#[derive(Default)]
struct Counts {
    add: usize,
    change: usize,
    destroy: usize,
    held: usize,
    better: usize,
    worse: usize,
}

impl Counts {
    fn count(&mut self, change: &Change, kind: &dyn Kind) {
        let count = match change.action() {
            None => return,
            Some(_) if !change.held_by.is_empty() => &mut self.held,
            Some(Action::Create) => &mut self.add,
            Some(Action::Update) => &mut self.change,
            Some(Action::Delete) => &mut self.destroy,
        };
        *count += 1;
        if !change.is_live() {
            return;
        }
        for path in change.change.paths.iter() {
            let numbers = path.before.as_i64().zip(path.after.as_i64());
            match numbers.and_then(|(before, after)| kind.is_better(&path.path, before, after)) {
                Some(true) => self.better += 1,
                Some(false) => self.worse += 1,
                None => {}
            }
        }
    }
}

/// Writes a table for each kind whose changes are grouped and many.
///
/// # Errors
/// The writer's own.
pub(super) fn overview(out: &mut dyn Write, plan: &Plan) -> fmt::Result {
    tables(out, plan, LARGE, |kind, _| format!("{kind}/*/"))
}

/// The same for any number of changes; what heads a group is called by its name.
///
/// # Errors
/// The writer's own.
pub(super) fn overview_of_all(out: &mut dyn Write, plan: &Plan) -> fmt::Result {
    tables(out, plan, 1, |_, heads| format!("{heads} "))
}

/// `called` is what stands before a head, of a kind and what heads its groups.
fn tables(
    out: &mut dyn Write,
    plan: &Plan,
    least: usize,
    called: impl Fn(&str, &str) -> String,
) -> fmt::Result {
    let mut kinds: BTreeMap<(&str, &str), BTreeMap<String, Counts>> = BTreeMap::new();
    let is_told =
        |change: &&Change| change.action().is_some() && !is_summarised(change, Detail::Changes);
    let changes = plan.resource_changes.iter().filter(is_told);
    for change in changes {
        let Some(kind) = kind_of(&change.address) else { continue };
        let Some(grouping) = kind.grouped_by() else { continue };
        let heads = kinds.entry((kind.name(), grouping.heads)).or_default();
        heads.entry(change.address.segment(grouping.head)).or_default().count(change, kind);
    }
    for ((kind, what), heads) in kinds {
        let total: usize = heads.values().map(|c| c.add + c.change + c.destroy + c.held).sum();
        if total >= least {
            table(out, &called(kind, what), &heads)?;
        }
    }
    Ok(())
}

fn table(out: &mut dyn Write, called: &str, heads: &BTreeMap<String, Counts>) -> fmt::Result {
    let rows: Vec<[String; 7]> = heads
        .iter()
        .take(LISTED)
        .map(|(head, counts)| {
            let Counts { add, change, destroy, held, better, worse } = counts;
            let number =
                |count: &usize| if *count == 0 { "·".to_owned() } else { count.to_string() };
            let head = format!("{called}{}", one_line(head));
            let [add, change, destroy] = [add, change, destroy].map(number);
            let [better, worse, held] = [better, worse, held].map(number);
            [head, add, change, better, worse, destroy, held]
        })
        .collect();
    let titles = ["", "add", "change", "better", "worse", "destroy", "held"];
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([titles[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..titles.len()).map(width).collect();
    let mut line = |cells: &[&str]| -> fmt::Result {
        write!(out, "    {:<width$}", cells[0], width = widths[0])?;
        for (cell, width) in cells.iter().zip(&widths).skip(1) {
            write!(out, "  {cell:>width$}")?;
        }
        writeln!(out)
    };
    line(&titles)?;
    for row in &rows {
        line(&row.each_ref().map(String::as_str))?;
    }
    if heads.len() > LISTED {
        writeln!(out, "    and {} more", heads.len() - LISTED)?;
    }
    writeln!(out)
}
