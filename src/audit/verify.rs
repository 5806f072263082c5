//! Whether an audit is whole, and where it is not.

use super::GENESIS;
use super::chain::Link;

/// What is wrong with an audit, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; 0 where it is the file as a whole.
    pub line: u64,
    /// What is wrong there.
    pub fault: Fault,
}

/// One way in which an audit can be broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The line is no audit line.
    #[error("not an audit line: {0}")]
    NotALine(&'static str),
    /// The line was changed after it was written.
    #[error("altered: its hash is {computed}, it says {recorded}")]
    Altered {
        /// The hash that it says.
        recorded: String,
        /// The hash that it has.
        computed: String,
    },
    /// The chain's beginning is not there.
    #[error("the beginning is missing: the first line has number {0}")]
    NoBeginning(u64),
    /// The numbers do not go on.
    #[error("number {found} where {expected} belongs: a line was dropped or moved")]
    Gap {
        /// The number that belongs here.
        expected: u64,
        /// The number that the line has.
        found: u64,
    },
    /// The line does not name the one before it.
    #[error("does not follow the line before: one of the two was replaced")]
    Unlinked,
    /// The last line has no end.
    #[error("the last line is torn: it has no line feed")]
    Torn,
    /// The head that somebody kept is not in the chain.
    #[error("no line has the hash {0}: the end was cut off or written anew")]
    HeadMissing(String),
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many lines there are.
    pub lines: u64,
    /// The hash that the last line says.
    pub head: Option<String>,
    /// The line that has the expected head. Lines after it came later and are linked to it.
    pub expected_at: Option<u64>,
    /// Everything that is wrong, in the order of the lines; empty: the audit is whole.
    pub problems: Vec<Problem>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.fault),
            line => write!(f, "line {line}: {}", self.fault),
        }
    }
}

