//! The JSON Schema of a whole manifest document, made of the schemas of its parts.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::model::ManifestKind;

/// The `apiVersion` that this version reads and writes.
pub const API_VERSION: &str = "cxform/v1";

/// The marker that lets a property be `null` (`#[schemars(extend("x-nullable" = true))]`); it does
/// not stay in the published schema.
const NULLABLE: &str = "x-nullable";

const BRANCHES: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// The schema (draft 2020-12) of one kind's documents.
///
/// `spec` and `metadata` are the kind's own, made strict: see [`strict`]. `spec` is required, but
/// where `state: absent` is allowed and written.
#[must_use]
pub fn for_kind(kind: &ManifestKind) -> Value {
    let mut definitions = Map::new();
    let spec = part((kind.spec_schema)(), "spec", &mut definitions);
    let name = json!({
        "type": "string",
        "minLength": 1,
        "description": "The name: what the tenant calls it, or what the manifests call it.",
    });
    let mut metadata = json!({
        "type": "object",
        "description": "What the document is called.",
        "properties": { "name": name },
        "required": ["name"],
        "additionalProperties": false,
    });
    if let Some(schema) = kind.metadata_schema {
        let own = part(schema(), "metadata", &mut definitions);
        for key in ["properties", "required"] {
            match (&mut metadata[key], own.get(key)) {
                (Value::Object(all), Some(Value::Object(more))) => all.extend(more.clone()),
                (Value::Array(all), Some(Value::Array(more))) => all.extend(more.iter().cloned()),
                _ => {}
            }
        }
    }
    let mut document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.kind,
        "description": kind.description,
        "type": "object",
        "properties": {
            "apiVersion": { "const": API_VERSION, "description": "The version of the format." },
            "kind": { "const": kind.kind, "description": "What the document declares." },
            "metadata": metadata,
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": false,
    });
    if kind.absent_allowed {
        document["properties"]["state"] = json!({
            "enum": ["absent"],
            "description": "`absent`: it should not be in the tenant.",
        });
        document["required"] = json!(["apiVersion", "kind", "metadata"]);
        document["if"] = json!({ "not": { "required": ["state"] } });
        document["then"] = json!({ "required": ["spec"] });
    }
    if !definitions.is_empty() {
        document["$defs"] = Value::Object(definitions);
    }
    document
}

/// Makes a schema as strict as manifests are: `null` is no value, unless a property says
/// `x-nullable`, and an object with known keys takes no others, unless it says so itself.
pub fn strict(schema: &mut Value) {
    forbid_null(schema);
    let mut laid = BTreeSet::new();
    laid_references(schema, false, &mut laid);
    close(schema, true, &laid);
}

/// A part of the document, its definitions moved to the document's and its title dropped.
fn part(schema: schemars::Schema, name: &str, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = schema.to_value();
    strict(&mut schema);
    rewrite_root_references(&mut schema, &format!("#/properties/{name}"));
    if let Value::Object(fields) = &mut schema {
        fields.remove("$schema");
        fields.remove("title");
        if let Some(Value::Object(own)) = fields.remove("$defs") {
            definitions.extend(own);
        }
    }
    schema
}

/// `#` meant the part; within the document it is elsewhere.
fn rewrite_root_references(schema: &mut Value, root: &str) {
    match schema {
        Value::Object(fields) => {
            if let Some(reference) = fields.get_mut("$ref").filter(|reference| *reference == "#") {
                *reference = json!(root);
            }
            fields.values_mut().for_each(|inner| rewrite_root_references(inner, root));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|inner| rewrite_root_references(inner, root));
        }
        _ => {}
    }
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
    use schemars::JsonSchema;
    use serde_json::{Value, json};

    use super::{for_kind, strict};
    use crate::model::ManifestKind;

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

    /// A tree.
    #[derive(JsonSchema)]
    struct Tree {
        #[expect(dead_code, reason = "only its schema counts")]
        children: Vec<Tree>,
    }

    #[derive(JsonSchema)]
    struct Extra {
        #[expect(dead_code, reason = "only its schema counts")]
        id: Option<String>,
    }

    #[test]
    fn a_document_is_put_together() {
        let kind = ManifestKind {
            kind: "Wood",
            description: "A wood.",
            spec_schema: || schemars::schema_for!(Tree),
            metadata_schema: Some(|| schemars::schema_for!(Extra)),
            absent_allowed: true,
        };
        let schema = for_kind(&kind);
        let at = |pointer: &str| schema.pointer(pointer).unwrap_or(&Value::Null).clone();
        assert_eq!(at("/properties/spec/description"), "A tree.");
        assert_eq!(at("/properties/spec/properties/children/items/$ref"), "#/properties/spec");
        assert_eq!(at("/properties/metadata/properties/id/type"), "string");
        assert_eq!(at("/properties/metadata/required"), json!(["name"]));
        assert_eq!(at("/properties/state/enum"), json!(["absent"]));
        assert_eq!(at("/required"), json!(["apiVersion", "kind", "metadata"]));
        let check = |document: Value, expect: bool| {
            assert_eq!(jsonschema::is_valid(&schema, &document), expect, "{document}");
        };
        let header = json!({"apiVersion": "cxform/v1", "kind": "Wood", "metadata": {"name": "w"}});
        check(header.clone(), false);
        let mut absent = header.clone();
        absent["state"] = json!("absent");
        check(absent, true);
        let mut present = header;
        present["spec"] = json!({"children": [{"children": []}]});
        check(present.clone(), true);
        present["metadata"]["name"] = json!("");
        check(present, false);
    }
}
