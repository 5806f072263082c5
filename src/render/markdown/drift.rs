//! Drift as Markdown, for the body of an issue.

use std::fmt::Write as _;

use super::super::drift::{detail, heading, of, summary, title, unknown};
use super::brief_lines;
use super::escape::{code, fence, line, marker};
use super::fit::{Section, fit};
use super::sort::simulated;
use crate::plan::drift::{Class, Drift, Item};

/// Of how many items of a class the details are told where there is little room.
const FEW: usize = 20;

/// What differs, within so many bytes; the summary line is the last.
#[must_use]
pub fn markdown_drift(drift: &Drift, budget: usize) -> String {
    let mut head = marker("drift", &drift.tenant.name);
    let title = if drift.drift { "Drift" } else { "No drift" };
    let _ = writeln!(head, "### {title} in {}\n", code(&drift.tenant.name));
    if let Some(told) = simulated(&drift.tenant) {
        let _ = writeln!(head, "{told}\n");
    }
    let mut sections: Vec<Section> = Class::ALL.iter().map(|class| listed(drift, *class)).collect();
    sections.push(manifests(drift));
    let mut end = unknown(drift).map(|note| format!("{}\n\n", line(&note))).unwrap_or_default();
    let _ = writeln!(end, "{}", line(&summary(drift)));
    let size = |sections: &[Section]| {
        let told: usize = sections.iter().map(|section| section.text().len()).sum();
        head.len() + told + cut(sections).len() + end.len()
    };
    // What is no alarm goes first, and the alarms last.
    let order: Vec<(usize, usize)> =
        [(7, 1), (6, 1), (5, 1), (4, 1), (3, 1), (6, 2), (5, 2), (4, 2), (3, 2)]
            .into_iter()
            .chain([(2, 1), (1, 1), (0, 1), (2, 2), (1, 2), (0, 2)])
            .collect();
    fit(&mut sections, &order, budget, size);
    let told: String = sections.iter().map(Section::text).collect();
    format!("{head}{told}{}{end}", cut(&sections))
}

/// That nobody knows, and why.
#[must_use]
pub fn markdown_drift_failure(tenant: &str, why: &str) -> String {
    let lines: Vec<String> = brief_lines(why).collect();
    format!("{}### Drift is not known\n\n{}", marker("drift", tenant), fence("text", &lines))
}

fn listed(drift: &Drift, class: Class) -> Section {
    let items = of(drift, class);
    if items.is_empty() {
        return Section::default();
    }
    let all = |items: &[&Item], more: usize| {
        let mut text = format!("**{}**\n\n", heading(class));
        let mut lines = Vec::new();
        for item in items {
            lines.push(title(item));
            lines.extend(detail(item).into_iter().map(|line| format!("    {line}")));
        }
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        let _ = writeln!(text, "{}", fence("text", &lines));
        text
    };
    let few = items.get(..FEW.min(items.len())).unwrap_or_default();
    let more = items.len() - few.len();
    let word = class.word();
    Section::of(all(&items, 0))
        .or(all(few, more), if more > 0 { format!("{more} {word}") } else { String::new() })
        .or(format!("**{}**: {}\n\n", heading(class), items.len()), format!("what is {word}"))
}

fn manifests(drift: &Drift) -> Section {
    let Some(manifests) = &drift.manifests else { return Section::default() };
    let lines: Vec<String> = manifests.lines().map(str::to_owned).collect();
    let text = format!(
        "<details><summary>Manifests for what is unmanaged</summary>\n\n{}\n</details>\n\n",
        fence("yaml", &lines)
    );
    Section::of(text).or(String::new(), "the manifests for what is unmanaged")
}

/// What was left out.
fn cut(sections: &[Section]) -> String {
    let cuts: Vec<&str> = sections.iter().map(Section::cut).filter(|cut| !cut.is_empty()).collect();
    match cuts.is_empty() {
        true => String::new(),
        false => format!("There was no room for {}; `--format json` has all.\n\n", cuts.join(", ")),
    }
}
