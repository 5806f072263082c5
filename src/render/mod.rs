//! Values as text for people and machines; nothing here prints.

mod advice;
mod fields;
pub mod findings;
mod outcome;
mod overview;
mod plan;

pub use advice::advice;
pub use outcome::outcome;
pub use plan::{Detail, plan};
