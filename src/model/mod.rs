//! The words that every layer speaks: addresses, documents, places, findings, and what is desired,
//! observed and known. Plain values; nothing here knows YAML, HTTP or any kind of resource.

mod address;
mod canonical;
mod coverage;
mod day;
mod document;
mod facts;
mod finding;
mod floors;
mod limits;
mod manifest_kind;
mod memo;
mod names;
mod node;
mod pattern;
mod raw;
mod recurrence;
mod reference;
mod resources;
mod secrets;
mod state;
mod text;

pub use address::{Address, AddressError, address_head, address_tail};
pub use coverage::{Coverage, Covered, Levels, Roster, Span, Team};
pub use day::Day;
pub use document::{Document, Hasher, Leaf, digest_of};
pub use facts::{Facts, Licence, unresolved};
pub use finding::{Finding, LITERAL_SECRET, Level};
pub use floors::{Floor, Floors, weekday_number};
pub use limits::{AtMost, Limit, Limits, Percent};
pub use manifest_kind::ManifestKind;
pub use memo::Memo;
pub use names::{Former, Key, Named, Names};
pub use node::{Item, Key as NodeKey, Node, Place, Tree};
pub use pattern::{Pattern, PatternError};
pub use raw::{Fields, Raw};
pub use recurrence::{DAYS, Recurrence};
pub use reference::{Reference, ReferenceError, closest};
pub use resources::Resources;
pub use secrets::{MASK, Secrets};
pub use state::{Declared, Desired, Link, Links, Observed, References, Remote, Renamed};
pub use text::{SafeJson, inert, json_safe, neutral, neutral_lines};
