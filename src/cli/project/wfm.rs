//! The project file's part about workforce management.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::SecretFrom;

/// Who is told the assignments, as CSV.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wfm {
    /// Whether each apply and rollback sends to `to` what the tenant has then. Default: false.
    #[serde(default)]
    pub on_apply: bool,
    /// What an apply sends. Default: whole.
    #[serde(default)]
    pub mode: WfmMode,
    /// A file, relative to this one; `https://…` (`http://` for loopback addresses only), which
    /// gets a `POST`; or `sftp://USER@HOST/PATH`. `{time}` in a path is the time of the export,
    /// `{tenant}` the tenant's name.
    #[serde(default)]
    pub to: Option<String>,
    /// Headers of each `POST`; their values are secrets.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretFrom>,
    /// The key of the signature in `X-Cxform-Signature`. Default: no signature.
    #[serde(default)]
    pub signing_secret: Option<SecretFrom>,
    /// Who we are for an SFTP server, and how it is known.
    #[serde(default)]
    pub sftp: WfmSftp,
}

/// What an apply sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WfmMode {
    /// All assignments that the project declares and the tenant has: what is not among them is
    /// gone.
    #[default]
    Whole,
    /// Those that the run changed, as the tenant has them now. A deletion is not told.
    Delta,
}

/// Who we are for an SFTP server, and how it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WfmSftp {
    /// The private key (Ed25519 or ECDSA): its file, relative to this one, or
    /// `{ env: NAME }`, `{ file: PATH }`, `{ command: [...] }`; or `agent`, the ssh-agent of
    /// `SSH_AUTH_SOCK`, which may have RSA keys too. Default: agent.
    #[serde(default)]
    pub identity: Identity,
    /// What the private key is encrypted with.
    #[serde(default)]
    pub passphrase: Option<SecretFrom>,
    /// A `known_hosts` file of OpenSSH, relative to this one, that has the server's key.
    #[serde(default)]
    pub known_hosts: Option<PathBuf>,
    /// The fingerprint of the server's key, `SHA256:…`, as `ssh-keygen -l` prints it.
    #[serde(default)]
    #[schemars(regex(pattern = "^SHA256:[A-Za-z0-9+/]{43}=?$"))]
    pub host_key: Option<String>,
}

/// A private key, or who has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// The ssh-agent.
    #[default]
    Agent,
    /// The key itself comes from there.
    Key(SecretFrom),
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text == "agent" => Ok(Self::Agent),
            // A key that was pasted in is no path, and is not told.
            Value::String(text) if text.is_empty() || text.contains(['\n', '\r']) => {
                Err(D::Error::custom(NO_IDENTITY))
            }
            Value::String(path) if path.contains("PRIVATE KEY") => {
                Err(D::Error::custom(NO_IDENTITY))
            }
            Value::String(path) => Ok(Self::Key(SecretFrom::File(path.into()))),
            other => SecretFrom::deserialize(other).map(Self::Key).map_err(D::Error::custom),
        }
    }
}

impl JsonSchema for Identity {
    fn schema_name() -> Cow<'static, str> {
        "Identity".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let source = generator.subschema_for::<SecretFrom>();
        json_schema!({
            "description": "`agent`, or where the private key comes from.",
            "anyOf": [{"type": "string", "minLength": 1}, source]
        })
    }
}

const NO_IDENTITY: &str = "an identity is `agent`, a private key's file, { env: NAME }, \
                           { file: PATH } or { command: [...] }; the key itself must not stand in \
                           the file";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Identity, Wfm};
    use crate::cli::project::{SecretFrom, misplaced_secret};

    #[test]
    fn an_identity_is_the_agent_or_comes_from_somewhere() {
        let check = |identity: Value, expect: Result<Identity, &str>| {
            let read: Result<Wfm, _> =
                serde_json::from_value(json!({"sftp": {"identity": identity}}));
            match (read.map_err(|error| error.to_string()), expect) {
                (Ok(read), Ok(expect)) => assert_eq!(read.sftp.identity, expect),
                (Err(error), Err(expect)) => {
                    assert!(error.contains(expect) && !error.contains("hunter2"), "{error}");
                }
                (read, _) => panic!("{identity}: {read:?}"),
            }
        };
        check(json!("agent"), Ok(Identity::Agent));
        check(json!("keys/id"), Ok(Identity::Key(SecretFrom::File("keys/id".into()))));
        check(json!({"env": "KEY"}), Ok(Identity::Key(SecretFrom::Env("KEY".to_owned()))));
        check(json!(""), Err("an identity is `agent`"));
        check(json!("-----BEGIN PRIVATE KEY-----hunter2"), Err("the key itself must not stand"));
        check(json!("a\nhunter2"), Err("the key itself must not stand"));
        check(json!({"key": "hunter2"}), Err("a secret's source is exactly one of"));
        assert_eq!(Wfm::default().sftp.identity, Identity::Agent);
    }

    #[test]
    fn a_literal_secret_is_found_with_its_place() {
        let check = |wfm: Value, expect: Option<&str>| {
            let found = misplaced_secret(&json!({ "wfm": wfm }));
            assert_eq!(found.map(|(place, _)| place).as_deref(), expect);
        };
        let from = json!({"env": "X"});
        check(
            json!({
                "headers": {"a": from}, "signingSecret": from,
                "sftp": {"identity": "id", "passphrase": from, "hostKey": "SHA256:x"},
            }),
            None,
        );
        check(json!({"headers": {"a/b": "hunter2"}}), Some("/wfm/headers/a~1b"));
        check(json!({"signingSecret": "hunter2"}), Some("/wfm/signingSecret"));
        check(json!({"sftp": {"passphrase": 7}}), Some("/wfm/sftp/passphrase"));
        check(json!({"sftp": {"identity": "a\nb"}}), Some("/wfm/sftp/identity"));
    }
}
