//! A plan, and what became of it, as Markdown for the comment of a pull request: what is dangerous
//! first, and no more than there is room for.

mod alike;
mod danger;
mod drift;
mod escape;
mod falling;
mod fit;
mod matrix;
mod resources;
mod sort;
mod words;

use std::fmt::Write as _;

use super::base::compared;
use super::due::due;
use super::fields;
use super::outcome::outcome;
use super::plan::{Detail, groups, summary};
use super::timeline::timeline;
use crate::kinds::{Action, kind_of};
use crate::model::Level;
use crate::plan::{Applied, Change, Plan};
pub use drift::{markdown_drift, markdown_drift_failure};

use danger::{Danger, checks_of, complaint};
use escape::{brief, code, fence, line, marker};
use falling::{chart, falling};
use fit::{Section, fit};
use sort::sort;

/// How many bytes a comment takes, unless something else is said: GitHub refuses more than 65,536
/// characters.
pub const COMMENT: usize = 60_000;
/// What a text that says nothing but how much there is needs at most.
pub const LEAST: usize = 2_000;

/// How many warnings of one rule are told.
const WARNINGS: usize = 10;
/// How long a command is at most that is told, in bytes.
const COMMAND: usize = 300;
/// Where the section of what is dangerous stands: see [`sections`].
const DANGER: usize = 1;
/// Which section is shortened when, and to which of its lengths: see [`sections`].
const TIERS: &[(usize, usize)] = &[
    (5, 1),
    (4, 1),
    (7, 1),
    (6, 1),
    (4, 2),
    (3, 1),
    (4, 3),
    (DANGER, 1),
    (2, 1),
    (3, 2),
    (4, 4),
    (3, 3),
    (6, 2),
    (2, 2),
    (0, 1),
    (DANGER, 2),
];

/// Commands that go with a plan.
#[derive(Clone, Copy, Debug)]
pub struct Commands<'c> {
    /// It would apply it, if no rule blocked it.
    pub apply: &'c str,
    /// It shows all of it, where there is such a command.
    pub whole: Option<&'c str>,
}

/// A plan within so many bytes (at least [`LEAST`]); the summary line is the last.
#[must_use]
pub fn markdown(plan: &Plan, detail: Detail, budget: usize, commands: Commands<'_>) -> String {
    let groups = groups(plan, detail);
    let changed = || groups.iter().filter(|group| group.iter().any(|c| c.action().is_some()));
    let groups: Vec<Vec<&Change>> = changed().cloned().collect();
    let danger = Danger::of(plan, &groups, commands.apply);
    let mut sections = sections(plan, detail, &groups, &danger);
    let (head, end) = (head(plan), format!("{}\n", summary(plan)));
    let size = |sections: &[Section]| {
        let told: usize = sections.iter().map(|section| section.text().len()).sum();
        head.len() + told + cuts(sections, budget, &commands).len() + end.len()
    };
    fit(&mut sections, TIERS, budget, size);
    if size(&sections) > budget {
        let others = size(&sections) - sections[DANGER].text().len();
        // The words that say so take room too.
        let cut = danger.cut(budget.saturating_sub(others + 200));
        sections[DANGER]
            .replace(cut, "**even some of what is blocked, held or deleted: see the counts**");
    }
    let told: String = sections.iter().map(Section::text).collect();
    format!("{head}{told}{}{end}", cuts(&sections, budget, &commands))
}

/// What became of a plan, within so many bytes; the closing line is the last.
#[must_use]
pub fn markdown_outcome(plan: &Plan, applied: &Applied, budget: usize) -> String {
    let told = outcome(plan, applied);
    let mut lines: Vec<String> = told.lines().map(line).collect();
    let closing = lines.pop().unwrap_or_default();
    let is_incomplete = applied.stopped.is_some() || closing.starts_with("Apply incomplete");
    let is_idle = plan.source.undoes.is_some() && plan.live().next().is_none();
    let title = match is_incomplete {
        true => "Applied in part, or not at all",
        false if is_idle => "Nothing undone",
        false => "Applied",
    };
    let mut text = marker("apply", &plan.tenant.name);
    let _ = writeln!(text, "### {title}\n\n{}\n", origin(plan));
    let ticks = told.matches('`').count();
    let mut room = budget.saturating_sub(text.len() + closing.len() + 2 * ticks.min(1000) + 200);
    let all = lines.len();
    let fits = |line: &String| {
        let left = room.checked_sub(line.len() + 1);
        room = left.unwrap_or_default();
        left.is_some()
    };
    let lines: Vec<String> = lines.into_iter().take_while(fits).collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "{}", fence("diff", &lines));
    }
    if all > lines.len() {
        let more = all - lines.len();
        let _ = writeln!(text, "**…and {more} more lines; the run's `outcome.json` has all.**\n");
    }
    text + &closing + "\n"
}

/// That there is no plan, and why.
#[must_use]
pub fn markdown_failure(tenant: &str, why: &str) -> String {
    let lines: Vec<String> = brief_lines(why).collect();
    format!("{}### There is no plan\n\n{}", marker("plan", tenant), fence("text", &lines))
}

/// The first lines of an error, which may have thousands.
fn brief_lines(text: &str) -> impl Iterator<Item = String> {
    const MOST: usize = 100;
    let all = text.lines().count();
    let more = (all > MOST).then(|| format!("… and {} more lines", all - MOST));
    text.lines().take(MOST).map(|line| line.chars().take(500).collect()).chain(more)
}

