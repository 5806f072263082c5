//! Tables over what a reader of manifests is told.

use super::read;
use super::samples::{MATRIX, QUEUE};
use crate::model::{Finding, Item};

fn run(text: &str) -> (Vec<Item>, Vec<Finding>) {
    read(&[&QUEUE, &MATRIX], &[("q.yaml".to_owned(), text.to_owned())], &|_, name| {
        Err(format!("{name} is not here"))
    })
}

/// `line:column rule: message (hint)`, a line each.
fn lines(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let place = finding.place.as_ref().unwrap();
        let hint = finding.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let second = finding.related.as_ref().map(|(p, what)| format!(" [{p} {what}]"));
        let Finding { rule, message, .. } = finding;
        let second = second.unwrap_or_default();
        format!("{}:{} {rule}: {message}{hint}{second}", place.line, place.column)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

const HEADER: &str = "apiVersion: cxform/v1\nkind: Queue\nmetadata: {name: q}\n";

/// A queue with this `spec`; the document has no errors where `expect` is empty.
fn check_queue(rest: &str, expect: &str) {
    check(&format!("{HEADER}{rest}"), expect);
}

fn check_cell(cell: &str, expect: &str) {
    let head = "apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {name: m}\nspec:\n";
    check(&format!("{head}  agents:\n    ana: {{billing: {cell}}}"), expect);
}

fn check(text: &str, expect: &str) {
    let (items, findings) = run(text);
    assert_eq!(lines(&findings), expect, "{text}");
    assert!(items.is_empty() || expect.is_empty(), "{text}: no item where there is an error");
}

const NULL: &str =
    "null: null is not a value (leave the key out (not managed) or write an empty value)";

#[test]
fn headers() {
    check("kind: Project\nfrob: 1", "");
    check("kind: Tenant\nfrob: 1", "");
    let shape = "a manifest is a mapping with `apiVersion`, `kind`, `metadata` and `spec`";
    check("[]", &format!("1:1 wrong-type: {shape}"));
    check(
        "kind:Queue",
        &format!("1:1 wrong-type: {shape} (a key is followed by a colon and a space)"),
    );
    check(
        "kind: queue\napiVersion: cxform/v1",
        "1:7 unknown-kind: there is no kind `queue` (did you mean `Queue`?)",
    );
    check(
        "apiVersion: cxform/v1\nkind: [a]",
        "2:7 unknown-kind: a kind is a text, found a list (the kinds are `Queue`, `SkillMatrix`)",
    );
    check(
        "apiVersion: v2",
        "1:1 missing-key: missing key `kind` (the kinds are `Queue`, `SkillMatrix`)\n\
         1:13 api-version: this version of cxform cannot read `v2` (write `apiVersion: cxform/v1`)",
    );
    check(
        "apiVersion: v2\nkind: Queue\nmetadata: {}\nspec: {}",
        "1:13 api-version: this version of cxform cannot read `v2` (write `apiVersion: cxform/v1`)\n\
         3:11 missing-key: missing key `name`",
    );
    check(
        "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 2}",
        "1:13 api-version: `apps/v1` is not of cxform: this is no manifest (a file of another \
         program stands outside the folders that `manifests` in cxform.yaml names)",
    );
    check(
        "kind: Queue\nmetadata: {name: '', renamedfrom: x}",
        "1:1 missing-key: missing key `apiVersion`\n1:1 missing-key: missing key `spec`\n\
         2:18 length: an empty text is not allowed here\n\
         2:22 unknown-key: unknown key `renamedfrom` (did you mean `renamedFrom`?)",
    );
    check_queue("state: absent", "");
    check_queue("state: absent\nspec: {capacity: 5}", "");
    check_queue("state: gone", "4:8 not-one-of: expected `absent`, found `gone`");
    check_queue("", "1:1 missing-key: missing key `spec`");
    check_queue("spec: {}\nstat: 1", "5:1 unknown-key: unknown key `stat` (did you mean `state`?)");
}

#[test]
fn values() {
    check_queue("spec: {description: NO, colour: '#00ff00', skillGroups: [yes]}", "");
    check_queue("spec:", &format!("4:1 {NULL}"));
    check_queue("spec: {capacity: null, type: ~}", &format!("4:18 {NULL}\n4:30 {NULL}"));
    check_queue("spec: {overflow: {target: null, threshold: 1}}", "");
    check_queue(
        "spec: {capacity: 9999, priority: -1}",
        "4:18 out-of-range: `9999` is out of range (it goes from 1 to 5000)\n\
         4:34 out-of-range: `-1` is out of range (it goes from 0 to 9)",
    );
    check_queue("spec: {capacity: 5.0}", "");
    check_queue(
        "spec: {capacity: 5.5}",
        "4:18 wrong-type: expected a whole number, found the number `5.5`",
    );
    check_queue(
        "spec: {capacity: '5'}",
        "4:18 wrong-type: expected a whole number, found the text `5` (take the quotes away)",
    );
    check_queue(
        "spec: {description: 5}",
        "4:21 wrong-type: expected a text, found the number `5` (put it in quotes)",
    );
    check_queue(
        "spec:\n  capacity:5",
        "5:3 wrong-type: expected a mapping, found the text `capacity:5` \
         (a key is followed by a colon and a space)",
    );
    check_queue(
        "spec: {type: voise}",
        "4:14 not-one-of: expected `voice`, `chat` or `email`, found `voise` \
         (did you mean `voice`?)",
    );
    check_queue(
        "spec: {type: EMAIL}",
        "4:14 not-one-of: expected `voice`, `chat` or `email`, found `EMAIL` \
         (did you mean `email`?)",
    );
    check_queue(
        "spec: {type: 5}",
        "4:14 not-one-of: expected `voice`, `chat` or `email`, found `5`",
    );
    check_queue(
        "spec: {colour: red}",
        "4:16 pattern: `red` is not of the form that is wanted here (A colour such as `#00ff00`.)",
    );
    check_queue(
        "spec: {skillGroups: [a, b, a]}",
        "4:28 not-unique: `a` stands twice in this list [q.yaml:4:22 first written here]",
    );
}

#[test]
fn keys() {
    check_queue(
        "spec:\n  capactiy: 5\n  zzz: 1",
        "5:3 unknown-key: unknown key `capactiy` (did you mean `capacity`?)\n\
         6:3 unknown-key: unknown key `zzz` (keys that may stand here: `capacity`, `colour`, \
         `description`, `destination`, `open`, `overflow`, `priority`, `skillGroups`, `type`)",
    );
    check_queue(
        "spec: {overflow: {targte: 5}}",
        "4:18 missing-key: missing key `threshold`\n\
         4:19 unknown-key: unknown key `targte` (did you mean `target`?)",
    );
    check_queue(
        "spec: {capacity: 1, capacity: 2}",
        "4:21 duplicate-key: the key `capacity` stands here twice (keep one of the two) \
         [q.yaml:4:8 first written here]",
    );
    // The alias is told once, not again as a null.
    check_queue(
        "spec: {capacity: *x}",
        "4:18 alias: there is no anchor `&x` above in this document \
         (quote a text that begins with `*`)",
    );
}

#[test]
fn branches() {
    for good in ["3", "none", "{level: 3, window: w}"] {
        check_cell(good, "");
    }
    let any = "expected a whole number, a mapping or `none`, found";
    check_cell("21", "6:20 out-of-range: `21` is out of range (it goes from 0 to 20)");
    check_cell("nono", &format!("6:20 wrong-type: {any} the text `nono`"));
    check_cell("'3'", &format!("6:20 wrong-type: {any} the text `3` (take the quotes away)"));
    check_cell("[1]", &format!("6:20 wrong-type: {any} a list"));
    check_cell("four", &format!("6:20 wrong-type: {any} the text `four` (write `4`)"));
    let none = "null: null is not a value (write `none`, or leave the key out (not managed))";
    check_cell("null", &format!("6:20 {none}"));
    check_cell("{level: 3}", "6:20 missing-key: missing key `window`");
    check_cell(
        "{level: x, window: w, z: 1}",
        "6:28 wrong-type: expected a whole number, found the text `x`\n\
         6:42 unknown-key: unknown key `z`",
    );
    check_queue("spec: {destination: {type: http}}", "4:21 missing-key: missing key `url`");
    check_queue("spec: {destination: {url: x}}", "4:21 missing-key: missing key `type`");
    check_queue(
        "spec: {destination: {type: htp, url: x}}",
        "4:28 not-one-of: expected `http` or `kafka`, found `htp` (did you mean `http`?)",
    );
    check_queue(
        "spec: {destination: {type: http, url: x, z: 1}}",
        "4:42 unknown-key: unknown key `z`",
    );
}

#[test]
fn one_bad_document_does_not_take_the_others_along() {
    let good = format!("{HEADER}spec: {{}}");
    let files = [
        ("b.yaml".to_owned(), format!("{good}\n---\n{HEADER}spec: 5\n---\n{good}")),
        ("a.yaml".to_owned(), format!("{good}\n---\nx: [")),
    ];
    let (items, findings) = read(&[&QUEUE], &files, &|_, name| Err(format!("{name} is not here")));
    assert_eq!(items.len(), 3);
    assert_eq!(items[0].place.to_string(), "b.yaml:3:18");
    assert_eq!((items[0].kind.as_str(), items[0].name.as_str()), ("Queue", "q"));
    let places: Vec<_> = findings.iter().map(|f| f.place.as_ref().unwrap().to_string()).collect();
    assert_eq!(places, ["a.yaml:6:4", "b.yaml:9:7"]);
}

#[test]
fn a_flood_of_errors_is_dammed() {
    let mut text = format!("{HEADER}spec:\n");
    for key in 0..1500 {
        text.push_str(&format!("  overflow{key}: 1\n"));
    }
    assert_eq!(run(&text).1.len(), 1001);
    let mut text =
        "apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {name: m}\nspec:\n  agents:\n"
            .to_owned();
    for agent in 0..1500 {
        text.push_str(&format!("    a{agent}: 5\n"));
    }
    assert_eq!(run(&text).1.len(), 1001);
}

/// Whatever is done to a manifest, reading it ends with items and findings.
#[test]
fn no_mutation_makes_it_panic() {
    let sample = format!(
        "\u{feff}# c\n{HEADER}spec: &a\n  type: voice\n  overflow: {{target: ~, threshold: 0x1F}}\n  \
         description: \"é\\u00e9\"\n  skillGroups:\n  - 'a'\n  - !!str 5\n---\n{HEADER}spec:\n  <<: [{{}}]\n  \
         colour: >-\n    #00ff00\n  destination: {{type: http, url: 1e5}}\n"
    );
    let chars: Vec<char> = sample.chars().collect();
    let noise: Vec<char> =
        "\t\n\r :-?[]{},&*!|>'\"%@`#~<0.eé\u{0}\u{1b}\u{2028}\u{feff}".chars().collect();
    let mut seed = 7_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for _ in 0..2500 {
        let mut mutant = chars.clone();
        for _ in 0..=random(4) {
            let (at, with) = (random(mutant.len().max(1)), noise[random(noise.len())]);
            match if mutant.is_empty() { 1 } else { random(4) } {
                0 => drop(mutant.remove(at)),
                1 => mutant.insert(at, with),
                2 => mutant[at] = with,
                _ => mutant.truncate(at.max(1)),
            }
        }
        let text: String = mutant.into_iter().collect();
        let (items, findings) = run(&text);
        let any = super::read_document::<serde_json::Value>("q.yaml", &text, &true.into());
        assert!(any.is_ok() || any.is_err_and(|findings| !findings.is_empty()));
        assert!(findings.iter().all(|f| f.place.as_ref().is_some_and(|p| p.line > 0)), "{text:?}");
        assert!(items.len() <= 3);
    }
}