/// Checks a whole audit file, byte by byte.
///
/// `expected_head` is a head that a run printed, with or without `sha256:`; it must be the hash of
/// some line, or else the end was cut off.
#[must_use]
pub fn verify(audit: &[u8], expected_head: Option<&str>) -> Verified {
    let mut verified = Verified::default();
    let expected = expected_head.map(|head| match head.strip_prefix("sha256:") {
        Some(_) => head.to_owned(),
        None => format!("sha256:{head}"),
    });
    // Number and hash of the line before; none where that line could not be read.
    let mut before = Some((0_u64, GENESIS.to_owned()));
    for bytes in audit.split_inclusive(|byte| *byte == b'\n') {
        verified.lines += 1;
        let line = verified.lines;
        let mut complain = |fault| verified.problems.push(Problem { line, fault });
        let Some(bytes) = bytes.strip_suffix(b"\n") else {
            complain(Fault::Torn);
            break;
        };
        let link = std::str::from_utf8(bytes).map_err(|_| "not UTF-8").and_then(Link::read);
        let link = match link {
            Ok(link) => link,
            Err(why) => {
                complain(Fault::NotALine(why));
                before = None;
                continue;
            }
        };
        if link.hash != link.computed {
            complain(Fault::Altered { recorded: link.hash.clone(), computed: link.computed });
        }
        if let Some((seq, hash)) = &before {
            if line == 1 && link.seq != 1 {
                complain(Fault::NoBeginning(link.seq));
            } else if link.seq != seq.saturating_add(1) {
                complain(Fault::Gap { expected: seq.saturating_add(1), found: link.seq });
            } else if link.prev != *hash {
                complain(Fault::Unlinked);
            }
        }
        if expected.as_ref() == Some(&link.hash) {
            verified.expected_at = Some(line);
        }
        verified.head = Some(link.hash.clone());
        before = Some((link.seq, link.hash));
    }
    if let (Some(head), None) = (expected, verified.expected_at) {
        verified.problems.push(Problem { line: 0, fault: Fault::HeadMissing(head) });
    }
    verified
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{Chain, Change, Entry, Event, RunStart};
    use super::verify;

    /// A chain of `count` lines: a start and changes.
    fn chain(count: u64) -> Vec<String> {
        let mut chain = Chain::start();
        (0..count)
            .map(|n| {
                let change = Change { address: format!("queue/{n}"), ..Change::default() };
                let entry = Entry {
                    time: Timestamp::UNIX_EPOCH,
                    run: "r1".to_owned(),
                    actor: "ana".to_owned(),
                    tenant: "prod".to_owned(),
                    commit: None,
                    plan_hash: None,
                    event: match n {
                        0 => Event::Start(RunStart::default()),
                        _ => Event::Change(change),
                    },
                };
                chain.append(&entry).unwrap()
            })
            .collect()
    }

    fn problems(lines: &[String], head: Option<&str>) -> Vec<String> {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        verify(text.as_bytes(), head).problems.iter().map(ToString::to_string).collect()
    }

    fn hash_of(line: &str) -> String {
        Chain::resume(line).unwrap().head().to_owned()
    }

    #[test]
    fn a_whole_chain_has_no_problem() {
        let lines = chain(30);
        assert_eq!(problems(&lines, None), [""; 0]);
        assert_eq!(problems(&[], None), [""; 0]);
        assert!(lines[0].contains(r#""chain":"starts""#) && lines[0].contains(super::GENESIS));
        assert!(!lines[1].contains("starts"));
        let head = hash_of(&lines[29]);
        assert_eq!(problems(&lines, Some(&head)), [""; 0]);
        assert_eq!(problems(&lines, head.strip_prefix("sha256:")), [""; 0]);
        assert_eq!(problems(&lines, Some(&hash_of(&lines[12]))), [""; 0]);
    }

    #[test]
    fn a_chain_goes_on_where_it_ended() {
        let mut lines = chain(2);
        let mut resumed = Chain::resume(&lines[1]).unwrap();
        assert_eq!(resumed.seq(), 2);
        let Ok(entry) = serde_json::from_str::<Entry>(&lines[1]) else { panic!("{}", lines[1]) };
        lines.push(resumed.append(&entry).unwrap());
        assert_eq!(problems(&lines, Some(resumed.head())), [""; 0]);
        assert!(Chain::resume(&lines[1].replace("prod", "test")).is_err());
        assert!(Chain::resume("{").is_err());
    }

    #[test]
    fn an_altered_line_is_named() {
        let whole = chain(30);
        for index in 0..30 {
            let mut lines = whole.clone();
            lines[index] = lines[index].replace(r#""actor":"ana""#, r#""actor":"bob""#);
            let found = problems(&lines, None);
            assert!(found.len() == 1, "{found:?}");
            assert!(found[0].starts_with(&format!("line {}: altered", index + 1)), "{found:?}");
        }
    }

    #[test]
    fn any_altered_byte_is_noticed() {
        let lines = chain(2);
        for index in 0..lines[1].len() {
            let mut text = format!("{}\n{}\n", lines[0], lines[1]).into_bytes();
            text[lines[0].len() + 1 + index] ^= 1;
            assert!(!verify(&text, None).problems.is_empty(), "byte {index}");
        }
        let spaced = lines[1].replacen(':', ": ", 1);
        assert_eq!(
            problems(&[lines[0].clone(), spaced], None),
            ["line 2: not an audit line: not written as the audit writes its lines"]
        );
    }

    #[test]
    fn a_dropped_line_is_named() {
        let whole = chain(30);
        for index in 0..29 {
            let mut lines = whole.clone();
            lines.remove(index);
            let found = problems(&lines, None);
            assert!(found.len() == 1, "{found:?}");
            assert!(found[0].starts_with(&format!("line {}: ", index + 1)), "{found:?}");
        }
        let mut cut = whole;
        let head = hash_of(&cut[29]);
        cut.pop();
        assert_eq!(problems(&cut, None), [""; 0]);
        assert!(problems(&cut, Some(&head))[0].contains("the end was cut off"));
    }

    #[test]
    fn swapped_lines_are_named() {
        let whole = chain(30);
        for first in 0..30 {
            // Neighbours and lines far apart.
            for second in (first + 1..30).filter(|second| second - first < 3 || first % 7 == 0) {
                let mut lines = whole.clone();
                lines.swap(first, second);
                let found = problems(&lines, None);
                for moved in [first, second] {
                    let named = format!("line {}: ", moved + 1);
                    assert!(found.iter().any(|p| p.starts_with(&named)), "{named} {found:?}");
                }
            }
        }
    }

    #[test]
    fn a_line_written_anew_is_noticed_after_it() {
        let mut lines = chain(5);
        let mut forged = Chain::resume(&lines[1]).unwrap();
        let mut entry: Entry = serde_json::from_str(&lines[2]).unwrap();
        entry.actor = "bob".to_owned();
        lines[2] = forged.append(&entry).unwrap();
        assert_eq!(
            problems(&lines, None),
            ["line 4: does not follow the line before: one of the two was replaced"]
        );
    }

    #[test]
    fn what_is_no_line_is_named() {
        let mut lines = chain(3);
        lines[1] = "not json".to_owned();
        assert_eq!(problems(&lines, None), ["line 2: not an audit line: not a JSON object"]);
        let text = format!("{}\n{}", lines[0], &lines[2][..20]);
        let found = verify(text.as_bytes(), None).problems;
        assert_eq!(found[0].to_string(), "line 2: the last line is torn: it has no line feed");
        assert_eq!(verify(b"\xff\n", None).problems[0].line, 1);
    }
}
