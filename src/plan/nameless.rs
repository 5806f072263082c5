//! Addresses of the project file that name nothing, such as `policy.protect` with a slip of the pen.

use crate::http::Dialect;
use crate::kinds::kind_of;
use crate::model::{Address, Desired, Facts, Finding, Level, Observed, Pattern, Place, closest};

/// What is known of the addresses that there are.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// What should be.
    pub desired: &'a Desired,
    /// What is, as far as it was read.
    pub observed: &'a Observed,
    /// What the tenant lists beside it.
    pub facts: &'a Facts,
    /// How the tenant's API is spelled.
    pub dialect: Dialect,
}

/// Warns of each pattern of `policy.KEY` that stands for one address, where nothing that is declared
/// has it and the tenant was asked and has it neither. The rule is called as the key.
#[must_use]
pub fn nameless<'p>(
    key: &'static str,
    patterns: impl IntoIterator<Item = (&'p Pattern, &'p Place)>,
    known: &Known<'_>,
) -> Vec<Finding> {
    let idle = patterns.into_iter().filter_map(|(pattern, place)| {
        let address = pattern.address().filter(|address| known.lacks(address))?;
        let message = format!(
            "policy.{key} has `{pattern}`, and nothing that is declared or in the tenant has this address"
        );
        let hint = match known.similar(&address) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => "addresses are spelled as a plan shows them; what is no more can go".to_owned(),
        };
        Some(Finding::error(key, place, message).hint(hint).about(&address).level(Level::Warn))
    });
    idle.collect()
}

impl Known<'_> {
    /// Whether nothing has this address; what was not read may have it.
    fn lacks(&self, address: &Address) -> bool {
        if self.desired.contains(address) || self.observed.remotes.contains(address) {
            return false;
        }
        let Some(wire) = kind_of(address).and_then(|kind| kind.wire(self.dialect)) else {
            return false;
        };
        let Some(sort) = wire.lanes() else { return self.facts.of(address.kind()).is_some() };
        let lane = wire.lane(address).segment(0);
        let is_listed = |key: &str| self.called(sort, key).is_some_and(|own| own == lane);
        self.desired.has_head(address.head()) || self.facts.of(sort).is_some() && !is_listed(&lane)
    }

    /// The address that may have been meant.
    #[must_use]
    pub fn similar(&self, address: &Address) -> Option<String> {
        // Who wrote a name where addresses have the id.
        let wire = kind_of(address).and_then(|kind| kind.wire(self.dialect));
        let sort = wire.and_then(|wire| wire.lanes());
        let key = sort.and_then(|sort| self.called(sort, &address.segment(0)));
        let spelled = key.map(|key| address.with_segment(0, &key));
        let address = spelled.as_ref().unwrap_or(address);
        let is_there = |address: &Address| {
            self.desired.contains(address) || self.observed.remotes.contains(address)
        };
        if is_there(address) {
            return Some(address.to_string());
        }
        let declared = self.desired.of_kind(address.kind()).map(|entry| entry.address());
        let there = self.observed.remotes.of_kind(address.kind()).map(|entry| entry.address());
        let texts: Vec<String> = declared.chain(there).map(|own| own.to_string()).collect();
        closest(&address.to_string(), texts.iter().map(String::as_str))
    }

    /// The segment of addresses of what this text means.
    fn called(&self, sort: &str, text: &str) -> Option<String> {
        let key = self.facts.of(sort)?.resolve(text).ok()?;
        Some(key.segment)
    }
}
