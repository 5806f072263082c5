//! What changes do to the people of a contact centre, as a kind tells it to the plan.

use crate::model::{Address, Coverage, Finding};

/// What changes do to staffing.
#[derive(Clone, Debug)]
pub struct Impact {
    /// Who can serve, before and after.
    pub coverage: Coverage,
    /// What is left with fewer agents than the project wants.
    pub breaches: Vec<Breach>,
    /// What staffing depends on and nobody could be told of.
    pub unknown: Option<&'static str>,
    /// Whether agents that were not read may lose something by these changes: a queue asks for
    /// other skills.
    pub wants_everybody: bool,
}

/// Something that is left with too few agents in some hours.
#[derive(Clone, Debug)]
pub struct Breach {
    /// What is left so, in which hours, and who is missing.
    pub finding: Finding,
    /// The changes that take agents away.
    pub causes: Vec<Address>,
}
