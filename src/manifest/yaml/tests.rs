//! Tables over YAML's traps.

use super::parse;

/// The documents as JSON, and the findings as `line:column rule: message`, a line each.
fn check(text: &str, expect: &str) {
    let (nodes, findings) = parse("f.yaml", text);
    let mut lines: Vec<String> = nodes.iter().map(|node| node.to_json().to_string()).collect();
    for finding in findings {
        let place = finding.place.unwrap();
        let line = format!("{}:{} {}: {}", place.line, place.column, finding.rule, finding.message);
        lines.push(line);
        lines.extend(finding.related.map(|(place, what)| format!("  {what}: {place}")));
    }
    let cut: String = text.chars().take(80).collect();
    assert_eq!(lines.join("\n"), expect, "{cut}");
}

#[test]
fn long_texts_are_no_keys() {
    let long = "x y".repeat(1000);
    for quote in ["", "'", "\""] {
        let value = format!("{quote}{long}{quote}");
        check(&format!("- {value}"), &format!("[\"{long}\"]"));
        check(&format!("[{value}, {{a: {value}}}]"), &format!("[\"{long}\",{{\"a\":\"{long}\"}}]"));
    }
}

/// The place and width of the value, or with `key:` of the key, at a pointer.
fn check_place(text: &str, pointer: &str, expect: (u32, u32, u32)) {
    let (nodes, findings) = parse("f.yaml", text);
    assert_eq!(findings, [], "{text}");
    let place = match pointer.strip_prefix("key:") {
        Some(key) => nodes[0].key_place(key).unwrap(),
        None => &nodes[0].nearest(pointer).place,
    };
    assert_eq!((place.line, place.column, place.width), expect, "{text} {pointer}");
}

