//! What a scalar is, by how it is written and by its tag; tags other than YAML's own are refused.

use std::borrow::Cow;

use granit_parser::{ScalarStyle, Tag};

use super::scalar::{NoNumber, core};
use crate::model::{Finding, Place, Tree};

/// The value of a scalar. What cannot be its value becomes a text, with a finding.
pub(super) fn scalar(
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> Tree {
    let tag = match tag {
        None if style == ScalarStyle::Plain => "",
        None => "str",
        Some(tag) if tag.parts() == ("", "!") => "str",
        Some(tag) => tag.core_suffix().unwrap_or_else(|| {
            findings.push(custom(tag, place));
            "str"
        }),
    };
    if tag == "str" {
        return Tree::String(text.into_owned());
    }
    let value = match core(&text) {
        Ok(Some(value)) => value,
        Ok(None) => Tree::String(text.into_owned()),
        Err(why) => {
            findings.push(no_number(&text, &why, place));
            Tree::String(text.into_owned())
        }
    };
    let fits = match tag {
        "" => true,
        "null" => value == Tree::Null,
        "bool" => matches!(value, Tree::Bool(_)),
        "int" => matches!(&value, Tree::Number(number) if !number.is_f64()),
        "float" => matches!(value, Tree::Number(_)),
        _ => false,
    };
    if !fits {
        let message = format!("this value is not what its tag `!!{tag}` says");
        findings.push(Finding::error("tag", place, message).hint("leave the tag out"));
    }
    value
}

/// Looks at the tag of a list (`expect` is `seq`) or a mapping (`map`).
pub(super) fn collection(
    tag: Option<&Tag>,
    expect: &str,
    place: &Place,
    findings: &mut Vec<Finding>,
) {
    if let Some(tag) = tag.filter(|tag| tag.core_suffix() != Some(expect)) {
        findings.push(custom(tag, place));
    }
}

fn custom(tag: &Tag, place: &Place) -> Finding {
    let message = format!("the tag `{}` has no meaning here", tag.original());
    Finding::error("tag", place, message)
        .hint("leave the tag out, or quote a text that begins with `!`")
}

fn no_number(text: &str, why: &NoNumber, place: &Place) -> Finding {
    let (message, hint) = match why {
        NoNumber::NotFinite => ("is not a number that can be sent", "quote it if it is a text"),
        NoNumber::TooLarge => {
            ("is larger than a number can be", "quote it if it is a text, such as an id")
        }
    };
    Finding::error("number", place, format!("`{text}` {message}")).hint(hint)
}
