//! From assignments as the tenant has them to manifests: one matrix, and the windows that it names.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::schema::{MATRIX, WINDOW};
use crate::model::{Address, Remote};

/// What the matrix is called, and what the windows' names begin with.
const NAME: &str = "unmanaged";

/// The manifests; without a level or a window an assignment is none that a manifest can declare.
pub(super) fn of(remotes: &[(Address, &Remote)]) -> Vec<Value> {
    let mut windows: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut rows: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (address, remote) in remotes {
        let fields = remote.document.value();
        let text = |path: &str| fields.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let (Some(level), Some(from), Some(to)) =
            (fields.get("level"), text("/window/from"), text("/window/to"))
        else {
            continue;
        };
        let next = format!("{NAME}-{}", windows.len() + 1);
        let window = windows.entry((from, to)).or_insert(next);
        let cell = json!({"level": level, "window": window});
        rows.entry(address.segment(0)).or_default().insert(address.segment(1), cell);
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let document = |kind: &str, name: &str, spec: Value| {
        json!({
            "apiVersion": "cxform/v1", "kind": kind, "metadata": {"name": name}, "spec": spec,
        })
    };
    let windows: BTreeMap<&String, _> = windows.iter().map(|(times, name)| (name, times)).collect();
    let windows = windows
        .iter()
        .map(|(name, (from, to))| document(WINDOW, name, json!({"from": from, "to": to})));
    windows.chain([document(MATRIX, NAME, json!({"agents": rows}))]).collect()
}
