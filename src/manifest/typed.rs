//! Files of one document that become a Rust value, and Rust values that become YAML.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::validate::Checker;
use super::{json, yaml};
use crate::model::{Finding, Node, Place};

/// A value that cannot be written as YAML.
#[derive(Debug, thiserror::Error)]
#[error("cannot be written as YAML: {0}")]
pub struct WriteError(String);

/// Reads a file of exactly one document, YAML or JSON, that follows `schema`.
///
/// The node is the same document; its places name only the file where a JSON file was read.
///
/// # Errors
/// Everything that is wrong with the file, each with its line and column.
pub fn read_document<T: DeserializeOwned>(
    file: &str,
    text: &str,
    schema: &Value,
) -> Result<(T, Node), Vec<Finding>> {
    let checker = Checker::new(schema.clone());
    if let Some(done) = read_json(file, text, &checker) {
        return Ok(done);
    }
    let (documents, fatal) = yaml::documents(file, text);
    let mut findings: Vec<Finding> = fatal.into_iter().collect();
    let mut documents = documents.into_iter();
    let root = match documents.next() {
        Some(first) => {
            findings.extend(first.findings);
            first.root
        }
        None if findings.is_empty() => {
            let message = "the file holds no document";
            return Err(vec![Finding::error("empty", &Place::of_file(file), message)]);
        }
        None => return Err(findings),
    };
    findings.extend(documents.next().map(|second| {
        Finding::error("many-documents", &second.root.place, "only one document may stand here")
            .related(&root.place, "the first one")
    }));
    checker.check(&root, &mut findings);
    if findings.is_empty() {
        match serde_json::from_value(root.to_json()) {
            Ok(value) => return Ok((value, root)),
            Err(error) => {
                findings.push(Finding::error("wrong-type", &root.place, error.to_string()));
            }
        }
    }
    findings.sort();
    Err(findings)
}

/// A JSON file without any fault; whatever has one is read again as YAML.
fn read_json<T: DeserializeOwned>(file: &str, text: &str, checker: &Checker) -> Option<(T, Node)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let root = json::parse(file, text)?;
    let value = root.to_json();
    if !checker.is_valid(&value) {
        return None;
    }
    Some((serde_json::from_value(value).ok()?, root))
}