#[test]
fn values() {
    check("a: NO\nb: yes\nc: 017\nd: 1_000", r#"{"a":"NO","b":"yes","c":17,"d":"1_000"}"#);
    check("a: '3'\nb: \"true\"", r#"{"a":"3","b":"true"}"#);
    check("a:\nb: ~\nc: ''", r#"{"a":null,"b":null,"c":""}"#);
    check("{a: [1, {b: 2}], c: }", r#"{"a":[1,{"b":2}],"c":null}"#);
    check("a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}");
    check("[]", "[]");
    check(r#"{"a":"\u00e9\ud83d\ude00"}"#, r#"{"a":"é😀"}"#);
    check(
        "a: 99999999999999999999",
        "{\"a\":\"99999999999999999999\"}\n1:4 number: `99999999999999999999` is larger than a number can be",
    );
    check("a: -.inf", "{\"a\":\"-.inf\"}\n1:4 number: `-.inf` is not a number that can be sent");
}

#[test]
fn keys() {
    check("123: a\ntrue: b\n007: c\n~: d", r#"{"007":"c","123":"a","true":"b","~":"d"}"#);
    check("\"\": 1", r#"{"":1}"#);
    check(": 1", "{}\n1:1 key: a value without a key");
    check("? [1]\n: 2", "{}\n1:3 key: a key has to be a text");
    check("a: &x b\n*x : 2", r#"{"a":"b","b":2}"#);
    check("!x a: 1", "{\"a\":1}\n1:4 tag: the tag `!x` has no meaning here");
    let twice = "duplicate-key: the key `a` stands here twice\n  first written here: f.yaml:";
    check("a: 1\nb: 2\na: 3", &format!("{{\"a\":1,\"b\":2}}\n3:1 {twice}1:1"));
    check("{a: 1, a: 1}", &format!("{{\"a\":1}}\n1:8 {twice}1:2"));
    check(
        "1: x\n\"1\": y",
        "{\"1\":\"x\"}\n2:1 duplicate-key: the key `1` stands here twice\n  first written here: f.yaml:1:1",
    );
    check("a: 1\na: 2\na: 3", &format!("{{\"a\":1}}\n2:1 {twice}1:1\n3:1 {twice}1:1"));
}

#[test]
fn tags() {
    check("a: !!str 123\nb: !!int 5\nc: ! 5", r#"{"a":"123","b":5,"c":"5"}"#);
    check("a: !!int \"5\"\nb: !!seq [1]\nc: !!map {}", r#"{"a":5,"b":[1],"c":{}}"#);
    check("a: !!bool x", "{\"a\":\"x\"}\n1:11 tag: this value is not what its tag `!!bool` says");
    check("a: !!binary x", "{\"a\":\"x\"}\n1:13 tag: the tag `!!binary` has no meaning here");
    check("a: !env {b: 1}", "{\"a\":{\"b\":1}}\n1:9 tag: the tag `!env` has no meaning here");
}

#[test]
fn anchors_and_merge_keys() {
    check("a: &x [1]\nb: *x", r#"{"a":[1],"b":[1]}"#);
    check("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3", r#"{"a":{"p":1,"q":2},"b":{"p":1,"q":3}}"#);
    check(
        "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}",
        r#"{"a":{"p":1},"b":{"p":2,"q":2},"c":{"p":1,"q":2}}"#,
    );
    check("'<<': 1", r#"{"<<":1}"#);
    check("<<: 1", "{}\n1:5 merge: `<<` takes a mapping or a list of mappings");
    check(
        "<<: {a: 1}\n<<: {b: 1}",
        "{\"a\":1,\"b\":1}\n2:1 duplicate-key: the key `<<` stands here twice\n  first written here: f.yaml:1:1",
    );
    check("a: *x", "{\"a\":null}\n1:4 alias: there is no anchor `&x` above in this document");
    check("a: &x [*x]", "{\"a\":[null]}\n1:8 alias: an alias inside of its own anchor");
    check(
        "a: &x 1\n---\nb: *x",
        "{\"a\":1}\n{\"b\":null}\n2:4 alias: there is no anchor `&x` above in this document"
            .replace("2:4", "3:4")
            .as_str(),
    );
}

#[test]
fn documents() {
    check("", "");
    check("\n# only a comment\n", "");
    check("---\n---\na: 1\n...\n---\nb: 2", "{\"a\":1}\n{\"b\":2}");
    check("\u{feff}a: 1\nb: 2", r#"{"a":1,"b":2}"#);
    check("a: 1\r\nb:\r\n  - x\r\n", r#"{"a":1,"b":["x"]}"#);
}

#[test]
fn syntax() {
    check("a:\n\tb: 1", "2:2 syntax: a tab where YAML wants spaces");
    check("a: 1\n---\nb: [1", "{\"a\":1}\n3:4 syntax: a `[` or `{` is never closed");
    check("a: b: c", "1:5 syntax: a second `: ` in one value");
    check(
        "a: 'x\nb: 1\n",
        "2:1 syntax: this line would continue a quoted text, but is not indented",
    );
    check("a: @x", "1:4 syntax: a value cannot begin with this character");
    check("- a\nb: 1", "2:1 syntax: expected the next `- ` of the list");
    check("a: 'x' y", "1:8 syntax: text after the closing quote");
    check("&a &b c", "1:4 syntax: did not find expected <document start>");
    check("a: \"\\q\"", "1:4 syntax: an escape that YAML does not know");
    check("a: }", "1:4 syntax: a closing bracket without its opening one");
}

fn check_hint(text: &str, expect: &str) {
    let (_, findings) = parse("f.yaml", text);
    assert_eq!(findings[0].hint.as_deref(), Some(expect), "{text}");
}

#[test]
fn syntax_hints() {
    check_hint("spec:\n\tcapacity: 5", "indent with spaces");
    check_hint("capacity:5\npriority: 2\n", "a key is followed by a colon and a space");
    check_hint("a: b: c", "quote a text that contains `: `, and check the line above");
    check_hint("a: @x", "quote the text");
}

#[test]
fn places() {
    check_place("a: 1\nbb: xyz", "/bb", (2, 5, 3));
    check_place("a: 1\nbb: xyz", "key:bb", (2, 1, 2));
    check_place("a:\n  - é: ü\n    ö: 'ab'", "/a/0/ö", (3, 8, 4));
    check_place("日本: {語: x}", "/日本/語", (1, 9, 1));
    check_place("\u{feff}a: 1", "/a", (1, 4, 1));
    check_place("a: 1\r\nb: 2", "/b", (2, 4, 1));
    check_place("a:\nb: 1", "/a", (1, 1, 1));
    check_place("a: &x {b: 1}\nc: *x", "/c", (2, 4, 2));
    check_place("a: &x {b: 1}\nc: *x", "/c/b", (1, 11, 1));
    check_place("a:\n  b:\n    c: 1", "/a", (2, 3, 0));
    check_place("a: >\n  x\n  y", "/a", (2, 3, 0));
}

#[test]
fn budgets() {
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    check(&deep(65), &deep(65));
    check(&deep(66), "1:66 too-deep: nested more than 64 levels deep");
    check(&"[".repeat(100_000), "1:66 too-deep: nested more than 64 levels deep");
    let mut laughs = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n".to_owned();
    for n in 1..10 {
        let copies = vec![format!("*a{}", n - 1); 10].join(",");
        laughs.push_str(&format!("a{n}: &a{n} [{copies}]\n"));
    }
    let (nodes, findings) = parse("f", &laughs);
    assert_eq!((nodes.len(), findings.len(), findings[0].rule), (0, 1, "too-large"));
}

#[test]
fn a_large_mapping_is_quick() {
    let mut text = String::new();
    for agent in 0..20_000 {
        text.push_str(&format!("agent-{}: 3\n", (agent * 7919) % 20_000));
    }
    let (nodes, findings) = parse("f", &text);
    assert_eq!((nodes[0].entries().len(), findings), (20_000, vec![]));
}
