//! Colour, by the symbol or word that a line begins with.

use std::fmt::Write as _;

/// A neutral text with colour by the symbol or word that a line begins with.
pub(super) fn coloured(text: &str) -> String {
    let mut coloured = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive('\n') {
        let bare = line.strip_suffix('\n').unwrap_or(line);
        match style(bare) {
            Some(style) => {
                let _ = write!(coloured, "\u{1b}[{style}m{bare}\u{1b}[0m");
                coloured.push_str(&line[bare.len()..]);
            }
            None => coloured.push_str(line),
        }
    }
    coloured
}

/// The SGR code of a line.
fn style(line: &str) -> Option<&'static str> {
    const RED: &str = "31";
    const GREEN: &str = "32";
    const YELLOW: &str = "33";
    const MAGENTA: &str = "35";
    const CYAN: &str = "36";
    const BOLD: &str = "1";
    let word = line.trim_start();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| word.starts_with(prefix));
    match word.split(' ').next()? {
        "+" => Some(GREEN),
        "~" => Some(YELLOW),
        "-" => Some(RED),
        ">" => Some(CYAN),
        "!" => Some(MAGENTA),
        _ if starts(&["error:", "error["]) => Some(RED),
        _ if starts(&["warning:", "warning["]) => Some(YELLOW),
        _ if starts(&["Plan:", "Apply complete!", "No changes."]) => Some(BOLD),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::coloured;

    #[test]
    fn colour_follows_the_symbol() {
        let check = |line: &str, code: &str| {
            let expect = format!("\u{1b}[{code}m{line}\u{1b}[0m\nrest");
            assert_eq!(coloured(&format!("{line}\nrest")), expect);
        };
        check("+ queue/a", "32");
        check("  ~ queue/a", "33");
        check("- queue/a", "31");
        check("> queue/a", "36");
        check("! queue/a", "35");
        check("error: no", "31");
        check("error[licence]: no", "31");
        check("warning: hm", "33");
        check("Plan: 1 to add", "1");
        check("Apply complete! Resources: 0 added", "1");
        check("No changes. All as wanted", "1");
        for plain in ["", "-5", "--- a", "errors are", "  capacity 3 -> 4", "Planets"] {
            assert_eq!(coloured(plain), plain);
        }
    }
}
