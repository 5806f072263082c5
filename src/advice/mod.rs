//! Advice from the tenant's analytics: which proficiency levels and which capacities the figures
//! speak for, and how many agents a queue needs. Figures in, proposals out; nothing in a plan or an
//! apply ever asks for it.
//!
//! The model `source` is the two rules of the API's documents, to the letter. What rests on no data,
//! or on too little, is told and not guessed:
//!
//! - Nothing known of an agent or a queue is a note and no proposal, although the rule has a level
//!   for it.
//! - Where a figure is missing that a rule counts as 0 or as 0.5, its proposal is made and says so,
//!   and is not for being written into a manifest.

pub mod erlang;
mod gaps;
mod levels;
pub mod source;
mod staffing;
mod subject;

mod capacities;

pub use capacities::capacities;
pub use gaps::{Gap, Requirement, gaps};
pub use levels::levels;
pub use staffing::{Assumptions, Staffing, staffing};
pub use subject::{Subject, Topic, subjects};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{Address, Place};

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// The sources' own rules.
    Source,
    /// Erlang C: whoever calls waits to be answered.
    ErlangC,
    /// Erlang A: callers hang up after a while.
    ErlangA,
}

/// What is advised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// The version of this form.
    pub format_version: &'static str,
    /// What decided.
    pub model: Model,
    /// What should be otherwise than the manifests say.
    pub proposals: Vec<Proposal>,
    /// How many agents the queues need, where the model says so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub staffing: Vec<Staffing>,
    /// What could not be said, and why.
    pub notes: Vec<Note>,
    /// How many levels or capacities were looked at.
    #[serde(skip)]
    pub looked_at: usize,
}

/// One value that should be another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// Whose value it is.
    pub address: Address,
    /// Which value: a JSON pointer.
    pub path: &'static str,
    /// What the manifest says.
    pub current: i64,
    /// What it should say.
    pub proposed: i64,
    /// Why.
    pub reason: String,
    /// What it was made of.
    pub inputs: Map<String, Value>,
    /// What people call it.
    #[serde(skip)]
    pub label: String,
    /// Where the manifest declares it.
    #[serde(skip)]
    pub place: Place,
    /// Whether it rests on figures that are missing.
    #[serde(skip)]
    pub is_weak: bool,
}

/// Something that could not be said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// About whom.
    pub address: Address,
    /// What people call it.
    #[serde(skip)]
    pub label: String,
    /// What, and why.
    pub message: String,
}

impl Advice {
    fn new(model: Model, looked_at: usize) -> Self {
        Self {
            format_version: "1.0",
            model,
            proposals: Vec::new(),
            staffing: Vec::new(),
            notes: Vec::new(),
            looked_at,
        }
    }

    fn note(&mut self, subject: &Subject, message: impl Into<String>) {
        let note = Note {
            address: subject.about.clone(),
            label: subject.who.clone(),
            message: message.into(),
        };
        // What is said of an agent is said once, whatever the agent holds.
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

impl Proposal {
    fn new(subject: &Subject, path: &'static str, proposed: i64, reason: String) -> Self {
        Self {
            address: subject.address.clone(),
            path,
            current: subject.current,
            proposed,
            reason,
            inputs: Map::new(),
            label: subject.label.clone(),
            place: subject.place.clone(),
            is_weak: false,
        }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.inputs.insert(name.to_owned(), value.into());
        self
    }
}

/// A figure for readers: whole where it is whole, else to six digits after the point; null where it
/// is missing or without end.
fn figure(value: impl Into<Option<f64>>) -> Value {
    let Some(value) = value.into().filter(|value| value.is_finite()) else { return Value::Null };
    if value.abs() >= 1e15 {
        return Value::from(value);
    }
    let rounded = (value * 1e6).round() / 1e6;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and far below 2^53")]
    if rounded.fract() == 0.0 {
        return Value::from(rounded as i64);
    }
    Value::from(rounded)
}

/// A share in percent, for readers.
fn percent(share: f64) -> String {
    let rounded = (share * 1e4).round() / 1e2;
    format!("{rounded} %")
}

#[cfg(test)]
mod tests;
