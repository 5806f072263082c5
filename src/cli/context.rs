//! What every command starts from: project, settings and manifests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::args::Global;
use super::console::{Console, Stream};
use super::environment::Environment;
use super::exit::UsageError;
use super::files::{self, FileError, are_read_by, read_manifests, relative};
use super::project::{self, Project, locate, misplaced_secret, missing, searched};
use super::redacting::Redacting;
use super::settings::{Flags, Origin, SecretError, Settings};
use super::state::{SharedError, StateError};
use crate::kinds::manifest_kinds;
use crate::manifest;
use crate::model::{Finding, Item, Level, digest_of, json_safe};
use crate::render::findings;
use crate::tenant::TenantError;

/// What a command works with.
pub(super) struct Context<'a> {
    pub(super) environment: Environment,
    pub(super) console: &'a mut Console,
    pub(super) global: Global,
    pub(super) cwd: PathBuf,
    /// How people are told.
    pub(super) redacting: Redacting,
}

/// Manifests that were read.
pub(super) struct Manifests {
    pub(super) items: Vec<Item>,
    pub(super) findings: Vec<Finding>,
    /// The files' texts by their names, to show the lines of findings.
    pub(super) sources: BTreeMap<String, String>,
    /// SHA-256 over names and texts.
    pub(super) digest: String,
    /// Whether some manifest that is listed for the tenant was left out.
    pub(super) is_partial: bool,
}

/// Nothing is declared at all: the folder may be another one than was meant.
#[derive(Debug, thiserror::Error)]
#[error("there is no manifest in {0}")]
pub(super) struct NoManifest(String);

impl NoManifest {
    /// The way out.
    const HINT: &str = "name the folder that has them: PATH, or `manifests` in cxform.yaml; what \
                        the tenant has as manifests: `cxform drift --all --format yaml`";

    /// The same as a finding.
    pub(super) fn finding(&self) -> Finding {
        Finding {
            place: None,
            level: Level::Error,
            rule: "no-manifest",
            address: None,
            message: self.to_string(),
            hint: Some(Self::HINT.to_owned()),
            related: None,
        }
    }
}

/// What manifests say, what is wrong with them, and the files' texts by their names.
pub(super) type Texts = (Vec<Item>, Vec<Finding>, BTreeMap<String, String>);

/// Refuses the name of a table that would lead elsewhere.
pub(super) fn stays_beside(table: &str) -> Result<(), String> {
    let is_below = |part| matches!(part, Component::Normal(_));
    match Path::new(table).components().all(is_below) {
        true => Ok(()),
        false => Err("a table stands beside its manifest, or in a folder below".to_owned()),
    }
}

/// Manifests or a project file are wrong; the findings say how.
#[derive(Debug, thiserror::Error)]
#[error("{}", .text.trim_end())]
pub(super) struct Wrong {
    text: String,
    json: String,
    found: Vec<Finding>,
}

impl Wrong {
    pub(super) fn new(found: &[Finding], sources: &BTreeMap<String, String>) -> Self {
        let (text, json) = (findings::text(found, sources), findings::json(found, sources));
        Self { text, json, found: found.to_vec() }
    }

    /// The same without what manifests and tenant say: rules and places.
    pub(super) fn redacted(&self) -> Self {
        let redacted = |finding: &Finding| Finding {
            place: finding.place.clone(),
            level: finding.level,
            rule: finding.rule,
            address: None,
            message: "what is wrong is not told with --redact-agents, since it may name people"
                .to_owned(),
            hint: None,
            related: None,
        };
        let found: Vec<Finding> = self.found.iter().map(redacted).collect();
        Self::new(&found, &BTreeMap::new())
    }
}

/// One file's text, to show the lines of findings.
pub(super) fn source_of(name: &str, text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), text.to_owned())])
}

