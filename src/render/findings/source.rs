//! The lines of a manifest, made harmless to show.

use crate::model::Place;

/// So many characters of a line are shown.
const WIDEST: usize = 200;
/// So many of them before the column that is pointed at.
const BEFORE: usize = 100;

/// One line to show, and the bytes in it to point at.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) span: std::ops::Range<usize>,
}

/// The line of a place. Control characters become `\u{fffd}`, a line too wide is cut around the
/// column; `None` where the text has no such line.
pub(super) fn line(text: &str, place: &Place) -> Option<Line> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let raw = lines(text).nth(place.line.checked_sub(1)? as usize)?;
    let column = (place.column.max(1) - 1) as usize;
    let skip = if column > WIDEST - BEFORE { column - BEFORE } else { 0 };
    let mut shown = String::new();
    if skip > 0 {
        shown.push('…');
    }
    let (mut start, mut end) = (None, None);
    let last = column + (place.width as usize).max(1);
    for (index, c) in raw.chars().enumerate().skip(skip).take(WIDEST) {
        if index == column {
            start = Some(shown.len());
        }
        if index == last {
            end = Some(shown.len());
        }
        shown.push(harmless(c));
    }
    let start = start.unwrap_or(shown.len());
    let end = end.unwrap_or(shown.len()).max(start);
    if raw.chars().nth(skip + WIDEST).is_some() {
        shown.push('…');
    }
    Some(Line { text: shown, span: start..end })
}

/// A text without what could break the layout or drive a terminal.
pub(super) fn neutral(text: &str) -> String {
    text.chars().map(harmless).collect()
}

fn harmless(c: char) -> char {
    match c {
        '\t' => ' ',
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{61c}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// The lines as YAML counts them: a lone carriage return ends one too.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::model::Place;

    fn check(text: &str, (row, column, width): (u32, u32, u32), shown: &str, pointed: &str) {
        let place = Place { line: row, column, width, ..Place::default() };
        let line = line(text, &place).unwrap();
        assert_eq!((line.text.as_str(), &line.text[line.span.clone()]), (shown, pointed));
    }

    #[test]
    fn lines_are_shown() {
        check("a: 1\nbé: xyz", (2, 5, 3), "bé: xyz", "xyz");
        check("a: 1\nb: xyz", (2, 4, 0), "b: xyz", "x");
        check("a: 1\r\nb: 2\rc: 3\n", (3, 4, 1), "c: 3", "3");
        check("\u{feff}a: 1", (1, 4, 1), "a: 1", "1");
        check("a:\t\u{1b}[2J\u{202e}", (1, 4, 9), "a: \u{fffd}[2J\u{fffd}", "\u{fffd}[2J\u{fffd}");
        check("a", (1, 9, 1), "a", "");
        let long = format!("{}X{}", "a".repeat(1000), "b".repeat(1000));
        let shown = format!("…{}X{}…", "a".repeat(100), "b".repeat(99));
        check(&long, (1, 1001, 1), &shown, "X");
    }

    #[test]
    fn there_may_be_no_such_line() {
        for row in [0, 3, u32::MAX] {
            let place = Place { line: row, column: 1, ..Place::default() };
            assert_eq!(line("a\nb", &place), None);
        }
    }
}
