//! Where a secret comes from, as the project file says it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Where a secret comes from; never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretFrom {
    /// A variable, or the file that the variable with `_FILE` behind its name names.
    Env(String),
    /// A file, relative to this one; one trailing line feed is not part of the secret.
    File(PathBuf),
    /// A program and its arguments, run without a shell in this file's folder; its output is the
    /// secret.
    Command(Vec<String>),
}

impl<'de> Deserialize<'de> for SecretFrom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By way of a value, and without telling what was there: it may be the secret.
        let object = match Value::deserialize(deserializer)? {
            Value::Object(object) => object,
            _ => return Err(D::Error::custom(LITERAL_SECRET)),
        };
        let mut fields = object.into_iter();
        let source = match (fields.next(), fields.next()) {
            (Some((key, Value::String(name))), None) if key == "env" && is_variable(&name) => {
                Some(Self::Env(name))
            }
            (Some((key, Value::String(path))), None) if key == "file" && !path.is_empty() => {
                Some(Self::File(path.into()))
            }
            (Some((key, command)), None) if key == "command" => {
                let words: Option<Vec<String>> = serde_json::from_value(command).ok();
                words.filter(|words| !words.is_empty()).map(Self::Command)
            }
            _ => None,
        };
        source.ok_or_else(|| D::Error::custom(SECRET_SHAPE))
    }
}

const LITERAL_SECRET: &str = "a literal secret must not stand in the file; write { env: NAME }, \
                              { file: PATH } or { command: [...] }";
const SECRET_SHAPE: &str = "a secret's source is exactly one of { env: NAME }, { file: PATH } and \
                            { command: [PROGRAM, ARGUMENT, ...] }";

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
