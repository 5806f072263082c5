//! What is done to a text before a person or a machine gets it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

/// A text for people: every control character but the line feed, and every character that turns
/// the direction of writing or parts lines, becomes a visible `\u{1b}`; so does what logs of CI take for a command
/// wherever it stands.
#[must_use]
pub fn neutral(text: &str) -> Cow<'_, str> {
    let safe = replaced(
        text,
        |c| c != '\n' && (c.is_control() || is_misleading(c)),
        |c, safe| {
            safe.extend(c.escape_unicode());
        },
    );
    without_commands(safe, "\\u{5b}")
}

/// Lines for people, as [`neutral`] makes them, of which none begins as a command of GitHub Actions
/// does.
#[must_use]
pub fn neutral_lines(text: &str) -> Cow<'_, str> {
    let safe = neutral(text);
    if !safe.contains("::") {
        return safe;
    }
    let line = |line: &str| {
        let begin = line.len() - line.trim_start().len();
        match line[begin..].starts_with("::") {
            true => format!("{}\\u{{3a}}{}", &line[..begin], &line[begin + 1..]),
            false => line.to_owned(),
        }
    };
    Cow::Owned(safe.split_inclusive('\n').map(line).collect())
}

/// Without `##[group]` and `##vso[…]`: with this instead of their bracket.
fn without_commands<'t>(text: Cow<'t, str>, bracket: &str) -> Cow<'t, str> {
    if !text.contains("##") {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + bracket.len());
    let mut rest = &*text;
    while let Some(end) = rest.find("##").map(|begin| begin + 2) {
        let (told, after) = rest.split_at(end);
        safe.push_str(told);
        let word = after.trim_start_matches(|c: char| c == '#' || c.is_ascii_alphabetic());
        let (word, after) = after.split_at(after.len() - word.len());
        safe.push_str(word);
        let inner = after.strip_prefix('[');
        safe.push_str(if inner.is_some() { bracket } else { "" });
        rest = inner.unwrap_or(after);
    }
    safe.push_str(rest);
    Cow::Owned(safe)
}

/// A cell that no spreadsheet runs as a formula, on one line and without control characters. What
/// would begin a formula gets the `'` before it by which spreadsheets know a text.
#[must_use]
pub fn inert(text: &str) -> String {
    let safe = neutral(text).replace('\n', "\\u{a}");
    match safe.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        true => format!("'{safe}"),
        false => safe,
    }
}

/// JSON in which DEL, the C1 controls, the characters that turn the direction of writing and the
/// brackets of what logs of CI take for commands are `\uXXXX`. They only ever occur inside strings, so the meaning stays the same.
#[must_use]
pub fn json_safe(json: &str) -> Cow<'_, str> {
    let safe = replaced(
        json,
        |c| matches!(c, '\u{7f}'..='\u{9f}') || is_misleading(c),
        |c, safe| {
            // All of them are in the basic plane: one unit each.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        },
    );
    without_commands(safe, "\\u005b")
}

/// Writes JSON as [`json_safe`] makes it, without the whole text at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct SafeJson;

impl serde_json::ser::Formatter for SafeJson {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if fragment.bytes().all(|byte| byte < 0x7f && byte != b'#') {
            return writer.write_all(fragment.as_bytes());
        }
        writer.write_all(json_safe(fragment).as_bytes())
    }

    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.write_string_fragment(writer, fragment)
    }
}

/// Characters that turn the direction of writing, and so could make a line read as another one, and
/// those that end a line for some readers.
fn is_misleading(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

fn replaced(
    text: &str,
    must: impl Fn(char) -> bool,
    escape: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    let Some(first) = text.find(&must) else { return Cow::Borrowed(text) };
    let mut safe = String::with_capacity(text.len() + 16);
    safe.push_str(&text[..first]);
    for c in text[first..].chars() {
        if must(c) { escape(c, &mut safe) } else { safe.push(c) }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::{inert, json_safe, neutral, neutral_lines};

    #[test]
    fn what_would_be_a_formula_is_a_text() {
        let check = |text: &str, expect: &str| assert_eq!(inert(text), expect);
        check("queue/Main", "queue/Main");
        check("", "");
        check("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0");
        check("+1", "'+1");
        check("-1", "'-1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("＝1", "'＝1");
        check("a=1", "a=1");
        check("\t=1", "\\u{9}=1");
        check("\r=1", "\\u{d}=1");
        check("a\n=1", "a\\u{a}=1");
        check("\u{1b}[31m", "\\u{1b}[31m");
    }

    #[test]
    fn control_characters_become_visible() {
        let check = |text: &str, expect: &str| assert_eq!(neutral(text), expect);
        check("plain Überlauf 日本\n", "plain Überlauf 日本\n");
        check("\u{1b}]0;owned\u{7}", "\\u{1b}]0;owned\\u{7}");
        check("a\tb\r\n", "a\\u{9}b\\u{d}\n");
        check("\u{7f}\u{9b}31m\0", "\\u{7f}\\u{9b}31m\\u{0}");
        check(
            "\u{202e}txt\u{2028}\u{2066}\u{200f}\u{61c}",
            "\\u{202e}txt\\u{2028}\\u{2066}\\u{200f}\\u{61c}",
        );
    }

    #[test]
    fn nothing_is_a_command_in_a_log() {
        let check = |text: &str, expect: &str| assert_eq!(neutral_lines(text), expect);
        check("a\n  ::add-mask::b\n::x", "a\n  \\u{3a}:add-mask::b\n\\u{3a}:x");
        check("queue::x ##[group]y", "queue::x ##\\u{5b}group]y");
        check("####vso[task]##[x]##", "####vso\\u{5b}task]##\\u{5b}x]##");
        check("#[a] ## [b] ##1[c]", "#[a] ## [b] ##1[c]");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let json = "{\n\t\"a\": \"x\u{7f}\u{85}\u{202e}é##[b]\"\n}\n";
        let safe = json_safe(json);
        assert_eq!(safe, "{\n\t\"a\": \"x\\u007f\\u0085\\u202eé##\\u005bb]\"\n}\n");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&safe), value(json));
        let mut written = serde_json::Serializer::with_formatter(Vec::new(), super::SafeJson);
        serde::Serialize::serialize(&value(json), &mut written).unwrap();
        let written = String::from_utf8(written.into_inner()).unwrap();
        assert_eq!(written, json_safe(&value(json).to_string()));
    }
}
