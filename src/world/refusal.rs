//! Why the tenant refuses, and the error body that says so.

use serde_json::{Value, json};

/// One complaint about one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The status that it asks for: 400, 409 or 422.
    pub status: u16,
    /// The field, dots between its parts.
    pub field: String,
    /// What is wrong, a lowercase fragment.
    pub message: String,
}

impl FieldError {
    /// The value has the wrong form or is out of its range: 400.
    #[must_use]
    pub fn malformed(field: &str, message: &str) -> Self {
        Self { status: 400, field: field.to_owned(), message: message.to_owned() }
    }

    /// The value names something that the tenant has not: 422.
    #[must_use]
    pub fn unknown(field: &str, what: &str, id: &str) -> Self {
        let message = format!("{what} `{id}` does not exist");
        Self { status: 422, field: field.to_owned(), message }
    }

    /// The value must be unique and another row has it: 409.
    #[must_use]
    pub fn taken(field: &str, value: &str, by: &str) -> Self {
        let message = format!("`{value}` is taken by `{by}`");
        Self { status: 409, field: field.to_owned(), message }
    }
}

/// An answer that is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status code.
    pub status: u16,
    /// The body's `code`.
    pub code: &'static str,
    /// The body's `message`.
    pub message: String,
    /// The body's `errors`.
    pub errors: Vec<FieldError>,
    /// How long the client should wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal without field errors.
    #[must_use]
    pub fn new(status: u16, code: &'static str, message: &str) -> Self {
        Self { status, code, message: message.to_owned(), errors: Vec::new(), retry_after_ms: None }
    }

    /// The refusal of a body with these complaints; the smallest of their statuses wins, so that a
    /// malformed body is told before a conflict.
    #[must_use]
    pub fn of(errors: Vec<FieldError>) -> Self {
        let status = errors.iter().map(|error| error.status).min().unwrap_or(400);
        let code = match status {
            409 => "conflict",
            422 => "unprocessable",
            _ => "bad.request",
        };
        Self { errors, ..Self::new(status, code, "the request is not valid") }
    }

    /// 404 for a row.
    #[must_use]
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(404, "not.found", &format!("{what} `{id}` does not exist"))
    }

    /// The error body.
    #[must_use]
    pub fn body(&self, request_id: &str) -> Value {
        let errors: Vec<Value> = self
            .errors
            .iter()
            .map(|error| json!({"field": error.field, "message": error.message}))
            .collect();
        json!({
            "code": self.code,
            "message": self.message,
            "errors": errors,
            "requestId": request_id,
        })
    }
}
