//! One field that differs, as a reader sees it.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::model::neutral;
use crate::plan::PathChange;

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

/// What differs inside a leaf, each by its own pointer: of lists of equal length the items that
/// differ, of objects with the same fields these. Anything else is the leaf as a whole.
#[must_use]
pub(super) fn inside(leaf: &PathChange) -> Vec<PathChange> {
    let mut found = Vec::new();
    walk(&mut found, &leaf.path, &leaf.before, &leaf.after);
    found
}

fn walk(found: &mut Vec<PathChange>, path: &str, before: &Value, after: &Value) {
    match (before, after) {
        (before, after) if before == after => {}
        (Value::Array(old), Value::Array(new))
            if old.len() == new.len() && !(all_scalars(old) && all_scalars(new)) =>
        {
            for (number, (old, new)) in (1..).zip(old.iter().zip(new)) {
                walk(found, &format!("{path}[{number}]"), old, new);
            }
        }
        (Value::Object(old), Value::Object(new)) if old.keys().eq(new.keys()) => {
            for ((key, old), new) in old.iter().zip(new.values()) {
                let key = key.replace('~', "~0").replace('/', "~1");
                walk(found, &format!("{path}/{key}"), old, new);
            }
        }
        _ => found.push(PathChange {
            path: path.to_owned(),
            before: before.clone(),
            after: after.clone(),
        }),
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

/// A text in which each full name of a commit, of 40 digits, is as short as people write it.
#[must_use]
pub(super) fn brief(text: &str) -> String {
    const SHORT: usize = 12;
    let is_name =
        |word: &&str| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_name);
    words.fold(text.to_owned(), |told, word| told.replace(word, &word[..SHORT]))
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

    use super::{brief, difference, inside, path, shown};
    use crate::plan::PathChange;

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

    #[test]
    fn commits_are_told_briefly() {
        let check = |text: &str, expect: &str| assert_eq!(brief(text), expect);
        let commit = "92e6e7b20cf644219e64936adf3163ba3d8201d4";
        check(commit, "92e6e7b20cf6");
        check(
            &format!("{commit}:q.yaml:3 and {commit}~1"),
            "92e6e7b20cf6:q.yaml:3 and 92e6e7b20cf6~1",
        );
        for other in [&commit[1..], &format!("{commit}0"), "sha256:92e6", "main"] {
            check(other, other);
        }
    }

    #[test]
    fn what_differs_inside() {
        let check = |before: Value, after: Value, expect: &[&str]| {
            let leaf = PathChange { path: "/rules".to_owned(), before, after };
            let told = inside(&leaf).into_iter().map(|leaf| {
                format!("{}: {} -> {}", path(&leaf.path), shown(&leaf.before), shown(&leaf.after))
            });
            assert_eq!(told.collect::<Vec<_>>(), expect);
        };
        let rule = |kind: &str, value: i64| json!({"type": kind, "value": value});
        let rules = || json!([rule("a", 1), rule("b", 2)]);
        check(rules(), json!([rule("a", 1), rule("b", 5)]), &["rules[2].value: 2 -> 5"]);
        check(
            rules(),
            json!([rule("c", 1), rule("b", 5)]),
            &["rules[1].type: a -> c", "rules[2].value: 2 -> 5"],
        );
        check(
            json!([rule("a", 1)]),
            json!([{"x": 1}]),
            &["rules[1]: {type: a, value: 1} -> {x: 1}"],
        );
        check(json!([rule("a", 1)]), json!([]), &["rules: [{type: a, value: 1}] -> []"]);
        check(json!(["a", "b"]), json!(["a", "c"]), &["rules: [a, b] -> [a, c]"]);
        check(json!([{"a/b": 1}]), json!([{"a/b": 2}]), &["rules[1].a/b: 1 -> 2"]);
        check(json!(1), json!(2), &["rules: 1 -> 2"]);
    }
}
