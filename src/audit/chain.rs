//! The chain: every line carries the hash of the line before and its own.

use serde_json::{Map, Value};

use super::Entry;
use crate::model::digest_of;

/// What the first line of a chain has as `prev`.
pub const GENESIS: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The end of a chain, ready for the next line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    seq: u64,
    head: String,
}

/// Why a chain cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The last line is none of ours, or was altered.
    #[error("the last line is not a sound audit line ({0})")]
    LastLine(String),
    /// An entry cannot be written as JSON.
    #[error("the audit entry cannot be written as JSON ({0})")]
    Entry(String),
}

impl Chain {
    /// A chain without a line.
    #[must_use]
    pub fn start() -> Self {
        Self { seq: 0, head: GENESIS.to_owned() }
    }

    /// The chain that ends with `last_line`.
    ///
    /// # Errors
    /// The line is not an audit line, or its hash is not its own.
    pub fn resume(last_line: &str) -> Result<Self, ChainError> {
        let link = Link::read(last_line).map_err(|why| ChainError::LastLine(why.to_owned()))?;
        if link.hash != link.computed {
            return Err(ChainError::LastLine("its hash does not match".to_owned()));
        }
        Ok(Self { seq: link.seq, head: link.hash })
    }

    /// The hash of the last line; [`GENESIS`] before the first.
    #[must_use]
    pub fn head(&self) -> &str {
        &self.head
    }

    /// How many lines the chain has.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Adds an entry and returns its line, canonical JSON without a line feed. The first line of a
    /// chain says `"chain": "starts"`.
    ///
    /// # Errors
    /// The entry cannot be written as JSON.
    pub fn append(&mut self, entry: &Entry) -> Result<String, ChainError> {
        let failed = |error: serde_json::Error| ChainError::Entry(error.to_string());
        let Value::Object(mut fields) = serde_json::to_value(entry).map_err(failed)? else {
            return Err(ChainError::Entry("not an object".to_owned()));
        };
        if self.seq == 0 {
            fields.insert("chain".to_owned(), "starts".into());
        }
        let seq = self.seq.saturating_add(1);
        fields.insert("seq".to_owned(), seq.into());
        fields.insert("prev".to_owned(), self.head.clone().into());
        let hash = digest_of(canonical(&fields).map_err(failed)?.as_bytes());
        fields.insert("hash".to_owned(), hash.clone().into());
        let line = canonical(&fields).map_err(failed)?;
        self.seq = seq;
        self.head = hash;
        Ok(line)
    }
}

/// What links one line to its neighbours.
pub(super) struct Link {
    pub(super) seq: u64,
    pub(super) prev: String,
    pub(super) hash: String,
    /// The hash that the line should have.
    pub(super) computed: String,
}

impl Link {
    /// Reads a line; says what is wrong with one that is no audit line.
    pub(super) fn read(line: &str) -> Result<Self, &'static str> {
        let mut fields: Map<String, Value> =
            serde_json::from_str(line).map_err(|_| "not a JSON object")?;
        // Other bytes with the same meaning (spaces, a key twice) are an alteration too.
        if canonical(&fields).ok().as_deref() != Some(line) {
            return Err("not written as the audit writes its lines");
        }
        let seq = fields.get("seq").and_then(Value::as_u64).ok_or("no `seq`")?;
        let Some(Value::String(hash)) = fields.remove("hash") else { return Err("no `hash`") };
        let computed = digest_of(canonical(&fields).map_err(|_| "not JSON")?.as_bytes());
        let Some(Value::String(prev)) = fields.remove("prev") else { return Err("no `prev`") };
        Ok(Self { seq, prev, hash, computed })
    }
}

fn canonical(fields: &Map<String, Value>) -> Result<String, serde_json::Error> {
    serde_jcs::to_string(fields)
}
