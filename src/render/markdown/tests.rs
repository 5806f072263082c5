use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

use super::{COMMENT, Commands, LEAST, markdown, markdown_failure, markdown_outcome};
use crate::model::Address;
use crate::plan::{Applied, Outcome, Plan};
use crate::render::Detail;

/// A change; `paths` are field, before and after.
fn change(address: &Address, name: &str, action: &str, paths: &[(&str, Value, Value)]) -> Value {
    let side = |which: fn(&(&str, Value, Value)) -> Value| {
        let fields = paths.iter().map(|path| (path.0.to_owned(), which(path)));
        Value::Object(fields.collect())
    };
    let (before, after) = (side(|path| path.1.clone()), side(|path| path.2.clone()));
    let told = paths.iter().map(
        |(field, before, after)| json!({"path": format!("/{field}"), "before": before, "after": after}),
    );
    let is = |wanted: &str| action == wanted;
    json!({
        "address": address.to_string(), "kind": address.kind(), "name": name, "id": null,
        "previous_address": null,
        "change": {
            "actions": [action],
            "before": if is("create") { Value::Null } else { before },
            "after": if is("delete") { Value::Null } else { after },
            "paths": if is("update") { told.collect() } else { Vec::new() },
        },
        "reason": if is("delete") { "absent" } else { "differs" },
        "source": {"file": "desired/a.yaml", "line": 3, "column": 5},
        "precondition": {"etag": null, "digest": null},
        "held_by": [],
    })
}

fn plan(changes: Vec<Value>) -> Value {
    let count = |action: &str| {
        let is = |change: &&Value| change["change"]["actions"][0] == action;
        changes.iter().filter(|c| c["held_by"] == json!([])).filter(is).count()
    };
    let held = changes.iter().filter(|change| change["held_by"] != json!([])).count();
    json!({
        "format_version": "1.0", "tool_version": "0", "hash": "sha256:abc", "integrity": "",
        "tenant": {"name": "prod", "url": "sim:x", "dialect": "v2"},
        "source": {"commit": "c0ffee", "dirty": false, "manifests_digest": ""},
        "references": {},
        "summary": {
            "add": count("create"), "change": count("update"), "destroy": count("delete"),
            "held": held, "noop": 0, "unmanaged": 0,
        },
        "resource_changes": changes,
        "unmanaged": {"count": 0, "by_kind": {}},
        "checks": [],
        "applyable": true,
    })
}

const COMMANDS: Commands<'_> =
    Commands { apply: "cxform apply", whole: Some("cxform plan --detail full") };

fn read(plan: &Value) -> Plan {
    serde_json::from_value(plan.clone()).unwrap()
}

fn told(plan: &Value, budget: usize) -> String {
    let told = markdown(&read(plan), Detail::Changes, budget, COMMANDS);
    assert!(told.len() <= budget, "{} > {budget}:\n{told}", told.len());
    told
}

fn queue(name: &str) -> Address {
    Address::new("queue", &[name])
}

/// 40 queues, and 3,000 assignments to 20 skills, whose levels move in every way.
fn large() -> Value {
    let mut changes = Vec::new();
    for n in 0..3000_i64 {
        let (agent, skill) = (n / 20, n % 20);
        let address =
            Address::new("assignment", &[&format!("u-{agent:05}"), &format!("skill {skill:02}")]);
        let name = format!("Agent Number {agent:05} / skill {skill:02}");
        let (before, after) = (1 + n % 5, 1 + (n / 7) % 5);
        let window =
            |day: i64| json!(format!("2035-01-{:02}T08:00:00Z/2035-02-01T08:00:00Z", 1 + day % 28));
        let paths = [("level", json!(before), json!(after)), ("window", window(n), window(n / 3))];
        changes.push(change(&address, &name, "update", &paths));
    }
    for n in 0..40_i64 {
        let name = format!("Queue {n:02}");
        let paths = [
            ("capacity", json!(n + 1), json!(n + 20)),
            ("description", json!("what it was".repeat(20)), json!("what it will be".repeat(20))),
        ];
        changes.push(change(&queue(&name), &name, "update", &paths));
    }
    plan(changes)
}

#[test]
fn three_thousand_changes_fit() {
    let plan = large();
    for budget in [COMMENT, 20_000, 8_000] {
        let told = told(&plan, budget);
        assert!(told.starts_with(
            "<!-- cxform:plan:prod -->\n### 0 to add, 3040 to change, 0 to destroy\n"
        ));
        assert!(told.ends_with("\nPlan: 0 to add, 3040 to change, 0 to destroy.\n"), "{told}");
        for n in 0..40 {
            assert!(told.contains(&format!("Queue {n:02}")), "{budget}: {n}\n{told}");
        }
        for n in 0..20 {
            assert!(told.contains(&format!("skill skill {n:02}")), "{budget}: {n}\n{told}");
        }
        assert!(told.contains("> Cut to fit "), "{told}");
    }
    assert!(told(&plan, COMMENT).contains("+   capacity: 20\n"));
}

