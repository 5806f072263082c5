//! Flags, environment and project file, resolved into one value.
//!
//! The order is always the same: flag, environment, project file, default.

mod audit;
mod branch;
mod headers;
mod metrics;
mod origin;
mod secrets;
mod tenant;
#[cfg(test)]
mod tests;
mod url;
mod wfm;

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

pub use audit::{AuditSettings, SinkSettings};
pub use branch::StateBranch;
pub use origin::{Origin, Setting};
pub use secrets::{Credentials, Keys, SecretError, SecretSource};
pub use tenant::{Endpoint, Tenant};
pub use url::{Location, UrlError};
pub use wfm::{WfmSettings, WfmTarget};

use super::environment::Environment;
use super::exit::UsageError;
use super::project::{CheckLevel, Guards, Project, ProjectTenant};
use tenant::Choice;

/// Requests under way at once, where nothing else is said.
const CONCURRENCY: u16 = 5;

/// Requests in a second, where nothing else is said.
const REQUESTS_PER_SECOND: f64 = 100.0;

/// The state folder's name, where nothing else is said.
const STATE_DIR: &str = ".cxform";

/// What the command line says, as far as settings go.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--tenant NAME`.
    pub tenant: Option<String>,
    /// `--state-dir DIR`, from the working directory.
    pub state_dir: Option<PathBuf>,
    /// `--parallelism N`.
    pub parallelism: Option<NonZeroU16>,
    /// `--allow-delete`.
    pub allow_delete: bool,
    /// The PATH arguments, from the working directory.
    pub paths: Vec<PathBuf>,
}

/// Everything that is set, each with where it came from. All paths are absolute if `cwd` was.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The project file, if there is one.
    pub project: Option<PathBuf>,
    /// The folder of the project file, else the working directory.
    pub folder: PathBuf,
    /// The folders and files with manifests.
    pub manifests: Setting<Vec<PathBuf>>,
    /// Those that the project lists for the tenant, where the PATH arguments name others. Without a
    /// project file what they name is all there is.
    pub listed: Option<Vec<PathBuf>>,
    /// How many requests may be under way at once, from 1.
    pub concurrency: Setting<u16>,
    /// How many requests may be sent in a second, above 0.
    pub requests_per_second: Setting<f64>,
    /// How many agents the tenant is licensed for, where that is known.
    pub licensed_agents: Setting<Option<u64>>,
    /// The time zone for reports, and for times without an offset.
    pub timezone: Setting<TimeZone>,
    /// What the checks do, by their names, as far as the project file says so.
    pub checks: BTreeMap<String, CheckLevel>,
    /// How much a plan may do, and what is never deleted.
    pub guards: Guards,
    /// Whether deletions are applied rather than held.
    pub allow_delete: Setting<bool>,
    /// Where audit, runs and lock are kept.
    pub state_dir: Setting<PathBuf>,
    /// The branch that keeps audit and runs beyond this machine, if there is one.
    pub state_branch: Option<Setting<StateBranch>>,
    /// The text file for Prometheus, where one is wanted.
    pub metrics_file: Setting<Option<PathBuf>>,
    /// How the audit is kept, and who else gets it.
    pub audit: AuditSettings,
    /// Who is told the assignments.
    pub wfm: WfmSettings,
    tenant: Result<Tenant, UsageError>,
}

/// One line of what `doctor` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The setting's name.
    pub name: &'static str,
    /// Its value; for a secret, where it is kept.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

impl Settings {
    /// Resolves all settings. `project` is the parsed project file and its path; `cwd` is the
    /// working directory after `--chdir`.
    ///
    /// Nothing is read and no program is run. What is wrong with the tenant's own settings is told
    /// by [`Settings::tenant`], so that commands that need none work without.
    ///
    /// # Errors
    /// A tenant is named that does not exist, or a sink of the audit or of `wfm` cannot be used.
    pub fn resolve(
        flags: &Flags,
        environment: &Environment,
        project: Option<(&Project, &Path)>,
        cwd: &Path,
    ) -> Result<Self, UsageError> {
        let file = project.map(|(_, path)| cwd.join(path));
        let project = project.map(|(project, _)| project);
        let folder = file.as_deref().and_then(Path::parent).unwrap_or(cwd).to_owned();
        let choice = Choice::make(flags, environment, project, cwd)?;
        let tenant = choice.in_project();

        let concurrency = match flags.parallelism {
            Some(number) => Setting::new(number.get(), Origin::Flag("--parallelism")),
            None => Setting::project_or(
                tenant.and_then(|tenant| tenant.concurrency).map(NonZeroU16::get),
                CONCURRENCY,
            ),
        };
        let allow_delete = match flags.allow_delete {
            true => Setting::new(true, Origin::Flag("--allow-delete")),
            false => {
                Setting::project_or(project.and_then(|project| project.policy.allow_delete), false)
            }
        };
        let listed = listed(project, tenant, &folder);
        let (manifests, listed) = match flags.paths.is_empty() {
            true => (listed, None),
            false => {
                let paths = flags.paths.iter().map(|path| cwd.join(path)).collect();
                let listed = file.is_some().then_some(listed.value);
                (Setting::new(paths, Origin::Arguments), listed)
            }
        };
        Ok(Self {
            manifests,
            listed,
            concurrency,
            requests_per_second: Setting::project_or(
                tenant.and_then(|tenant| tenant.requests_per_second),
                REQUESTS_PER_SECOND,
            ),
            licensed_agents: Setting::project_or(
                tenant.and_then(|tenant| tenant.licensed_agents).map(|number| Some(number.get())),
                None,
            ),
            timezone: Setting::project_or(
                tenant.and_then(|tenant| tenant.timezone.clone()),
                TimeZone::UTC,
            ),
            checks: project.map(|project| project.policy.checks.clone()).unwrap_or_default(),
            guards: project.map(|project| project.guards.clone()).unwrap_or_default(),
            allow_delete,
            state_dir: state_dir(flags, environment, project, &folder, cwd),
            state_branch: branch::state_branch(project),
            metrics_file: metrics::file(environment, project, &folder, cwd),
            audit: AuditSettings::resolve(project, &folder, cwd)?,
            wfm: WfmSettings::resolve(environment, project, &folder, cwd)?,
            tenant: choice.tenant(environment, &folder, cwd),
            project: file,
            folder,
        })
    }

