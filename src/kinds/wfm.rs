//! What a workforce-management system is told of a resource.

use std::sync::Arc;

/// Who may answer for what, how well and when, as the tenant has it. Rows sort by user, then skill.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WfmRow {
    /// The tenant's id of the user.
    pub user: Arc<str>,
    /// The tenant's id of the skill.
    pub skill: Arc<str>,
    /// The level; empty where the tenant tells none.
    pub level: String,
    /// From when on, RFC 3339 with an offset; none where the tenant tells no such time.
    pub from: Option<String>,
    /// Until when, likewise.
    pub to: Option<String>,
}
