//! Values as text for people and machines; nothing here prints.

mod advice;
mod base;
mod coverage;
mod drift;
mod due;
mod fields;
pub mod findings;
pub mod github;
mod gitlab;
mod html;
mod markdown;
mod notice;
mod outcome;
mod overview;
mod plan;
mod timeline;
mod wfm;

pub use advice::advice;
pub use drift::{drift, drift_findings, summary as drift_summary};
pub use gitlab::gitlab;
pub use html::{html, html_drift, html_failure};
pub use markdown::{
    COMMENT, Commands, LEAST, markdown, markdown_drift, markdown_drift_failure, markdown_failure,
    markdown_outcome,
};
pub use notice::Chat;
pub use outcome::outcome;
pub use plan::{Detail, plan};
pub use wfm::wfm;
