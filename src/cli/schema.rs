//! `schema`: the JSON Schemas of the files that cxform reads.

use std::collections::BTreeMap;

use serde_json::Value;

use super::args::SchemaArgs;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::files::{self, Access};
use super::project;
use crate::kinds::manifest_kinds;
use crate::manifest::schema::{for_kind, strict};
use crate::model::closest;
use crate::plan::drift::Drift;
use crate::world::Snapshot;

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &SchemaArgs) -> anyhow::Result<Exit> {
    let schemas = schemas();
    if let Some(folder) = &args.out {
        for (kind, schema) in &schemas {
            let file = context.cwd.join(folder).join(file_name(kind));
            files::create_folder_of(&file)?;
            files::write(&file, text(schema)?.as_bytes(), Access::Shared)?;
        }
        context.note(&format!("{} schemas written to {}\n", schemas.len(), folder.display()))?;
        return Ok(Exit::Done);
    }
    let Some(kind) = &args.kind else {
        let names: Vec<&str> = schemas.keys().map(String::as_str).collect();
        context.say(&format!("{}\n", names.join("\n")))?;
        return Ok(Exit::Done);
    };
    let Some(schema) = schemas.get(kind) else {
        let names = schemas.keys().map(String::as_str);
        let hint = match closest(kind, names.clone()) {
            Some(similar) => format!("did you mean {similar}?"),
            None => format!("the kinds are {}", names.collect::<Vec<_>>().join(", ")),
        };
        return Err(UsageError::new(format!("there is no kind {kind}")).hint(hint).into());
    };
    context.console.data(&text(schema)?)?;
    Ok(Exit::Done)
}

/// All schemas by kind.
#[must_use]
pub fn schemas() -> BTreeMap<String, Value> {
    let mut schemas: BTreeMap<String, Value> =
        manifest_kinds().into_iter().map(|kind| (kind.kind.to_owned(), for_kind(kind))).collect();
    let mut project = project::schema();
    strict(&mut project);
    schemas.insert("Project".to_owned(), project);
    schemas.insert("Tenant".to_owned(), tenant());
    let drift = schemars::generate::SchemaSettings::draft2020_12();
    let drift = drift.for_serialize().into_generator().into_root_schema_for::<Drift>();
    schemas.insert("Drift".to_owned(), drift.to_value());
    schemas
}

/// The schema of a `kind: Tenant` file.
#[must_use]
pub fn tenant() -> Value {
    schemars::schema_for!(Snapshot).to_value()
}

/// `SkillMatrix` as `skill-matrix.json`.
#[must_use]
pub fn file_name(kind: &str) -> String {
    let mut name = String::new();
    for c in kind.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name + ".json"
}

/// A schema as its file's text.
///
/// # Errors
/// It cannot be serialised.
pub fn text(schema: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(schema)? + "\n")
}
