//! Doors: the page of a plan in which everything is hostile, and one with hours that clocks skip.

use serde_json::{Value, json};

use super::{SCRIPT, STYLE, base64, embedded, escaped, html};
use crate::plan::Plan;

const HOSTILE: &str =
    "</script></details><img src=x onerror=alert(1)>@everyone | `rm`\u{1b}[2J\u{202e}\u{2028}";

/// A plan with these changes and this coverage.
fn plan(changes: &Value, coverage: &Value) -> Plan {
    let plan = json!({
        "format_version": "1.0", "tool_version": "0", "hash": "h", "integrity": "i",
        "tenant": { "name": HOSTILE, "url": "https://t", "dialect": "v2" },
        "source": { "commit": HOSTILE, "dirty": true, "manifests_digest": "m" },
        "references": {}, "resource_changes": changes, "coverage": coverage,
        "unmanaged": { "count": 0, "by_kind": {} },
        "checks": [{ "rule": "r", "level": "block", "status": "fail", "message": HOSTILE, "hint": HOSTILE }],
        "summary": { "add": 0, "change": 1, "destroy": 0, "held": 0, "noop": 0, "unmanaged": 0 },
        "applyable": false,
    });
    serde_json::from_value(plan).unwrap()
}

fn change(address: &str, kind: &str, name: &str, before: &Value, after: &Value) -> Value {
    let fields = after.as_object().unwrap().iter();
    let paths: Vec<Value> = fields
        .map(|(key, after)| json!({ "path": format!("/{key}"), "before": before[key], "after": after }))
        .collect();
    json!({
        "address": address, "kind": kind, "name": name, "id": "1", "previous_address": null,
        "change": { "actions": ["update"], "before": before, "after": after, "paths": paths },
        "reason": "differs", "source": { "file": "m.yaml", "line": 3, "column": 1 },
        "precondition": { "etag": null, "digest": null }, "held_by": [],
    })
}

/// What the page's script gets.
fn data(page: &str) -> Value {
    let begin = page.split_once(r#"<script type="application/json" id="plan">"#).unwrap().1;
    serde_json::from_str(begin.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn nothing_of_a_plan_is_markup() {
    let address = crate::model::Address::new("queue", &[HOSTILE]).to_string();
    let before = json!({ "description": HOSTILE });
    let after = json!({ "description": format!("{HOSTILE}\n=cmd|' /C calc'!A0") });
    let page =
        html(&plan(&json!([change(&address, "queue", HOSTILE, &before, &after)]), &Value::Null));
    let page = page.unwrap();
    assert!(!page.contains("<img") && !page.contains("</details>"), "{page}");
    assert!(!page.contains(['\u{1b}', '\u{202e}', '\u{2028}']));
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (2, 2));
    let data = data(&page);
    let shown = data["changes"][0]["address"].as_str().unwrap();
    assert!(shown.starts_with("queue/<%2Fscript><%2Fdetails><img src=x"), "{shown}");
    let message = data["checks"][0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("</script></details><img") && message.contains("\\u{202e}"),
        "{message}"
    );
}

#[test]
fn a_cell_is_what_can_be_better() {
    let before = json!({ "level": 4, "window": "always" });
    let change =
        |after: &Value| change("assignment/u-1/s", "assignment", "Ana / s", &before, after);
    let check = |after: Value, better: Value, cell: Value| {
        let data = data(&html(&plan(&json!([change(&after)]), &Value::Null)).unwrap());
        assert_eq!((&data["says"][0]["better"], &data["says"][0]["cell"]), (&better, &cell));
        assert_eq!(data["members"], json!([{ "id": "u-1", "name": "Ana" }]));
        assert_eq!(data["heads"], json!(["s"]));
    };
    let cell = |after: &str, better: bool| json!({ "path": "level", "before": "4", "after": after, "better": better });
    check(json!({ "level": 5 }), json!(true), cell("5", true));
    check(json!({ "level": 3, "window": "day" }), json!(false), cell("3", false));
    check(json!({ "window": "day" }), Value::Null, Value::Null);
}

#[test]
fn hours_are_those_of_the_clocks() {
    let span = |from: &str, to: &str, before: u32, after: u32| json!({ "from": from, "to": to, "before": { "3": before }, "after": { "3": after } });
    // In the night to the 4th of November 2035 the clocks of New York show 01:00 twice.
    let coverage = json!({
        "timezone": "America/New_York", "from": "2035-11-03T16:00:00Z",
        "to": "2035-11-10T17:00:00Z", "agents": 9,
        "resources": [{
            "address": "queue/Main", "agents": 9, "touched": 2, "by": ["skill/s"],
            "spans": [
                span("2035-11-04T03:00:00Z", "2035-11-04T06:00:00Z", 5, 4),
                span("2035-11-04T06:00:00Z", "2035-11-04T08:00:00Z", 5, 2),
                span("2035-12-01T00:00:00Z", "2035-12-01T08:00:00Z", 5, 1),
            ],
        }],
    });
    let data = data(&html(&plan(&json!([]), &coverage)).unwrap());
    let grid = &data["coverage"];
    assert_eq!(grid["days"].as_array().unwrap().len(), 8);
    assert_eq!(grid["days"][1], "Sun 2035-11-04");
    let chart = &grid["resources"][0];
    let runs: Vec<[i64; 4]> = chart["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| ["day", "from", "to", "after"].map(|name| run[name].as_i64().unwrap()))
        .collect();
    assert_eq!(runs, [[0, 23, 24, 4], [1, 0, 1, 4], [1, 1, 3, 2]]);
    assert_eq!(chart["runs"][0]["levels"], "level 3: 5 -> 4");
    assert_eq!(chart["beyond"], json!(["Fri 2035-11-30 19:00 to Sat 2035-12-01 03:00: 5 → 1"]));
    assert_eq!(chart["by"], json!(["s"]));
}

#[test]
fn the_policy_lets_only_this_page_run() {
    let page = html(&plan(&json!([]), &Value::Null)).unwrap();
    for text in [STYLE, SCRIPT] {
        let digest = base64(&<sha2::Sha256 as sha2::Digest>::digest(text));
        assert!(page.contains(&format!("'sha256-{digest}'")));
        assert!(page.contains(&format!(">{text}</")));
    }
    assert!(page.contains("default-src 'none'"));
    for word in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "</script"]
    {
        assert!(!SCRIPT.contains(word), "{word}");
    }
}

#[test]
fn encodings() {
    for (bytes, expect) in
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
    {
        assert_eq!(base64(bytes.as_bytes()), expect);
    }
    assert_eq!(escaped("<a b=\"'&\">"), "&lt;a b=&quot;&#39;&amp;&quot;&gt;");
    let text = json!(HOSTILE).to_string();
    let safe = embedded(&text);
    assert!(!safe.contains(['<', '>', '&', '\u{2028}']), "{safe}");
    assert_eq!(serde_json::from_str::<Value>(&safe).unwrap(), json!(HOSTILE));
}
