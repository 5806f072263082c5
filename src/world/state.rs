//! The world as one value that can be written down and read back, so that an embedded tenant lives
//! on between commands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Analytics, Behaviour, Row, Table, World};

/// Everything of a world that outlives a command: rows, versions, counters, behaviour with what is
/// left of its faults. Tokens, limits and the log do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State<'w> {
    name: Option<String>,
    behaviour: Behaviour,
    revision: u64,
    last_id: u64,
    requests: u64,
    #[serde(default)]
    analytics: Option<Analytics>,
    tables: BTreeMap<String, SavedTable<'w>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTable<'w> {
    rows: Cow<'w, BTreeMap<String, Row>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    groups: BTreeMap<String, u64>,
}

impl World {
    /// The world as a value to save; its rows are only lent.
    #[must_use]
    pub fn save(&self) -> State<'_> {
        fn saved(table: &Table) -> SavedTable<'_> {
            SavedTable { rows: Cow::Borrowed(table.stored()), groups: table.group_versions() }
        }
        State {
            name: self.name.clone(),
            behaviour: self.behaviour.clone(),
            revision: self.revision,
            last_id: self.last_id,
            requests: self.requests,
            analytics: self.analytics.clone(),
            tables: self.tables.iter().map(|(name, table)| (name.clone(), saved(table))).collect(),
        }
    }

    /// Makes the world what was saved. Its tokens and its log stay.
    pub fn restore(&mut self, state: State<'_>) {
        self.name = state.name;
        self.behaviour = state.behaviour;
        self.revision = state.revision;
        self.last_id = state.last_id;
        self.requests = state.requests;
        self.analytics = state.analytics;
        self.tables = BTreeMap::new();
        for (name, SavedTable { rows, groups }) in state.tables {
            let grouped_by = self.collection(&name).and_then(|collection| collection.grouped_by);
            self.tables.insert(name, Table::restored(grouped_by, rows.into_owned(), groups));
        }
    }

    /// The version that the last write of a row gave; the same number means that no row has
    /// changed.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }
}
