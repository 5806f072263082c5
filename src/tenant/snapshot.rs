//! Reads a whole tenant, as it tells itself.

use std::collections::{BTreeMap, BTreeSet};

use super::analytics::analytics;
use super::observe::{Step, Watch};
use super::side_by_side::each_side_by_side;
use super::{Fetched, Reader, TenantError};
use crate::facts::{self, SOURCES};
use crate::http::Read;
use crate::kinds::{KINDS, Wire};
use crate::model::{Address, Raw};

/// The lists of a snapshot, each by its name, with their rows in an order that does not depend on
/// the tenant's.
#[derive(Debug, Default)]
pub struct Taken {
    /// The rows, each verbatim but for what they need to stand alone.
    pub sections: Vec<(&'static str, Vec<Raw>)>,
    /// The lists of the section of figures, each by its name, where they were asked for.
    pub figures: Vec<(&'static str, Vec<Raw>)>,
    /// The lists that it does without, since the token may not read them, and the scope that each
    /// needs.
    pub spared: Vec<(&'static str, &'static str)>,
}

/// Reads every list once, and of every agent the licences and all that is told agent by agent; with
/// `figures`, a report of each agent and each queue besides.
///
/// # Errors
/// The tenant cannot be reached, refuses, or the token lacks a scope.
pub async fn snapshot(
    reader: &Reader,
    figures: bool,
    watch: &mut Watch<'_>,
) -> Result<Taken, TenantError> {
    let dialect = reader.dialect();
    let mut lists: Vec<(&'static str, Read)> =
        SOURCES.iter().map(|source| (source.section, (source.list)(dialect))).collect();
    lists.push((facts::STRATEGIES, facts::list_strategies(dialect)));
    let mut wires: Vec<_> =
        KINDS.iter().filter_map(|kind| Some((kind.name(), kind.wire(dialect)?))).collect();
    let mut taken = Taken::default();
    let held = reader.scopes().await?;
    let lacks = |wire: &dyn Wire| {
        let lacks = |scope: &&&str| held.as_ref().is_some_and(|held| !held.contains(**scope));
        let lacks = wire.read_scopes().iter().find(lacks);
        lacks.filter(|_| wire.is_spared()).copied()
    };
    taken.spared.extend(wires.iter().filter_map(|(_, wire)| Some((wire.section(), lacks(*wire)?))));
    wires.retain(|(_, wire)| lacks(*wire).is_none());
    lists.extend(wires.iter().filter_map(|(_, wire)| Some((wire.section(), wire.list()?))));
    let mut scopes: BTreeSet<&str> = lists.iter().map(|(_, read)| read.scope).collect();
    scopes.extend(wires.iter().flat_map(|(_, wire)| wire.read_scopes()));
    scopes
        .extend(figures.then_some(facts::FIGURES.iter()).into_iter().flatten().map(|f| f.scope()));
    reader.require(&scopes).await?;

    let mut rows: BTreeMap<&'static str, Rows> = BTreeMap::new();
    let order: Vec<&'static str> = lists.iter().map(|(section, _)| *section).collect();
    let wire_of = |section: &str| wires.iter().find(|(_, wire)| wire.section() == section);
    let spared: BTreeSet<&'static str> =
        wires.iter().filter(|(_, wire)| wire.is_spared()).map(|(_, wire)| wire.section()).collect();
    let fetch = move |reader: Reader, (section, read): (&'static str, Read)| {
        let is_spared = spared.contains(section);
        async move {
            match reader.list(&read).await {
                // Whose token does not name its scopes learns it so.
                Err(TenantError::Refused { status: 403, .. }) if is_spared => {
                    Ok((section, Err(read.scope)))
                }
                fetched => fetched.map(|fetched| (section, Ok(fetched))),
            }
        }
    };
    type Listed = (&'static str, Result<Fetched, &'static str>);
    each_side_by_side(reader, lists, fetch, |(section, fetched): Listed| match fetched {
        Err(scope) => taken.spared.push((section, scope)),
        Ok(fetched) => {
            let shown = |row: Raw| match wire_of(section) {
                Some((_, wire)) => wire.shown(row),
                None => row,
            };
            let parsed = fetched.rows().filter_map(Raw::parse).map(shown);
            rows.entry(section).or_default().extend(parsed, None);
        }
    })
    .await?;
    let spared: BTreeSet<&str> = taken.spared.iter().map(|(section, _)| *section).collect();
    for section in order.into_iter().filter(|section| !spared.contains(section)) {
        taken.sections.push((section, rows.remove(section).unwrap_or_default().finish()));
    }
    let lanes = |sort: &str| -> Vec<Address> {
        let source = SOURCES.iter().find(|source| source.sort == sort);
        let section = |name| taken.sections.iter().find(|(section, _)| *section == name);
        let rows = source.and_then(|s| Some((s, section(s.section)?)));
        let named = rows
            .into_iter()
            .flat_map(|(s, (_, rows))| rows.iter().filter_map(|row| (s.named)(row.as_str())));
        named.filter_map(|named| Some(Address::new(source?.sort, &[&named.id?]))).collect()
    };
    let mut parts = Vec::new();
    for (name, wire) in &wires {
        let Some(sort) = wire.lanes() else { continue };
        let reads: Vec<(Address, Read)> = lanes(sort)
            .into_iter()
            .filter_map(|lane| Some((lane.clone(), wire.part(&lane)?)))
            .collect();
        let (mut done, of) = (0, reads.len());
        let mut rows = Rows::default();
        let fetch = |reader: Reader, (lane, read)| async move {
            match reader.list(&read).await {
                // Who has left meanwhile has nothing.
                Err(TenantError::Refused { status: 404, .. }) => Ok((lane, Fetched::default())),
                fetched => fetched.map(|fetched| (lane, fetched)),
            }
        };
        each_side_by_side(reader, reads, fetch, |(lane, fetched): (Address, Fetched)| {
            let alone = fetched.rows().filter_map(|row| Some(wire.alone(&Raw::parse(row)?, &lane)));
            rows.extend(alone, Some(&lane));
            done += 1;
            watch(Step { what: name, done, of });
        })
        .await?;
        parts.push((wire.section(), rows.finish()));
    }
    with_licences(reader, &mut taken, watch).await?;
    taken.sections.extend(parts);
    if figures {
        taken.figures = read_figures(reader, &taken, watch).await?;
    }
    Ok(taken)
}

/// Asks for the figures of everyone in the sections that have them.
async fn read_figures(
    reader: &Reader,
    taken: &Taken,
    watch: &mut Watch<'_>,
) -> Result<Vec<(&'static str, Vec<Raw>)>, TenantError> {
    let mut figures = Vec::new();
    for kind in facts::FIGURES {
        let section = taken.sections.iter().find(|(name, _)| *name == kind.of);
        let ids = section.into_iter().flat_map(|(_, rows)| rows);
        let ids: Vec<String> = ids.filter_map(|row| facts::id_of(row.as_str())).collect();
        let dialect = reader.dialect();
        let asked = ids.into_iter().map(|id| (id.clone(), (kind.ask)(dialect, &id))).collect();
        let told = analytics(reader, kind.sort, asked, watch).await?;
        let row = |(id, rows): (String, Vec<Raw>)| (kind.row)(&id, &rows);
        figures.push((kind.section, told.into_iter().flat_map(row).collect()));
    }
    Ok(figures)
}

/// Puts the licences of every agent into its row.
async fn with_licences(
    reader: &Reader,
    taken: &mut Taken,
    watch: &mut Watch<'_>,
) -> Result<(), TenantError> {
    let dialect = reader.dialect();
    let source = SOURCES.iter().find(|source| source.sort == facts::LICENSED);
    let found = source.and_then(|source| {
        let (_, rows) = taken.sections.iter_mut().find(|(name, _)| *name == source.section)?;
        Some((source, rows))
    });
    let Some((source, rows)) = found else { return Ok(()) };
    let ids = rows.iter().enumerate().filter_map(|(index, row)| {
        let id = (source.named)(row.as_str())?.id?;
        Some((index, facts::read_licences(dialect, &id)))
    });
    let asked: Vec<(usize, Read)> = ids.collect();
    let (mut done, of) = (0, asked.len());
    let ask = |reader: Reader, (index, read): (usize, Read)| async move {
        Ok((index, reader.one(&read).await?.unwrap_or_default()))
    };
    each_side_by_side(reader, asked, ask, |(index, answer): (usize, Fetched)| {
        if let (Some(row), Some(answer)) = (rows.get_mut(index), answer.rows().next()) {
            *row = facts::with_licences(row, answer);
        }
        done += 1;
        watch(Step { what: "licence", done, of });
    })
    .await
}

/// Rows by what tells them apart: a list that moved while it was paged can tell one twice.
#[derive(Default)]
struct Rows(BTreeMap<(Option<Address>, String), Raw>);

impl Rows {
    fn extend(&mut self, rows: impl Iterator<Item = Raw>, lane: Option<&Address>) {
        for row in rows {
            // What has no id is told apart by all of it.
            let id = facts::id_of(row.as_str()).unwrap_or_else(|| row.as_str().to_owned());
            let known = self.0.entry((lane.cloned(), id)).or_insert_with(|| row.clone());
            if row.as_str() < known.as_str() {
                *known = row;
            }
        }
    }

    fn finish(self) -> Vec<Raw> {
        self.0.into_values().collect()
    }
}
