//! Drift with pseudonyms in the place of people.

use std::collections::BTreeSet;

use secrecy::SecretString;

use super::{HIDDEN, Pseudonyms, Redaction};
use crate::kinds::{kind_of, person_of};
use crate::model::{Address, Desired, Facts, Links, Observed};
use crate::plan::drift::{Class, Drift, Held, Item};
use crate::plan::people::Texts;

/// What stands above manifests that name pseudonyms.
const NOT_TO_PASTE: &str =
    "# pseudonyms stand for people here: --redact-agents shows what can be read and not pasted\n";

/// What stands for the words of a lease.
const UNTOLD: &str = "why is not told with --redact-agents, since it may name people";

impl Redaction {
    /// For what differs.
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
        Self { pseudonyms: Pseudonyms::new(key, &drift.tenant.url), texts, others }
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
            lease: lease.as_ref().map(Self::lease),
            ignored_by: ignored_by.as_ref().map(|pattern| self.pattern(pattern)),
            seen: *seen,
            address: shown,
        }
    }

    /// A lease without its words, which may name anybody in any spelling.
    fn lease(lease: &Held) -> Held {
        let Held { until, reason: _, owner: _, lapsed, source } = lease;
        let (reason, owner) = (UNTOLD.to_owned(), HIDDEN.to_owned());
        Held { until: until.clone(), reason, owner, lapsed: *lapsed, source: source.clone() }
    }
}

fn is_person(address: &Address) -> bool {
    person_of(address.kind()).is_some()
}
