//! What is tolerated: for some time by a lease, for good by what others own.

use jiff::Timestamp;

use super::report::{Class, Held, Item};
use crate::model::{Pattern, Place};

/// Drift that is tolerated until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Whose.
    pub pattern: Pattern,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Where the project says so.
    pub place: Place,
}

/// Resources that others own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Their addresses.
    pub pattern: Pattern,
    /// Where the project says so.
    pub place: Place,
}

/// Everything that is tolerated.
#[derive(Clone, Debug, Default)]
pub struct Tolerance {
    /// For some time.
    pub leases: Vec<Lease>,
    /// For good.
    pub ignored: Vec<Ignored>,
    /// The time.
    pub now: Timestamp,
}

impl Tolerance {
    /// Says of what differs whether it is tolerated, and whether it is an alarm. A lease that has
    /// ended is told, and tolerates nothing.
    pub(super) fn judge(&self, item: &mut Item) {
        let alarms = match item.difference {
            Class::Changed | Class::Missing | Class::Pending => true,
            Class::Unmanaged => item.exclusive,
            Class::Leased | Class::Ignored | Class::Due => false,
        };
        let ignored = self.ignored.iter().find(|own| own.pattern.matches(&item.address));
        if let Some(ignored) = ignored {
            item.class = Class::Ignored;
            item.ignored_by = Some(ignored.pattern.to_string());
            return;
        }
        if !alarms {
            return;
        }
        let own = self.leases.iter().filter(|lease| lease.pattern.matches(&item.address));
        let Some(lease) = own.max_by_key(|lease| lease.until) else {
            item.alarm = true;
            return;
        };
        let lapsed = lease.until <= self.now;
        item.alarm = lapsed;
        if !lapsed {
            item.class = Class::Leased;
        }
        item.lease = Some(Held {
            until: lease.until.to_string(),
            reason: lease.reason.clone(),
            owner: lease.owner.clone(),
            lapsed,
            source: lease.place.clone(),
        });
    }
}
