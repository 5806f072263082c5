//! Every format, over the same findings.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{Address, Finding, LITERAL_SECRET, Level, Place};

fn place(file: &str, line: u32, column: u32, width: u32) -> Place {
    Place { file: file.into(), line, column, width }
}

fn sources() -> BTreeMap<String, String> {
    let text = "kind: Queue\nspec:\n\tcapactiy: \u{1b}[2J 5\n  capactiy: é\n";
    BTreeMap::from([("a,b.yaml".to_owned(), text.to_owned())])
}

/// One with a hint, one with a second place, one without its file's text, one without a place,
/// one with a file alone.
fn findings() -> [Finding; 5] {
    let queue = Address::new("queue", &["b"]);
    let key = place("a,b.yaml", 4, 3, 8);
    let other = place("a,b.yaml", 3, 2, 8);
    let unknown = Finding::error("unknown-key", &key, "unknown key `capactiy`");
    let nowhere = Finding { place: None, ..Finding::error("licence", &key, "501\u{1b}[2J agents") };
    [
        unknown.hint("did you mean `capacity`?"),
        Finding::error("duplicate-key", &key, "twice").related(&other, "first written here"),
        Finding::error("declared-twice", &place("other.yaml", 7, 1, 0), "100% twice")
            .related(&key, "the other one")
            .about(&queue)
            .level(Level::Block),
        nowhere.about(&queue).level(Level::Warn),
        Finding::error("stale", &Place::of_file("c.yaml"), "old").level(Level::Hold),
    ]
}

fn check_text(finding: usize, expect: &str) {
    let shown = super::text(&findings()[finding..=finding], &sources());
    assert_eq!(shown, expect, "{shown}");
}

