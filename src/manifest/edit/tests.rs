use serde_json::{Value, json};

use super::{EditError, Splice, edit};
use crate::manifest::table::table;
use crate::manifest::yaml;
use crate::model::{Node, Place, Tree};

/// The places of all values that equal `from`, in the order of the file.
fn places(file: &str, text: &str, from: &Value) -> Vec<Place> {
    fn walk(node: &Node, from: &Value, found: &mut Vec<Place>) {
        match &node.tree {
            Tree::Array(items) => items.iter().for_each(|item| walk(item, from, found)),
            Tree::Object(entries) => entries.iter().for_each(|(_, value)| walk(value, from, found)),
            _ if node.to_json() == *from => found.push(node.place.clone()),
            _ => {}
        }
    }
    let roots = match file.ends_with(".csv") {
        true => vec![table(file, text).unwrap()],
        false => yaml::parse(file, text).0,
    };
    let mut found = Vec::new();
    roots.iter().for_each(|root| walk(root, from, &mut found));
    found
}

/// Replaces the values that equal `from`, those at these indices.
fn replaced(
    file: &str,
    text: &str,
    from: &Value,
    at: &[usize],
    to: &Value,
) -> Result<String, EditError> {
    let found = places(file, text, from);
    let splices: Vec<Splice> = at
        .iter()
        .map(|at| Splice { place: found[*at].clone(), from: from.clone(), to: to.clone() })
        .collect();
    edit(file, text, &splices)
}

#[test]
fn nothing_but_the_value_changes() {
    let check = |text: &str, at: &[usize], expect: &str| {
        let answer = replaced("m.yaml", text, &json!(3), at, &json!(5));
        assert_eq!(answer.as_deref(), Ok(expect), "{text}");
    };
    check("a: 3 # why\n", &[0], "a: 5 # why\n");
    check("{a: 3, b: {level: 3,window: x}}", &[1], "{a: 3, b: {level: 5,window: x}}");
    check("# ä\r\n\"ü\":   3   # x\r\nb: 3\r\n", &[0, 1], "# ä\r\n\"ü\":   5   # x\r\nb: 5\r\n");
    check("\u{feff}a: 3\nb: 1\n", &[0], "\u{feff}a: 5\nb: 1\n");
    check("a: 0x3\nb: +3\nc: 3.0\n", &[0, 1, 2], "a: 5\nb: 5\nc: 5\n");
    check("---\na: 3\n---\na: 3\n...\n", &[1], "---\na: 3\n---\na: 5\n...\n");
    check("a:\n  - 3\n  - [3, 3]\n", &[2], "a:\n  - 3\n  - [3, 5]\n");
    check("a: &x 3\n", &[0], "a: &x 5\n");
    check("a: &x 3 # c\nb: *x # d\n", &[1], "a: &x 3 # c\nb: 5 # d\n");
    check("a: 3", &[], "a: 3");
}

#[test]
fn texts_and_words() {
    let check = |text: &str, from: Value, to: Value, expect: &str| {
        let answer = replaced("m.yml", text, &from, &[0], &to);
        assert_eq!(answer.as_deref(), Ok(expect), "{text}");
    };
    check("a: [old, b]\n", json!("old"), json!("new one"), "a: [new one, b]\n");
    check("a: 'old'  #\n", json!("old"), json!("a, b"), "a: \"a, b\"  #\n");
    check("a: \"o\\u006cd\"\n", json!("old"), json!("yes: no"), "a: \"yes: no\"\n");
    check("a: old\n", json!("old"), json!("true"), "a: \"true\"\n");
    check("a: old\n", json!("old"), json!("null"), "a: \"null\"\n");
    check("a: old\n", json!("old"), json!(""), "a: \"\"\n");
    check("a: old\n", json!("old"), json!(null), "a: null\n");
    check("a: true\n", json!(true), json!(false), "a: false\n");
    check("a: ~\n", json!(null), json!(7), "a: 7\n");
}

