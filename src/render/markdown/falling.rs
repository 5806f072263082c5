//! Who can serve less: what falls, in the open, and the whole chart, folded.

use super::super::coverage::{Fall, Loss, coverage, falls, losses};
use super::super::plan::Detail;
use super::escape::{brief, cell, fence};
use super::fit::Section;
use super::resources::folded;
use crate::model::Coverage;
use crate::plan::Plan;

/// How many rows of falling coverage are told, and how many where there is little room.
const FALLS: (usize, usize) = (20, 5);
/// How many levels that run out are told, and how many where there is little room.
const LOSSES: (usize, usize) = (10, 3);
/// Who is counted.
const COUNTED: &str = "A queue counts whoever holds any of its skill groups, a skill whoever holds it; \
                       of levels, those at just that level.\n\n";

/// Where fewer can serve than before, and of which levels few are left.
pub(super) fn falling(plan: &Plan) -> Section {
    let Some(coverage) = &plan.coverage else { return Section::default() };
    let (falls, losses) = (fallen(coverage), lost(coverage));
    if falls.1.is_empty() && losses.1.is_empty() {
        return Section::default();
    }
    let told = |(most_falls, most_losses): (usize, usize)| {
        format!("{}{}{COUNTED}", falls.text(most_falls), losses.text(most_losses))
    };
    Section::of(told((FALLS.0, LOSSES.0)))
        .or(told((FALLS.1, LOSSES.1)), "most of the coverage that falls")
        .or(String::new(), "the coverage that falls")
}

/// A table: its title and head, its rows, and what more of them are called.
struct Table(&'static str, Vec<String>, &'static str);

impl Table {
    fn text(&self, most: usize) -> String {
        let Self(head, rows, what) = self;
        if rows.is_empty() {
            return String::new();
        }
        let told: String = rows.iter().take(most).map(String::as_str).collect();
        let more = rows.len().saturating_sub(most);
        let more = (more > 0).then(|| format!("…and {more} more {what}.\n\n"));
        format!("{head}{told}\n{}", more.unwrap_or_default())
    }
}

fn fallen(coverage: &Coverage) -> Table {
    let row = |fall: Fall| {
        let short = if fall.is_short { "⚠ too few" } else { "" };
        let (address, when) = (cell(&brief(&fall.address)), cell(&fall.when));
        format!("| {address} | {when} | {} | {} | {short} |\n", fall.before, fall.after)
    };
    Table(
        "#### Coverage that falls\n\n| who can serve | when | before | after | |\n\
         | --- | --- | ---: | ---: | --- |\n",
        falls(coverage).into_iter().map(row).collect(),
        "times and places",
    )
}

fn lost(coverage: &Coverage) -> Table {
    let row = |loss: Loss| {
        let (address, when) = (cell(&brief(&loss.address)), cell(&loss.when));
        let (level, before, after) = (loss.level, loss.before, loss.after);
        let none = if after == 0 { "⚠ none left" } else { "" };
        format!("| {address} | {level} | {when} | {before} | {after} | {none} |\n")
    };
    Table(
        "#### Levels that run out or more than halve\n\n\
         | who can serve | level | when | before | after | |\n\
         | --- | ---: | --- | ---: | ---: | --- |\n",
        losses(coverage).into_iter().map(row).collect(),
        "levels",
    )
}

/// The whole chart of coverage, folded; it says who is counted, where nothing before it does.
pub(super) fn chart(plan: &Plan, detail: Detail, is_said: bool) -> Section {
    let told = plan.coverage.as_ref().filter(|_| detail != Detail::Summary);
    let mut text = String::new();
    // A text takes what is written to it.
    let _ = told.map(|told| coverage(&mut text, told, detail));
    if text.is_empty() {
        return Section::default();
    }
    let counted = if is_said { "" } else { COUNTED };
    let lines: Vec<String> = text.trim_end().lines().map(str::to_owned).collect();
    Section::of(folded("Coverage by hour", &format!("{counted}{}", fence("text", &lines))))
        .or(String::new(), "the chart of coverage")
}
