//! `plan --live SNAPSHOT`: what a file tells, instead of a tenant.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::context::{Wrong, source_of};
use super::files::{self, FileError};
use crate::facts::{self, SOURCES};
use crate::http::Dialect;
use crate::kinds::{KINDS, Observing};
use crate::manifest;
use crate::model::{Desired, Facts, Item, Names, Observed};
use crate::world::{ApiVersion, Metadata, SectionError, TenantKind, Wanted, sections};

/// A snapshot of a tenant, in a file.
pub(super) struct Live {
    path: PathBuf,
    /// How messages call it.
    pub(super) name: String,
    /// The whole of it as JSON, where the file is YAML.
    converted: Option<String>,
    /// What it says about itself.
    pub(super) metadata: Metadata,
}

/// A row that says too little to be used.
struct Unusable {
    section: &'static str,
    number: usize,
    why: String,
}

/// The dialect that snapshots are told in.
pub(super) const DIALECT: Dialect = Dialect::V2;

impl Live {
    /// Opens a snapshot, and looks at its header.
    pub(super) fn open(file: &Path, cwd: &Path) -> anyhow::Result<Self> {
        let (path, name) = (cwd.join(file), files::relative(&cwd.join(file), cwd));
        let mut live = Self { path, name, converted: None, metadata: Metadata::default() };
        if !live.is_json()? {
            live.convert()?;
        }
        live.header()?;
        Ok(live)
    }

    fn is_json(&self) -> Result<bool, FileError> {
        let mut start = [0; 256];
        let count = files::open(&self.path)?
            .read(&mut start)
            .map_err(|cause| FileError::Read { path: self.path.clone(), cause })?;
        let start = String::from_utf8_lossy(&start[..count]);
        Ok(start.trim_start_matches('\u{feff}').trim_start().starts_with('{'))
    }

    /// Reads it as the document that its schema describes; everything that is wrong with it is
    /// told, with its place.
    fn convert(&mut self) -> anyhow::Result<()> {
        let text = files::read_text(&self.path)?;
        let schema = super::schema::tenant();
        let (value, _) = manifest::read_document::<Value>(&self.name, &text, &schema)
            .map_err(|found| Wrong::new(&found, &source_of(&self.name, &text)))?;
        self.converted = Some(value.to_string());
        Ok(())
    }

    /// Goes over the sections that are wanted.
    fn sections(
        &mut self,
        wants: impl Fn(&str) -> Wanted,
        mut take: impl FnMut(&str, &str),
    ) -> anyhow::Result<()> {
        let read = match &self.converted {
            Some(json) => sections(json.as_bytes(), &wants, &mut take),
            None => sections(files::open(&self.path)?, &wants, &mut take),
        };
        match read {
            Ok(()) => Ok(()),
            Err(SectionError::Read(cause)) => {
                Err(FileError::Read { path: self.path.clone(), cause }.into())
            }
            // Whoever reads it as a whole knows line and column, and the words.
            Err(error @ SectionError::Syntax { .. }) => {
                self.convert()?;
                Err(anyhow::anyhow!("{} is no snapshot: {error}", self.name))
            }
        }
    }

    fn header(&mut self) -> anyhow::Result<()> {
        let (mut version, mut kind, mut metadata) = (None, None, Ok(None));
        let wants = |name: &str| match name {
            "apiVersion" | "kind" | "metadata" => Wanted::Rows,
            _ => Wanted::Nothing,
        };
        let is_done = std::cell::Cell::new(0);
        let wants = |name: &str| match is_done.get() {
            3 => Wanted::End,
            _ => wants(name),
        };
        self.sections(wants, |name, value| {
            is_done.set(is_done.get() + 1);
            match name {
                "apiVersion" => version = serde_json::from_str::<ApiVersion>(value).ok(),
                "kind" => kind = serde_json::from_str::<TenantKind>(value).ok(),
                _ => metadata = serde_json::from_str::<Option<Metadata>>(value),
            }
        })?;
        if (version, kind) != (Some(ApiVersion::V1), Some(TenantKind::Tenant)) || metadata.is_err()
        {
            // The schema has the words for what is wrong.
            self.convert()?;
        }
        self.metadata = metadata.ok().flatten().unwrap_or_default();
        Ok(())
    }

