//! Whatever one thing is done to an audit, in whatever part, it is found and named.

use cxform::audit::{Chain, Change, Entry, Event, RunStart, Verified, Verifier};
use jiff::Timestamp;

use super::random::Random;
use super::stage::law;

/// An audit: its parts, and their lines with their line feeds.
type Parts = Vec<Vec<Vec<u8>>>;

/// A chain of random length in random parts, none empty, and its head.
fn audit(random: &mut Random) -> (Parts, String) {
    let mut chain = Chain::start();
    let mut parts = vec![Vec::new()];
    for n in 0..2 + random.below(60) {
        if random.chance(10) && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(Vec::new());
        }
        let line = chain.append(&entry(n, random)).unwrap() + "\n";
        parts.last_mut().unwrap().push(line.into_bytes());
    }
    (parts, chain.head().to_owned())
}

fn entry(number: usize, random: &mut Random) -> Entry {
    let words = ["done", "failed", "Zoë \u{1f600}", "\"quoted\"\n", ""];
    let change = Change {
        address: format!("queue/{number}"),
        result: (*random.pick(&words)).to_owned(),
        ..Change::default()
    };
    Entry {
        time: Timestamp::from_second(random.within(0, 4_000_000_000)).unwrap(),
        run: (*random.pick(&words)).to_owned(),
        actor: (*random.pick(&words)).to_owned(),
        tenant: "prod".to_owned(),
        commit: random.chance(50).then(|| "c0ffee".to_owned()),
        plan_hash: None,
        event: match random.chance(20) {
            true => Event::Start(RunStart::default()),
            false => Event::Change(change),
        },
    }
}

fn verified(parts: &Parts, head: Option<&str>) -> Verified {
    let mut verifier = Verifier::new(head);
    for part in parts {
        verifier.part(false);
        // As a file has them: an altered byte may make two lines of one, or one of two.
        part.concat().split_inclusive(|byte| *byte == b'\n').for_each(|line| verifier.line(line));
    }
    verifier.end()
}

/// Any line: its part and its index there.
fn any(parts: &Parts, random: &mut Random) -> (usize, usize) {
    let part = random.below(parts.len());
    (part, random.below(parts[part].len()))
}

/// The line that stands at or after an index, as a problem names it; none at the end.
fn at_or_after(parts: &Parts, (part, index): (usize, usize)) -> Option<(usize, u64)> {
    if index < parts[part].len() {
        return Some((part, u64::try_from(index).unwrap() + 1));
    }
    (part + 1..parts.len()).find(|part| !parts[*part].is_empty()).map(|part| (part, 1))
}

#[test]
fn one_line_altered_dropped_moved_or_forged_is_named() {
    law(150, |seed| async move {
        let random = &mut Random::new(seed, 11);
        let (whole, head) = audit(random);
        assert_eq!(verified(&whole, Some(&head)).problems, []);
        let mut parts = whole.clone();
        let (part, index) = any(&parts, random);
        let named = match random.below(5) {
            0 => {
                let line = &mut parts[part][index];
                let byte = random.below(line.len());
                line[byte] ^= 1 << random.below(8);
                Some((part, u64::try_from(index).unwrap() + 1))
            }
            1 => {
                parts[part].remove(index);
                at_or_after(&parts, (part, index))
            }
            2 => {
                let line = parts[part].remove(index);
                let part = random.below(parts.len());
                let index = random.below(parts[part].len() + 1);
                parts[part].insert(index, line);
                at_or_after(&parts, (part, index))
            }
            3 => {
                let line = parts[part][index].clone();
                parts[part].insert(index + 1, line);
                at_or_after(&parts, (part, index + 1))
            }
            _ => {
                let before = (index > 0)
                    .then(|| (part, index - 1))
                    .or_else(|| part.checked_sub(1).map(|part| (part, parts[part].len() - 1)));
                let mut forged = before.map_or_else(Chain::start, |(part, index)| {
                    let line = std::str::from_utf8(&parts[part][index]).unwrap();
                    Chain::resume(line.trim_end()).unwrap()
                });
                parts[part][index] =
                    (forged.append(&entry(1_000, random)).unwrap() + "\n").into_bytes();
                at_or_after(&parts, (part, index + 1))
            }
        };
        // A line may have been put back where it was, or over the border between two parts.
        if parts.concat() == whole.concat() {
            return;
        }
        let problems = verified(&parts, None).problems;
        match named {
            Some(named) => {
                let found = problems.iter().any(|p| (p.part, p.line) == named);
                assert!(found, "{named:?} is not among {problems:?}");
            }
            // What was at the end is missed by whoever kept the head.
            None => assert_eq!(problems, []),
        }
        assert!(!verified(&parts, Some(&head)).problems.is_empty());
    });
}

#[test]
fn a_missing_part_and_a_cut_tail_are_found() {
    law(50, |seed| async move {
        let random = &mut Random::new(seed, 12);
        let (mut parts, head) = audit(random);
        let lines: usize = parts.iter().map(Vec::len).sum();
        if random.chance(50) && parts.len() > 1 {
            let missing = random.below(parts.len());
            parts.remove(missing);
            let problems = verified(&parts, None).problems;
            let named = problems.iter().any(|p| (p.part, p.line) == (missing, 1));
            assert!(named || missing == parts.len(), "{missing} {problems:?}");
        } else {
            for _ in 0..1 + random.below(lines) {
                if parts.last().is_some_and(Vec::is_empty) {
                    parts.pop();
                }
                parts.last_mut().unwrap().pop();
            }
            assert_eq!(verified(&parts, None).problems, []);
        }
        let with_head = verified(&parts, Some(&head));
        assert!(!with_head.problems.is_empty());
        assert_eq!(with_head.expected_at.is_none(), with_head.head.as_ref() != Some(&head));
    });
}