#[test]
fn what_means_more_is_refused() {
    let check = |text: &str, at: usize, expect: &str| {
        let answer = replaced("m.yaml", text, &json!(3), &[at], &json!(5));
        assert_eq!(answer.unwrap_err().to_string(), expect, "{text}");
    };
    let more =
        "other values would change too: an alias repeats this one, or it is written unusually";
    check("a: &x 3\nb: *x\n", 0, more);
    let used = "this value is used in 2 places";
    check("a: &x {y: 3}\nb: *x\n", 0, used);
    check("a: &x {y: 3}\nb: {<<: *x, z: 1}\n", 0, used);
    let place = Place { line: 1, column: 4, width: 1, ..Place::of_file("m.yaml") };
    let gone = edit("m.yaml", "a: 4\n", &[Splice { place, from: json!(3), to: json!(5) }]);
    assert_eq!(gone.unwrap_err().to_string(), "the value is not here any more");
}

#[test]
fn cells_of_a_table() {
    let check = |text: &str, at: &[usize], expect: &str| {
        let answer = replaced("m.csv", text, &json!(3), at, &json!(5));
        assert_eq!(answer.as_deref(), Ok(expect), "{text}");
    };
    check("agent,a,b\nana,3,3@late\n", &[0, 1], "agent,a,b\nana,5,5@late\n");
    check(
        "agent,a,b\r\n\"Ruiz, Ana\", 3 ,\"3\"\r\n",
        &[0, 1],
        "agent,a,b\r\n\"Ruiz, Ana\", 5 ,\"5\"\r\n",
    );
    let cell = |text: &str, expect: &str| {
        let node = table("m.csv", text).unwrap().get("ana").unwrap().get("a").unwrap().clone();
        let splice = Splice { place: node.place.clone(), from: node.to_json(), to: json!("none") };
        assert_eq!(edit("m.csv", text, &[splice]).as_deref(), Ok(expect), "{text}");
    };
    cell("agent,a,b\nana, 3@late ,3\n", "agent,a,b\nana, none ,3\n");
    cell("agent,b,a\r\nana,1,\"3@late\"\r\n", "agent,b,a\r\nana,1,\"none\"\r\n");
    let text = "agent,a\nana,+3\n";
    let place = Place { line: 2, column: 5, width: 2, ..Place::of_file("m.csv") };
    let plus = edit("m.csv", text, &[Splice { place, from: json!(3), to: json!(5) }]);
    assert!(matches!(plus, Err(EditError::NotPlain)), "{plus:?}");
}

/// Numbers, as many as are asked for, from a seed (splitmix64).
struct Draw(u64);

impl Draw {
    fn up_to(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % most as u64).unwrap()
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.up_to(all.len())]
    }
}

/// A matrix as people write it, with a mark where each level stands: the text around the levels.
fn random_matrix(draw: &mut Draw) -> Vec<String> {
    let newline = draw.of(&["\n", "\r\n"]);
    let mut parts = vec![format!("# levels{newline}spec:{newline}  agents:{newline}")];
    for agent in 0..1 + draw.up_to(4) {
        let key = draw.of(&["ana", "\"Zoë 3\"", "'b: 4'", "id:u-5"]);
        let comment = draw.of(&["", " # 3, not 4", "   # ü {"]);
        let flow = draw.up_to(2) == 0;
        let open = if flow { " { " } else { comment };
        parts.last_mut().unwrap().push_str(&format!("    {key}{agent}:{open}"));
        let key_is_quoted = key.starts_with(['"', '\'']);
        if key_is_quoted {
            let last = parts.last_mut().unwrap();
            *last = last.replace(
                &format!("{key}{agent}"),
                &format!("{}{agent}{}", &key[..key.len() - 1], &key[..1]),
            );
        }
        for skill in 0..1 + draw.up_to(3) {
            let space = draw.of(&[" ", "  ", "    "]);
            let cell = draw.of(&["", "{ level: ", "{ window: early, level:   "]);
            let before = match (flow, skill) {
                (true, 0) => format!("s{skill}:{space}{cell}"),
                (true, _) => format!(", s{skill}:{space}{cell}"),
                (false, _) => format!("{newline}      s{skill}:{space}{cell}"),
            };
            parts.last_mut().unwrap().push_str(&before);
            parts.push(if cell.is_empty() { String::new() } else { " }".to_owned() });
            if !flow && draw.up_to(2) == 0 {
                parts.last_mut().unwrap().push_str(" # 2");
            }
        }
        let close = if flow { format!(" }}{comment}{newline}") } else { newline.to_owned() };
        parts.last_mut().unwrap().push_str(&close);
    }
    parts
}

