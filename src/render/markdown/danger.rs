//! What a reviewer must not miss: what blocks the plan, what is held, what is deleted. It is told
//! shorter where it must be, and never left out as long as it fits.

use std::fmt::Write as _;

use super::super::fields::one_line;
use super::super::plan::{Detail, body, consequence, heading, member_name, places, symbol};
use super::escape::{code, fence, line};
use crate::kinds::Action;
use crate::model::Level;
use crate::plan::{Change, CheckResult, Plan, Status};

/// All of it, block by block.
pub(super) struct Danger(Vec<Block>);

/// Items under one title.
struct Block {
    title: &'static str,
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
        let changes = |title, groups: Vec<&Vec<&Change>>| Block {
            title,
            items: groups.into_iter().map(|group| changed(group)).collect(),
            is_fence: true,
            below: String::new(),
        };
        let held_because = Block {
            title: "Why it is held",
            items: checks(plan, Level::Hold),
            is_fence: false,
            below: String::new(),
        };
        let blocked = Block {
            title: "Blocked by",
            items: checks(plan, Level::Block),
            is_fence: false,
            below: lifting(plan, again),
        };
        let blocks = vec![
            blocked,
            changes("Held, and not applied", groups.iter().filter(is_held).collect()),
            held_because,
            changes("Deleted", groups.iter().filter(is_deleted).collect()),
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
            let below = if is_long { block.below.as_str() } else { "" };
            format!("{}{below}", block.text(&lines))
        };
        self.0.iter().map(text).collect()
    }

    /// As much as there is room for; the rest is counted.
    #[must_use]
    pub(super) fn cut(&self, room: usize) -> String {
        // What a block needs beside its items: title, fence, and the line that counts.
        const FRAME: usize = 240;
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
        let count: usize = self.items.iter().map(|item| item.count).sum();
        let body = match self.is_fence {
            _ if lines.is_empty() => String::new(),
            true => fence("diff", lines),
            false => lines.iter().map(|line| format!("{line}\n")).collect(),
        };
        format!("#### {}: {count}\n\n{body}\n", self.title)
    }
}

/// Changes that say the same, all of them named.
fn changed(group: &[&Change]) -> Item {
    let Some(first) = group.first() else {
        return Item { long: Vec::new(), short: String::new(), count: 0 };
    };
    let mut lines = body(first, Detail::Changes);
    let heading = one_line(&heading(group, &mut lines));
    let heading = format!("{} {heading}  {}", symbol(first), consequence(first));
    let names: Vec<String> = group.iter().map(|change| one_line(member_name(change))).collect();
    let names = if group.len() > 1 { names.join(", ") } else { String::new() };
    let mut long = vec![heading.clone()];
    long.extend(lines.into_iter().map(|line| format!("    {line}")));
    long.extend((!names.is_empty()).then(|| format!("    {names}")));
    long.push(format!("    at {}", places(group)));
    let short = if names.is_empty() { heading } else { format!("{heading}: {names}") };
    Item { long, short: line(&short), count: group.len() }
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
        Item { long: std::iter::once(short.clone()).chain(hint).collect(), short, count: 1 }
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
