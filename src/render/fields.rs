//! One field that differs, as a reader sees it.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::model::neutral;

/// The lines that tell what a leaf was and will be. `verdict` says whether that is better.
#[must_use]
pub(super) fn difference(before: &Value, after: &Value, verdict: Option<bool>) -> Vec<String> {
    match (before, after) {
        (Value::String(old), Value::String(new)) if old.contains('\n') || new.contains('\n') => {
            text_difference(old, new)
        }
        (Value::Array(old), Value::Array(new)) if all_scalars(old) && all_scalars(new) => {
            vec![set_difference(old, new)]
        }
        _ => {
            let verdict = match verdict {
                Some(true) => " (better)",
                Some(false) => " (worse)",
                None => "",
            };
            vec![format!("{} -> {}{verdict}", shown(before), shown(after))]
        }
    }
}

/// A value in the manifest's spelling, on one line.
#[must_use]
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| {
                    format!("{}: {}", shown(&Value::from(key.as_str())), shown(value))
                })
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// The pointer `/overflow/threshold` as `overflow.threshold`.
#[must_use]
pub(super) fn path(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

/// A text of the tenant's or a person's on one line: what would end the line is escaped, so that a
/// name cannot pass for a line of ours.
#[must_use]
pub(super) fn one_line(text: &str) -> String {
    neutral(text).replace('\n', "\\n")
}

fn is_plain(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '@' | '+');
    !text.is_empty() && text != "none" && text.parse::<f64>().is_err() && text.chars().all(is_word)
}

fn all_scalars(items: &[Value]) -> bool {
    items.iter().all(|item| !item.is_array() && !item.is_object())
}

fn set_difference(old: &[Value], new: &[Value]) -> String {
    let gone =
        old.iter().filter(|item| !new.contains(item)).map(|item| format!("-{}", shown(item)));
    let come =
        new.iter().filter(|item| !old.contains(item)).map(|item| format!("+{}", shown(item)));
    let moves: Vec<String> = gone.chain(come).collect();
    let all: Vec<String> = new.iter().map(shown).collect();
    format!("{} -> [{}]", moves.join(" "), all.join(", "))
}

fn text_difference(old: &str, new: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = vec!["text".to_owned()];
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        lines.push(format!("    {sign} {}", change.value().trim_end_matches('\n')));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::difference;

    fn check(before: &Value, after: &Value, verdict: Option<bool>, expect: &str) {
        assert_eq!(difference(before, after, verdict).join("\n"), expect);
    }

    #[test]
    fn differences() {
        check(&json!(3), &json!(4), Some(true), "3 -> 4 (better)");
        check(&json!(3), &json!(1), Some(false), "3 -> 1 (worse)");
        check(&json!(null), &json!("billing"), None, "none -> billing");
        check(&json!("a b"), &json!(""), None, r#""a b" -> """#);
        check(&json!(["a", "b"]), &json!(["b", "c"]), None, "-a +c -> [b, c]");
        check(&json!("x\ny\n"), &json!("x\nz\n"), None, "text\n      x\n    - y\n    + z");
    }
}
