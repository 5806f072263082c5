//! Values as text for people and machines; nothing here prints.

mod advice;
mod base;
mod coverage;
mod due;
mod fields;
pub mod findings;
pub mod github;
mod gitlab;
mod html;
mod markdown;
mod outcome;
mod overview;
mod plan;
mod timeline;
mod wfm;

pub use advice::advice;
pub use gitlab::gitlab;
pub use html::html;
pub use markdown::{COMMENT, LEAST, markdown, markdown_failure, markdown_outcome};
pub use outcome::outcome;
pub use plan::{Detail, plan};
pub use wfm::wfm;
