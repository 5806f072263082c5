//! Drift with pseudonyms in the place of people.

use std::collections::BTreeSet;

use secrecy::SecretString;

use super::{HIDDEN, Pseudonyms, Redaction};
use crate::facts::PEOPLE;
use crate::kinds::{kind_of, person_of};
use crate::model::{Address, Desired, Facts, Links, Observed};
use crate::plan::drift::{Class, Drift, Held, Item};
use crate::plan::people::Texts;

/// What stands above manifests that name pseudonyms.
const NOT_TO_PASTE: &str =
    "# pseudonyms stand for people here: --redact-agents shows what can be read and not pasted\n";

/// What stands for words of which nobody knows whom they name.
const UNTOLD: &str = "why is not told with --redact-agents, since it may name people";

impl Redaction {
    /// For what differs. Leases are words of people: all that the tenant calls its agents is looked
    /// for there, where the agents were listed.
    #[must_use]
    pub fn of_drift(
        key: &SecretString,
        drift: &Drift,
        desired: &Desired,
        observed: &Observed,
        facts: &Facts,
    ) -> Self {
        let mut others = BTreeSet::new();
        for address in drift.items.iter().map(|item| &item.address) {
            let person = person_of(address.kind());
            let tail = address.tail().map_or(0, |tail| tail.split('/').count());
            let segments = (0..=tail).filter(|index| person != Some(*index));
            others.extend(segments.map(|index| address.segment(index)));
        }
        let texts = Texts::of(desired, observed, facts);
        let knows_people = facts.of(PEOPLE).is_some();
        Self { pseudonyms: Pseudonyms::new(key, &drift.tenant.url), texts, others, knows_people }
    }

    /// What differs as it may be shown. `manifests` are those of what is unmanaged, made of the
    /// addresses that are shown.
    #[must_use]
    pub fn drift(&self, drift: &Drift, manifests: Option<String>) -> Drift {
        let Drift {
            format_version,
            tool_version,
            tenant,
            time,
            last_apply,
            after,
            drift: is_drift,
            counts,
            items,
            manifests: _,
            accepted,
        } = drift;
        let is_written = |item: &Item| item.class == Class::Unmanaged && is_person(&item.address);
        let has_people = items.iter().any(is_written);
        let note = if has_people { NOT_TO_PASTE } else { "" };
        let mut items: Vec<Item> = items.iter().map(|item| self.item(item)).collect();
        let mut accepted: Vec<Address> = accepted.iter().map(|own| self.address(own)).collect();
        // The order of names would tell something of them.
        items.sort_by(|one, other| one.address.cmp(&other.address));
        accepted.sort();
        Drift {
            format_version,
            tool_version,
            tenant: tenant.clone(),
            time: *time,
            last_apply: last_apply.clone(),
            after: *after,
            drift: *is_drift,
            counts: *counts,
            items,
            manifests: manifests.map(|manifests| format!("{note}{manifests}")),
            accepted,
        }
    }

    /// One resource that differs, as it may be shown.
    #[must_use]
    pub fn item(&self, item: &Item) -> Item {
        let Item {
            address,
            kind,
            name,
            class,
            difference,
            alarm,
            exclusive,
            declared,
            live,
            paths,
            source,
            lease,
            ignored_by,
            seen,
        } = item;
        let shown = self.address(address);
        let name = match kind_of(address).filter(|_| is_person(address)) {
            Some(kind) => kind.label(&shown, &Links::new(), &Facts::default()),
            None => name.clone(),
        };
        Item {
            kind: kind.clone(),
            name,
            class: *class,
            difference: *difference,
            alarm: *alarm,
            exclusive: *exclusive,
            declared: declared.clone(),
            live: live.clone(),
            paths: paths.clone(),
            source: source.clone(),
            lease: lease.as_ref().map(|lease| self.lease(lease, address)),
            ignored_by: ignored_by.as_ref().map(|pattern| self.pattern(pattern)),
            seen: *seen,
            address: shown,
        }
    }

    /// A lease. Where the tenant's people were not asked for, anybody may be named in its words.
    fn lease(&self, lease: &Held, address: &Address) -> Held {
        let Held { until, reason, owner, lapsed, source } = lease;
        let (reason, owner) = match self.knows_people {
            true => (self.text(reason, Some(address)), self.text(owner, None)),
            false => (UNTOLD.to_owned(), HIDDEN.to_owned()),
        };
        Held { until: until.clone(), reason, owner, lapsed: *lapsed, source: source.clone() }
    }
}

fn is_person(address: &Address) -> bool {
    person_of(address.kind()).is_some()
}
