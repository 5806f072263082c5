//! Resources that stand alone, field by field as a diff.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::super::base::headed;
use super::super::fields;
use super::super::plan::{Detail, body, consequence, symbol};
use super::escape::fence;
use super::fit::Section;
use crate::kinds::{Action, kind_of};
use crate::plan::{Change, PathChange, Plan};

/// So many are told in the open; more are folded, below a line for each.
const OPEN: usize = 15;
/// How long a value is at most, in characters.
const WIDEST: usize = 300;
/// How long a line is that tells a whole change.
const LINE: usize = 160;

/// The section of these changes.
#[must_use]
pub(super) fn resources(plan: &Plan, changes: &[&Change]) -> Section {
    if changes.is_empty() {
        return Section::default();
    }
    let count = changes.len();
    let title = format!("#### Changed, field by field: {count}\n\n");
    let all = |told: &dyn Fn(&Change) -> Vec<String>| {
        headed(plan, changes.iter().map(|change| (*change, told(change))))
    };
    let full = all(&fields_of);
    let full = fence("diff", &full[..full.len().saturating_sub(1)]);
    let lines = fence("diff", &all(&|change| vec![line(change)]));
    let names = fence("diff", &all(&|change| vec![named(change)]));
    let open = match count {
        ..=OPEN => format!("{title}{full}\n"),
        _ => format!("#### Changed: {count}\n\n{lines}\n{}", folded("Field by field", &full)),
    };
    Section::of(open)
        .or(format!("#### Changed: {count}\n\n{lines}\n"), "the fields of single resources")
        .or(format!("#### Changed: {count}\n\n{names}\n"), "what changes in single resources")
        .or(format!("#### Changed: {count}\n\n"), "which single resources change")
}

/// A part that is folded until somebody opens it.
#[must_use]
pub(super) fn folded(title: &str, text: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{text}\n</details>\n\n")
}

fn address(change: &Change) -> String {
    change.address.to_string()
}

fn named(change: &Change) -> String {
    format!("{} {}", symbol(change), address(change))
}

/// A change on one line.
fn line(change: &Change) -> String {
    let told = body(change, Detail::Changes);
    let fields: Vec<String> = told.into_iter().filter(|line| !line.starts_with(' ')).collect();
    let what = match change.action() {
        Some(Action::Update) => fields.join("; "),
        _ => String::new(),
    };
    let line = format!("{}  {what}", named(change));
    shortened(line.trim_end(), LINE)
}

/// A change over as many lines as it takes, and an empty one.
fn fields_of(change: &Change) -> Vec<String> {
    let (symbol, source) = (symbol(change), &change.source);
    let head = format!("{symbol} {}  {}  at {source}", address(change), consequence(change));
    let mut lines = vec![head];
    match change.action() {
        Some(Action::Update) => {
            change.change.paths.iter().for_each(|path| leaf(&mut lines, change, path));
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

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
