//! Rows with versions, and the index of the groups that share one version.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// One row of a table.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// The entity, as the tenant stores it.
    pub body: Value,
    /// The version that the last write gave it.
    pub version: u64,
}

/// Rows by id. Where the table is grouped by a field, all rows of a group share one version.
#[derive(Clone, Debug, Default)]
pub struct Table {
    grouped_by: Option<&'static str>,
    rows: BTreeMap<String, Row>,
    groups: BTreeMap<String, Group>,
}

/// The rows with one value in the grouping field. It outlives its last row, so that its version
/// never comes twice.
#[derive(Clone, Debug, Default)]
struct Group {
    ids: BTreeSet<String>,
    version: u64,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub const fn new(grouped_by: Option<&'static str>) -> Self {
        Self { grouped_by, rows: BTreeMap::new(), groups: BTreeMap::new() }
    }

    /// The entity with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Value> {
        self.rows.get(id).map(|row| &row.body)
    }

    /// Whether there is a row with this id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.rows.contains_key(id)
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All rows by id.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.rows.iter().map(|(id, row)| (id.as_str(), &row.body))
    }

    /// The rows of one group by id.
    pub fn group(&self, key: &str) -> impl Iterator<Item = (&str, &Value)> {
        let ids = self.groups.get(key).into_iter().flat_map(|group| &group.ids);
        ids.filter_map(|id| Some((id.as_str(), self.get(id)?)))
    }

    /// The version of a group where the table is grouped, else of a row; 0 where there was never
    /// a write.
    #[must_use]
    pub fn version(&self, key: &str) -> u64 {
        match self.grouped_by {
            Some(_) => self.groups.get(key).map_or(0, |group| group.version),
            None => self.rows.get(key).map_or(0, |row| row.version),
        }
    }

    /// Stores a row, over the one with its id.
    pub(super) fn put(&mut self, id: &str, body: Value, version: u64) {
        self.remove(id, version);
        if let Some(group) = self.group_of(&body) {
            group.version = group.version.max(version);
            group.ids.insert(id.to_owned());
        }
        self.rows.insert(id.to_owned(), Row { body, version });
    }

    /// Takes a row out; tells whether it was there.
    pub(super) fn remove(&mut self, id: &str, version: u64) -> bool {
        let Some(row) = self.rows.remove(id) else { return false };
        if let Some(group) = self.group_of(&row.body) {
            group.version = version;
            group.ids.remove(id);
        }
        true
    }

    /// The rows with their versions, for saving.
    pub(super) fn stored(&self) -> &BTreeMap<String, Row> {
        &self.rows
    }

    /// The versions of the groups, for saving.
    pub(super) fn group_versions(&self) -> BTreeMap<String, u64> {
        self.groups.iter().map(|(key, group)| (key.clone(), group.version)).collect()
    }

    /// The table that was saved as these.
    pub(super) fn restored(
        grouped_by: Option<&'static str>,
        rows: BTreeMap<String, Row>,
        versions: BTreeMap<String, u64>,
    ) -> Self {
        let mut table = Self::new(grouped_by);
        for (key, version) in versions {
            table.groups.insert(key, Group { ids: BTreeSet::new(), version });
        }
        for (id, row) in rows {
            table.put(&id, row.body, row.version);
        }
        table
    }

    fn group_of(&mut self, body: &Value) -> Option<&mut Group> {
        let key = body.get(self.grouped_by?)?.as_str()?;
        if !self.groups.contains_key(key) {
            self.groups.insert(key.to_owned(), Group::default());
        }
        self.groups.get_mut(key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Table;

    #[test]
    fn a_row_has_its_version() {
        let mut table = Table::new(None);
        table.put("q", json!({"n": 1}), 4);
        table.put("q", json!({"n": 2}), 7);
        assert_eq!((table.version("q"), table.len()), (7, 1));
        assert!(table.remove("q", 8));
        assert!(!table.remove("q", 9));
        assert_eq!(table.version("q"), 0);
    }

    #[test]
    fn a_group_shares_one_version_and_outlives_its_rows() {
        let mut table = Table::new(Some("userId"));
        table.put("a", json!({"userId": "u"}), 1);
        table.put("b", json!({"userId": "u"}), 2);
        table.put("c", json!({"userId": "w"}), 3);
        assert_eq!((table.version("u"), table.version("w"), table.version("x")), (2, 3, 0));
        assert_eq!(table.group("u").map(|(id, _)| id).collect::<Vec<_>>(), ["a", "b"]);
        table.put("a", json!({"userId": "w"}), 4);
        assert_eq!((table.version("u"), table.version("w")), (4, 4));
        table.remove("b", 5);
        assert_eq!((table.version("u"), table.group("u").count()), (5, 0));
    }
}
