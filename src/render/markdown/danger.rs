//! What a reviewer must not miss: what blocks the plan, what is held, what is deleted. It is told
//! shorter where it must be, and never left out as long as it fits.

use std::fmt::Write as _;

use super::super::fields::one_line;
use super::super::plan::{Detail, NAMED, body, consequence, heading, places, symbol};
use super::escape::{code, fence, line};
use super::resources::folded;
use super::words::{counted, head, many, names, wrapped};
use crate::kinds::Action;
use crate::model::Level;
use crate::plan::{Change, CheckResult, Plan, Status};

/// Said of what is held, which looks like what will be done.
const HELD: &str =
    "Nothing of this is done when the plan is applied; it is told so that nobody misses it.\n\n";

/// All of it, block by block.
pub(super) struct Danger(Vec<Block>);

/// Items under one title.
struct Block {
    title: &'static str,
    /// How much of what.
    count: String,
    /// What there is to know before the items.
    above: &'static str,
    items: Vec<Item>,
    /// Whether the items are lines of a fence, or of a list.
    is_fence: bool,
    /// What stands below the items, where there is room for more than the items.
    below: String,
}

/// One thing that is dangerous, or several that say the same.
struct Item {
    long: Vec<String>,
    short: String,
    /// All names, where the long form has some of them.
    names: Vec<String>,
    /// For how many resources it stands.
    count: usize,
}

impl Danger {
    /// What is dangerous in a plan.
    #[must_use]
    pub(super) fn of(plan: &Plan, groups: &[Vec<&Change>], again: &str) -> Self {
        let is_held = |group: &&Vec<&Change>| group.iter().any(|c| !c.held_by.is_empty());
        let is_deleted = |group: &&Vec<&Change>| {
            group.iter().any(|c| c.is_live() && c.action() == Some(Action::Delete))
        };
        let changes = |title, above, groups: Vec<&Vec<&Change>>| Block {
            title,
            count: counted(groups.iter().copied().flatten().copied()),
            above,
            items: groups.into_iter().map(|group| changed(group)).collect(),
            is_fence: true,
            below: String::new(),
        };
        let findings = |title, level, below| {
            let items = checks(plan, level);
            let count = many(items.len(), "finding");
            Block { title, count, above: "", items, is_fence: false, below }
        };
        let blocks = vec![
            findings("Blocked by", Level::Block, lifting(plan, again)),
            changes("Held, and not applied", HELD, groups.iter().filter(is_held).collect()),
            findings("Why it is held", Level::Hold, String::new()),
            changes("Deleted", "", groups.iter().filter(is_deleted).collect()),
        ];
        Self(blocks.into_iter().filter(|block| !block.items.is_empty()).collect())
    }

    /// With every field, or a line for each.
    #[must_use]
    pub(super) fn text(&self, is_long: bool) -> String {
        let lines = |item: &Item| {
            if is_long { item.long.clone() } else { vec![item.short.clone()] }
        };
        let text = |block: &Block| {
            let lines: Vec<String> = block.items.iter().flat_map(lines).collect();
            let names: Vec<String> =
                block.items.iter().flat_map(|item| item.names.clone()).collect();
            let below = if is_long { block.below.as_str() } else { "" };
            let names = match is_long && !names.is_empty() {
                true => folded("All of them by name", &fence("text", &names)),
                false => String::new(),
            };
            format!("{}{names}{below}", block.text(&lines))
        };
        self.0.iter().map(text).collect()
    }

    /// As much as there is room for; the rest is counted.
    #[must_use]
    pub(super) fn cut(&self, room: usize) -> String {
        // What a block needs beside its items: title, fence, and the line that counts.
        const FRAME: usize = 320;
        let mut left = room.saturating_sub(FRAME * self.0.len());
        let mut text = String::new();
        for block in &self.0 {
            let mut lines = Vec::new();
            let mut missing = 0;
            for item in &block.items {
                // Ticks make the fence longer, at both ends.
                let ticks = item.short.matches('`').count();
                let cost = item.short.len() + 1 + if block.is_fence { 2 * ticks } else { 0 };
                if cost <= left {
                    left -= cost;
                    lines.push(item.short.clone());
                } else {
                    missing += item.count;
                }
            }
            text.push_str(&block.text(&lines));
            if missing > 0 {
                let _ = writeln!(text, "**…and {missing} more that do not fit here.**\n");
            }
        }
        text
    }
}

impl Block {
    fn text(&self, lines: &[String]) -> String {
        let body = match self.is_fence {
            _ if lines.is_empty() => String::new(),
            true => fence("diff", lines),
            false => lines.iter().map(|line| format!("{line}\n")).collect(),
        };
        let Self { title, count, above, .. } = self;
        format!("#### {title}: {count}\n\n{above}{body}\n")
    }
}

/// Changes that say the same, all of them named.
fn changed(group: &[&Change]) -> Item {
    let Some(first) = group.first() else {
        return Item { long: Vec::new(), short: String::new(), names: Vec::new(), count: 0 };
    };
    let mut lines = body(first, Detail::Changes);
    let heading = match head(first).filter(|_| group.len() > 1) {
        Some(head) => format!("{} of {head}", counted(group.iter().copied())),
        None => one_line(&heading(group, &mut lines)),
    };
    let heading = format!("{} {heading}  {}", symbol(first), consequence(first));
    let names = if group.len() > 1 { names(group) } else { Vec::new() };
    let short = match names.is_empty() {
        true => heading.clone(),
        false => format!("{heading}: {}", names.join(", ")),
    };
    let mut some = names.clone();
    let mut all = Vec::new();
    if names.len() > NAMED {
        some.truncate(NAMED);
        some.push("…".to_owned());
        all.push(heading.clone());
        all.extend(wrapped(&names, "    "));
    }
    let mut long = vec![heading];
    long.extend(lines.into_iter().map(|line| format!("    {line}")));
    long.extend(wrapped(&some, "    "));
    long.push(format!("    at {}", places(group)));
    Item { long, short: line(&short), names: all, count: group.len() }
}

/// The failed checks of a level, a line of a list each.
pub(super) fn checks_of(plan: &Plan, level: Level) -> impl Iterator<Item = &CheckResult> {
    plan.checks.iter().filter(move |check| check.level == level && check.status != Status::Pass)
}

/// What a failed check says, as a line of a list.
#[must_use]
pub(super) fn complaint(check: &CheckResult) -> String {
    let message = code(check.message.as_deref().unwrap_or_default());
    let place = check.source.as_ref().map(|place| format!(" at {}", code(&place.to_string())));
    format!("- {}: {message}{}", code(&check.rule), place.unwrap_or_default())
}

fn checks(plan: &Plan, level: Level) -> Vec<Item> {
    let item = |check: &CheckResult| {
        let short = complaint(check);
        let hint = check.hint.as_ref().map(|hint| format!("  Way out: {}", code(hint)));
        let long = std::iter::once(short.clone()).chain(hint).collect();
        Item { long, short, names: Vec::new(), count: 1 }
    };
    checks_of(plan, level).map(item).collect()
}

/// The command that applies a blocked plan all the same.
fn lifting(plan: &Plan, again: &str) -> String {
    if plan.source.live.is_some() {
        return String::new();
    }
    let mut rules: Vec<&str> = plan.blocked_by().map(|check| check.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let lifting = rules.iter().map(|rule| format!(" --override {rule}@{}", plan.hash));
    let command = format!("{again}{} --reason TEXT", lifting.collect::<String>());
    format!("To apply this very plan all the same:\n\n{}\n", fence("sh", &[command]))
}
