//! Why a change is planned.

use serde::{Deserialize, Serialize};

/// Why a change is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The declaration is another one than in the base; the tenant is as the base has it.
    Config,
    /// The declaration is the base's; the tenant differs.
    Drift,
    /// The declaration is another one than in the base, and the tenant is as neither has it.
    Both,
    /// Tenant and manifest differ; which of the two moved is not known.
    Differs,
    /// The tenant has another occurrence of what comes again; nobody moved anything.
    Due,
    /// The manifest says that it should not be there.
    Absent,
    /// The manifests say that nothing should be there but what they declare.
    Exclusive,
    /// The base declares it, and no manifest does any more.
    Removed,
    /// The manifest gives it another name.
    Renamed,
    /// A run is undone.
    Rollback,
}

impl Reason {
    /// Whether it follows from what no manifest says.
    #[must_use]
    pub fn is_absence(self) -> bool {
        matches!(self, Self::Exclusive | Self::Removed)
    }

    /// Whether it is one for a deletion.
    #[must_use]
    pub fn is_deletion(self) -> bool {
        matches!(self, Self::Absent | Self::Exclusive | Self::Removed)
    }
}
