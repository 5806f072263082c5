//! What `policy.leases` and `policy.ignore` of the project file tolerate.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::Deserialize;

use super::policy::pattern;
use crate::model::{Finding, Node, Pattern, Place};
use crate::plan::drift::{self, Ignored};

/// Drift that is tolerated for some time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// Whose drift: an address, in which `*` stands for any text within a segment, `**` across.
    pub address: String,
    /// Until when: RFC 3339, such as 2026-12-24T18:00:00+01:00, or a date: through the end of that
    /// day in the tenant's zone.
    pub until: String,
    /// Why it is tolerated.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Who answers for it.
    #[schemars(length(min = 1))]
    pub owner: String,
}

/// A lease with its place; its end may still need the tenant's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    pattern: Pattern,
    until: Until,
    reason: String,
    owner: String,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    Instant(Timestamp),
    /// The end of a day.
    Day(Date),
}

impl Leased {
    /// Whose drift it tolerates, and where it says so.
    #[must_use]
    pub fn of(&self) -> (&Pattern, &Place) {
        (&self.pattern, &self.place)
    }

    /// The lease, by the clocks of this zone.
    #[must_use]
    pub fn lease(&self, zone: &TimeZone) -> drift::Lease {
        let until = match self.until {
            Until::Instant(until) => until,
            Until::Day(day) => {
                let next = day.checked_add(1.day()).unwrap_or(day);
                zone.to_timestamp(next.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
            }
        };
        let (pattern, reason) = (self.pattern.clone(), self.reason.clone());
        let (owner, place) = (self.owner.clone(), self.place.clone());
        drift::Lease { pattern, until, reason, owner, place }
    }
}

fn until(text: &str) -> Option<Until> {
    // A date is no instant, although it would be read as one.
    match text.contains(':') {
        true => text.parse().ok().map(Until::Instant),
        false => text.parse().ok().map(Until::Day),
    }
}

/// What the leases mean; what is wrong with one is a finding.
pub(super) fn leases(leases: &[Lease], root: &Node, findings: &mut Vec<Finding>) -> Vec<Leased> {
    let mut meant = Vec::new();
    for (index, lease) in leases.iter().enumerate() {
        let at = |key: &str| root.nearest(&format!("/policy/leases/{index}/{key}")).place.clone();
        let place = at("address");
        let pattern = pattern("leases", &lease.address, &place);
        let until = until(&lease.until).ok_or_else(|| {
            let message = format!("policy.leases: `{}` is no time", lease.until);
            let hint = "write it as 2026-12-24T18:00:00+01:00, with an offset, or as a date";
            Box::new(Finding::error("time", &at("until"), message).hint(hint))
        });
        let (reason, owner) = (lease.reason.clone(), lease.owner.clone());
        match (pattern, until) {
            (Ok(pattern), Ok(until)) => {
                meant.push(Leased { pattern, until, reason, owner, place });
            }
            (pattern, until) => {
                findings.extend(pattern.err().map(|finding| *finding));
                findings.extend(until.err().map(|finding| *finding));
            }
        }
    }
    meant
}

/// What is ignored; a pattern that is none is a finding.
pub(super) fn ignored(texts: &[String], root: &Node, findings: &mut Vec<Finding>) -> Vec<Ignored> {
    let mut ignored = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let place = root.nearest(&format!("/policy/ignore/{index}")).place.clone();
        match pattern("ignore", text, &place) {
            Ok(pattern) => ignored.push(Ignored { pattern, place }),
            Err(finding) => findings.push(*finding),
        }
    }
    ignored
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{Lease, leases};
    use crate::model::{Node, Place, Tree};

    #[test]
    fn a_lease_ends_at_an_instant_or_with_a_day() {
        let root = Node { place: Place::of_file("cxform.yaml"), tree: Tree::Null };
        let check = |until: &str, zone: &str, expect: &str| {
            let lease = Lease {
                address: "queue/main".to_owned(),
                until: until.to_owned(),
                reason: "x".to_owned(),
                owner: "ana".to_owned(),
            };
            let mut findings = Vec::new();
            let found = leases(&[lease], &root, &mut findings);
            let told = match found.first() {
                Some(found) => found.lease(&TimeZone::get(zone).unwrap()).until.to_string(),
                None => findings[0].message.clone(),
            };
            assert_eq!(told, expect);
        };
        check("2026-12-24T18:00:00+01:00", "UTC", "2026-12-24T17:00:00Z");
        check("2026-12-24", "UTC", "2026-12-25T00:00:00Z");
        check("2026-12-24", "America/New_York", "2026-12-25T05:00:00Z");
        check("9999-12-31", "Pacific/Honolulu", "9999-12-30T22:00:00.999999999Z");
        for wrong in ["2026-12-24T18:00:00", "tomorrow", "", "2026-02-30"] {
            check(wrong, "UTC", &format!("policy.leases: `{wrong}` is no time"));
        }
    }
}
