//! What a reviewer must not miss: what blocks the plan, what is held, what is deleted. It is told
//! shorter where it must be, and never left out as long as it fits.

use std::fmt::Write as _;

use super::super::fields::one_line;
use super::super::plan::{Detail, NAMED, body, consequence, heading, places, short, symbol};
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
#[derive(Default)]
struct Item {
    long: Vec<String>,
    short: String,
    /// All names, where the long form has some of them.
    names: Vec<String>,
    /// What it has in common with others.
    kin: String,
    /// The resources that it stands for, in a word each.
    own: Vec<String>,
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

    /// What is alike together, and of each thing nothing but which it is.
    #[must_use]
    pub(super) fn dense(&self) -> String {
        let text = |block: &Block| block.fenced(&dense(block.items.iter().map(Item::all)));
        self.0.iter().map(text).collect()
    }

    /// As much of that as there is room for; the rest is counted.
    #[must_use]
    pub(super) fn cut(&self, room: usize) -> String {
        // What a block needs beside its items: title, fence, and the line that counts.
        const FRAME: usize = 320;
        // What a name takes at most beside itself: a comma, an indent, the end of a line.
        const BESIDE: usize = 6;
        let mut left = room.saturating_sub(FRAME * self.0.len());
        let mut take = |text: &str, beside: usize| {
            // Ticks make the fence longer, at both ends.
            let cost = text.len() + 2 * text.matches('`').count() + beside;
            let rest = left.checked_sub(cost);
            left = rest.unwrap_or(left);
            rest.is_some()
        };
        let mut text = String::new();
        for block in &self.0 {
            let (mut told, mut missing, mut kin) = (Vec::new(), 0, "");
            for item in &block.items {
                let is_new = item.kin != kin;
                let has_room = !is_new || take(&item.kin, 2);
                let fits = |name: &&String| has_room && take(name, BESIDE);
                let names: Vec<&String> = item.own.iter().filter(fits).collect();
                missing += item.own.len() - names.len();
                kin = if has_room { &item.kin } else { kin };
                told.push((item.kin.as_str(), names));
            }
            told.retain(|(_, names)| !names.is_empty());
            text.push_str(&block.fenced(&dense(told.into_iter())));
            if missing > 0 {
                let _ = writeln!(text, "**…and {missing} more that do not fit here.**\n");
            }
        }
        text
    }
}

impl Item {
    fn all(&self) -> (&str, Vec<&String>) {
        (&self.kin, self.own.iter().collect())
    }
}

/// Names below what they have in common.
fn dense<'i>(items: impl Iterator<Item = (&'i str, Vec<&'i String>)>) -> Vec<String> {
    let mut kin: Vec<(&str, Vec<String>)> = Vec::new();
    for (own, names) in items {
        let names = names.into_iter().cloned();
        match kin.last_mut().filter(|(last, _)| *last == own) {
            Some((_, all)) => all.extend(names),
            None => kin.push((own, names.collect())),
        }
    }
    let lines = |(kin, names): (&str, Vec<String>)| {
        std::iter::once(format!("{kin}:")).chain(wrapped(&names, "    ")).collect::<Vec<_>>()
    };
    kin.into_iter().flat_map(lines).collect()
}

impl Block {
    fn text(&self, lines: &[String]) -> String {
        match self.is_fence {
            true => self.fenced(lines),
            false => self.with(&lines.iter().map(|line| format!("{line}\n")).collect::<String>()),
        }
    }

    fn fenced(&self, lines: &[String]) -> String {
        let language = if self.is_fence { "diff" } else { "text" };
        self.with(&if lines.is_empty() { String::new() } else { fence(language, lines) })
    }

    fn with(&self, body: &str) -> String {
        let Self { title, count, above, .. } = self;
        format!("#### {title}: {count}\n\n{above}{body}\n")
    }
}

/// Changes that say the same, all of them named.
fn changed(group: &[&Change]) -> Item {
    let Some(first) = group.first() else {
        return Item::default();
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
    let kin = line(&format!("{} {}", symbol(first), consequence(first)));
    let own = group.iter().map(|change| line(&change.address.to_string())).collect();
    Item { long, short: line(&short), names: all, kin, own }
}

/// The failed checks of a level, a line of a list each.
pub(super) fn checks_of(plan: &Plan, level: Level) -> impl Iterator<Item = &CheckResult> {
    plan.checks.iter().filter(move |check| check.level == level && check.status != Status::Pass)
}

/// What a failed check says, as a line of a list.
#[must_use]
pub(super) fn complaint(check: &CheckResult) -> String {
    let message = code(check.message.as_deref().unwrap_or_default());
    let place = check.source.as_ref().map(|place| format!(" at {}", code(&short(place))));
    format!("- {}: {message}{}", code(&check.rule), place.unwrap_or_default())
}

fn checks(plan: &Plan, level: Level) -> Vec<Item> {
    let item = |check: &CheckResult| {
        let short = complaint(check);
        let hint = check.hint.as_ref().map(|hint| format!("  Way out: {}", code(hint)));
        let long = std::iter::once(short.clone()).chain(hint).collect();
        let message = check.message.clone().unwrap_or_default();
        let address = check.address.as_ref().map(ToString::to_string);
        let own = vec![line(&address.unwrap_or(message))];
        Item { long, short, names: Vec::new(), kin: line(&check.rule), own }
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
