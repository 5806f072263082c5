//! What holds for every workflow that is ready to copy.

use serde_json::Value;

use super::runner::{workflows, yaml};
use crate::support::root;

/// Each string of a document with the keys that lead to it.
fn strings(value: &Value, keys: &mut Vec<String>, take: &mut dyn FnMut(&[String], &str)) {
    match value {
        Value::String(text) => take(keys, text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, keys, take)),
        Value::Object(fields) => {
            for (key, value) in fields {
                keys.push(key.clone());
                strings(value, keys, take);
                keys.pop();
            }
        }
        _ => {}
    }
}

#[test]
fn no_workflow_of_github_gives_more_than_it_must() {
    let files = workflows();
    assert_eq!(files.len(), 3);
    let action = root().join("examples/ci/github/.github/actions/cxform/action.yml");
    for file in files.iter().chain([&action]) {
        let (document, text) = (yaml(file), std::fs::read_to_string(file).unwrap());
        strings(&document, &mut Vec::new(), &mut |keys, text| {
            let key = keys.last().unwrap();
            let is_code = key == "run";
            // An expression is pasted into a script as it is: whoever names a branch would run it.
            assert!(!is_code || !text.contains("${{"), "{file:?}: {text}");
            assert!(!is_code || text.starts_with("set -euo pipefail\n"), "{file:?}: {text}");
            if key == "uses" && !text.starts_with("./") {
                let (_, commit) = text.split_once('@').unwrap();
                let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
                assert!(is_commit, "{file:?}: {text}");
            }
        });
        for line in text.lines().filter(|line| line.contains("uses: actions/")) {
            assert!(line.contains(" # v"), "{file:?}: {line}");
        }
        assert!(!text.contains("pull_request_target") && !text.contains("write-all"), "{file:?}");
        if *file != action {
            assert_eq!(document["permissions"], serde_json::json!({}), "{file:?}");
            assert!(document["concurrency"]["group"].is_string(), "{file:?}");
        }
    }
}