#[test]
fn text_points_at_the_value() {
    check_text(
        0,
        "\
error[unknown-key]: unknown key `capactiy`
 --> a,b.yaml:4:3
  |
4 |   capactiy: é
  |   ^^^^^^^^
  |
  = help: did you mean `capacity`?

1 error in 1 file
",
    );
    check_text(
        1,
        "\
error[duplicate-key]: twice
 --> a,b.yaml:4:3
  |
4 |   capactiy: é
  |   ^^^^^^^^
  |
 ::: a,b.yaml:3:2
  |
3 |  capactiy: \u{fffd}[2J 5
  |  -------- first written here

1 error in 1 file
",
    );
}

#[test]
fn text_without_a_line() {
    check_text(
        2,
        "\
blocked[declared-twice]: queue/b: 100% twice
 --> other.yaml:7:1
  |
 ::: a,b.yaml:4:3
  |
4 |   capactiy: é
  |   -------- the other one

1 blocked in 1 file
",
    );
    check_text(3, "warning[licence]: queue/b: 501\u{fffd}[2J agents\n\n1 warning\n");
    check_text(4, "held[stale]: old\n--> c.yaml\n\n1 held in 1 file\n");
}

#[test]
fn a_secret_is_not_shown() {
    let finding = Finding::error(LITERAL_SECRET, &place("a,b.yaml", 4, 3, 8), "m");
    let expect = "error[literal-secret]: m\n--> a,b.yaml:4:3\n\n1 error in 1 file\n";
    assert_eq!(super::text(&[finding], &sources()), expect);
}

#[test]
fn text_counts() {
    assert_eq!(super::text(&[], &sources()), "");
    let all = super::text(&findings(), &sources());
    let last = all.lines().last().unwrap();
    assert_eq!(last, "2 errors, 1 blocked, 1 held, 1 warning in 3 files");
    let many = vec![findings()[0].clone(); 60];
    let text = super::text(&many, &sources());
    assert_eq!(text.matches("unknown-key").count(), 50);
    assert!(text.ends_with("… and 10 more\n\n60 errors in 1 file\n"));
}

#[test]
fn json() {
    let report: Value = serde_json::from_str(&super::json(&findings(), &sources())).unwrap();
    assert_eq!(report["format_version"], "1.0");
    assert_eq!(report["valid"], false);
    assert_eq!((&report["error_count"], &report["warning_count"]), (&json!(3), &json!(2)));
    let diagnostics = &report["diagnostics"];
    let expect = json!({
        "severity": "error",
        "summary": "unknown key `capactiy`",
        "detail": "did you mean `capacity`?",
        "code": "unknown-key",
        "range": {
            "filename": "a,b.yaml",
            "start": {"line": 4, "column": 3, "byte": 38},
            "end": {"line": 4, "column": 11, "byte": 46},
        },
    });
    assert_eq!(diagnostics[0], expect);
    assert_eq!(diagnostics[1]["detail"], "first written here: a,b.yaml:3:2");
    assert_eq!(diagnostics[2]["range"]["start"], json!({"line": 7, "column": 1}));
    assert_eq!(diagnostics[3]["address"], "queue/b");
    assert_eq!(diagnostics[3].get("range"), None);
    let valid: Value = serde_json::from_str(&super::json(&[], &sources())).unwrap();
    assert_eq!(valid["valid"], true);
}

#[test]
fn json_bytes_count_marks_and_wide_characters() {
    let sources = BTreeMap::from([("f".to_owned(), "\u{feff}é: 1\r\nüü: x".to_owned())]);
    let byte = |line, column| {
        let finding = Finding::error("r", &place("f", line, column, 0), "m");
        let report: Value = serde_json::from_str(&super::json(&[finding], &sources)).unwrap();
        report["diagnostics"][0]["range"]["start"]["byte"].as_u64()
    };
    assert_eq!(byte(1, 1), Some(3));
    assert_eq!(byte(1, 4), Some(7));
    assert_eq!(byte(2, 5), Some(16));
    assert_eq!(byte(9, 1), None);
}

#[test]
fn github() {
    let expect = "\
::error file=a%2Cb.yaml,line=4,col=3,title=unknown-key::unknown key `capactiy`%0Adid you mean `capacity`?
::error file=a%2Cb.yaml,line=4,col=3,title=duplicate-key::twice%0Afirst written here: a,b.yaml:3:2
::error file=other.yaml,line=7,col=1,title=declared-twice::queue/b: 100%25 twice%0Athe other one: a,b.yaml:4:3
::warning title=licence::queue/b: 501\u{fffd}[2J agents
::warning file=c.yaml,title=stale::old
";
    assert_eq!(super::github(&findings()), expect);
}

#[test]
fn gitlab() {
    let same = findings()[0].clone();
    let report: Value = serde_json::from_str(&super::gitlab(&[same.clone(), same])).unwrap();
    assert_eq!(report[0]["description"], "unknown key `capactiy`: did you mean `capacity`?");
    assert_eq!(report[0]["check_name"], "unknown-key");
    assert_eq!(report[0]["severity"], "critical");
    assert_eq!(report[0]["location"], json!({"path": "a,b.yaml", "lines": {"begin": 4}}));
    assert_eq!(report[0]["fingerprint"].as_str().unwrap().len(), 64);
    assert_ne!(report[0]["fingerprint"], report[1]["fingerprint"]);
    assert_eq!(super::gitlab(&[]), "[]\n");
}

#[test]
fn sarif() {
    let report: Value = serde_json::from_str(&super::sarif(&findings())).unwrap();
    assert_eq!(report["version"], "2.1.0");
    let run = &report["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "cxform");
    assert_eq!(run["tool"]["driver"]["rules"][4], json!({"id": "unknown-key"}));
    let results = &run["results"];
    let location = json!([{"physicalLocation": {
        "artifactLocation": {"uri": "a%2Cb.yaml"},
        "region": {"startLine": 4, "startColumn": 3, "endColumn": 11},
    }}]);
    let expect = json!({
        "ruleId": "unknown-key",
        "level": "error",
        "message": {"text": "unknown key `capactiy` (did you mean `capacity`?)"},
        "locations": location,
    });
    assert_eq!(results[0], expect);
    assert_eq!(results[1]["relatedLocations"][0]["message"]["text"], "first written here");
    assert_eq!(results[3].get("locations"), None);
    assert_eq!(results[4]["level"], "warning");
}

/// Whatever a file holds and wherever a finding points, the text stays within its layout.
#[test]
fn no_place_breaks_the_text() {
    let pieces = [
        "\t",
        "\r",
        "\n",
        "\r\n",
        "é",
        "😀",
        "\u{301}",
        "\u{1b}[31m",
        "\u{0}",
        "\u{202e}",
        "\u{200d}",
        "a: ",
        "日本",
    ];
    let mut seed = 11_u64;
    let mut random = |below: u32| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(seed >> 33).unwrap() % below
    };
    for _ in 0..2000 {
        let text: String = (0..random(400)).map(|_| pieces[random(13) as usize]).collect();
        let sources = BTreeMap::from([("f\n".to_owned(), text)]);
        let mut any = || place("f\n", random(9), random(300), random(30));
        let finding =
            Finding::error("r", &any(), "a\nb\tc\u{7}").related(&any(), "d\ne").hint("f\ng");
        let shown = super::text(&[finding], &sources);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        let first_words = ["error[r]: ", " ", "-", "1", "2", "3", "4", "5", "6", "7", "8", ":::"];
        let in_layout =
            |line: &str| line.is_empty() || first_words.iter().any(|w| line.starts_with(w));
        assert!(shown.lines().all(in_layout), "{shown}");
    }
}
