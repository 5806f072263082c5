//! Rules about changes, and what they look at.

use super::Action;
use crate::model::{
    Address, Desired, Document, Facts, Finding, Floors, Level, Limits, Links, Observed, Place,
};

/// One named rule about changes.
pub struct Check {
    /// The rule's name: `licence`.
    pub rule: &'static str,
    /// What a failure does, unless the policy says otherwise.
    pub level: Level,
    /// Which facts it needs.
    pub needs: Needs,
    /// The findings about the proposed changes of this kind.
    pub run: fn(&Checking<'_>) -> Vec<Finding>,
}

/// Facts that a rule needs beyond those that the manifests needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// None.
    Nothing,
    /// The routing strategies.
    Strategies,
    /// The licences of the agents whose assignments change.
    Licences,
    /// Which changes are withheld: the rule is about what will be, so that it is asked when that
    /// is known, whatever the kind of the changes.
    Held,
}

/// One proposed change, as checks see it.
#[derive(Clone, Debug)]
pub struct Proposal<'a> {
    /// The resource.
    pub address: &'a Address,
    /// What would be done.
    pub action: Action,
    /// Every leaf that is known of it now; none for a create.
    pub before: Option<&'a Document>,
    /// The managed leaves as they would be; none for a deletion.
    pub after: Option<&'a Document>,
    /// Where the manifest says so.
    pub place: &'a Place,
    /// What it names.
    pub links: &'a Links,
    /// Whether it is withheld, as far as that is known by now.
    pub held: bool,
}

/// What a rule looks at.
pub struct Checking<'a> {
    /// The proposed changes of the rule's kind, by address.
    pub proposals: &'a [Proposal<'a>],
    /// Those of all kinds.
    pub all: &'a [Proposal<'a>],
    /// What was read.
    pub observed: &'a Observed,
    /// What should be.
    pub desired: &'a Desired,
    /// What the tenant says and we do not manage.
    pub facts: &'a Facts,
    /// How much a change may do.
    pub limits: &'a Limits,
    /// The fewest agents that may be left.
    pub floors: &'a Floors,
}

impl<'a> Checking<'a> {
    /// The proposed change of a resource; where there are two, the last one.
    #[must_use]
    pub fn proposal(&self, address: &Address) -> Option<&'a Proposal<'a>> {
        let end = self.all.partition_point(|proposal| proposal.address <= address);
        self.all.get(..end)?.last().filter(|proposal| proposal.address == address)
    }
}
