//! Looks further than the manifests name: at what matters for staffing, and at every agent.

use std::collections::BTreeSet;

use super::observe::{Observation, Unreadable, Watch, read_lanes};
use super::{Fetched, Reader, TenantError};
use crate::facts::SOURCES;
use crate::http::Read;
use crate::kinds::{KINDS, Observing};
use crate::model::{Address, Desired, Facts, Names};

impl Observation {
    /// Reads what the tenant has of what is `desired`, agent by agent, where no manifest made it
    /// necessary, and the lists of the kinds that are `wanted`. What the token may not read is told
    /// by its scope.
    ///
    /// # Errors
    /// The tenant cannot be reached or refuses for another reason.
    pub async fn of(
        reader: &Reader,
        desired: Desired,
        wanted: &BTreeSet<&'static str>,
        facts: Facts,
        watch: &mut Watch<'_>,
    ) -> Result<(Self, Vec<&'static str>), TenantError> {
        let mut seen = Self { desired, facts, ..Self::default() };
        let mut lacking = Vec::new();
        for source in SOURCES {
            lacking.extend(seen.recognise(reader, source.sort).await?);
        }
        lacking.extend(seen.look_beside(reader, wanted).await?);
        for (index, kind) in KINDS.iter().enumerate() {
            let Some(wire) = kind.wire(reader.dialect()) else { continue };
            let heads = seen.desired.heads(kind.name());
            let lanes = heads.map(|head| wire.lane(&Address::of_parts(head, None)));
            let lanes = lanes.collect::<BTreeSet<_>>().into_iter().collect();
            seen.look_into(reader, index, lanes, watch).await?;
        }
        Ok((seen, lacking))
    }

    /// Reads the lists of kinds that matter for staffing, and of which no manifest speaks. What the
    /// token may not read is told by its scope.
    ///
    /// # Errors
    /// The tenant cannot be reached or refuses for another reason.
    pub async fn look_beside(
        &mut self,
        reader: &Reader,
        wanted: &BTreeSet<&'static str>,
    ) -> Result<Vec<&'static str>, TenantError> {
        let dialect = reader.dialect();
        let mut lacking = Vec::new();
        for (index, kind) in KINDS.iter().enumerate() {
            if !wanted.contains(kind.name()) || self.facts.of(kind.name()).is_some() {
                continue;
            }
            let Some((wire, read)) = kind.wire(dialect).and_then(|w| Some((w, w.list()?))) else {
                continue;
            };
            let Some(rows) = may_list(reader, &read).await? else {
                lacking.push(read.scope);
                continue;
            };
            let named = rows.rows().filter_map(|row| wire.named(row));
            self.facts.names.insert(kind.name(), Names::new(kind.name(), false, named));
            self.observed.aside.insert(kind.name());
            self.resume(reader, |observing| {
                for row in rows.rows() {
                    // What cannot be addressed serves nobody's plan, and is not ours.
                    observing.enter(index, row, None);
                }
            });
        }
        Ok(lacking)
    }

    /// Reads what is told agent by agent of all whom no manifest names. What the token may not
    /// read is told by its scope.
    ///
    /// # Errors
    /// The tenant cannot be reached or refuses for another reason.
    pub async fn look_everywhere(
        &mut self,
        reader: &Reader,
        watch: &mut Watch<'_>,
    ) -> Result<Vec<&'static str>, TenantError> {
        let dialect = reader.dialect();
        let mut lacking = Vec::new();
        // Whatever comes of it, there is no more to be had.
        self.is_whole = true;
        for (index, kind) in KINDS.iter().enumerate() {
            let Some(wire) = kind.wire(dialect) else { continue };
            let Some(sort) = wire.lanes() else { continue };
            if let Some(scope) = self.recognise(reader, sort).await? {
                lacking.push(scope);
            }
            let Some(names) = self.facts.of(sort) else { continue };
            let before = self.base.iter().flat_map(|base| base.heads(kind.name()));
            let heads = self.desired.heads(kind.name()).chain(before);
            let read: BTreeSet<Address> =
                heads.map(|head| wire.lane(&Address::of_parts(head, None))).collect();
            let lanes = names.ids().map(|id| Address::new(sort, &[&names.segment_of(id)]));
            let lanes: Vec<Address> = lanes.filter(|lane| !read.contains(lane)).collect();
            self.look_into(reader, index, lanes, watch).await?;
        }
        Ok(lacking)
    }

    /// Reads these lanes of the kind at this index of [`KINDS`]. Who has left meanwhile has nothing.
    async fn look_into(
        &mut self,
        reader: &Reader,
        kind: usize,
        lanes: Vec<Address>,
        watch: &mut Watch<'_>,
    ) -> Result<(), TenantError> {
        let (observed, mut unreadable) = (std::mem::take(&mut self.observed), Unreadable::new());
        let mut observing =
            Observing::resume(observed, &self.facts, reader.dialect(), &self.desired);
        read_lanes(reader, kind, lanes, &mut observing, &mut unreadable, watch).await?;
        self.observed = observing.finish();
        self.count_unreadable(unreadable);
        Ok(())
    }

    /// Reads what a sort of things is called, where no manifest made it necessary before; the scope
    /// comes back that the token would need.
    async fn recognise(
        &mut self,
        reader: &Reader,
        sort: &str,
    ) -> Result<Option<&'static str>, TenantError> {
        let source = SOURCES.iter().find(|source| source.sort == sort);
        let Some(source) = source.filter(|_| self.facts.of(sort).is_none()) else {
            return Ok(None);
        };
        let read = (source.list)(reader.dialect());
        let Some(rows) = may_list(reader, &read).await? else { return Ok(Some(read.scope)) };
        let named = rows.rows().filter_map(source.named);
        self.facts.names.insert(source.sort, Names::new(source.sort, source.keyed_by_id, named));
        Ok(None)
    }

    fn resume(&mut self, reader: &Reader, enter: impl FnOnce(&mut Observing<'_>)) {
        let observed = std::mem::take(&mut self.observed);
        let mut observing =
            Observing::resume(observed, &self.facts, reader.dialect(), &self.desired);
        enter(&mut observing);
        self.observed = observing.finish();
    }
}

/// A list, where the token may read it.
async fn may_list(reader: &Reader, read: &Read) -> Result<Option<Fetched>, TenantError> {
    if reader.scopes().await?.is_some_and(|scopes| !scopes.contains(read.scope)) {
        return Ok(None);
    }
    match reader.list(read).await {
        Err(TenantError::Refused { status: 403, .. }) => Ok(None),
        rows => rows.map(Some),
    }
}