    /// The tenant.
    ///
    /// # Errors
    /// None is named, several are and none is selected, its url must not be used, or
    /// `CXONE_BASE_URL` names another one.
    pub fn tenant(&self) -> Result<&Tenant, UsageError> {
        self.tenant.as_ref().map_err(UsageError::clone)
    }

    /// What another project file, one of an earlier commit say, lists for the tenant. `folder` is
    /// where this project's own file is.
    #[must_use]
    pub fn listed_by(&self, project: &Project) -> Vec<PathBuf> {
        let name = self.tenant.as_ref().ok().map(|tenant| &tenant.name.value);
        let tenant = name.and_then(|name| project.tenants.get(name));
        match tenant {
            // It has lists of its own, and none for a tenant that it does not know.
            None if project.manifests.is_none() && !project.tenants.is_empty() => {
                self.manifests.value.clone()
            }
            tenant => listed(Some(project), tenant, &self.folder).value,
        }
    }

    /// Every setting as text, with where it came from. No secret is among them.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut row = |name, value: String, origin: &Origin| {
            rows.push(Row { name, value, origin: origin.clone() });
        };
        let manifests: Vec<_> =
            self.manifests.value.iter().map(|path| path.display().to_string()).collect();
        row("manifests", manifests.join(", "), &self.manifests.origin);
        if let Ok(tenant) = &self.tenant {
            row("tenant", tenant.name.value.clone(), &tenant.name.origin);
            row("url", tenant.url.value.clone(), &tenant.url.origin);
            row("dialect", tenant.dialect.value.to_string(), &tenant.dialect.origin);
            if let Endpoint::Api { credentials, .. } = &tenant.endpoint {
                for source in credentials.sources() {
                    row(source.what(), source.to_string(), &source.origin);
                }
            }
        }
        row("concurrency", self.concurrency.value.to_string(), &self.concurrency.origin);
        let rate = &self.requests_per_second;
        row("requests per second", rate.value.to_string(), &rate.origin);
        let licensed = self.licensed_agents.value;
        let licensed = licensed.map_or_else(|| "not known".to_owned(), |n| n.to_string());
        row("licensed agents", licensed, &self.licensed_agents.origin);
        let zone = self.timezone.value.iana_name().unwrap_or("UTC");
        row("timezone", zone.to_owned(), &self.timezone.origin);
        row("allow delete", self.allow_delete.value.to_string(), &self.allow_delete.origin);
        for (rule, limit) in self.guards.limits.iter() {
            let origin = if limit.place.is_some() { Origin::Project } else { Origin::Default };
            row(rule, limit.to_string(), &origin);
        }
        let protected = self.guards.protect.iter().map(|protected| protected.pattern.to_string());
        let protected = protected.collect::<Vec<_>>().join(", ");
        if !protected.is_empty() {
            row("protected", protected, &Origin::Project);
        }
        row("state folder", self.state_dir.value.display().to_string(), &self.state_dir.origin);
        if let Some(file) = &self.metrics_file.value {
            row("metrics file", file.display().to_string(), &self.metrics_file.origin);
        }
        if let Some(branch) = &self.state_branch {
            row("state branch", branch.value.to_string(), &branch.origin);
        }
        rows.extend(self.audit.rows());
        rows.extend(self.wfm.rows());
        rows
    }
}

/// The folders and files that are listed for the tenant.
fn listed(
    project: Option<&Project>,
    tenant: Option<&ProjectTenant>,
    folder: &Path,
) -> Setting<Vec<PathBuf>> {
    let of_tenant = tenant.and_then(|tenant| tenant.manifests.as_deref());
    let of_project = || project.and_then(|project| project.manifests.as_deref());
    let paths = of_tenant.or_else(of_project);
    let paths = paths.map(|paths| paths.iter().map(|path| folder.join(path)).collect());
    Setting::project_or(paths, vec![folder.to_owned()])
}

fn state_dir(
    flags: &Flags,
    environment: &Environment,
    project: Option<&Project>,
    folder: &Path,
    cwd: &Path,
) -> Setting<PathBuf> {
    const VARIABLE: &str = "CXFORM_STATE_DIR";
    if let Some(dir) = &flags.state_dir {
        return Setting::new(cwd.join(dir), Origin::Flag("--state-dir"));
    }
    if let Some(dir) = environment.get(VARIABLE) {
        return Setting::new(cwd.join(dir), Origin::Environment(VARIABLE.to_owned()));
    }
    let dir = project.and_then(|project| project.state.dir.as_ref());
    Setting::project_or(dir.map(|dir| folder.join(dir)), folder.join(STATE_DIR))
}
