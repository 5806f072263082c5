//! The words that every layer speaks: addresses, documents, places, findings, and what is desired,
//! observed and known. Plain values; nothing here knows YAML, HTTP or any kind of resource.

mod address;
mod document;
mod facts;
mod finding;
mod manifest_kind;
mod names;
mod node;
mod raw;
mod state;
mod text;

pub use address::{Address, AddressError};
pub use document::{Document, Leaf, digest_of};
pub use facts::{Facts, Licence, unresolved};
pub use finding::{Finding, LITERAL_SECRET, Level};
pub use manifest_kind::ManifestKind;
pub use names::{Key, Named, Names, Reference, ReferenceError, closest};
pub use node::{Item, Key as NodeKey, Node, Place, Tree};
pub use raw::{Fields, Raw};
pub use state::{Declared, Desired, Observed, References, Remote};
pub use text::{json_safe, neutral};