    /// What the tenant says and we do not manage.
    pub(super) fn learn(
        &mut self,
        items: &[Item],
        needs: &BTreeSet<&str>,
        facts: &mut Facts,
    ) -> anyhow::Result<()> {
        let mut names: Vec<Names> =
            SOURCES.iter().map(|s| Names::new(s.sort, s.keyed_by_id, [])).collect();
        let mut kinds: Vec<Names> =
            KINDS.iter().map(|kind| Names::new(kind.name(), false, [])).collect();
        let listed = |section: &str| {
            KINDS.iter().position(|kind| {
                let wire = kind.wire(DIALECT).filter(|wire| wire.list().is_some());
                needs.contains(kind.name()) && wire.is_some_and(|wire| wire.section() == section)
            })
        };
        let wants = |section: &str| {
            let is_it =
                |source: &facts::Source| source.section == section && needs.contains(source.sort);
            let is_fact = SOURCES.iter().any(is_it);
            match is_fact || section == facts::STRATEGIES || listed(section).is_some() {
                true => Wanted::Rows,
                false => Wanted::Nothing,
            }
        };
        let mut active = BTreeSet::new();
        let mut rows = Rows::default();
        self.sections(wants, |section, row| {
            let number = rows.count(section);
            if section == facts::STRATEGIES {
                active.extend(facts::active_skills(row));
            } else if let Some(index) = SOURCES.iter().position(|s| s.section == section) {
                match (SOURCES[index].named)(row) {
                    Some(named) => {
                        if let (Some(id), Some(licences)) = (&named.id, facts::licences(row)) {
                            facts.licences.insert(id.clone(), licences);
                        }
                        names[index].add(named);
                    }
                    None => rows.refuse(SOURCES[index].section, number, row),
                }
            } else if let Some(index) = listed(section)
                && let Some(wire) = KINDS[index].wire(DIALECT)
            {
                match wire.named(row) {
                    Some(named) => kinds[index].add(named),
                    None => rows.refuse(wire.section(), number, row),
                }
            }
        })?;
        self.judge(rows)?;
        facts.active_skills = Some(active);
        for (source, names) in SOURCES.iter().zip(names).filter(|(s, _)| needs.contains(s.sort)) {
            facts.names.insert(source.sort, names);
        }
        for (kind, mut names) in KINDS.iter().zip(kinds) {
            if needs.contains(kind.name()) {
                kind.declared_names(items).into_iter().for_each(|name| names.declare(name));
                facts.names.insert(kind.name(), names);
            }
        }
        Ok(())
    }

    /// What the tenant has.
    pub(super) fn observe(
        &mut self,
        desired: &Desired,
        needs: &BTreeSet<&str>,
        facts: &Facts,
    ) -> anyhow::Result<Observed> {
        let kind_of = |section: &str| {
            KINDS.iter().position(|kind| {
                let is_needed = |wire: &dyn crate::kinds::Wire| {
                    wire.list().is_none() || needs.contains(kind.name())
                };
                let wire = kind.wire(DIALECT).filter(|wire| wire.section() == section);
                wire.is_some_and(is_needed)
            })
        };
        let wants = |section: &str| match kind_of(section) {
            Some(_) => Wanted::Rows,
            None => Wanted::Nothing,
        };
        let mut observing = Observing::new(facts, DIALECT, desired);
        let mut rows = Rows::default();
        self.sections(wants, |section, row| {
            let number = rows.count(section);
            let Some(index) = kind_of(section) else { return };
            if !observing.enter(index, row, None)
                && let Some(wire) = KINDS[index].wire(DIALECT)
            {
                rows.refuse(wire.section(), number, row);
            }
        })?;
        self.judge(rows)?;
        Ok(observing.finish())
    }

    fn judge(&self, rows: Rows) -> anyhow::Result<()> {
        let Some(Unusable { section, number, why }) = rows.unusable else { return Ok(()) };
        anyhow::bail!("{}: row {number} of {section} cannot be used: {why}", self.name)
    }
}

/// Counts the rows of each section, and keeps the first that is of no use.
#[derive(Default)]
struct Rows {
    section: String,
    count: usize,
    unusable: Option<Unusable>,
}

impl Rows {
    /// The number of this row in its section, from 1.
    fn count(&mut self, section: &str) -> usize {
        if self.section != section {
            section.clone_into(&mut self.section);
            self.count = 0;
        }
        self.count += 1;
        self.count
    }

    fn refuse(&mut self, section: &'static str, number: usize, row: &str) {
        let why = || match serde_json::from_str::<serde::de::IgnoredAny>(row) {
            Err(error) => error.to_string(),
            Ok(_) => "it lacks an id that others know it by".to_owned(),
        };
        self.unusable.get_or_insert_with(|| Unusable { section, number, why: why() });
    }
}
