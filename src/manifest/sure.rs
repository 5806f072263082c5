//! A quick yes: documents that are surely as their schema says need no JSON and no validator.
//!
//! Half a million cells are looked at where they stand. Wherever a schema says something that is
//! not known here, the answer is "not sure", and the validator decides and finds the words.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Node, Tree};

/// What of a schema can be checked on the spot.
#[derive(Debug, Default)]
pub(super) struct Sure {
    /// Something is said that is not known here.
    unknown: bool,
    kind: Option<String>,
    /// `const` and `enum`.
    values: Option<Vec<Value>>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    min_length: Option<u64>,
    properties: BTreeMap<String, Sure>,
    required: Vec<String>,
    /// What the keys are like that `properties` does not name; none where anything may stand.
    rest: Option<Box<Rest>>,
    items: Option<Box<Sure>>,
    branches: Vec<Sure>,
}

/// What `additionalProperties` says.
#[derive(Debug)]
enum Rest {
    Forbidden,
    Like(Sure),
}

impl Sure {
    /// The part of a schema that is known here.
    pub(super) fn of(schema: &Value) -> Self {
        let mut sure = Self::default();
        match schema {
            Value::Object(keywords) => {
                for (keyword, value) in keywords {
                    sure.unknown |= sure.take(keyword, value).is_none();
                }
            }
            other => sure.unknown = *other != Value::Bool(true),
        }
        sure
    }

    /// Takes a keyword in; none where it is not known.
    fn take(&mut self, keyword: &str, value: &Value) -> Option<()> {
        let texts = |value: &Value| -> Option<Vec<String>> {
            value.as_array()?.iter().map(|text| Some(text.as_str()?.to_owned())).collect()
        };
        match keyword {
            "$schema" | "$defs" | "title" | "description" | "default" | "examples" => {}
            "type" => self.kind = Some(value.as_str()?.to_owned()),
            "const" => self.values = Some(vec![value.clone()]),
            "enum" => self.values = Some(value.as_array()?.clone()),
            "minimum" => self.minimum = Some(value.as_i64()?),
            "maximum" => self.maximum = Some(value.as_i64()?),
            "minLength" => self.min_length = Some(value.as_u64()?),
            "required" => self.required = texts(value)?,
            "items" => self.items = Some(Box::new(Self::of(value))),
            "properties" => {
                let named = |(key, value): (&String, &Value)| (key.clone(), Self::of(value));
                self.properties = value.as_object()?.iter().map(named).collect();
            }
            "additionalProperties" => {
                self.rest = match value {
                    Value::Bool(true) => None,
                    Value::Bool(false) => Some(Box::new(Rest::Forbidden)),
                    like => Some(Box::new(Rest::Like(Self::of(like)))),
                };
            }
            "anyOf" => self.branches = value.as_array()?.iter().map(Self::of).collect(),
            // Of different constants, a value is never more than one.
            "oneOf" if are_constants(value.as_array()?) => {
                self.branches = value.as_array()?.iter().map(Self::of).collect();
            }
            _ => return None,
        }
        Some(())
    }

    /// Whether a value is surely as the schema says.
    pub(super) fn holds(&self, node: &Node) -> bool {
        !self.unknown
            && self.kind.as_deref().is_none_or(|kind| is_a(node, kind))
            && self.values.as_ref().is_none_or(|values| values.iter().any(|v| is_equal(node, v)))
            && self.branches_hold(node)
            && match &node.tree {
                Tree::Number(_) => self.number_holds(node),
                Tree::String(text) => {
                    self.min_length.is_none_or(|least| text.chars().count() as u64 >= least)
                }
                Tree::Array(items) => {
                    self.items.as_ref().is_none_or(|like| items.iter().all(|item| like.holds(item)))
                }
                Tree::Object(_) => self.object_holds(node),
                Tree::Null | Tree::Bool(_) => true,
            }
    }

    fn branches_hold(&self, node: &Node) -> bool {
        self.branches.is_empty() || self.branches.iter().any(|branch| branch.holds(node))
    }

