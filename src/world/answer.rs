//! What handlers are given to read, write and answer with.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::shape::{place, shape};
use super::{Analytics, Call, Etags, FieldError, Order, Refusal, Table, World};
use crate::http::{Method, Response};

static EMPTY: Table = Table::new(None);
static NO_ANALYTICS: Analytics = Analytics { users: Vec::new(), queues: Vec::new() };

const PAGE: usize = 25;
const LONGEST_PAGE: usize = 100;

#[derive(Serialize)]
struct Page<'a> {
    entities: Vec<Cow<'a, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
}

impl World {
    /// The rows of a table; none for a table that the tenant has not.
    #[must_use]
    pub fn table(&self, name: &str) -> &Table {
        self.tables.get(name).unwrap_or(&EMPTY)
    }

    /// The figures that analytics queries answer from.
    #[must_use]
    pub fn analytics(&self) -> &Analytics {
        self.analytics.as_ref().unwrap_or(&NO_ANALYTICS)
    }

    /// Spells a row that is no table's as the tenant does; `optional` names fields that it may leave
    /// out or say null for.
    pub fn spell(&self, row: &mut Value, optional: &[&str]) {
        shape(row, &self.behaviour, optional);
    }

    /// Stores a row under its id, over the one that had it, with a new version.
    pub fn put(&mut self, table: &str, id: &str, body: Value) {
        self.last_id = self.last_id.max(number_of(id).map_or(0, u64::from));
        self.revision += 1;
        let version = self.revision;
        self.table_mut(table).put(id, body, version);
    }

    /// Stores a row under the `id` in it, or under a new one; tells the id.
    pub fn insert(&mut self, table: &str, mut body: Value) -> String {
        let id = match body["id"].as_str() {
            Some(id) => id.to_owned(),
            None => self.make_id(table),
        };
        body["id"] = id.clone().into();
        self.put(table, &id, body);
        id
    }

    /// Takes a row out; tells whether it was there.
    pub fn remove(&mut self, table: &str, id: &str) -> bool {
        self.revision += 1;
        let version = self.revision;
        self.table_mut(table).remove(id, version)
    }

    /// Lays a JSON merge patch (RFC 7396) over a row, where it exists, and gives it a new version:
    /// somebody else's edit.
    pub fn edit(&mut self, table: &str, id: &str, patch: &Value) {
        if let Some(mut body) = self.table(table).get(id).cloned() {
            merge(&mut body, patch);
            self.put(table, id, body);
        }
    }

    /// An id that no row of the table has or had: `q-7` for a queue.
    pub fn make_id(&mut self, table: &str) -> String {
        let letter = table.chars().next().unwrap_or('x');
        self.last_id += 1;
        format!("{letter}-{}", self.last_id)
    }

    /// The `ETag` of a row, or of a group where the table is grouped.
    #[must_use]
    pub fn etag(&self, table: &str, key: &str) -> String {
        format!("\"v{}\"", self.table(table).version(key))
    }

    /// Checks a write's `If-Match`, where it has one and the tenant has versions.
    ///
    /// # Errors
    /// 409 where it is stale, or 412 where the tenant says that.
    pub fn check_version(&self, call: &Call<'_>, table: &str, key: &str) -> Result<(), Refusal> {
        let Some(held) = call.incoming.if_match.as_deref() else { return Ok(()) };
        let fresh = held.trim() == "*" || held.trim() == self.etag(table, key);
        if fresh || self.behaviour.etags == Etags::None {
            return Ok(());
        }
        let message = format!("`{key}` was changed since {held}");
        Err(Refusal::new(self.behaviour.stale_status, "conflict.version", &message))
    }

    /// Whether answers to this method carry an `ETag`.
    pub(super) fn tells_version(&self, method: Method) -> bool {
        match self.behaviour.etags {
            Etags::All => true,
            Etags::Reads => method == Method::Get,
            Etags::None => false,
        }
    }

    /// The answer with this JSON.
    #[must_use]
    pub fn answer(status: u16, body: &impl Serialize) -> Response {
        let body = serde_json::to_vec(body).unwrap_or_default();
        Response { status, body, ..Response::default() }
    }

    /// The answer with one row, as the tenant shows it.
    ///
    /// # Errors
    /// 404 where it does not exist.
    pub fn show(&self, status: u16, table: &str, id: &str) -> Result<Response, Refusal> {
        let row = self.table(table).get(id).ok_or_else(|| Refusal::not_found("row", id))?;
        Ok(Self::answer(status, &self.shaped(table, row)))
    }

    /// The answer with one page of these rows, as `page` and `pageSize` ask for it.
    ///
    /// # Errors
    /// 400 where they are not numbers from 1, or the page would be longer than 100.
    pub fn list<'a>(
        &'a self,
        call: &Call<'_>,
        table: &str,
        rows: impl Iterator<Item = (&'a str, &'a Value)>,
    ) -> Result<Response, Refusal> {
        let number = call.count("page", 1)?;
        let size = call.count("pageSize", PAGE)?;
        if size > LONGEST_PAGE {
            return Err(Refusal::of(vec![FieldError::malformed("pageSize", "is at most 100")]));
        }
        let mut rows: Vec<_> = rows.collect();
        match self.behaviour.order {
            Order::Sorted => {}
            Order::Reversed => rows.reverse(),
            Order::Shuffled => rows.sort_by_key(|(id, _)| place(id, self.behaviour.shuffle_seed)),
        }
        let page = rows.iter().skip((number - 1).saturating_mul(size)).take(size);
        let entities = page.map(|(_, row)| self.shaped(table, row)).collect();
        let total = self.behaviour.total.then_some(rows.len());
        Ok(Self::answer(200, &Page { entities, total }))
    }

    /// A row as the tenant shows it; borrowed where that is how it is stored.
    fn shaped<'a>(&self, table: &str, row: &'a Value) -> Cow<'a, Value> {
        let collection = self.collection(table);
        let view = collection.and_then(|collection| collection.view);
        let optional = collection.map_or(&[][..], |collection| collection.optional);
        let plain = self.behaviour.offsets && !self.behaviour.extra_fields && !self.behaviour.nulls;
        if plain && view.is_none() {
            return Cow::Borrowed(row);
        }
        let mut shown = row.clone();
        if let Some(view) = view {
            view(&self.behaviour, &mut shown);
        }
        shape(&mut shown, &self.behaviour, optional);
        Cow::Owned(shown)
    }

    fn table_mut(&mut self, name: &str) -> &mut Table {
        if !self.tables.contains_key(name) {
            let grouped_by = self.collection(name).and_then(|collection| collection.grouped_by);
            self.tables.insert(name.to_owned(), Table::new(grouped_by));
        }
        self.tables.entry(name.to_owned()).or_default()
    }
}

/// The number at the end of an id such as `q-7`.
fn number_of(id: &str) -> Option<u32> {
    id.rsplit_once('-')?.1.parse().ok()
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, value) in patch {
        match value {
            Value::Null => drop(fields.remove(key)),
            _ => merge(fields.entry(key.clone()).or_insert(Value::Null), value),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::merge;

    #[test]
    fn merge_patches() {
        for (target, patch, expect) in [
            (json!({"a": 1, "b": 2}), json!({"a": 3, "b": null}), json!({"a": 3})),
            (json!({"a": {"x": 1}}), json!({"a": {"y": 2}}), json!({"a": {"x": 1, "y": 2}})),
            (json!({"a": [1]}), json!({"a": {"y": null, "z": 1}}), json!({"a": {"z": 1}})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, &patch);
            assert_eq!(merged, expect, "{target} {patch}");
        }
    }
}
