//! The token: fetched once, shared by all, renewed by one.

use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::http::encode;

/// Who we are to the tenant.
#[derive(Clone)]
pub enum Credentials {
    /// An OAuth client.
    Client {
        /// Its id.
        id: SecretString,
        /// Its secret.
        secret: SecretString,
    },
    /// A token that somebody else fetched; it cannot be renewed.
    Token(SecretString),
}

/// How long before its end a token is renewed.
const MARGIN: Duration = Duration::from_secs(60);
/// How long a token is taken to live where the tenant does not say.
const LIFETIME: f64 = 3600.0;

/// A token in use.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) secret: SecretString,
    /// When to renew it; never for a given token.
    pub(super) renew_at: Option<Instant>,
    /// The scopes that the tenant named, if it did.
    pub(super) scopes: Option<BTreeSet<String>>,
    /// Counts renewals, so that many who notice at once cause one.
    pub(super) generation: u64,
}

impl Token {
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        self.renew_at.is_none_or(|at| now < at)
    }
}

/// The body of a token request.
pub(super) fn form(id: &SecretString, secret: &SecretString) -> SecretString {
    SecretString::from(format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        encode(id.expose_secret()),
        encode(secret.expose_secret())
    ))
}

/// Reads the tenant's answer; none where it has no token.
pub(super) fn token(body: &[u8], now: Instant, generation: u64) -> Option<Token> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        #[serde(default)]
        expires_in: Value,
        #[serde(default)]
        scope: Value,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    if answer.access_token.trim().is_empty() {
        return None;
    }
    let seconds = match &answer.expires_in {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let seconds = seconds.filter(|s: &f64| s.is_finite() && *s > 0.0).unwrap_or(LIFETIME);
    let lifetime = Duration::from_secs_f64(seconds.min(1e9));
    // A token that lives no longer than the margin is renewed half-way.
    let used_for = lifetime.checked_sub(MARGIN).filter(|d| !d.is_zero()).unwrap_or(lifetime / 2);
    let scopes = answer
        .scope
        .as_str()
        .map(|text| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>());
    Some(Token {
        secret: SecretString::from(answer.access_token),
        renew_at: Some(now + used_for),
        scopes: scopes.filter(|scopes| !scopes.is_empty()),
        generation,
    })
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::token;

    fn check(body: &str, expect: Option<(u64, Option<usize>)>) {
        let now = Instant::now();
        let answer = token(body.as_bytes(), now, 1).map(|token| {
            let lives = token.renew_at.unwrap_or(now) - now;
            (lives.as_secs(), token.scopes.map(|scopes| scopes.len()))
        });
        assert_eq!(answer, expect, "{body}");
    }

    #[test]
    fn answers_of_the_token_endpoint() {
        check(r#"{"access_token":"t","expires_in":7200,"scope":"a b"}"#, Some((7140, Some(2))));
        check(r#"{"access_token":"t","expires_in":"63"}"#, Some((3, None)));
        check(r#"{"access_token":"t","expires_in":40,"scope":null}"#, Some((20, None)));
        check(r#"{"access_token":"t","scope":""}"#, Some((3540, None)));
        check(r#"{"token":"t"}"#, None);
        check(r#"{"access_token":""}"#, None);
        check("<html>", None);
    }
}
