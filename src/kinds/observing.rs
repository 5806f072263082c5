//! Where what is read comes together: rows of any kind, in any order, become what is observed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::{Decode, KINDS};
use crate::http::Dialect;
use crate::model::{Address, Desired, Facts, Observed, Remote};

/// Collects rows as they come; whatever their order, the result is the same.
pub struct Observing<'f> {
    observed: Observed,
    desired: &'f Desired,
    /// What was declared before, where that is looked for too.
    base: Option<&'f Desired>,
    /// Whether what no manifest names is kept too.
    is_whole: bool,
    /// What has a name that several may have, by address and id.
    namesakes: BTreeMap<Address, BTreeMap<Option<Arc<str>>, Remote>>,
    /// The first part of the addresses of the last row, and whether a manifest names it.
    last: Option<(Arc<str>, bool)>,
    /// One for each of [`KINDS`]; none where the dialect cannot carry it.
    decoders: Vec<Option<Decoder<'f>>>,
}

struct Decoder<'f> {
    inner: Box<dyn Decode + Send + 'f>,
    /// Whether the tenant lists the kind as a whole.
    is_listed: bool,
    /// Whether several may have one name.
    has_namesakes: bool,
}

impl<'f> Observing<'f> {
    /// Nothing yet, from a tenant of which these facts are known. Of what is not listed as a whole,
    /// only what shares a lane with something desired will be kept.
    #[must_use]
    pub fn new(
        facts: &'f Facts,
        dialect: Dialect,
        desired: &'f Desired,
        base: Option<&'f Desired>,
    ) -> Self {
        let decoder = |kind: &&dyn super::Kind| {
            let wire = kind.wire(dialect)?;
            let (inner, is_listed) = (wire.decoder(facts), wire.list().is_some());
            Some(Decoder { inner, is_listed, has_namesakes: wire.replaces() })
        };
        let decoders = KINDS.iter().map(decoder).collect();
        let (observed, namesakes) = Default::default();
        Self { observed, desired, base, namesakes, is_whole: false, last: None, decoders }
    }

    /// Goes on with what was observed, and keeps whatever comes.
    #[must_use]
    pub fn resume(
        observed: Observed,
        facts: &'f Facts,
        dialect: Dialect,
        desired: &'f Desired,
    ) -> Self {
        Self { observed, is_whole: true, ..Self::new(facts, dialect, desired, None) }
    }

    /// Takes one entity, as JSON, of the kind at this index of [`KINDS`]. One that cannot be
    /// addressed is passed over; then this is false.
    pub fn enter(&mut self, kind: usize, row: &str, lane: Option<&Address>) -> bool {
        let Some(decoder) = self.decoders.get_mut(kind).and_then(Option::as_mut) else {
            return false;
        };
        let (is_listed, has_namesakes) = (decoder.is_listed, decoder.has_namesakes);
        let Some((address, remote)) = decoder.inner.decode(row, lane) else { return false };
        if !is_listed && !self.is_whole && !self.is_named(&address) {
            return true;
        }
        // A list that moved while it was paged can tell one thing twice: whatever the order, the
        // same one is kept.
        let key = |remote: &Remote| {
            let raw = remote.raw.as_ref().map(|raw| raw.as_str().to_owned());
            (remote.id.clone(), remote.document.clone(), raw)
        };
        if !has_namesakes {
            self.observed.remotes.put(&address, remote, |new, old| key(new) < key(old));
            return true;
        }
        match self.namesakes.entry(address).or_default().entry(remote.id.clone()) {
            Entry::Vacant(vacant) => drop(vacant.insert(remote)),
            Entry::Occupied(mut known) if key(&remote) < key(known.get()) => {
                known.insert(remote);
            }
            Entry::Occupied(_) => {}
        }
        true
    }

    fn is_named(&mut self, address: &Address) -> bool {
        match &self.last {
            Some((head, is_named)) if Arc::ptr_eq(head, address.head()) => *is_named,
            _ => {
                let mut named = [Some(self.desired), self.base].into_iter().flatten();
                let is_named = named.any(|declared| declared.has_head(address.head()));
                self.last = Some((Arc::clone(address.head()), is_named));
                is_named
            }
        }
    }

    /// Takes the version of a lane.
    pub fn version(&mut self, lane: Address, version: &str) {
        self.observed.versions.insert(lane, Arc::from(version));
    }

    /// Everything that was taken.
    #[must_use]
    pub fn finish(mut self) -> Observed {
        for (address, namesakes) in self.namesakes {
            let mut namesakes = namesakes.into_values();
            if let Some(first) = namesakes.next() {
                self.observed.remotes.put(&address, first, |_, _| false);
            }
            let others: Vec<Remote> = namesakes.collect();
            if !others.is_empty() {
                self.observed.others.insert(address, others);
            }
        }
        self.observed.remotes.shrink();
        self.observed
    }
}

#[cfg(test)]
mod tests {
    use super::Observing;
    use crate::http::Dialect;
    use crate::kinds::{KINDS, declare};
    use crate::model::{Facts, Raw};

    #[test]
    fn what_is_told_twice_is_the_same_in_any_order_and_what_cannot_be_read_is_told() {
        let (desired, _) = declare(&[], None);
        let facts = Facts::default();
        let queues = KINDS.iter().position(|kind| kind.name() == "queue").unwrap();
        let rows = [
            r#"{"id":"q-1","capacity":5}"#,
            r#"{"id":"q-1","capacity":5,"note":2}"#,
            r#"{"id":"q-1","capacity":5,"note":1}"#,
        ];
        for turn in 0..rows.len() {
            let mut observing = Observing::new(&facts, Dialect::V2, &desired, None);
            assert!(!observing.enter(queues, r#"{"name":"no id"}"#, None));
            for index in 0..rows.len() {
                assert!(observing.enter(queues, rows[(turn + index) % rows.len()], None));
            }
            let observed = observing.finish();
            let kept: Vec<_> = observed.remotes.iter().map(|e| e.value.raw.as_ref()).collect();
            assert_eq!(kept, [Raw::parse(rows[2]).as_ref()], "from {turn}");
        }
    }
}
