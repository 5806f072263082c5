//! Asks for figures, one report after the other.

use std::collections::BTreeMap;

use super::observe::{Step, Watch};
use super::side_by_side::each_side_by_side;
use super::{Reader, TenantError};
use crate::http::Query;
use crate::model::Raw;

/// The rows that each query is answered with, by what it is asked for; `what` says of whom the
/// figures are. Who is not known any more has none.
///
/// # Errors
/// The tenant cannot be reached, or refuses.
pub async fn analytics(
    reader: &Reader,
    what: &'static str,
    queries: Vec<(String, Query)>,
    watch: &mut Watch<'_>,
) -> Result<BTreeMap<String, Vec<Raw>>, TenantError> {
    let (mut told, of) = (BTreeMap::new(), queries.len());
    let ask = |reader: Reader, (id, query): (String, Query)| async move {
        match reader.ask(&query).await {
            Err(TenantError::Refused { status: 404, .. }) => Ok((id, Vec::new())),
            fetched => fetched.map(|fetched| (id, fetched.rows().filter_map(Raw::parse).collect())),
        }
    };
    each_side_by_side(reader, queries, ask, |(id, rows): (String, Vec<Raw>)| {
        told.insert(id, rows);
        watch(Step { what, done: told.len(), of });
    })
    .await?;
    Ok(told)
}
