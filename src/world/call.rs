//! What the world is asked and what it answers, as values.

use serde_json::{Map, Value};

use super::{FieldError, Refusal};
use crate::http::{Method, Response};

const FORM: &str = "application/x-www-form-urlencoded";

/// One request as it came in, from a socket or from a client in the same process.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The path as it came, percent-encoded, without query.
    pub path: String,
    /// The query parameters, decoded, in their order.
    pub query: Vec<(String, String)>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The `If-Match` header.
    pub if_match: Option<String>,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// How many requests are being answered now, this one included.
    pub in_flight: usize,
}

impl Incoming {
    /// A request without query, headers and body, alone in flight.
    #[must_use]
    pub fn new(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            query: Vec::new(),
            authorization: None,
            if_match: None,
            content_type: None,
            body: Vec::new(),
            in_flight: 1,
        }
    }

    /// The same request with a bearer token.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.authorization = Some(format!("Bearer {token}"));
        self
    }

    /// The same request with a JSON body.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.content_type = Some("application/json".to_owned());
        self.body = body.to_string().into_bytes();
        self
    }

    /// The same request with a form as its body, already encoded.
    #[must_use]
    pub fn form(mut self, body: &str) -> Self {
        self.content_type = Some(FORM.to_owned());
        self.body = body.as_bytes().to_vec();
        self
    }

    /// Whether the body is the one of a form, which may hold a secret.
    pub(super) fn is_form(&self) -> bool {
        self.has_content_type(FORM)
    }

    fn has_content_type(&self, expected: &str) -> bool {
        let text = self.content_type.as_deref().unwrap_or_default();
        text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
    }
}

/// What the one who serves the world does with the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Sends the response.
    Answer,
    /// Breaks the connection without sending a byte of the response.
    Break,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The response; meaningless where the connection is broken.
    pub response: Response,
    /// The media type of the response's body.
    pub content_type: &'static str,
    /// Whether to send it.
    pub connection: Connection,
    /// How long to wait before sending or breaking, in milliseconds.
    pub delay_ms: u64,
}

impl Reply {
    /// The reply that sends a JSON response at once.
    #[must_use]
    pub fn send(response: Response) -> Self {
        let content_type = "application/json";
        Self { response, content_type, connection: Connection::Answer, delay_ms: 0 }
    }
}

/// A request that reached its route.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The time, in milliseconds since 1970.
    pub now_ms: i64,
    /// The request.
    pub incoming: &'a Incoming,
    /// The decoded path segments that the route's pattern names.
    pub params: Vec<(&'static str, String)>,
    /// Whom the token was given to; empty where the route asks for none.
    pub client: String,
}

impl Call<'_> {
    /// The path segment that the route's pattern calls `{name}`; empty where it has none.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// 400 where the body is not called JSON, is not JSON, or is not an object.
    pub fn object(&self) -> Result<Map<String, Value>, Refusal> {
        if !self.incoming.has_content_type("application/json") {
            return Err(Refusal::new(400, "bad.request", "the body must be application/json"));
        }
        match serde_json::from_slice(&self.incoming.body) {
            Ok(Value::Object(fields)) => Ok(fields),
            _ => Err(Refusal::new(400, "bad.request", "the body must be a JSON object")),
        }
    }

    /// A query parameter that is a number of at least 1, or `unset` where it is missing.
    ///
    /// # Errors
    /// 400 where it is anything else.
    pub fn count(&self, name: &'static str, unset: usize) -> Result<usize, Refusal> {
        let Some((_, text)) = self.incoming.query.iter().find(|(known, _)| known == name) else {
            return Ok(unset);
        };
        match text.parse() {
            Ok(number) if number >= 1 => Ok(number),
            _ => Err(Refusal::of(vec![FieldError::malformed(name, "must be a number from 1")])),
        }
    }
}

/// Takes a query string or a form body apart: pairs in their order, `+` and `%XX` decoded.
#[must_use]
pub fn decode_query(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Decodes `%XX`; what is not such an escape stays as it is.
pub(super) fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        let escaped = (*byte == b'%')
            .then(|| bytes.get(index + 1..index + 3))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(escaped.unwrap_or(*byte));
        index += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_query};

    #[test]
    fn escapes_are_decoded() {
        for (input, expect) in
            [("a%2Fb", "a/b"), ("%C3%A9t%C3%A9", "été"), ("50%", "50%"), ("%zz", "%zz")]
        {
            assert_eq!(decode(input), expect, "{input}");
        }
    }

    #[test]
    fn a_query_is_taken_apart() {
        let pairs = decode_query("page=2&name=a+b%26c&flag&");
        let expect = [("page", "2"), ("name", "a b&c"), ("flag", "")];
        assert_eq!(pairs, expect.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
