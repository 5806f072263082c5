//! Values as text for people and machines; nothing here prints.

mod fields;
mod outcome;
mod plan;

pub use outcome::outcome;
pub use plan::{Detail, plan};
