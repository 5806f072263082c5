//! Schemas as derived from Rust types, made as strict as manifests are.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The marker that lets a property be `null` (`#[schemars(extend("x-nullable" = true))]`); it does
/// not stay in the published schema.
const NULLABLE: &str = "x-nullable";

const BRANCHES: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Makes a schema as strict as manifests are: `null` is no value, unless a property says
/// `x-nullable`, and an object with known keys takes no others, unless it says so itself.
pub fn strict(schema: &mut Value) {
    forbid_null(schema);
    let mut laid = BTreeSet::new();
    laid_references(schema, false, &mut laid);
    close(schema, true, &laid);
}

fn forbid_null(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.remove(NULLABLE) != Some(Value::Bool(true)) {
                drop_null(fields);
            }
            fields.values_mut().for_each(forbid_null);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_null),
        _ => {}
    }
}

/// What `Option` adds to a type: `null` among the types, the choices or the branches.
fn drop_null(fields: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = fields.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    if fields.get("default") == Some(&Value::Null) {
        fields.remove("default");
    }
    if let Some(Value::Array(branches)) = fields.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type") != Some(&json!("null")));
        if let [Value::Object(only)] = &branches[..] {
            let only = only.clone();
            fields.remove("anyOf");
            for (key, value) in only {
                fields.entry(key).or_insert(value);
            }
        }
    }
}

/// Closes objects. What is laid together with keys of its own, as a branch or by reference, stays
/// open itself, since it does not see those keys; the whole is closed instead.
fn close(schema: &mut Value, alone: bool, laid: &BTreeSet<String>) {
    let Value::Object(fields) = schema else { return };
    let has_keys = fields.get("properties").is_some_and(Value::is_object);
    let says = ["additionalProperties", "unevaluatedProperties"];
    if has_keys && alone && !says.iter().any(|key| fields.contains_key(*key)) {
        let composed = BRANCHES.iter().chain(&["$ref"]).any(|key| fields.contains_key(*key));
        let key = if composed { says[1] } else { says[0] };
        fields.insert(key.to_owned(), Value::Bool(false));
    }
    for (key, inner) in fields {
        match (key.as_str(), inner) {
            ("properties", Value::Object(named)) => {
                named.values_mut().for_each(|schema| close(schema, true, laid));
            }
            ("$defs", Value::Object(named)) => {
                for (name, schema) in named {
                    close(schema, !laid.contains(&format!("#/$defs/{name}")), laid);
                }
            }
            ("items" | "additionalProperties", inner) => close(inner, true, laid),
            (key, Value::Array(branches)) if BRANCHES.contains(&key) => {
                let alone = alone && !has_keys;
                branches.iter_mut().for_each(|branch| close(branch, alone, laid));
            }
            _ => {}
        }
    }
}

/// The references that are laid together with keys.
fn laid_references(schema: &Value, beside_keys: bool, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            let has_keys = fields.get("properties").is_some_and(Value::is_object);
            if let Some(Value::String(reference)) = fields.get("$ref")
                && (has_keys || beside_keys)
            {
                found.insert(reference.clone());
            }
            for (key, inner) in fields {
                let is_branch = BRANCHES.contains(&key.as_str());
                laid_references(inner, is_branch && (has_keys || beside_keys), found);
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|inner| laid_references(inner, beside_keys, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::strict;

    fn check(mut schema: Value, expect: Value) {
        strict(&mut schema);
        assert_eq!(schema, expect);
    }

    #[test]
    fn null_goes_unless_it_is_asked_for() {
        check(json!({"type": ["string", "null"], "default": null}), json!({"type": "string"}));
        check(
            json!({"type": ["string", "null"], "x-nullable": true}),
            json!({"type": ["string", "null"]}),
        );
        check(json!({"enum": ["a", null]}), json!({"enum": ["a"]}));
        check(
            json!({"description": "d", "anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}),
            json!({"description": "d", "$ref": "#/$defs/A"}),
        );
    }

    #[test]
    fn objects_are_closed() {
        let closed = json!({"properties": {"a": {}}, "additionalProperties": false});
        check(json!({"properties": {"a": {}}}), closed.clone());
        check(json!({"items": {"properties": {"a": {}}}}), json!({"items": closed}));
        let open = json!({"properties": {"a": {}}, "additionalProperties": true});
        check(open.clone(), open);
        check(
            json!({"properties": {"a": {}}, "oneOf": [{"properties": {"b": {}}}]}),
            json!({
                "properties": {"a": {}},
                "oneOf": [{"properties": {"b": {}}}],
                "unevaluatedProperties": false,
            }),
        );
        check(
            json!({
                "oneOf": [{"properties": {"t": {}}, "$ref": "#/$defs/A"}],
                "$defs": {"A": {"properties": {"a": {}}}},
            }),
            json!({
                "oneOf": [{
                    "properties": {"t": {}}, "$ref": "#/$defs/A", "unevaluatedProperties": false,
                }],
                "$defs": {"A": {"properties": {"a": {}}}},
            }),
        );
    }
}
