//! Values as text for people and machines; nothing here prints.

mod advice;
mod coverage;
mod due;
mod fields;
pub mod findings;
mod html;
mod outcome;
mod overview;
mod plan;
mod timeline;
mod wfm;

pub use advice::advice;
pub use html::html;
pub use outcome::outcome;
pub use plan::{Detail, plan};
pub use wfm::wfm;
