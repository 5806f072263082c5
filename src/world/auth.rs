//! The client-credentials flow and the tokens that it gave.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Access, Behaviour, Call, Refusal, Route, World, decode_query};
use crate::http::{Method, Response};

/// Every scope that the contract names; what a token is granted unless the tenant says otherwise.
pub const SCOPES: &[&str] = &[
    "users:read",
    "users:write",
    "routing:read",
    "queue:read",
    "queue:create",
    "queue:update",
    "queue:delete",
    "skill:read",
    "analytics:read",
    "eventstream:read",
    "eventstream:write",
    "audit:read",
];

/// The route of tokens.
pub(super) const ROUTES: &[Route] = &[Route {
    method: Method::Post,
    pattern: "/api/v2/oauth/token",
    access: Access::Open,
    handle: give,
}];

/// The tokens that are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    given: u64,
    known: BTreeMap<String, Token>,
}

#[derive(Clone, Debug)]
struct Token {
    client: String,
    scopes: Vec<String>,
    ends_ms: i64,
}

impl Tokens {
    /// Forgets all tokens, as if their time were over.
    pub(super) fn expire(&mut self) {
        self.known.clear();
    }

    /// Whom the bearer of this header is, where it may make the call.
    pub(super) fn admit(
        &self,
        now_ms: i64,
        authorization: Option<&str>,
        access: Access,
    ) -> Result<String, Refusal> {
        if access == Access::Open {
            return Ok(String::new());
        }
        let header = authorization.and_then(|header| header.split_once(' '));
        let bearer = header.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let token = bearer
            .and_then(|(_, token)| self.known.get(token.trim()))
            .filter(|token| now_ms < token.ends_ms)
            .ok_or_else(|| Refusal::new(401, "unauthorized", "no valid token"))?;
        match access {
            Access::Scope(scope) if !token.scopes.iter().any(|held| held == scope) => {
                let message = format!("the token lacks the scope `{scope}`");
                Err(Refusal::new(403, "forbidden", &message))
            }
            _ => Ok(token.client.clone()),
        }
    }
}

fn give(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let form = String::from_utf8_lossy(&call.incoming.body);
    let form = if call.incoming.is_form() { decode_query(&form) } else { Vec::new() };
    let field = |name: &str| {
        let found = form.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    if field("grant_type") != "client_credentials" {
        let message = "the body must be a form with grant_type=client_credentials";
        return Err(Refusal::new(400, "unsupported.grant.type", message));
    }
    let client = field("client_id");
    if !is_client(&world.behaviour, client, field("client_secret")) {
        return Err(Refusal::new(401, "invalid.client", "bad client credentials"));
    }
    let scopes = world
        .behaviour
        .scopes
        .clone()
        .unwrap_or_else(|| SCOPES.iter().map(|scope| (*scope).to_owned()).collect());
    let seconds = world.behaviour.token_seconds;
    let mut body = json!({"token_type": "Bearer", "expires_in": seconds});
    if world.behaviour.tell_scopes {
        body["scope"] = scopes.join(" ").into();
    }
    let tokens = &mut world.tokens;
    tokens.given += 1;
    let text = format!("token-{}-{}", tokens.given, call.now_ms);
    body["access_token"] = text.clone().into();
    tokens.known.retain(|_, token| call.now_ms < token.ends_ms);
    let ends_ms = call.now_ms + i64::from(seconds) * 1000;
    tokens.known.insert(text, Token { client: client.to_owned(), scopes, ends_ms });
    Ok(World::answer(200, &body))
}

fn is_client(behaviour: &Behaviour, id: &str, secret: &str) -> bool {
    match &behaviour.credentials {
        Some(known) => known.client_id == id && known.client_secret == secret,
        None => !id.is_empty() && !secret.is_empty(),
    }
}