/// What the text of a project file says.
pub(super) fn project_of(name: &str, text: &str) -> anyhow::Result<Project> {
    // The file's own lines are not shown: a secret may stand where none should.
    let no_sources = BTreeMap::new();
    let (nodes, _) = manifest::parse(name, text);
    if let Some(node) = nodes.first()
        && let Some((pointer, message)) = misplaced_secret(&node.to_json())
    {
        let place = &node.nearest(&pointer).place;
        let finding = Finding::error("literal-secret", place, message);
        return Err(Wrong::new(&[finding], &no_sources).into());
    }
    let mut schema = project::schema();
    manifest::schema::strict(&mut schema);
    let (mut project, node) = manifest::read_document::<Project>(name, text, &schema)
        .map_err(|found| Wrong::new(&found, &no_sources))?;
    let guards = project.policy.guards(&node);
    project.guards = guards.map_err(|found| Wrong::new(&found, &no_sources))?;
    Ok(project)
}

impl Context<'_> {
    /// Flags, environment and project file as settings. What is wrong in the file is told as the
    /// flag for people says: a pattern or a lease may name somebody.
    pub(super) fn settings(&self, flags: &Flags) -> anyhow::Result<Settings> {
        let project = self.project().map_err(|error| self.redacting.error(error))?;
        let project = project.as_ref().map(|(project, path)| (project, path.as_path()));
        Ok(Settings::resolve(flags, &self.environment, project, &self.cwd)?)
    }

    fn project(&self) -> anyhow::Result<Option<(Project, PathBuf)>> {
        let config = self.global.config.as_deref();
        let Some(path) = locate(config, &self.environment, &self.cwd) else { return Ok(None) };
        let text = files::read_text(&path)?;
        Ok(Some((project_of(&relative(&path, &self.cwd), &text)?, path)))
    }

    /// The error about what is not there, at the place where the project names it.
    pub(super) fn placed(&self, error: anyhow::Error) -> anyhow::Error {
        let path = match error.downcast_ref() {
            Some(FileError::Read { path, cause }) if cause.kind() == ErrorKind::NotFound => path,
            _ => return error,
        };
        let config = self.global.config.as_deref();
        let Some(file) = locate(config, &self.environment, &self.cwd) else { return error };
        let Ok(text) = files::read_text(&file) else { return error };
        let (nodes, _) = manifest::parse(&relative(&file, &self.cwd), &text);
        let folder = file.parent().unwrap_or(&self.cwd);
        let siblings = path.parent().map(files::names_in).unwrap_or_default();
        let found = nodes.first().and_then(|root| missing(root, folder, path, &siblings));
        found.map_or(error, |found| Wrong::new(&[found], &BTreeMap::new()).into())
    }

    /// Every manifest of the settings' folders and files.
    pub(super) fn manifests(&self, settings: &Settings) -> anyhow::Result<Manifests> {
        self.manifests_with(settings, &BTreeMap::new())
    }

    /// The same, where these files have other texts than on the disk.
    pub(super) fn manifests_with(
        &self,
        settings: &Settings,
        edited: &BTreeMap<String, String>,
    ) -> anyhow::Result<Manifests> {
        let (items, findings, sources) = self.read(&settings.manifests.value, edited)?;
        let digests: Vec<String> = sources
            .iter()
            .map(|(name, text)| format!("{name}\n{}\n", digest_of(text.as_bytes())))
            .collect();
        let digest = digest_of(digests.concat().as_bytes());
        let is_whole = settings.listed.as_ref().is_none_or(|listed| {
            // What cannot be found was not read.
            are_read_by(listed, &settings.manifests.value, &self.cwd).unwrap_or(false)
        });
        Ok(Manifests { items, findings, sources, digest, is_partial: !is_whole })
    }

    /// What the manifests of these folders and files say, what is wrong with them, and their texts.
    pub(super) fn read(
        &self,
        paths: &[PathBuf],
        edited: &BTreeMap<String, String>,
    ) -> anyhow::Result<Texts> {
        let as_edited = |name: &str, text: String| edited.get(name).cloned().unwrap_or(text);
        let files = read_manifests(paths, &self.cwd);
        let files = files.map_err(|error| self.placed(error.into()))?;
        let texts: Vec<(String, String)> =
            files.into_iter().map(|f| (f.name.clone(), as_edited(&f.name, f.text))).collect();
        let tables = RefCell::new(BTreeMap::new());
        let load = |manifest: &str, name: &str| {
            stays_beside(name)?;
            let folder = self.cwd.join(manifest);
            let path = folder.parent().unwrap_or(&self.cwd).join(name);
            let text = files::read_text(&path).map_err(|error| error.to_string())?;
            let file = relative(&path, &self.cwd);
            let text = as_edited(&file, text);
            tables.borrow_mut().insert(file.clone(), text.clone());
            Ok::<_, String>((file, text))
        };
        let (items, findings) = manifest::read(&manifest_kinds(), &texts, &load);
        let mut sources: BTreeMap<String, String> = texts.into_iter().collect();
        sources.append(&mut tables.borrow_mut());
        Ok((items, findings, sources))
    }

    /// What there is to say where nothing is declared.
    pub(super) fn no_manifest(&self, settings: &Settings) -> NoManifest {
        let paths = settings.manifests.value.iter();
        let paths: Vec<String> = paths.map(|path| relative(path, &self.cwd)).collect();
        let mut told = paths.join(", ");
        if settings.project.is_none() && settings.manifests.origin == Origin::Default {
            told.push_str(&format!(", and {}", searched(&self.cwd)));
        }
        NoManifest(told)
    }

    /// Refuses to take an empty folder for a tenant that is as declared; where nothing may be
    /// declared on purpose it is told.
    pub(super) fn expect_manifest(
        &mut self,
        settings: &Settings,
        items: &[Item],
        may_be_none: bool,
    ) -> anyhow::Result<()> {
        match self.no_manifest(settings) {
            _ if !items.is_empty() => Ok(()),
            none if may_be_none => self.note(&format!("warning: {none}\n")),
            none => Err(none.into()),
        }
    }

    /// Tells people something on standard output.
    pub(super) fn say(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(self.console.talk(Stream::Out, text)?)
    }

    /// Tells people something on standard error.
    pub(super) fn note(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(self.console.talk(Stream::Err, text)?)
    }
}

