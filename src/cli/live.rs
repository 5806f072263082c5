//! `plan --live SNAPSHOT`: what a file tells, instead of a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::context::{Wrong, source_of};
use super::files::{self, FileError};
use crate::facts::{self, SOURCES};
use crate::http::Dialect;
use crate::kinds::{KINDS, Kind, Observing};
use crate::manifest;
use crate::model::{Desired, Facts, Finding, Item, Named, Names, Observed};
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
    section: String,
    number: usize,
    why: String,
}

const VERSION: &str = "apiVersion";
const KIND: &str = "kind";
/// What a snapshot begins with.
const HEADER: [&str; 3] = [VERSION, KIND, "metadata"];

/// The dialect that snapshots are told in.
pub(super) const DIALECT: Dialect = Dialect::V2;

impl Live {
    /// Opens a snapshot.
    pub(super) fn open(file: &Path, cwd: &Path) -> anyhow::Result<Self> {
        let (path, name) = (cwd.join(file), files::relative(&cwd.join(file), cwd));
        let mut live = Self { path, name, converted: None, metadata: Metadata::default() };
        if !live.is_json()? {
            live.convert()?;
        }
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

    /// Goes over the sections that are wanted. Where this answers false, what looked like JSON was
    /// YAML: it is converted now, and what was taken so far is to be forgotten.
    fn sections(
        &mut self,
        mut wants: impl FnMut(&str) -> Wanted,
        mut take: impl FnMut(&str, &str),
    ) -> anyhow::Result<bool> {
        let read = match &self.converted {
            Some(json) => sections(json.as_bytes(), &mut wants, &mut take),
            None => sections(files::open(&self.path)?, &mut wants, &mut take),
        };
        match read {
            Ok(()) => Ok(true),
            Err(SectionError::Read(cause)) => {
                Err(FileError::Read { path: self.path.clone(), cause }.into())
            }
            Err(error @ SectionError::Syntax { .. }) if self.converted.is_some() => {
                Err(anyhow::anyhow!("{} is no snapshot: {error}", self.name))
            }
            // Whoever reads it as a whole knows line and column, and the words.
            Err(SectionError::Syntax { .. }) => self.convert().map(|()| false),
        }
    }

    /// What the tenant says and we do not manage, and what the snapshot says about itself. What its
    /// names make impossible of the manifests is told.
    pub(super) fn learn(
        &mut self,
        items: &[Item],
        needs: &BTreeSet<&str>,
        facts: &mut Facts,
    ) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let expected = expected(needs);
        let learning = loop {
            let mut missing: BTreeSet<&str> = expected.keys().copied().collect();
            let wants = |section: &str| match expected.contains_key(section) {
                // What comes after all that is expected is of no interest here.
                _ if missing.is_empty() => Wanted::End,
                true => {
                    missing.remove(section);
                    Wanted::Rows
                }
                false => Wanted::Nothing,
            };
            let mut learning = Learning::default();
            let take = |section: &str, row: &str| {
                if let Some(part) = expected.get(section) {
                    learning.take(*part, section, row, facts);
                }
            };
            if self.sections(wants, take)? {
                break learning;
            }
        };
        let Learning { version, kind, metadata, active, mut names, rows } = learning;
        if (version, kind) != (Some(ApiVersion::V1), Some(TenantKind::Tenant)) {
            // The schema has the words for what is wrong.
            self.convert()?;
        }
        self.metadata = metadata;
        self.judge(rows)?;
        facts.active_skills = Some(active);
        for part in expected.values() {
            let (sort, keyed_by_id) = match part {
                Part::Header | Part::Strategies => continue,
                Part::Source(source) => (source.sort, source.keyed_by_id),
                Part::Kind(kind) => (kind.name(), false),
            };
            let mut names = Names::new(sort, keyed_by_id, names.remove(sort).unwrap_or_default());
            if let Part::Kind(kind) = part {
                findings.extend(kind.enter_names(items, &mut names));
            }
            facts.names.insert(sort, names);
        }
        Ok(findings)
    }

