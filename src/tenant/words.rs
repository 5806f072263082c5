//! What a tenant's failures are told as; nothing secret gets through.

use std::sync::Mutex;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Credentials, TenantError};
use crate::http::{Response, encode};

/// The longest piece of a tenant's own words that is repeated, in characters.
const LONGEST: usize = 300;

/// A secret shorter than this is not looked for: taking it out would only tear words apart.
const SHORTEST: usize = 3;

/// Knows the secrets, so that it can take them out of whatever a tenant says.
pub(super) struct Words {
    secrets: Mutex<Vec<SecretString>>,
}

impl Words {
    pub(super) fn new(credentials: &Credentials) -> Self {
        let words = Self { secrets: Mutex::default() };
        match credentials {
            Credentials::Client { secret, .. } => words.add_secret(secret),
            Credentials::Token(token) => words.add_secret(token),
        }
        words
    }

    /// Takes note of one more secret, also as it looks in a URL.
    pub(super) fn add_secret(&self, secret: &SecretString) {
        let plain = secret.expose_secret();
        let mut secrets = self.secrets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for form in [plain.to_owned(), encode(plain)] {
            if form.len() >= SHORTEST && secrets.iter().all(|known| known.expose_secret() != form) {
                secrets.push(SecretString::from(form));
            }
        }
    }

    /// The text on one line and without any secret.
    pub(super) fn scrub(&self, text: &str) -> String {
        let text = text.replace(['\n', '\r'], " ");
        let secrets = self.secrets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        secrets.iter().fold(text, |text, secret| text.replace(secret.expose_secret(), "***"))
    }

    /// A refusal, with what the tenant said and what to do.
    pub(super) fn refused(&self, what: &str, scope: &str, response: &Response) -> TenantError {
        let status = response.status;
        let is_page = response.body.trim_ascii_start().starts_with(b"<");
        let message = match self.said(&response.body) {
            Some(said) => format!(": {said}"),
            None if is_page => " with a web page".to_owned(),
            None => String::new(),
        };
        let message = match &response.retry_after {
            Some(wait) if matches!(status, 429 | 500..=599) => {
                let wait: String = self.scrub(wait).chars().take(LONGEST).collect();
                format!("{message} (Retry-After: {wait})")
            }
            _ => message,
        };
        let message = match &response.request_id {
            Some(id) => format!("{message} (request {})", self.scrub(id)),
            None => message,
        };
        let hint = match status {
            400 | 401 if what.ends_with("/oauth/token") => {
                Some("the tenant does not accept the client id and secret".to_owned())
            }
            401 => Some("the token is not accepted; check the credentials".to_owned()),
            400..=499 if is_page && status != 429 => Some(
                "something before the tenant answers, or its url is not the API's base URL"
                    .to_owned(),
            ),
            403 if !scope.is_empty() => Some(format!("the call needs the scope {scope}")),
            300..=399 => Some("the tenant's url redirects; give the API's own base URL".to_owned()),
            404 => Some("check that the tenant's url is the API's base URL".to_owned()),
            429 => Some("lower requestsPerSecond or concurrency of the tenant".to_owned()),
            500..=599 => Some("the tenant is in trouble; try again later".to_owned()),
            _ => None,
        };
        let request_id = response.request_id.as_deref().map(|id| self.scrub(id));
        TenantError::Refused { what: what.to_owned(), status, message, hint, request_id }
    }

    /// A success with the wrong body.
    pub(super) fn garbled(&self, what: &str, response: &Response) -> TenantError {
        let body = String::from_utf8_lossy(&response.body);
        let why = match body.trim_start().chars().next() {
            None => "an empty body".to_owned(),
            Some('<') => "a web page".to_owned(),
            Some('{' | '[') => "JSON of another shape, or cut short".to_owned(),
            Some(_) => "plain text".to_owned(),
        };
        TenantError::Garbled { what: what.to_owned(), why }
    }

    /// The tenant's own words in an error body, cut and without secrets.
    fn said(&self, body: &[u8]) -> Option<String> {
        #[derive(Deserialize)]
        struct Field {
            field: Option<String>,
            message: Option<String>,
        }
        #[derive(Deserialize)]
        struct Body {
            code: Option<String>,
            message: Option<String>,
            #[serde(default)]
            errors: Option<Vec<Field>>,
        }
        let text = String::from_utf8_lossy(body);
        let said = match serde_json::from_slice::<Body>(body) {
            Ok(body) => {
                let mut parts: Vec<String> = body.message.or(body.code).into_iter().collect();
                for error in body.errors.into_iter().flatten() {
                    let field = error.field.map_or_else(String::new, |field| format!("{field}: "));
                    parts.extend(error.message.map(|message| format!("{field}{message}")));
                }
                parts.join("; ")
            }
            Err(_) if text.trim_start().starts_with(['<', '{', '[']) => return None,
            Err(_) => text.trim().to_owned(),
        };
        let said: String = self.scrub(&said).chars().take(LONGEST).collect();
        (!said.is_empty()).then_some(said)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::{Credentials, Words};
    use crate::http::Response;

    fn check(body: &str, expect: &str) {
        let secret = SecretString::from("s3cr&t");
        let words = Words::new(&Credentials::Token(secret));
        let response = Response { status: 422, body: body.into(), ..Response::default() };
        assert_eq!(words.refused("POST /x", "", &response).to_string(), expect);
    }

    #[test]
    fn what_the_tenant_said() {
        check(r#"{"code":"bad","message":"no"}"#, "POST /x answered 422: no");
        check(
            r#"{"message":"invalid","errors":[{"field":"capacity","message":"too big"}]}"#,
            "POST /x answered 422: invalid; capacity: too big",
        );
        check("<html><h1>oops</h1>", "POST /x answered 422 with a web page");
        check("", "POST /x answered 422");
        let busy =
            Response { status: 503, retry_after: Some("3600".to_owned()), ..Response::default() };
        let words = Words::new(&Credentials::Token(SecretString::from("s3cr&t")));
        let told = words.refused("GET /x", "", &busy).to_string();
        assert_eq!(told, "GET /x answered 503 (Retry-After: 3600)");
        check("broken s3cr&t and s3cr%26t", "POST /x answered 422: broken *** and ***");
    }
}