    fn number_holds(&self, node: &Node) -> bool {
        match (self.minimum, self.maximum) {
            (None, None) => true,
            (least, most) => node.as_i64().is_some_and(|number| {
                least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
            }),
        }
    }

    fn object_holds(&self, node: &Node) -> bool {
        let fits = |key: &str, value: &Node| match (self.properties.get(key), self.rest.as_deref())
        {
            (Some(like), _) | (None, Some(Rest::Like(like))) => like.holds(value),
            (None, Some(Rest::Forbidden)) => false,
            (None, None) => true,
        };
        self.required.iter().all(|key| node.get(key).is_some())
            && node.entries().iter().all(|(key, value)| fits(&key.text, value))
    }
}

fn are_constants(branches: &[Value]) -> bool {
    let constants: Vec<Option<&str>> =
        branches.iter().map(|branch| branch.get("const").and_then(Value::as_str)).collect();
    let distinct =
        |(index, one): (usize, &Option<&str>)| one.is_some() && !constants[..index].contains(one);
    constants.iter().enumerate().all(distinct)
}

fn is_a(node: &Node, kind: &str) -> bool {
    match &node.tree {
        Tree::Null => kind == "null",
        Tree::Bool(_) => kind == "boolean",
        Tree::Number(number) => kind == "number" || (kind == "integer" && !number.is_f64()),
        Tree::String(_) => kind == "string",
        Tree::Array(_) => kind == "array",
        Tree::Object(_) => kind == "object",
    }
}

/// Whether a value is this one; of lists and mappings nothing is said here.
fn is_equal(node: &Node, value: &Value) -> bool {
    match (&node.tree, value) {
        (Tree::String(text), Value::String(other)) => text == other,
        (Tree::Bool(one), Value::Bool(other)) => one == other,
        (Tree::Null, Value::Null) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Sure;

    /// Asks about every text: whoever is sure agrees with the validator, and `sure` of them are.
    fn check(schema: Value, texts: &[&str], sure: usize) {
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut count = 0;
        for text in texts {
            let (nodes, _) = crate::manifest::parse("f", text);
            if Sure::of(&schema).holds(&nodes[0]) {
                assert!(validator.is_valid(&nodes[0].to_json()), "{schema} {text}");
                count += 1;
            }
        }
        assert_eq!(count, sure, "{schema}");
    }

    #[test]
    fn who_is_sure_is_right() {
        let texts = [
            "0",
            "1",
            "5",
            "6",
            "1.5",
            "2.0",
            "-1",
            "true",
            "''",
            "a",
            "none",
            "'1'",
            "[]",
            "[1]",
            "[1, a]",
            "{}",
            "{level: 3}",
            "{level: 9}",
            "{level: 3, window: w}",
            "{level: 3, x: 1}",
            "{window: w}",
            "{level: a}",
        ];
        let level = json!({"type": "integer", "minimum": 1, "maximum": 5});
        check(level.clone(), &texts, 3);
        check(json!({"type": "string", "minLength": 1}), &texts, 3);
        check(json!({"enum": ["none", true]}), &texts, 2);
        check(json!({"items": level}), &texts, 21);
        let cell = json!({
            "type": "object", "properties": {"level": level, "window": {"type": "string"}},
            "required": ["level"], "additionalProperties": false,
        });
        check(cell.clone(), &texts, 2);
        check(json!({"anyOf": [level, {"enum": ["none"]}, cell]}), &texts, 6);
        check(json!({"type": "object", "additionalProperties": level}), &texts, 3);
        check(json!({"oneOf": [{"const": "a"}, {"const": "none"}]}), &texts, 2);
        // What is not known here is left to the validator.
        check(json!({"oneOf": [{"const": "a"}, {"type": "string"}]}), &texts, 0);
        check(json!({"pattern": "^a"}), &texts, 0);
        check(json!({"minimum": 0.5}), &texts, 0);
        check(json!(true), &texts, texts.len());
        check(json!(false), &texts, 0);
    }
}
