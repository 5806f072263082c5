//! Whatever is done to an audit is found and named.

use jiff::Timestamp;

use super::super::{Chain, Change, Entry, Event, RunStart};
use super::{Problem, Verifier, begins_chain, verify};

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

/// What is wrong with parts of one chain: `PART:LINE: FAULT`.
fn in_parts(parts: &[&[String]], begins: &[usize], head: Option<&str>) -> Vec<String> {
    let mut verifier = Verifier::new(head);
    for (number, lines) in parts.iter().enumerate() {
        verifier.part(begins.contains(&number));
        for line in *lines {
            verifier.line(format!("{line}\n").as_bytes());
        }
    }
    let told = |p: &Problem| format!("{}:{}: {}", p.part, p.line, p.fault);
    verifier.end().problems.iter().map(told).collect()
}

#[test]
fn parts_are_one_chain() {
    let lines = chain(30);
    let (one, two, three) = (&lines[..10], &lines[10..20], &lines[20..]);
    assert_eq!(in_parts(&[one, two, three], &[], None), [""; 0]);
    assert_eq!(in_parts(&[one, &[], two, three], &[], None), [""; 0]);
    for head in [&lines[0], &lines[9], &lines[15], &lines[29]] {
        assert_eq!(in_parts(&[one, two, three], &[], Some(&hash_of(head))), [""; 0]);
    }
    let missing = "a part before this one is missing, or its last lines were dropped or moved";
    assert_eq!(
        in_parts(&[one, three], &[], None),
        [format!("1:1: number 21 where 11 belongs: {missing}")]
    );
    assert_eq!(
        in_parts(&[two, three], &[], None),
        ["0:1: the beginning is missing: the first line has number 11"]
    );
    let cut = in_parts(&[one, two], &[], Some(&hash_of(&lines[29])));
    assert!(cut.len() == 1 && cut[0].starts_with("1:0: no line has the hash"), "{cut:?}");
}

#[test]
fn chains_may_stand_one_after_the_other() {
    let (one, other) = (chain(4), chain(3));
    assert_eq!(in_parts(&[&one, &other], &[1], Some(&hash_of(&one[3]))), [""; 0]);
    assert_eq!(in_parts(&[&one, &other], &[], None).len(), 1);
    let mut verifier = Verifier::new(None);
    for (lines, begins) in [(&one[..2], true), (&one[2..], false), (&other[..], true)] {
        let first = format!("{}\n", lines[0]);
        assert_eq!(begins_chain(first.as_bytes()), begins);
        verifier.part(begins);
        lines.iter().for_each(|line| verifier.line(format!("{line}\n").as_bytes()));
    }
    let chains = verifier.end().chains;
    let told: Vec<_> = chains.iter().map(|c| (c.first, c.last, c.lines, c.head.clone())).collect();
    let (one, other) = (hash_of(&one[3]), hash_of(&other[2]));
    assert_eq!(told, [(0, 1, 4, Some(one)), (2, 2, 3, Some(other))]);
    assert!(!begins_chain(b"not a line"));
}
