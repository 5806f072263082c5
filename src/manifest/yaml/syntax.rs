//! What is wrong with a text that is no YAML, in words, with a way out where it is cheap to tell.

use granit_parser::{ErrorKind, ScanError};

use crate::model::{Finding, Place};

/// More levels than this are refused.
pub(super) const MAX_DEPTH: usize = 64;

/// The finding of a value that is nested too deeply.
pub(super) fn too_deep(place: &Place) -> Finding {
    Finding::error("too-deep", place, format!("nested more than {MAX_DEPTH} levels deep"))
}

/// The finding of a syntax error, at the place where the parser gave up.
pub(super) fn explain(error: &ScanError, place: &Place, text: &str) -> Finding {
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(place);
    }
    let (message, hint) = match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart => {
            ("a tab where YAML wants spaces".to_owned(), Some("indent with spaces"))
        }
        ErrorKind::MappingValueNotAllowed => (
            "a second `: ` in one value".to_owned(),
            Some("quote a text that contains `: `, and check the line above"),
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => (
            "a quote that is opened is never closed".to_owned(),
            Some("inside single quotes write `''` for a quote, inside double quotes `\\\"`"),
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text after the closing quote".to_owned(),
            Some("put the quotes around the whole value"),
        ),
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. } => {
            ("a `[` or `{` is never closed".to_owned(), None)
        }
        ErrorKind::ExpectedFlowMappingSeparator => ("expected `,` or `}`".to_owned(), None),
        ErrorKind::ExpectedFlowSequenceSeparator => ("expected `,` or `]`".to_owned(), None),
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("a closing bracket without its opening one".to_owned(), None)
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("expected a key and `: ` here".to_owned(), Some(COLON))
        }
        ErrorKind::ExpectedBlockSequenceEntry => (
            "expected the next `- ` of the list".to_owned(),
            Some("the items of one list begin in one column"),
        ),
        ErrorKind::InvalidQuotedScalarIndent => (
            "this line would continue a quoted text, but is not indented".to_owned(),
            Some("close the quote on the line above"),
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => (
            "this line is indented neither like its neighbours nor like their parent".to_owned(),
            Some("keys of one mapping begin in one column"),
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "an escape that YAML does not know".to_owned(),
            Some("write `\\\\` for a backslash, or use single quotes"),
        ),
        ErrorKind::UnexpectedCharacter { .. } => {
            ("a value cannot begin with this character".to_owned(), Some("quote the text"))
        }
        other => (other.to_string(), None),
    };
    let wants_key = matches!(
        error.kind(),
        ErrorKind::MappingValueNotAllowed
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::InvalidSimpleKey
            | ErrorKind::ExpectedBlockMappingKey
    );
    let lacks_space = wants_key
        && [place.line, place.line.saturating_sub(1)]
            .iter()
            .any(|line| line_at(text, *line).is_some_and(lacks_space_after_colon));
    let tab = line_at(text, place.line)
        .is_some_and(|line| line.trim_start_matches(' ').starts_with('\t'));
    let hint = match hint {
        _ if tab => Some("indent with spaces"),
        _ if lacks_space => Some(COLON),
        other => other,
    };
    let finding = Finding::error("syntax", place, message);
    match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}

/// The hint where a colon is glued to what follows it.
pub(crate) const COLON: &str = "a key is followed by a colon and a space";

fn line_at(text: &str, line: u32) -> Option<&str> {
    text.lines().nth(line.checked_sub(1)? as usize)
}

/// Whether a line is `key:value`; what looks like a URL or a time is not.
pub(crate) fn lacks_space_after_colon(line: &str) -> bool {
    let Some((key, value)) = line.trim_start().split_once(':') else {
        return false;
    };
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    key.starts_with(char::is_alphabetic)
        && key.chars().all(is_word)
        && value.starts_with(|c: char| !c.is_whitespace() && c != '/')
}
