//! JSON for people to compare, without what differs from run to run.

use serde_json::Value;

/// Members whose values are times, durations and names of runs.
const VARYING: &[&str] = &[
    "@timestamp",
    "cxform",
    "duration_ms",
    "elapsed_seconds",
    "ended",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "request_id",
    "run",
    "started",
    "time",
    "wait_seconds",
    "waited_ms",
];

/// JSON values, one or a line each; none where the text is something else.
pub(crate) fn told_steadily(text: &str) -> Option<String> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut values: Vec<Value> = values.collect::<Result<_, _>>().ok()?;
    values.iter_mut().for_each(still);
    let told = match &values[..] {
        [one] => serde_json::to_string_pretty(one).unwrap() + "\n",
        lines => lines.iter().map(|line| format!("{line}\n")).collect(),
    };
    Some(told)
}

fn still(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(still),
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    value if VARYING.contains(&key.as_str()) && !value.is_null() => {
                        *value = "VARIES".into();
                    }
                    Value::String(text) if key == "@message" => *text = message(text),
                    value => still(value),
                }
            }
        }
        _ => {}
    }
}

/// `… complete after 0.1 s [id=q-1]` without the time, and the version without its number.
fn message(text: &str) -> String {
    if text.starts_with("cxform ") {
        return "cxform VARIES".to_owned();
    }
    match text
        .split_once(" after ")
        .and_then(|(before, rest)| Some((before, rest.split_once(" s")?.1)))
    {
        Some((before, rest)) => format!("{before} after VARIES s{rest}"),
        None => text.to_owned(),
    }
}