/// Marker and headline.
fn head(plan: &Plan) -> String {
    let mut text = marker("plan", &plan.tenant.name);
    let counts = &plan.summary;
    let held = if counts.held > 0 { format!("; {} held", counts.held) } else { String::new() };
    let headline = match plan.is_empty() {
        true => "No changes".to_owned(),
        false => format!(
            "{} to add, {} to change, {} to destroy{held}",
            counts.add, counts.change, counts.destroy
        ),
    };
    let _ = writeln!(text, "### {headline}\n\n{}\n", origin(plan));
    if let Some(compared) = compared(plan) {
        let _ = writeln!(text, "{}\n", code(&brief(&compared)));
    }
    if plan.blocked_by().next().is_some() {
        text.push_str("⛔ **Blocked: this plan cannot be applied as it is.**\n\n");
    }
    text
}

/// For which tenant, from which commit, with which hash.
fn origin(plan: &Plan) -> String {
    let tenant = code(&brief(&plan.tenant.name));
    let commit = plan.source.commit.as_deref().map(|commit| {
        let dirty = if plan.source.dirty == Some(true) { " and changes beside it" } else { "" };
        format!(" · commit {}{dirty}", code(&brief(&fields::brief(commit))))
    });
    format!("Tenant {tenant}{} · plan {}", commit.unwrap_or_default(), code(&brief(&plan.hash)))
}

/// All between headline and summary line: what sort of plan it is, danger, falling coverage, resources, groups, the coverage
/// chart, warnings, what is
/// due or ahead.
fn sections(plan: &Plan, detail: Detail, groups: &[Vec<&Change>], danger: &Danger) -> Vec<Section> {
    let is_plain = |group: &&Vec<&Change>| {
        group.iter().any(|c| c.is_live() && c.action() != Some(Action::Delete))
    };
    let is_grouped =
        |change: &&Change| kind_of(&change.address).is_some_and(|k| k.grouped_by().is_some());
    let shows = detail != Detail::Summary;
    let plain: Vec<&Vec<&Change>> = groups.iter().filter(is_plain).filter(|_| shows).collect();
    let (many, single): (Vec<_>, Vec<_>) =
        plain.into_iter().partition(|group| group.iter().any(is_grouped));
    let single: Vec<&Change> = single.into_iter().flatten().copied().collect();
    let falling = falling(plan);
    let is_said = !falling.text().is_empty();
    vec![
        sort(plan),
        Section::of(danger.text(true))
            .or(danger.text(false), "fields of what is held or deleted")
            .or(danger.dense(), "what is said of each that is blocked, held or deleted"),
        falling,
        resources::resources(plan, &single),
        matrix::matrix(plan, &many),
        chart(plan, detail, is_said),
        warnings(plan),
        beside(plan, detail),
    ]
}

/// What is worth a look.
fn warnings(plan: &Plan) -> Section {
    let mut rules = std::collections::BTreeMap::<&str, Vec<String>>::new();
    for check in checks_of(plan, Level::Warn) {
        rules.entry(&check.rule).or_default().push(complaint(check));
    }
    if rules.is_empty() {
        return Section::default();
    }
    let text = |most: usize| {
        let mut text = "#### Warnings\n\n".to_owned();
        for (rule, told) in &rules {
            let lines = told.iter().take(most).map(|line| format!("{line}\n"));
            text.extend(lines);
            let more = told.len().saturating_sub(most);
            let more = (more > 0).then(|| format!("- {}: {more} more of these\n", code(rule)));
            text.extend(more);
        }
        text + "\n"
    };
    Section::of(text(WARNINGS)).or(text(0), "what is warned of").or(String::new(), "warnings")
}

/// What is due, and what lies ahead.
fn beside(plan: &Plan, detail: Detail) -> Section {
    let mut text = String::new();
    // A text takes what is written to it.
    let _ = due(&mut text, plan, detail);
    let _ = plan.timeline.as_ref().map(|ahead| timeline(&mut text, ahead));
    let lines: Vec<String> = text.trim_end().lines().map(str::to_owned).collect();
    if text.is_empty() {
        return Section::default();
    }
    Section::of(format!("{}\n", fence("text", &lines))).or(String::new(), "what is due or ahead")
}

/// What is not here, and which command has it.
fn cuts(sections: &[Section], budget: usize, commands: &Commands<'_>) -> String {
    let listed = |of: fn(&Section) -> &str| {
        let all: Vec<&str> = sections.iter().map(of).filter(|what| !what.is_empty()).collect();
        all.join(", ")
    };
    let (beside, cut) = (listed(Section::left_out), listed(Section::cut));
    let mut told = Vec::new();
    if !beside.is_empty() {
        told.push(format!("Left out: {beside}."));
    }
    if !cut.is_empty() {
        told.push(format!("Cut to fit {budget} bytes: {cut}."));
    }
    if told.is_empty() {
        return String::new();
    }
    let whole = commands.whole.filter(|command| command.len() <= COMMAND);
    let whole = whole.map_or("the same command with `--detail full`".to_owned(), code);
    format!("> {} All of it: {whole}\n\n", told.join(" "))
}

#[cfg(test)]
mod tests;
