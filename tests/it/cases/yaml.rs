//! Manifests as trees, and as YAML text in an order of one's choice.

use serde_json::Value;

use super::random::Random;

/// What stands in a manifest.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// A mapping; the order of its keys says nothing.
    Map(Vec<(String, Tree)>),
    /// A list whose order says nothing.
    Set(Vec<Tree>),
    /// Anything else, lists whose order counts included.
    Leaf(Value),
}

/// One manifest.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// What its metadata says beside the name.
    pub(crate) metadata: Vec<(&'static str, String)>,
    pub(crate) absent: bool,
    pub(crate) spec: Tree,
}

/// The text of a leaf.
pub(crate) fn leaf(value: impl Into<Value>) -> Tree {
    Tree::Leaf(value.into())
}

/// Files of these manifests, in the order that `random` says.
pub(crate) fn files(manifests: &[Manifest], random: &mut Random) -> Vec<(String, String)> {
    let mut manifests: Vec<&Manifest> = manifests.iter().collect();
    random.shuffle(&mut manifests);
    let mut files: Vec<(String, String)> = Vec::new();
    for manifest in manifests {
        let text = document(manifest, random);
        match files.last_mut() {
            Some((_, last)) if random.chance(60) => *last = format!("{last}---\n{text}"),
            _ => files.push((format!("f{:02}.yaml", files.len()), text)),
        }
    }
    random.shuffle(&mut files);
    files
}

fn document(manifest: &Manifest, random: &mut Random) -> String {
    let Manifest { kind, name, metadata, absent, spec } = manifest;
    let said = metadata.iter().map(|(key, value)| ((*key).to_owned(), leaf(value.as_str())));
    let metadata =
        Tree::Map([("name".to_owned(), leaf(name.as_str()))].into_iter().chain(said).collect());
    let mut fields = vec![
        ("apiVersion".to_owned(), leaf("cxform/v1")),
        ("kind".to_owned(), leaf(*kind)),
        ("metadata".to_owned(), metadata),
    ];
    if *absent {
        fields.push(("state".to_owned(), leaf("absent")));
    } else {
        fields.push(("spec".to_owned(), spec.clone()));
    }
    let mut text = String::new();
    block(&Tree::Map(fields), 0, random, &mut text);
    text
}

/// Block style down to what is no mapping.
fn block(tree: &Tree, depth: usize, random: &mut Random, text: &mut String) {
    let Tree::Map(fields) = tree else { return };
    let mut fields: Vec<_> = fields.iter().collect();
    random.shuffle(&mut fields);
    for (key, value) in fields {
        text.push_str(&format!("{}{}:", "  ".repeat(depth), scalar(&Value::from(key.as_str()))));
        match value {
            Tree::Map(inner) if !inner.is_empty() && random.chance(70) => {
                text.push('\n');
                block(value, depth + 1, random, text);
            }
            value => text.push_str(&format!(" {}\n", flow(value, random))),
        }
    }
}

fn flow(tree: &Tree, random: &mut Random) -> String {
    match tree {
        Tree::Leaf(value) => scalar(value),
        Tree::Set(items) => {
            let mut items: Vec<String> = items.iter().map(|item| flow(item, random)).collect();
            random.shuffle(&mut items);
            format!("[{}]", items.join(", "))
        }
        Tree::Map(fields) => {
            let pair = |(key, value): &(String, Tree), random: &mut Random| {
                format!("{}: {}", scalar(&Value::from(key.as_str())), flow(value, random))
            };
            let mut pairs: Vec<String> = fields.iter().map(|field| pair(field, random)).collect();
            random.shuffle(&mut pairs);
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

/// JSON is YAML; a plain word stands without quotes, as people write it.
fn scalar(value: &Value) -> String {
    match value.as_str() {
        Some(text)
            if !text.is_empty()
                && !["none", "true", "false", "null"].contains(&text)
                && text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "-/".contains(c)) =>
        {
            text.to_owned()
        }
        _ => value.to_string(),
    }
}