#[test]
fn what_is_deleted_held_or_blocked_is_never_cut() {
    let mut plan = large();
    let add = |plan: &mut Value, list: &str, value: Value| {
        plan[list].as_array_mut().unwrap().push(value);
    };
    for n in 0..300 {
        let delete = |name: &str| {
            let name = format!("{name} {n:03}");
            change(&queue(&name), &name, "delete", &[("capacity", json!(1), Value::Null)])
        };
        let mut held = delete("Kept");
        held["held_by"] = json!(["allow-delete"]);
        add(&mut plan, "resource_changes", delete("Old"));
        add(&mut plan, "resource_changes", held);
        let check = json!({"rule": "coverage", "level": "block", "status": "fail",
            "message": format!("blocked {n:03}"), "hint": "do something else"});
        add(&mut plan, "checks", check);
    }
    let told = told(&plan, COMMENT);
    for n in 0..300 {
        for what in ["- queue/Old ", "! queue/Kept ", "`blocked "] {
            assert!(told.contains(&format!("{what}{n:03}")), "{what}{n}");
        }
    }
    assert!(!told.contains("do not fit"), "{told}");
    // Where a line for each is too much, they are named together.
    let named = |text: &str| {
        ["queue/Old ", "queue/Kept ", "blocked "]
            .map(|what| text.matches(what).count())
            .iter()
            .sum()
    };
    let dense = self::told(&plan, 25_000);
    assert_eq!(named(&dense), 900_usize, "{dense}");
    assert!(!dense.contains("do not fit"), "{dense}");
    // Where not even they fit, what is missing is counted.
    let cut = self::told(&plan, 10_000);
    let named: usize = named(&cut);
    let numbers = cut.split("**…and ").skip(1).filter_map(|rest| rest.split(' ').next());
    let missing: usize = numbers.map(|number| number.parse::<usize>().unwrap()).sum();
    assert_eq!(named + missing, 900, "{cut}");
    assert!(cut.contains("even some of what is blocked, held or deleted"), "{cut}");
}

/// A cell of a matrix whose level moves.
fn assignment(agent: &str, skill: &str, action: &str, before: i64, after: i64) -> Value {
    let address = Address::new("assignment", &[agent, skill]);
    let name = format!("{agent} / {skill}");
    change(&address, &name, action, &[("level", json!(before), json!(after))])
}

#[test]
fn a_small_matrix_is_a_grid() {
    let mut held = assignment("Bo", "billing", "delete", 2, 0);
    held["held_by"] = json!(["allow-delete"]);
    let plan = plan(vec![
        assignment("Ana", "billing", "update", 3, 4),
        assignment("Ana", "sales", "create", 0, 5),
        held,
        assignment("Bo", "sales", "update", 4, 1),
    ]);
    let told = told(&plan, COMMENT);
    let grid = "|  | `billing` | `sales` |\n| --- | --- | --- |\n| `Ana` | 3 → 4 ▲ | + 5 |\n\
                | `Bo` | ! − 2 | 4 → 1 ▼ |\n";
    assert!(told.contains(grid), "{told}");
}

/// What has harmed Markdown, comments and logs before.
const NASTY: &[&str] = &[
    "<",
    ">",
    "`",
    "``",
    "```",
    "````",
    "~~~",
    "@everyone",
    "@user",
    "a@b.example",
    "#1",
    "GH-1",
    "[x](http://e.example)",
    "![x](y)",
    "|",
    "\\",
    "\\|",
    "\n",
    "\r",
    "\n\n",
    "\u{1b}[2J",
    "\u{202e}",
    "</details>",
    "<img src=x onerror=alert(1)>",
    "-->",
    "<!--",
    "--",
    "*",
    "_",
    "https://e.example",
    "www.e.example",
    "&lt;",
    "&#60;",
    "$x$",
    "\n::error::x",
    "##[error]x",
    " ",
    "    ",
    "- ",
    "# ",
    "> ",
    "1. ",
    "===",
    "é",
    "a",
    "</code>",
    "</summary>",
    "\u{85}",
    "\t",
    "=cmd|' /C calc'!A0",
    "\n```\n",
];

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize
    }

    fn nasty(&mut self) -> String {
        (0..=self.next() % 8).map(|_| NASTY[self.next() % NASTY.len()]).collect()
    }
}

