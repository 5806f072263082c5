//! A lane: changes that share a version, and what is known of what they change.

use std::sync::Arc;

use super::{Fetched, Reader, TenantError};
use crate::kinds::{Look, Wire};
use crate::model::{Facts, Links, Remote};
use crate::plan::{Change, NAME_PATH};

/// Changes that share a version, which each hands on to the next.
#[derive(Default)]
pub(super) struct Lane {
    /// The version that the next write names; none where it is not known, or the tenant has none.
    pub(super) version: Option<String>,
    /// The whole set as it was read after the plan's version was not the tenant's any more. What
    /// the plan saw is no base for the lane's other changes then; this is.
    seen: Option<Fetched>,
    /// Whether `seen` was read after the lane's last write: then it needs no version.
    is_fresh: bool,
}

/// What a change starts from: what the tenant has, as far as is known.
#[derive(Default)]
pub(super) struct Current {
    /// The resource; none where it does not exist.
    pub(super) remote: Option<Remote>,
}

impl Lane {
    /// A lane that begins at the version that the plan saw.
    pub(super) fn starting(version: Option<&str>) -> Self {
        Self { version: version.map(str::to_owned), ..Self::default() }
    }

    /// Whether the lane's next change can start from what the plan saw.
    pub(super) fn is_as_planned(&self) -> bool {
        self.version.is_some() && self.seen.is_none()
    }

    /// Nothing that was read counts any more.
    pub(super) fn forget(&mut self) {
        self.version = None;
        self.is_fresh = false;
    }

    /// What was read stays as it is: nothing is written in between.
    pub(super) fn keep(&mut self) {
        self.is_fresh = true;
    }

    /// A write answered with this version: what was read before it is no more than a base.
    pub(super) fn written(&mut self, version: Option<String>) {
        self.version = version;
        self.is_fresh = false;
    }

    /// Reads what a change is about as it is now, to see what a write has done. The lane's next
    /// change starts from it.
    pub(super) async fn look_after(
        &mut self,
        reader: &Reader,
        facts: Arc<Facts>,
        change: &Change,
        id: Option<&str>,
        wire: &dyn Wire,
    ) -> Result<Current, TenantError> {
        self.forget();
        let current = self.look(reader, facts, change, id, wire).await?;
        self.keep();
        Ok(current)
    }

    /// Reads what a change is about as it is now, by its id where that is known, and the version of
    /// its lane; what the lane has read and still has the version of is not read again.
    pub(super) async fn look(
        &mut self,
        reader: &Reader,
        mut facts: Arc<Facts>,
        change: &Change,
        id: Option<&str>,
        wire: &dyn Wire,
    ) -> Result<Current, TenantError> {
        let lane = wire.lane(&change.address);
        match wire.look(&change.address, id) {
            Look::One(read) => {
                let fetched = reader.one(&read).await?.unwrap_or_default();
                let mut decoder = wire.decoder(&facts);
                let row = fetched.rows().next();
                let remote = row.and_then(|row| Some((row, decoder.decode(row, Some(&lane))?.1)));
                let remote = remote.map(|(row, remote)| named(change, wire, row, remote));
                self.version = fetched.etag;
                drop(decoder);
                Ok(Current { remote })
            }
            Look::Listed(read) => {
                let is_known = std::mem::take(&mut self.is_fresh) || self.version.is_some();
                let seen = match self.seen.take().filter(|_| is_known) {
                    Some(seen) => seen,
                    None => {
                        let mut seen = reader.list(&read).await?;
                        // The version of a list of the whole tenant is no resource's version.
                        self.version = seen.etag.take().filter(|_| wire.list().is_none());
                        seen
                    }
                };
                if wire.list().is_some()
                    && let Some(names) =
                        Arc::make_mut(&mut facts).names.get_mut(change.address.kind())
                {
                    seen.rows()
                        .filter_map(|row| wire.named(row))
                        .for_each(|named| names.add(named));
                }
                let mut decoder = wire.decoder(&facts);
                let remote = seen
                    .rows()
                    .filter_map(|row| Some((row, decoder.decode(row, Some(&lane))?)))
                    .find(|(_, (address, _))| *address == change.address)
                    .map(|(row, (_, remote))| named(change, wire, row, remote));
                drop(decoder);
                self.seen = Some(seen);
                Ok(Current { remote })
            }
        }
    }
}

/// What was read for a change. For a rename, what the tenant calls it is one of its fields.
pub(super) fn named(change: &Change, wire: &dyn Wire, row: &str, mut remote: Remote) -> Remote {
    if change.previous_address.is_some() {
        let name = wire.named(row).and_then(|named| named.name).map(serde_json::Value::from);
        remote.document = remote.document.with([(NAME_PATH, name.as_ref())]);
    }
    remote
}

impl Current {
    /// What the plan saw.
    pub(super) fn planned(change: &Change) -> Self {
        let seen = match (&change.carry, &change.change.before) {
            (Some(carry), _) => Some((carry.fields.clone(), carry.raw.clone())),
            (None, Some(before)) => Some((before.clone(), None)),
            (None, None) => None,
        };
        let links = Links::new;
        Self {
            remote: seen.map(|(document, raw)| Remote {
                id: change.id.clone(),
                document,
                raw,
                links: links(),
            }),
        }
    }
}