#[test]
fn in_random_matrices_only_the_levels_bytes_change() {
    for seed in 0..500 {
        let mut draw = Draw(seed);
        let parts = random_matrix(&mut draw);
        let text = |level: &dyn Fn(usize) -> String| {
            let mut text = String::new();
            for (index, part) in parts.iter().enumerate() {
                text.push_str(part);
                if index + 1 < parts.len() {
                    text.push_str(&level(index));
                }
            }
            text
        };
        let before = text(&|_| "1".to_owned());
        let count = places("m.yaml", &before, &json!(1)).len();
        assert_eq!(count, parts.len() - 1, "seed {seed}\n{before}");
        let chosen: Vec<usize> = (0..count).filter(|_| draw.up_to(2) == 0).collect();
        let answer = replaced("m.yaml", &before, &json!(1), &chosen, &json!(5)).unwrap();
        let expect = text(&|index| if chosen.contains(&index) { "5" } else { "1" }.to_owned());
        assert_eq!(answer, expect, "seed {seed}");
    }
}

#[test]
fn items_of_a_list_come_and_go() {
    fn first(node: &Node) -> Option<&Node> {
        let inner = node.entries().iter().map(|(_, value)| value);
        if matches!(node.tree, Tree::Array(_)) {
            Some(node)
        } else {
            inner.filter_map(first).next()
        }
    }
    let check = |text: &str, to: Value, expect: &str| {
        let roots = yaml::parse("m.yaml", text).0;
        let list = roots.iter().find_map(first).unwrap();
        let splice = Splice { place: list.place.clone(), from: list.to_json(), to };
        let answer = edit("m.yaml", text, &[splice]);
        let answer = answer.unwrap_or_else(|error| error.to_string());
        assert_eq!(answer, expect, "{text}");
    };
    check("a: [x, y]  # z\nb: 1\n", json!(["y"]), "a: [y]  # z\nb: 1\n");
    check("a: [ 'x' , y ]\n", json!(["x", "n, n"]), "a: [ 'x' , \"n, n\" ]\n");
    check("a: []\n", json!(["x", "y"]), "a: [x, y]\n");
    check("{a: [x], b: 2}", json!([]), "{a: [], b: 2}");
    check("a: [x, y,]\n", json!(["x"]), "a: [x,]\n");
    // Block style: a line each; the comment of one that goes stays.
    let text = "a:\n  # first\n  - x # why\n  - \"y\"\n\n  - z\nb: 1\n";
    check(text, json!(["y", "z"]), "a:\n  # first\n  # why\n  - \"y\"\n\n  - z\nb: 1\n");
    check(text, json!(["x", "z"]), "a:\n  # first\n  - x # why\n\n  - z\nb: 1\n");
    check(text, json!(["x", "y", "n"]), "a:\n  # first\n  - x # why\n  - \"y\"\n\n  - n\nb: 1\n");
    check("a:\n- x\n- y", json!(["x", "y", "true"]), "a:\n- x\n- y\n- \"true\"");
    check("a:\r\n- x\r\nb: 1\r\n", json!(["y"]), "a:\r\n- y\r\nb: 1\r\n");
    check("a: # w\n  # v\n  - x\nb: 1\n", json!([]), "a: [] # w\n  # v\nb: 1\n");
    check(
        "a:\n  - x\n  # w\n  - z\n",
        json!(["n", "x", "m", "z"]),
        "a:\n  - n\n  - x\n  - m\n  # w\n  - z\n",
    );
    check("a: [x,\n  y]  # z\n", json!(["x"]), "a: [x]  # z\n");
    check("a: [\n  x,\n  y,\n]\n", json!(["x", "n"]), "a: [\n  x,\n  n,\n]\n");
    check(
        "a: &l [x]\nb: *l\n",
        json!(["y"]),
        "other values would change too: an alias repeats this one, or it is written unusually",
    );
    check(
        "a: [x, # no ]\n  y]\n",
        json!(["x"]),
        "comments stand within the brackets of this value",
    );
    // Lists of mappings lose some, and get some.
    let rules = "a: [{t: p, v: 5}, {t: \"q\", v: [1]}] # w\n";
    check(rules, json!([]), "a: [] # w\n");
    check(rules, json!([{"t": "q", "v": [1]}]), "a: [{t: \"q\", v: [1]}] # w\n");
    check("a: []\n", json!([{"t": "p q", "v": true}]), "a: [{t: p q, v: true}]\n");
    let rules = "a:\n  # one\n  - t: p # is p\n    # and\n    v: >\n      # no comment\n      x\n\n  - {t: q}\nb: 1\n";
    check(rules, json!([]), "a: []\n  # one\n  # is p\n    # and\n\nb: 1\n");
    check(
        rules,
        json!([{"t": "q"}, {"t": "r"}]),
        "a:\n  # one\n  # is p\n    # and\n\n  - {t: q}\n  - {t: r}\nb: 1\n",
    );
    // Lists of mappings change value by value.
    check(
        "a:\n  - {t: p, v: 1} # one\n  - t: q\n    v: 2 # two\n",
        json!([{"t": "p", "v": 3}, {"t": "q", "v": 4}]),
        "a:\n  - {t: p, v: 3} # one\n  - t: q\n    v: 4 # two\n",
    );
}

