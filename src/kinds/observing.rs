//! Where what is read comes together: rows of any kind, in any order, become what is observed.

use std::sync::Arc;

use super::{Decode, KINDS};
use crate::http::Dialect;
use crate::model::{Address, Facts, Observed};

/// Collects rows as they come; whatever their order, the result is the same.
pub struct Observing<'f> {
    observed: Observed,
    /// One for each of [`KINDS`]; none where the dialect cannot carry it.
    decoders: Vec<Option<Box<dyn Decode + Send + 'f>>>,
}

impl<'f> Observing<'f> {
    /// Nothing yet, from a tenant of which these facts are known.
    #[must_use]
    pub fn new(facts: &'f Facts, dialect: Dialect) -> Self {
        let decoder = |kind: &&dyn super::Kind| Some(kind.wire(dialect)?.decoder(facts));
        let decoders = KINDS.iter().map(decoder).collect();
        Self { observed: Observed::default(), decoders }
    }

    /// Takes one entity, as JSON, of the kind at this index of [`KINDS`]. One that cannot be
    /// addressed is passed over.
    pub fn enter(&mut self, kind: usize, row: &str, lane: Option<&Address>) {
        let decoder = self.decoders.get_mut(kind).and_then(Option::as_mut);
        let decoded = decoder.and_then(|decoder| decoder.decode(row, lane));
        let Some((address, remote)) = decoded else { return };
        // A list that moved while it was paged can tell one thing twice: whatever the order, the
        // same one is kept.
        self.observed
            .remotes
            .put(&address, remote, |new, old| (&new.id, &new.document) < (&old.id, &old.document));
    }

    /// Takes the version of a lane.
    pub fn version(&mut self, lane: Address, version: &str) {
        self.observed.versions.insert(lane, Arc::from(version));
    }

    /// Everything that was taken.
    #[must_use]
    pub fn finish(mut self) -> Observed {
        self.observed.remotes.shrink();
        self.observed
    }
}
