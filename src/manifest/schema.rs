//! The JSON Schema of a whole manifest document, made of the schemas of its parts.

use serde_json::{Map, Value, json};

pub use super::strict::strict;
use crate::model::ManifestKind;

/// The `apiVersion` that this version reads and writes.
pub const API_VERSION: &str = "cxform/v1";

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

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde_json::{Value, json};

    use super::for_kind;
    use crate::model::ManifestKind;

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
            table: None,
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