#[test]
fn texts_of_several_lines() {
    let check = |text: &str, to: &str, expect: &str| {
        let root = yaml::parse("m.yaml", text).0.remove(0);
        let node = root.get("a").unwrap();
        let splice = Splice { place: node.place.clone(), from: node.to_json(), to: json!(to) };
        let answer = edit("m.yaml", text, &[splice]);
        let answer = answer.unwrap_or_else(|error| error.to_string());
        assert_eq!(answer, expect, "{text}");
    };
    let text = "a: | # why | not\n  old\n    # no comment\n\n  end\n\n# after\nb: 1\n";
    check(text, "new\n", "a: | # why | not\n  new\n\n# after\nb: 1\n");
    check(text, "new", "a: |- # why | not\n  new\n\n# after\nb: 1\n");
    check(text, "# n\n\n  m\n", "a: | # why | not\n  # n\n\n    m\n\n# after\nb: 1\n");
    // What no such lines can say stands between quotes.
    check(text, "", "a: \"\" # why | not\n\n# after\nb: 1\n");
    check(text, " x", "a: \" x\" # why | not\n\n# after\nb: 1\n");
    check(text, "x\n\n", "a: \"x\\n\\n\" # why | not\n\n# after\nb: 1\n");
    check(
        "a: >-\r\n    old\r\n    text\r\nb: 1\r\n",
        "x\ny",
        "a: |-\r\n    x\r\n    y\r\nb: 1\r\n",
    );
    check("b: 1\na: |+2\n    old\n\n", "new\n", "b: 1\na: |\n  new\n\n");
    check("a: >\n  old", "new\n", "a: |\n  new\n");
    check("a: >\n  old", "new", "a: |-\n  new");
    check("a: \"old\n  text\" # why\n", "new", "a: new # why\n");
    check("a: old\n  text\nb: 1\n", "new", "a: new\nb: 1\n");
}

#[test]
fn a_mapping_becomes_a_word() {
    let check = |text: &str, expect: &str| {
        let root = yaml::parse("m.yaml", text).0.remove(0);
        let node = root.get("s").unwrap().get("a").unwrap();
        let splice = Splice { place: node.place.clone(), from: node.to_json(), to: json!("none") };
        let answer = edit("m.yaml", text, &[splice]);
        let answer = answer.unwrap_or_else(|error| error.to_string());
        assert_eq!(answer, expect, "{text}");
    };
    check("s: {a: {level: 3, window: w}, b: 1} # c\n", "s: {a: none, b: 1} # c\n");
    check("s:\n  a: {level: 3,\n    window: w}\n", "s:\n  a: none\n");
    check(
        "s:\n  a: {level: 3, # c\n    window: w}\n",
        "comments stand within the brackets of this value",
    );
    check(
        "s:\n  a: # one\n    level: 3 # two\n    # three\n    window: w\n  # four\n  b: 1\n",
        "s:\n  a: none # one\n    # two\n    # three\n  # four\n  b: 1\n",
    );
    check("d: &d {level: 3}\ns:\n  a: *d # e\n", "d: &d {level: 3}\ns:\n  a: none # e\n");
}