/// A value as one YAML document, every text quoted that another reader might take for a number,
/// a date or a yes.
///
/// # Errors
/// The value's own `Serialize` fails, or a key of a map is not a scalar.
pub fn to_yaml<T: Serialize>(value: &T) -> Result<String, WriteError> {
    let options = serde_yaml::ser_options! {
        compact_list_indent: false,
        prefer_block_scalars: false,
    };
    serde_yaml::to_string_with_options(value, options)
        .map_err(|error| WriteError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::super::samples::{Overflow, QueueSpec, Sort};
    use super::{read_document, to_yaml};

    fn schema() -> Value {
        let mut schema = schemars::schema_for!(QueueSpec).to_value();
        crate::manifest::schema::strict(&mut schema);
        schema
    }

    fn check(text: &str, expect: &str) {
        let answer = match read_document::<QueueSpec>("s", text, &schema()) {
            Ok((value, _)) => serde_json::to_string(&value.capacity).unwrap(),
            Err(findings) => {
                let line = |f: &crate::model::Finding| {
                    format!("{} {}: {}", f.place.as_ref().unwrap(), f.rule, f.message)
                };
                findings.iter().map(line).collect::<Vec<_>>().join("\n")
            }
        };
        assert_eq!(answer, expect, "{text}");
    }

    fn check_schema(schema: Value, text: &str, expect: &str) {
        let findings = read_document::<Value>("s", text, &schema).err().unwrap_or_default();
        let line = |f: &crate::model::Finding| {
            let hint = f.hint.as_deref().unwrap_or_default();
            format!("{} {}: {} ({hint})", f.place.as_ref().unwrap(), f.rule, f.message)
        };
        assert_eq!(findings.iter().map(line).collect::<Vec<_>>().join("\n"), expect, "{text}");
    }

    #[test]
    fn secrets_are_not_repeated() {
        let schema = json!({
            "properties": {"key": {"$ref": "#/$defs/Secret"}},
            "$defs": {"Secret": {
                "description": "Write `{ env: NAME }`.",
                "writeOnly": true,
                "oneOf": [{"type": "object", "required": ["env"]}],
            }},
        });
        let expect = "a secret may not be written into a file (Write `{ env: NAME }`.)";
        check_schema(schema.clone(), "key: hunter2", &format!("s:1:6 literal-secret: {expect}"));
        check_schema(schema.clone(), "key: {env: X}", "");
        check_schema(schema, "key: {}", "s:1:6 missing-key: missing key `env` ()");
    }

    #[test]
    fn keys_of_the_wrong_branch() {
        let schema = json!({
            "properties": {"name": {}},
            "oneOf": [
                {"properties": {"type": {"const": "a"}, "x": {"type": "integer"}}},
                {"properties": {"type": {"const": "b"}, "y": {}}},
            ],
            "unevaluatedProperties": false,
        });
        let wrong = "s:1:20 misplaced-key: the key `y` does not go with the others ()";
        check_schema(schema.clone(), "{name: n, type: a, y: 1}", wrong);
        let range = "s:1:14 wrong-type: expected a whole number, found the text `z` ()";
        check_schema(schema.clone(), "{type: a, x: z}", range);
        check_schema(
            schema,
            "{type: a, zz: 1, nmae: 2}",
            "s:1:11 unknown-key: unknown key `zz` (keys that may stand here: `name`, `x`, `y`)\n\
             s:1:18 unknown-key: unknown key `nmae` (did you mean `name`?)",
        );
    }

    #[test]
    fn yaml_and_json_are_read() {
        check("capacity: 5", "5");
        check("{\"capacity\": 5}", "5");
        check("\u{feff} {\"capacity\": 5.0}", "5");
        check("{capacity: 5}", "5");
        check("", "s empty: the file holds no document");
        check("capacity: 0", "s:1:11 out-of-range: `0` is out of range");
        check("{\n \"capacity\": 0\n}", "s:2:14 out-of-range: `0` is out of range");
        check(
            "{\"capacity\": 1,\n\"capacity\": 2}",
            "s:2:1 duplicate-key: the key `capacity` stands here twice",
        );
        check("{\"capacity\": 1", "s:1:1 syntax: a `[` or `{` is never closed");
        check(
            "capacity: 1\n---\ncapacity: 2",
            "s:3:1 many-documents: only one document may stand here",
        );
    }

    #[test]
    fn what_is_written_reads_back() {
        let texts = [
            "NO",
            "yes",
            "on",
            "2026-01-15",
            "17:00",
            "1_000",
            "017",
            "0o17",
            "1e3",
            "~",
            "null",
            "true",
            "",
            " a ",
            "a: b",
            "- a",
            "#c",
            "a #c",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a`",
            "'",
            "\"",
            "\\",
            "<<",
            "=",
            "a\nb\n",
            "\n",
            "a\tb",
            "\u{1b}[2J",
            "\u{0}",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "é 😀",
            "---",
            "...",
            "[a",
            "{a",
            "?",
            "? a",
            "-",
            ":",
            "a:",
            ".inf",
            ".nan",
            "0x1F",
            "12345678901234567890123",
            "|",
            ">",
            "a,b",
            "id:x",
            "y",
        ];
        let value: BTreeMap<&str, Vec<Value>> = texts
            .iter()
            .map(|text| (*text, vec![json!(text), json!({ *text: [text, 5, -1.5, true] })]))
            .collect();
        let yaml = to_yaml(&value).unwrap();
        let (nodes, findings) = crate::manifest::parse("f", &yaml);
        assert_eq!(findings, [], "{yaml}");
        assert_eq!(nodes[0].to_json(), json!(value), "{yaml}");
    }

    #[test]
    fn the_look_of_what_is_written() {
        let value = QueueSpec {
            description: Some("NO".to_owned()),
            sort: Some(Sort::Voice),
            capacity: Some(5),
            priority: None,
            overflow: Some(Overflow { target: Some("x y".to_owned()), threshold: 80 }),
            skill_groups: Some(vec!["a".to_owned(), "2026-01-15".to_owned()]),
            colour: None,
            destination: None,
            open: Some(true),
        };
        let expect = "description: \"NO\"\ntype: voice\ncapacity: 5\noverflow:\n  target: x y\n  \
                      threshold: 80\nskillGroups:\n  - a\n  - \"2026-01-15\"\nopen: true\n";
        assert_eq!(to_yaml(&value).unwrap(), expect);
        check(expect, "5");
    }
}
