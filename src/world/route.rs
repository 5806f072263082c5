//! Which handler answers which call, and what the caller must hold.

use serde_json::Value;

use super::call::decode;
use super::{Behaviour, Call, FieldError, Refusal, World};
use crate::http::{Method, Response};

/// What answers a call.
pub type Handle = fn(&mut World, &Call<'_>) -> Result<Response, Refusal>;

/// One call that the tenant knows.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, `{name}` for a segment that the handler is given.
    pub pattern: &'static str,
    /// What the caller must hold.
    pub access: Access,
    /// What answers.
    pub handle: Handle,
}

/// What the caller of a route must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Open,
    /// A token.
    Token,
    /// A token with this scope.
    Scope(&'static str),
}

/// One sort of row that the tenant serves: its table, its rules, its routes.
#[derive(Clone, Copy, Debug)]
pub struct Collection {
    /// The table's name, as in a snapshot.
    pub table: &'static str,
    /// The field whose rows share one version, where they do.
    pub grouped_by: Option<&'static str>,
    /// The fields that an answer may leave out or say null for.
    pub optional: &'static [&'static str],
    /// What is wrong with a row that is stored, or would be.
    pub check: fn(&World, &Value) -> Vec<FieldError>,
    /// Makes of a copy of a stored row what an answer shows.
    pub view: Option<fn(&Behaviour, &mut Value)>,
    /// The calls.
    pub routes: &'static [Route],
}

impl Route {
    /// The decoded segments that the pattern names, where the path fits it.
    pub(super) fn params(&self, path: &str) -> Option<Vec<(&'static str, String)>> {
        let mut params = Vec::new();
        let mut segments = path.split('/');
        for part in self.pattern.split('/') {
            let segment = segments.next()?;
            match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(_) if segment.is_empty() => return None,
                Some(name) => params.push((name, decode(segment))),
                None if part == segment => {}
                None => return None,
            }
        }
        segments.next().is_none().then_some(params)
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Refusal, Route};
    use crate::http::Method;

    #[test]
    fn paths_fit_patterns() {
        let route = Route {
            method: Method::Get,
            pattern: "/users/{userId}/licenses",
            access: Access::Token,
            handle: |_, _| Err(Refusal::new(500, "none", "none")),
        };
        for (path, expect) in [
            ("/users/a%2Fb/licenses", Some("a/b")),
            ("/users/u-1/licenses/", None),
            ("/users/u-1", None),
            ("/users//licenses", None),
            ("/queues/u-1/licenses", None),
        ] {
            let found = route.params(path).map(|params| params[0].1.clone());
            assert_eq!(found.as_deref(), expect, "{path}");
        }
    }
}