/// What went wrong as diagnostics, for whoever asked for a machine's format.
pub(super) fn report(error: &anyhow::Error) -> String {
    let json = match error.downcast_ref::<Wrong>() {
        Some(wrong) => wrong.json.clone(),
        None => {
            let finding = Finding {
                place: None,
                level: Level::Error,
                rule: "error",
                address: None,
                message: causes(error),
                hint: hint(error),
                related: None,
            };
            findings::json(&[finding], &BTreeMap::new())
        }
    };
    json_safe(json.trim_end()).into_owned() + "\n"
}

/// An error and its causes on one line; a cause that its error already tells is left out.
pub(super) fn causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause);
        }
    }
    text
}

/// An error with its way out, as the log has them.
pub(super) fn with_help(error: &anyhow::Error) -> String {
    match hint(error) {
        Some(hint) => format!("{}\n  help: {hint}", causes(error)),
        None => causes(error),
    }
}

/// The way out of an error, where its kind tells one.
pub(super) fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        if let Some(usage) = cause.downcast_ref::<UsageError>() {
            return usage.hint.clone();
        }
        if cause.is::<NoManifest>() {
            return Some(NoManifest::HINT.to_owned());
        }
        if let Some(tenant) = cause.downcast_ref::<TenantError>() {
            return tenant.hint();
        }
        if let Some(state) = cause.downcast_ref::<StateError>() {
            return Some(state.hint().to_owned());
        }
        if let Some(shared) = cause.downcast_ref::<SharedError>() {
            return Some(shared.hint());
        }
        cause.downcast_ref::<SecretError>().and_then(SecretError::hint)
    })
}