fn hostile(dice: &mut Dice) -> Value {
    let mut changes = Vec::new();
    for n in 0..12 {
        let (one, other) = (dice.nasty(), dice.nasty());
        let address = match n % 2 {
            0 => queue(&format!("{one}{n}")),
            _ => Address::new("assignment", &[&format!("{one}{n}"), &format!("{other}{}", n % 3)]),
        };
        let paths = [
            ("level", json!(3), json!(4)),
            ("description", json!(dice.nasty()), json!(dice.nasty())),
        ];
        let action = ["update", "create", "delete"][dice.next() % 3];
        let mut change = change(&address, &dice.nasty(), action, &paths);
        change["source"]["file"] = json!(dice.nasty());
        if dice.next().is_multiple_of(3) {
            change["held_by"] = json!(["allow-delete", dice.nasty()]);
        }
        changes.push(change);
    }
    let mut plan = plan(changes);
    for level in ["block", "hold", "warn"] {
        let check = json!({"rule": dice.nasty(), "level": level, "status": "fail",
            "message": dice.nasty(), "hint": dice.nasty(),
            "source": {"file": dice.nasty(), "line": 1, "column": 1}});
        plan["checks"].as_array_mut().unwrap().push(check);
    }
    let span = |before, after| {
        json!({"from": "2035-01-08T08:00:00Z", "to": "2035-01-08T16:00:00Z",
        "before": {"3": before}, "after": {"3": after}, "floor": 1})
    };
    plan["coverage"] = json!({"timezone": "UTC", "from": "2035-01-08T00:00:00Z",
        "to": "2035-01-15T00:00:00Z", "agents": 2, "teams": [{"name": dice.nasty(), "agents": 2, "touched": 1}],
        "resources": [{"address": queue(&format!("{}q", dice.nasty())).to_string(), "agents": 2, "touched": 1,
            "spans": [span(2, 0)]}]});
    plan["tenant"]["name"] = json!(dice.nasty());
    plan["source"]["commit"] = json!(dice.nasty());
    plan["source"]["live"] = json!(dice.nasty());
    plan
}

/// Holds a text against what an independent reader of Markdown makes of it.
fn judge(text: &str, seed: u64) {
    let why = |what: &str| format!("seed {seed}: {what}\n{text}");
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(
        !text.contains(|c: char| c != '\n' && (c.is_control() || turns(c))),
        "{}",
        why("control")
    );
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{}", why("a command"));
    assert!(!text.contains("##["), "{}", why("an old command"));
    let titles = [
        "Blocked by",
        "Held, and",
        "Why it is held",
        "Deleted",
        "Coverage that falls",
        "Levels that run out",
        "Changed",
        "Grouped changes",
        "Warnings",
        "Applied",
        "There is no plan",
        "0 to",
        "1 to",
        "No changes",
    ];
    let (mut in_code, mut in_heading) = (false, false);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let html = html.trim();
                in_code = html == "<code>" || (in_code && html != "</code>");
                let is_ours = html.starts_with("<!-- cxform:")
                    && html.ends_with(" -->")
                    && html.matches("--").count() == 2
                    || html.starts_with("<details><summary>")
                        && html.ends_with("</summary>")
                        && html.matches('<').count() == 3
                    || ["</details>", "<code>", "</code>"].contains(&html);
                assert!(is_ours, "{}", why(html));
            }
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(Tag::Heading { .. }) => in_heading = true,
            Event::Text(text) if in_heading => {
                let is_ours = text.chars().all(|c| c.is_ascii_digit() || " ;,".contains(c))
                    || titles.iter().any(|title| text.starts_with(title))
                    || text.contains(" to add, ");
                assert!(is_ours, "{}", why(&text));
                in_heading = false;
            }
            Event::Text(text) if !in_code => {
                let acts = ["@", "#", "http", "www", "$", "GH-", "cmd"];
                assert!(!acts.iter().any(|bad| text.contains(bad)), "{}", why(&text));
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Strikethrough) => {
                panic!("{}", why("markup"));
            }
            _ => {}
        }
    }
    assert!(!in_code, "{}", why("a fence is open"));
}

#[test]
fn no_name_acts() {
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let hostile = hostile(&mut dice);
        for budget in [COMMENT, 6_000, 3_000] {
            let told = told(&hostile, budget);
            judge(&told, seed);
            assert!(told.lines().last().unwrap().starts_with("Plan: "), "{told}");
        }
        let plan = read(&hostile);
        let change = &plan.resource_changes[0];
        let failed =
            Outcome { message: Some(dice.nasty()), ..Outcome::not_started(change, dice.nasty()) };
        let applied = Applied { outcomes: vec![failed; 50], stopped: Some(dice.nasty()) };
        for budget in [COMMENT, LEAST] {
            let told = markdown_outcome(&plan, &applied, budget);
            assert!(told.len() <= budget, "{} > {budget}", told.len());
            judge(&told, seed);
        }
        judge(&markdown_failure(&dice.nasty(), &dice.nasty()), seed);
    }
}

mod reader;
