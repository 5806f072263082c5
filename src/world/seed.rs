//! From a snapshot to a tenant, and back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{ApiVersion, Behaviour, Metadata, Snapshot, TenantKind, World};

/// One thing that is wrong with a row of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table} `{id}`: {field}: {message}")]
pub struct RowError {
    /// The table.
    pub table: String,
    /// The row's id, or its place from 1 where it has none.
    pub id: String,
    /// The field.
    pub field: String,
    /// What is wrong, a lowercase fragment.
    pub message: String,
}

/// Why a snapshot is no tenant: every row that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct SeedError(pub Vec<RowError>);

impl World {
    /// Makes the world the tenant of a snapshot. What was in it is gone, its tokens and log are not.
    ///
    /// # Errors
    /// Rows that break the tenant's own rules; the world is then what it was.
    pub fn seed(&mut self, snapshot: &Snapshot) -> Result<(), SeedError> {
        let mut seeded = self.clone();
        seeded.tables.clear();
        seeded.name = snapshot.metadata.as_ref().and_then(|metadata| metadata.name.clone());
        seeded.analytics = snapshot.analytics.clone();
        seeded.behaviour = snapshot.behaviour.clone().unwrap_or_default();
        let mut errors = seeded.fill(snapshot);
        errors.extend(seeded.complaints());
        if !errors.is_empty() {
            return Err(SeedError(errors));
        }
        *self = seeded;
        Ok(())
    }

    /// The tenant as a snapshot.
    ///
    /// # Errors
    /// Rows that do not have their form any more, which only a scripted edit can do.
    pub fn snapshot(&self) -> Result<Snapshot, SeedError> {
        let behaviour = (self.behaviour != Behaviour::default()).then(|| self.behaviour.clone());
        Ok(Snapshot {
            api_version: ApiVersion::V1,
            kind: TenantKind::Tenant,
            metadata: self.name.clone().map(|name| Metadata { name: Some(name), url: None }),
            behaviour,
            skills: self.typed("skills")?,
            strategies: self.typed("strategies")?,
            agents: self.typed("agents")?,
            queues: self.typed("queues")?,
            assignments: self.typed("assignments")?,
            exports: self.typed("exports")?,
            analytics: self.analytics.clone(),
        })
    }

    fn fill(&mut self, snapshot: &Snapshot) -> Vec<RowError> {
        let mut errors = Vec::new();
        self.add("skills", &snapshot.skills, &mut errors);
        self.add("strategies", &snapshot.strategies, &mut errors);
        self.add("agents", &snapshot.agents, &mut errors);
        self.add("queues", &snapshot.queues, &mut errors);
        self.add("assignments", &snapshot.assignments, &mut errors);
        self.add("exports", &snapshot.exports, &mut errors);
        errors
    }

    /// Adds rows; those that say their id first, so that no made id is one of theirs.
    fn add<T: Serialize>(&mut self, table: &str, rows: &[T], errors: &mut Vec<RowError>) {
        let mut unnamed = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let row = match serde_json::to_value(row) {
                Ok(row) => row,
                Err(error) => {
                    let place = (index + 1).to_string();
                    errors.push(complaint(table, &place, "row", &error.to_string()));
                    continue;
                }
            };
            match row["id"].as_str() {
                None => unnamed.push(row),
                Some("") => {
                    let place = (index + 1).to_string();
                    errors.push(complaint(table, &place, "id", "must not be empty"));
                }
                Some(id) if self.table(table).has(id) => {
                    errors.push(complaint(table, id, "id", "stands there twice"));
                }
                Some(_) => drop(self.insert(table, row)),
            }
        }
        for row in unnamed {
            self.insert(table, row);
        }
    }

    fn complaints(&self) -> Vec<RowError> {
        let mut errors = Vec::new();
        if ![409, 412].contains(&self.behaviour.stale_status) {
            errors.push(complaint("behaviour", "staleStatus", "value", "must be 409 or 412"));
        }
        for (name, table) in &self.tables {
            let Some(collection) = self.collection(name) else { continue };
            for (id, row) in table.rows() {
                let found = (collection.check)(self, row);
                errors.extend(found.iter().map(|e| complaint(name, id, &e.field, &e.message)));
            }
        }
        errors
    }

    fn typed<T: DeserializeOwned>(&self, table: &str) -> Result<Vec<T>, SeedError> {
        let typed = |(id, row): (&str, &Value)| {
            T::deserialize(row)
                .map_err(|error| SeedError(vec![complaint(table, id, "row", &error.to_string())]))
        };
        self.table(table).rows().map(typed).collect()
    }
}

fn complaint(table: &str, id: &str, field: &str, message: &str) -> RowError {
    let [table, id, field, message] = [table, id, field, message].map(str::to_owned);
    RowError { table, id, field, message }
}
