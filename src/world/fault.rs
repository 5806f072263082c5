//! Scripted faults: which requests they meet, how often, and what they do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Incoming;

/// Something that goes wrong with the requests that it matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The method that it matches; any where unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Verb>,
    /// The path that it matches, as it is sent: the beginning of it, or, where a `*` is in it, all
    /// of it with `*` for any text within a segment. Any path where unset, that of tokens too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How many matching requests pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// How many matching requests it then meets: a number, 1 unless said, or `forever`.
    #[serde(default)]
    pub times: Times,
    /// What happens.
    pub what: What,
}

/// How often a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Times {
    /// So often.
    Count(u32),
    /// Always.
    Word(Forever),
}

impl Default for Times {
    fn default() -> Self {
        Self::Count(1)
    }
}

/// The word for a fault that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Forever {
    /// It never ends.
    Forever,
}

/// The methods that a fault can be told to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// Reads.
    Get,
    /// Creates and tokens.
    Post,
    /// Replaces.
    Put,
    /// Deletes.
    Delete,
}

impl Verb {
    /// The method's name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What a fault does. `done` says whether the request is carried out all the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum What {
    /// An answer with this status and an error body.
    Status {
        /// The status.
        code: u16,
        /// `Retry-After`, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
        /// What the body is.
        #[serde(default)]
        body: ErrorBody,
        /// Whether the request is carried out.
        #[serde(default)]
        done: bool,
    },
    /// The connection breaks without an answer.
    Break {
        /// Whether the request is carried out.
        #[serde(default)]
        done: bool,
    },
    /// A 200 whose body is not the JSON that it should be.
    Garbage {
        /// What it is instead.
        body: Garbage,
        /// Whether the request is carried out.
        #[serde(default)]
        done: bool,
    },
    /// The request is carried out, and its answer comes late.
    Delay {
        /// By how many milliseconds.
        ms: u64,
    },
    /// No token is known any more when the request comes.
    ExpireTokens,
    /// Somebody edits a row just before the request.
    Edit {
        /// The table: `queues`, `assignments`, …
        table: String,
        /// The row.
        id: String,
        /// A JSON merge patch (RFC 7396) for it.
        patch: Map<String, Value>,
    },
    /// Somebody deletes a row just before the request.
    Delete {
        /// The table.
        table: String,
        /// The row.
        id: String,
    },
    /// Somebody makes a row just before the request, or replaces the one with its id.
    Insert {
        /// The table.
        table: String,
        /// The row; it gets an id where it has none.
        row: Map<String, Value>,
    },
}

/// What the body of an error answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ErrorBody {
    /// The contract's error.
    #[default]
    Json,
    /// A page of HTML, as from a proxy.
    Html,
    /// Nothing.
    Empty,
}

/// What a body is that is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Garbage {
    /// A page of HTML.
    Html,
    /// JSON that ends too early.
    Truncated,
}

/// The fault that meets this request, if one does; counts it down.
pub(super) fn strike(faults: &mut [Fault], incoming: &Incoming) -> Option<What> {
    faults.iter_mut().filter(|fault| fault.matches(incoming)).find_map(|fault| {
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        match &mut fault.times {
            Times::Count(0) => return None,
            Times::Count(count) => *count -= 1,
            Times::Word(Forever::Forever) => {}
        }
        Some(fault.what.clone())
    })
}

impl Fault {
    fn matches(&self, incoming: &Incoming) -> bool {
        self.method.is_none_or(|verb| verb.as_str() == incoming.method.as_str())
            && self.path.as_deref().is_none_or(|pattern| fits(pattern, &incoming.path))
    }
}

/// Whether a path fits a fault's pattern.
fn fits(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.starts_with(pattern);
    }
    pattern.split('/').count() == path.split('/').count()
        && pattern.split('/').zip(path.split('/')).all(|(pattern, text)| {
            match pattern.split_once('*') {
                None => pattern == text,
                Some((start, end)) => {
                    text.len() >= start.len() + end.len()
                        && text.starts_with(start)
                        && text.ends_with(end)
                }
            }
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fault, fits, strike};
    use crate::http::Method;
    use crate::world::Incoming;

    #[test]
    fn patterns() {
        for (pattern, path, expect) in [
            ("/api/v2/users", "/api/v2/users/u-1/licenses", true),
            ("/api/v2/queues", "/api/v2/users", false),
            ("/api/v2/users/*/licenses", "/api/v2/users/u-1/licenses", true),
            ("/api/v2/users/u-*/licenses", "/api/v2/users/v-1/licenses", false),
            ("/api/v2/queues/*", "/api/v2/queues/a/b", false),
            ("/api/v2/queues/ab*ba", "/api/v2/queues/aba", false),
        ] {
            assert_eq!(fits(pattern, path), expect, "{pattern} {path}");
        }
    }

    #[test]
    fn faults_are_skipped_counted_and_spent() {
        let mut faults: Vec<Fault> = serde_json::from_value(json!([
            {"method": "GET", "skip": 1, "times": 2, "what": {"break": {}}},
            {"path": "/x", "times": "forever", "what": "expireTokens"},
        ]))
        .unwrap();
        let mut struck = |path: &str| {
            let what = strike(&mut faults, &Incoming::new(Method::Get, path));
            what.map(|what| serde_json::to_value(what).unwrap())
        };
        let broken = json!({"break": {"done": false}});
        assert_eq!(struck("/y"), None);
        assert_eq!(struck("/y"), Some(broken.clone()));
        assert_eq!(struck("/x"), Some(broken));
        assert_eq!(struck("/y"), None);
        assert_eq!(struck("/x"), Some(json!("expireTokens")));
        assert_eq!(struck("/x"), Some(json!("expireTokens")));
    }
}
