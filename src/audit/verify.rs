//! Whether an audit is whole, and where it is not.

#[cfg(test)]
mod tests;

use super::GENESIS;
use super::chain::Link;

/// What is wrong with an audit, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The part, from 0, in the order in which they were handed in.
    pub part: usize,
    /// The line of that part, from 1; 0 where it is the audit as a whole.
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
    /// The numbers do not go on from one part to the next.
    #[error(
        "number {found} where {expected} belongs: a part before this one is missing, or its last \
         lines were dropped or moved"
    )]
    GapBefore {
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
    /// How many lines there are in all parts.
    pub lines: u64,
    /// The hash that the last line says.
    pub head: Option<String>,
    /// Part and line that have the expected head. Lines after it came later and are linked to it.
    pub expected_at: Option<(usize, u64)>,
    /// The chains, one after the other; several only where a part began one of its own.
    pub chains: Vec<Extent>,
    /// Everything that is wrong, in the order of the lines; empty: the audit is whole.
    pub problems: Vec<Problem>,
}

/// How far one chain goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Its first part.
    pub first: usize,
    /// Its last part.
    pub last: usize,
    /// How many lines it has.
    pub lines: u64,
    /// The hash that its last line says.
    pub head: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.fault),
            line => write!(f, "line {line}: {}", self.fault),
        }
    }
}

/// Checks audits part by part and line by line, so that none needs to be in memory.
#[derive(Clone, Debug)]
pub struct Verifier {
    expected: Option<String>,
    verified: Verified,
    /// Number and hash of the line before; none where that line could not be read.
    before: Option<(u64, String)>,
    parts: usize,
    /// The line of the part.
    line: u64,
}

impl Verifier {
    /// A verifier without a part. `expected_head` is a head that a run printed, with or without
    /// `sha256:`; it must be the hash of some line, or else the end was cut off.
    #[must_use]
    pub fn new(expected_head: Option<&str>) -> Self {
        let expected = expected_head.map(|head| match head.strip_prefix("sha256:") {
            Some(_) => head.to_owned(),
            None => format!("sha256:{head}"),
        });
        Self { expected, verified: Verified::default(), before: None, parts: 0, line: 0 }
    }

    /// Goes on with the next part: of the same chain, or of one that begins with it.
    pub fn part(&mut self, begins: bool) {
        let part = self.parts;
        self.parts += 1;
        self.line = 0;
        match self.verified.chains.last_mut() {
            Some(chain) if !begins => chain.last = part,
            _ => {
                self.verified.chains.push(Extent { first: part, last: part, ..Extent::default() });
                self.before = Some((0, GENESIS.to_owned()));
            }
        }
    }

    /// Checks the part's next line, with its line feed.
    pub fn line(&mut self, bytes: &[u8]) {
        self.line += 1;
        self.verified.lines += 1;
        let (part, line) = (self.parts.saturating_sub(1), self.line);
        let is_first = line == 1;
        let chain_begins = self.verified.chains.last().is_some_and(|chain| chain.lines == 0);
        if let Some(chain) = self.verified.chains.last_mut() {
            chain.lines += 1;
        }
        let problems = &mut self.verified.problems;
        let mut complain = |fault| problems.push(Problem { part, line, fault });
        let Some(bytes) = bytes.strip_suffix(b"\n") else { return complain(Fault::Torn) };
        let link = std::str::from_utf8(bytes).map_err(|_| "not UTF-8").and_then(Link::read);
        let link = match link {
            Ok(link) => link,
            Err(why) => {
                complain(Fault::NotALine(why));
                self.before = None;
                return;
            }
        };
        if link.hash != link.computed {
            complain(Fault::Altered { recorded: link.hash.clone(), computed: link.computed });
        }
        if let Some((seq, hash)) = &self.before {
            let (expected, found) = (seq.saturating_add(1), link.seq);
            if found != expected {
                complain(match (chain_begins, is_first) {
                    (true, _) => Fault::NoBeginning(found),
                    (false, true) => Fault::GapBefore { expected, found },
                    (false, false) => Fault::Gap { expected, found },
                });
            } else if link.prev != *hash {
                complain(Fault::Unlinked);
            }
        }
        if self.expected.as_ref() == Some(&link.hash) {
            self.verified.expected_at = Some((part, line));
        }
        self.verified.head = Some(link.hash.clone());
        if let Some(chain) = self.verified.chains.last_mut() {
            chain.head = Some(link.hash.clone());
        }
        self.before = Some((link.seq, link.hash));
    }

    /// What was found. A missing head is told of the last part: that is where the end was.
    #[must_use]
    pub fn end(mut self) -> Verified {
        if let (Some(head), None) = (self.expected, self.verified.expected_at) {
            let part = self.parts.saturating_sub(1);
            self.verified.problems.push(Problem { part, line: 0, fault: Fault::HeadMissing(head) });
        }
        self.verified
    }
}

/// Whether a part's first line says that a chain begins with it.
#[must_use]
pub fn begins_chain(first_line: &[u8]) -> bool {
    let text = std::str::from_utf8(first_line).ok();
    let link = text.and_then(|text| Link::read(text.trim_end_matches('\n')).ok());
    link.is_some_and(|link| link.seq == 1)
}

/// Checks a whole audit of one part, byte by byte.
#[must_use]
pub fn verify(audit: &[u8], expected_head: Option<&str>) -> Verified {
    let mut verifier = Verifier::new(expected_head);
    verifier.part(true);
    for line in audit.split_inclusive(|byte| *byte == b'\n') {
        verifier.line(line);
    }
    verifier.end()
}
