//! Reads again what a run wrote, to tell others what the tenant really has.

use std::collections::BTreeSet;

use super::side_by_side::each_side_by_side;
use super::{Fetched, Reader, TenantError};
use crate::facts::SOURCES;
use crate::http::Read;
use crate::kinds::{KINDS, WfmRow};
use crate::model::{Address, Facts, Names};

/// What workforce management is told of those of `addresses` that the tenant has now: of kinds
/// that are read lane by lane, a read a lane. `named` are the sorts of what they name.
///
/// # Errors
/// The tenant cannot be reached, or refuses.
pub async fn reread(
    reader: &Reader,
    addresses: &BTreeSet<&Address>,
    named: &BTreeSet<&str>,
    mut facts: Facts,
) -> Result<Vec<WfmRow>, TenantError> {
    let mut rows = Vec::new();
    for kind in KINDS {
        let Some(wire) = kind.wire(reader.dialect()) else { continue };
        let of_kind = addresses.iter().filter(|address| address.kind() == kind.name());
        let lanes: BTreeSet<Address> = of_kind.map(|address| wire.lane(address)).collect();
        let parts: Vec<(Address, Read)> =
            lanes.into_iter().filter_map(|lane| Some((lane.clone(), wire.part(&lane)?))).collect();
        if parts.is_empty() {
            continue;
        }
        // A lane's own name is in its address; what else is named is found by its id.
        let is_needed = |sort: &&str| named.contains(sort) && wire.lanes() != Some(sort);
        learn(reader, is_needed, &mut facts).await?;
        let mut decoder = wire.decoder(&facts);
        let fetch = |reader: Reader, (lane, read)| async move {
            match reader.list(&read).await {
                // It is gone, and all that it had with it.
                Err(TenantError::Refused { status: 404, .. }) => Ok((lane, None)),
                fetched => fetched.map(|fetched| (lane, Some(fetched))),
            }
        };
        let take = |(lane, fetched): (Address, Option<Fetched>)| {
            for row in fetched.iter().flat_map(Fetched::rows) {
                if let Some((address, remote)) = decoder.decode(row, Some(&lane))
                    && addresses.contains(&address)
                {
                    rows.extend(kind.wfm_row(&remote));
                }
            }
        };
        each_side_by_side(reader, parts, fetch, take).await?;
    }
    Ok(rows)
}

/// Reads the names of the needed sorts that are not known yet.
async fn learn(
    reader: &Reader,
    is_needed: impl Fn(&&str) -> bool,
    facts: &mut Facts,
) -> Result<(), TenantError> {
    for source in SOURCES.iter().filter(|source| is_needed(&source.sort)) {
        if facts.of(source.sort).is_none() {
            let fetched = reader.list(&(source.list)(reader.dialect())).await?;
            let named = fetched.rows().filter_map(source.named);
            facts.names.insert(source.sort, Names::new(source.sort, source.keyed_by_id, named));
        }
    }
    Ok(())
}
