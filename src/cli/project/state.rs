//! Where audit, runs and lock are kept.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A shorter time would take over runs that live: a push takes its time, and clocks differ.
const LEAST: Duration = Duration::from_secs(60);

/// Where audit, runs and lock are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// The state folder, relative to this file. Default: `.cxform`.
    #[serde(default)]
    pub dir: Option<PathBuf>,
    /// A branch of the repository's remote that keeps audit and runs beyond this machine, and lets
    /// one run at a time have a tenant. Default: none.
    #[serde(default, deserialize_with = "branch")]
    pub git: Option<String>,
    /// The remote that has this branch. Default: `origin`.
    #[serde(default)]
    pub remote: Option<String>,
    /// After how long a run of which nothing is heard is taken for dead, so that the next one takes
    /// the tenant over: `90s`, `1h`. While a run applies it is heard of five times as often, at
    /// least every three minutes. Default: `15m`.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pub stale_after: Option<Duration>,
}

/// A branch's name, as `git check-ref-format` has it.
fn branch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(deserializer)?;
    match is_branch(&name) {
        true => Ok(Some(name)),
        false => Err(D::Error::custom(format!("`{name}` is not a branch's name"))),
    }
}

fn is_branch(name: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    name.split('/').all(is_part)
        && !name.starts_with('-')
        && !name.starts_with("refs/")
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(forbidden)
        && !["@", "HEAD"].contains(&name)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = text.parse::<SignedDuration>().ok().and_then(|read| Duration::try_from(read).ok());
    match read {
        Some(duration) if duration >= LEAST => Ok(Some(duration)),
        _ => Err(D::Error::custom(format!("`{text}` is not a time from 1m on, such as 90s or 1h"))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::State;

    #[test]
    fn a_branch_a_remote_and_a_time() {
        let read = |state: Value| {
            serde_json::from_value::<State>(state).map_err(|error| error.to_string())
        };
        let state = read(json!({"git": "cxform-state"})).unwrap();
        assert_eq!(state.git.as_deref(), Some("cxform-state"));
        assert_eq!((state.remote, state.stale_after), (None, None));
        let state = read(json!({"git": "ops/state", "remote": "up", "staleAfter": "90m"})).unwrap();
        assert_eq!(state.remote.as_deref(), Some("up"));
        assert_eq!(state.stale_after, Some(Duration::from_secs(5400)));
        for wrong in ["", "-x", "a b", "a..b", "a/", ".a", "x.lock", "HEAD", "refs/heads/x", "a:b"]
        {
            let error = read(json!({"git": wrong})).unwrap_err();
            assert_eq!(error, format!("`{wrong}` is not a branch's name"));
        }
        for wrong in ["", "soon", "59s", "-6h"] {
            let error = read(json!({"staleAfter": wrong})).unwrap_err();
            assert!(error.contains("is not a time from 1m on"), "{error}");
        }
    }
}
