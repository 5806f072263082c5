//! Values and types as people say them.

use serde_json::Value;

use crate::model::{Node, Tree, closest};

const LONGEST: usize = 40;

/// A value as a message shows it: short ones in backquotes, the others by their sort.
pub(super) fn shown(node: &Node) -> String {
    match &node.tree {
        Tree::Null => "`null`".to_owned(),
        Tree::Bool(value) => format!("`{value}`"),
        Tree::Number(value) => format!("`{value}`"),
        Tree::String(text) => quoted(text),
        Tree::Array(_) => "a list".to_owned(),
        Tree::Object(_) => "a mapping".to_owned(),
    }
}

/// The same, with the sort said: `the text "x"`, for where the sort is the complaint.
pub(super) fn sort_and_value(node: &Node) -> String {
    match &node.tree {
        Tree::String(_) => format!("the text {}", shown(node)),
        Tree::Number(_) => format!("the number {}", shown(node)),
        Tree::Null | Tree::Bool(_) | Tree::Array(_) | Tree::Object(_) => shown(node),
    }
}

/// A text in backquotes, cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return format!("`{text}`");
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("`{start}…`")
}

/// A choice as a message shows it.
pub(super) fn choice(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        other => format!("`{other}`"),
    }
}

/// What a JSON type is called here.
pub(super) fn type_name(name: &str) -> &'static str {
    match name {
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a mapping",
        _ => "`null`",
    }
}

/// `a`, `a or b`, `a, b or c`; repeated ones once.
pub(super) fn either(parts: impl IntoIterator<Item = String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for part in parts {
        if !distinct.contains(&part) {
            distinct.push(part);
        }
    }
    match &distinct[..] {
        [] => "something else".to_owned(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The hint of a slip of the pen; none where nothing is like `text`, or it is no word.
pub(super) fn like<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    if text.len() > 4 * LONGEST {
        return None;
    }
    let lower = text.to_lowercase();
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let same = candidates.iter().find(|candidate| candidate.to_lowercase() == lower);
    // A word that is written out where its beginning is meant: `tuesday`.
    let begun =
        || candidates.iter().filter(|own| own.len() > 2 && lower.starts_with(&own.to_lowercase()));
    let like = match same {
        Some(same) => (*same).to_owned(),
        None => match closest(text, candidates.iter().copied()) {
            Some(close) => close,
            None => (*begun().max_by_key(|own| own.len())?).to_owned(),
        },
    };
    Some(format!("did you mean `{like}`?"))
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn what_may_have_been_meant() {
        let check = |text: &str, expect: Option<&str>| {
            let found = like(text, ["mon", "tue", "thu", "routingRules"]);
            let expect = expect.map(|expect| format!("did you mean `{expect}`?"));
            assert_eq!(found, expect, "{text}");
        };
        check("tuesday", Some("tue"));
        check("Thursday", Some("thu"));
        check("MON", Some("mon"));
        check("routingrules", Some("routingRules"));
        check("someday", None);
        check("", None);
    }
}
