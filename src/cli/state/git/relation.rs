//! Which of two copies of an audit goes on from the other. Each line's hash covers all lines before
//! it, so that it is enough to look for the one's last line in the other.

use serde::Deserialize;

/// How the copy here stands to the one of the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// They have the same lines.
    Same,
    /// The one here goes on from the branch's.
    Ahead,
    /// The branch's goes on from the one here.
    Behind,
    /// Both went on, each by itself.
    Apart,
}

#[derive(Deserialize)]
struct Last {
    seq: u64,
    hash: String,
}

/// Compares two audits, each in parts of whole lines; what follows the last line feed is torn and
/// does not count.
pub(super) fn relation(here: &[Vec<u8>], there: &[Vec<u8>]) -> Relation {
    match (last(here), last(there)) {
        (Ok(None), Ok(None)) => Relation::Same,
        (Ok(Some(_)), Ok(None)) => Relation::Ahead,
        (Ok(None), Ok(Some(_))) => Relation::Behind,
        (Ok(Some(ours)), Ok(Some(theirs))) if ours.hash == theirs.hash => Relation::Same,
        (Ok(Some(ours)), Ok(Some(theirs))) => {
            if ours.seq > theirs.seq && has(here, &theirs.hash) {
                Relation::Ahead
            } else if ours.seq < theirs.seq && has(there, &ours.hash) {
                Relation::Behind
            } else {
                Relation::Apart
            }
        }
        _ => Relation::Apart,
    }
}

fn whole(part: &[u8]) -> &[u8] {
    part.iter().rposition(|byte| *byte == b'\n').map_or(&[], |end| &part[..end])
}

/// The last line of all parts.
fn last(parts: &[Vec<u8>]) -> Result<Option<Last>, serde_json::Error> {
    let mut last: Option<Last> = None;
    for part in parts {
        let Some(line) = whole(part).rsplit(|byte| *byte == b'\n').next() else { continue };
        if line.is_empty() {
            continue;
        }
        let read: Last = serde_json::from_slice(line)?;
        if last.as_ref().is_none_or(|last| read.seq > last.seq) {
            last = Some(read);
        }
    }
    Ok(last)
}

/// Whether a line has this hash. The audit writes its lines in one way only, and a quote within a
/// text is escaped: no text can look like the field.
fn has(parts: &[Vec<u8>], hash: &str) -> bool {
    let field = format!("\"hash\":\"{hash}\"");
    let is_in = |line: &[u8]| String::from_utf8_lossy(line).contains(&field);
    parts.iter().any(|part| whole(part).split(|byte| *byte == b'\n').any(is_in))
}

#[cfg(test)]
mod tests {
    use super::{Relation, relation};

    #[test]
    fn of_two_audits_one_goes_on_from_the_other_or_they_are_apart() {
        let lines = |names: &str| -> Vec<u8> {
            let line = |(at, name): (usize, char)| {
                format!("{{\"hash\":\"{name}\",\"prev\":\"x\",\"seq\":{}}}\n", at + 1)
            };
            names.chars().enumerate().map(line).collect::<String>().into_bytes()
        };
        let check = |here: &str, there: &str, expect: Relation| {
            assert_eq!(relation(&[lines(here)], &[lines(there)]), expect, "{here} {there}");
        };
        check("", "", Relation::Same);
        check("abc", "abc", Relation::Same);
        check("abc", "", Relation::Ahead);
        check("abc", "ab", Relation::Ahead);
        check("", "a", Relation::Behind);
        check("a", "abc", Relation::Behind);
        check("abc", "abd", Relation::Apart);
        check("abcd", "abe", Relation::Apart);
        check("x", "abc", Relation::Apart);

        // In parts, with a torn line at the end, and with one that is none.
        let mut torn = lines("abc");
        torn.extend(b"{\"ha");
        assert_eq!(relation(&[torn.clone()], &[lines("abc")]), Relation::Same);
        let split = torn.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let parts = [torn[split..].to_vec(), torn[..split].to_vec()];
        assert_eq!(relation(&parts, &[lines("ab")]), Relation::Ahead);
        assert_eq!(relation(&[lines("ab")], &parts), Relation::Behind);
        assert_eq!(relation(&[b"nonsense\n".to_vec()], &[lines("ab")]), Relation::Apart);
    }
}
