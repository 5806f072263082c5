//! Resources that stand alone, field by field as a diff.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::super::base::headed;
use super::super::fields::{self, inside};
use super::super::plan::{Detail, body, consequence, short, symbol};
use super::alike;
use super::escape::fence;
use super::fit::Section;
use super::words::counted;
use crate::kinds::{Action, kind_of};
use crate::plan::{Change, PathChange, Plan, Reason};

/// So many are told in the open; more are folded, below a line for each.
const OPEN: usize = 15;
/// How long a value is at most, in characters.
const WIDEST: usize = 300;

/// The section of these changes.
#[must_use]
pub(super) fn resources(plan: &Plan, changes: &[&Change]) -> Section {
    if changes.is_empty() {
        return Section::default();
    }
    let title = format!("#### Changed: {}\n\n", counted(changes.iter().copied()));
    let is_alike = says_alike(changes);
    let told = changes.iter().map(|change| (*change, fields_of(change, is_alike)));
    let full = headed(plan, told);
    let full = fence("diff", &full[..full.len().saturating_sub(1)]);
    let lines = |is_long| fence("diff", &alike::lines(plan, changes, is_long));
    let (lines, names) = (lines(true), lines(false));
    let open = match changes.len() {
        ..=OPEN => format!("{title}{full}\n"),
        _ => format!("{title}{lines}\n{}", folded("Field by field", &full)),
    };
    Section::of(open)
        .or(format!("{title}{lines}\n"), "the fields of single resources")
        .or(format!("{title}{names}\n"), "what changes in single resources")
        .or(title, "which single resources change")
}

/// Whether all differ, and there is no more to say of why.
fn says_alike(changes: &[&Change]) -> bool {
    let mut all = changes.iter().map(|change| (change.reason, consequence(change)));
    let first = all.next();
    first.as_ref().is_some_and(|(reason, _)| *reason == Reason::Differs)
        && all.all(|other| Some(&other) == first.as_ref())
}

/// A part that is folded until somebody opens it.
#[must_use]
pub(super) fn folded(title: &str, text: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{text}\n</details>\n\n")
}

/// A change over as many lines as it takes, and an empty one.
fn fields_of(change: &Change, is_alike: bool) -> Vec<String> {
    let why = if is_alike { String::new() } else { format!("  {}", consequence(change)) };
    let head = format!("{} {}{why}  at {}", symbol(change), change.address, short(&change.source));
    let mut lines = vec![head];
    match change.action() {
        Some(Action::Update) => {
            let leaves = change.change.paths.iter().flat_map(inside);
            leaves.for_each(|path| leaf(&mut lines, change, &path));
        }
        _ => {
            let told = body(change, Detail::Changes).into_iter();
            lines.extend(told.map(|line| format!("+   {}", shortened(&line, WIDEST))));
        }
    }
    lines.push(String::new());
    lines
}

fn leaf(lines: &mut Vec<String>, change: &Change, path: &PathChange) {
    let name = fields::path(&path.path);
    if let (Value::String(old), Value::String(new)) = (&path.before, &path.after)
        && (old.contains('\n') || new.contains('\n'))
    {
        lines.push(format!("    {name}:"));
        for part in TextDiff::from_lines(old, new).iter_all_changes() {
            let sign = match part.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let text = shortened(part.value().trim_end_matches('\n'), WIDEST);
            lines.push(format!("{sign}     | {text}"));
        }
        return;
    }
    let numbers = path.before.as_i64().zip(path.after.as_i64());
    let verdict = numbers
        .and_then(|(before, after)| kind_of(&change.address)?.is_better(&path.path, before, after));
    let verdict = match verdict {
        Some(true) => " (better)",
        Some(false) => " (worse)",
        None => "",
    };
    let shown = |value: &Value| shortened(&fields::shown(value), WIDEST);
    lines.push(format!("-   {name}: {}", shown(&path.before)));
    lines.push(format!("+   {name}: {}{verdict}", shown(&path.after)));
}

/// The first so many characters of a text.
#[must_use]
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