    /// What the tenant has.
    pub(super) fn observe(
        &mut self,
        (desired, base): (&Desired, Option<&Desired>),
        needs: &BTreeSet<&str>,
        facts: &Facts,
        is_whole: bool,
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
        loop {
            let mut observing = match is_whole {
                true => Observing::resume(Observed::default(), facts, DIALECT, desired),
                false => Observing::new(facts, DIALECT, desired, base),
            };
            let mut rows = Rows::default();
            let take = |section: &str, row: &str| {
                let number = rows.count(section);
                let Some(index) = kind_of(section) else { return };
                if !observing.enter(index, row, None) {
                    rows.refuse(section, number, row);
                }
            };
            if self.sections(wants, take)? {
                self.judge(rows)?;
                return Ok(observing.finish());
            }
        }
    }

    fn judge(&self, rows: Rows) -> anyhow::Result<()> {
        let Some(Unusable { section, number, why }) = rows.unusable else { return Ok(()) };
        anyhow::bail!("{}: row {number} of {section} cannot be used: {why}", self.name)
    }
}

/// What a section of a snapshot is for.
#[derive(Clone, Copy)]
enum Part {
    Header,
    Strategies,
    Source(&'static facts::Source),
    Kind(&'static dyn Kind),
}

/// The sections that tell what the manifests refer to.
fn expected(needs: &BTreeSet<&str>) -> BTreeMap<&'static str, Part> {
    let mut expected = BTreeMap::from(HEADER.map(|name| (name, Part::Header)));
    expected.insert(facts::STRATEGIES, Part::Strategies);
    let sources = SOURCES.iter().filter(|source| needs.contains(source.sort));
    expected.extend(sources.map(|source| (source.section, Part::Source(source))));
    for kind in KINDS.iter().filter(|kind| needs.contains(kind.name())) {
        let wire = kind.wire(DIALECT).filter(|wire| wire.list().is_some());
        expected.extend(wire.map(|wire| (wire.section(), Part::Kind(*kind))));
    }
    expected
}

/// What was learnt so far.
#[derive(Default)]
struct Learning {
    version: Option<ApiVersion>,
    kind: Option<TenantKind>,
    metadata: Metadata,
    active: BTreeSet<String>,
    names: BTreeMap<&'static str, Vec<Named>>,
    rows: Rows,
}

impl Learning {
    fn take(&mut self, part: Part, section: &str, row: &str, facts: &mut Facts) {
        let number = self.rows.count(section);
        let (sort, named) = match part {
            Part::Header if section == VERSION => {
                self.version = serde_json::from_str(row).ok();
                return;
            }
            Part::Header if section == KIND => {
                self.kind = serde_json::from_str(row).ok();
                return;
            }
            Part::Header => {
                self.metadata = serde_json::from_str(row).unwrap_or_default();
                return;
            }
            Part::Strategies => {
                self.active.extend(facts::active_skills(row));
                return;
            }
            Part::Source(source) => (source.sort, (source.named)(row)),
            Part::Kind(kind) => (kind.name(), kind.wire(DIALECT).and_then(|wire| wire.named(row))),
        };
        let Some(named) = named else {
            self.rows.refuse(section, number, row);
            return;
        };
        if sort == facts::LICENSED
            && let (Some(id), Some(licences)) = (&named.id, facts::licences(row))
        {
            facts.licences.insert(id.clone(), licences);
        }
        self.names.entry(sort).or_default().push(named);
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

    fn refuse(&mut self, section: &str, number: usize, row: &str) {
        let why = || match serde_json::from_str::<serde::de::IgnoredAny>(row) {
            Err(error) => error.to_string(),
            Ok(_) => "it lacks an id that others know it by".to_owned(),
        };
        self.unusable.get_or_insert_with(|| {
            let section = section.to_owned();
            Unusable { section, number, why: why() }
        });
    }
}
