//! Where a secret comes from, as the project file says it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Identity;

/// Where a secret comes from; never the secret itself. `Debug` shows a command without its
/// arguments.
#[derive(Clone, PartialEq, Eq, JsonSchema)]
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

impl std::fmt::Debug for SecretFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "Env({name})"),
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Command(words) => {
                write!(f, "Command({})", words.first().map(String::as_str).unwrap_or_default())
            }
        }
    }
}

/// The first secret of a project file that is written out or whose source has a wrong shape: its
/// JSON pointer, and what is wrong. To be asked before a schema validator sees the file, since
/// validators repeat what they refuse.
#[must_use]
pub fn misplaced_secret(project: &Value) -> Option<(String, String)> {
    let objects = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
    let tenants = objects(project.get("tenants")).unwrap_or_default();
    let of_tenants = tenants.iter().flat_map(|(name, tenant)| {
        ["clientId", "clientSecret"].into_iter().filter_map(move |field| {
            Some((format!("/tenants/{}/{field}", segment(name)), tenant.get(field)?.clone()))
        })
    });
    let sinks = project.pointer("/audit/sinks").and_then(Value::as_array);
    let of_sinks = sinks.into_iter().flatten().enumerate().flat_map(|(index, sink)| {
        objects(sink.get("headers")).unwrap_or_default().into_iter().map(move |(name, value)| {
            (format!("/audit/sinks/{index}/headers/{}", segment(&name)), value)
        })
    });
    let wfm = ["/wfm/signingSecret", "/wfm/sftp/passphrase"].into_iter();
    let of_wfm = wfm.filter_map(|at| Some((at.to_owned(), project.pointer(at)?.clone())));
    let headers = objects(project.pointer("/wfm/headers")).unwrap_or_default().into_iter();
    let headers = headers.map(|(name, value)| (format!("/wfm/headers/{}", segment(&name)), value));
    let mut sources = of_tenants.chain(of_sinks).chain(of_wfm).chain(headers);
    let wrong = sources.find_map(|(pointer, value)| {
        let error = SecretFrom::deserialize(value).err()?;
        Some((pointer, error.to_string()))
    });
    wrong.or_else(|| {
        let pointer = "/wfm/sftp/identity";
        let error = Identity::deserialize(project.pointer(pointer)?).err()?;
        Some((pointer.to_owned(), error.to_string()))
    })
}

fn segment(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{SecretFrom, misplaced_secret};

    #[test]
    fn a_literal_secret_is_found_with_its_place() {
        let check = |secret: serde_json::Value, expect: Option<&str>| {
            let project = json!({"tenants": {
                "a": {"url": "https://x"},
                "eu/prod": {"clientId": {"env": "ID"}, "clientSecret": secret},
            }});
            let found = misplaced_secret(&project);
            assert_eq!(found.as_ref().map(|(_, message)| &message[..16]), expect);
            assert!(found.is_none_or(|(place, _)| place == "/tenants/eu~1prod/clientSecret"));
        };
        check(json!({"env": "SECRET"}), None);
        check(json!("hunter2"), Some("a literal secret"));
        check(json!({"value": "hunter2"}), Some("a secret's sourc"));
        assert_eq!(misplaced_secret(&json!([])), None);
        let sink = |value: serde_json::Value| {
            let sinks =
                json!([{"url": "https://x"}, {"headers": {"A": {"env": "A"}, "B/C": value}}]);
            misplaced_secret(&json!({"audit": {"sinks": sinks}})).map(|(place, _)| place)
        };
        assert_eq!(sink(json!({"env": "B"})), None);
        assert_eq!(sink(json!("hunter2")).as_deref(), Some("/audit/sinks/1/headers/B~1C"));
    }

    #[test]
    fn debug_shows_no_arguments() {
        let command = SecretFrom::Command(vec!["vault".to_owned(), "-token=hunter2".to_owned()]);
        assert_eq!(format!("{command:?}"), "Command(vault)");
    }
}
