//! Which tenant is meant, and where it is.

use std::path::{Path, PathBuf};

use super::{Credentials, Flags, Location, Origin, Setting};
use crate::cli::environment::Environment;
use crate::cli::exit::UsageError;
use crate::cli::project::{Project, ProjectTenant, searched};
use crate::http::Dialect;
use crate::model::closest;

const BASE_URL: &str = "CXONE_BASE_URL";
const DIALECT: &str = "CXONE_DIALECT";

/// The tenant that the environment names is called so.
const DEFAULT_NAME: &str = "default";

/// The tenant that a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its name in the project file; `default` for the environment's.
    pub name: Setting<String>,
    /// How its API is spelled.
    pub dialect: Setting<Dialect>,
    /// Its url: normalised, or `sim:FILE` as it was written.
    pub url: Setting<String>,
    /// How it is reached.
    pub endpoint: Endpoint,
}

/// How a tenant is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Over HTTP.
    Api {
        /// The normalised url, without a slash at the end; it may have a path prefix.
        url: String,
        /// What to show there.
        credentials: Credentials,
    },
    /// Embedded in this process.
    Sim {
        /// The snapshot that seeds it, absolute.
        seed: PathBuf,
    },
}

/// The tenant that was chosen, as far as it is in the project file.
pub(super) enum Choice<'a> {
    /// One of the project file.
    Project(Setting<String>, &'a ProjectTenant),
    /// The one that the environment names.
    Environment(Setting<String>),
    /// None; a command that needs one fails so.
    None(UsageError),
}

impl<'a> Choice<'a> {
    /// Chooses: `--tenant`, `CXFORM_TENANT`, `defaultTenant`, the only one, `CXONE_BASE_URL`.
    ///
    /// # Errors
    /// A tenant is named that does not exist.
    pub(super) fn make(
        flags: &Flags,
        environment: &Environment,
        project: Option<&'a Project>,
        cwd: &Path,
    ) -> Result<Self, UsageError> {
        let flag = flags.tenant.as_deref().map(|name| (name, Origin::Flag("--tenant")));
        let variable = || {
            let name = environment.get("CXFORM_TENANT")?;
            Some((name, Origin::Environment("CXFORM_TENANT".to_owned())))
        };
        let default = || Some((project?.default_tenant.as_deref()?, Origin::Project));
        let named = flag.or_else(variable).or_else(default);

        let tenants = project.map(|project| &project.tenants).filter(|all| !all.is_empty());
        let Some(tenants) = tenants else {
            let has_url = environment.get(BASE_URL).is_some();
            return match named {
                Some((name, origin)) if name != DEFAULT_NAME => Err(UsageError::new(format!(
                    "there is no tenant `{name}` ({origin}): the project file names none"
                ))
                .hint("name it under `tenants` in cxform.yaml")),
                Some((name, origin)) if has_url => {
                    Ok(Self::Environment(Setting::new(name.to_owned(), origin)))
                }
                None if has_url => Ok(Self::Environment(Setting::new(
                    DEFAULT_NAME.to_owned(),
                    Origin::Environment(BASE_URL.to_owned()),
                ))),
                _ => Ok(Self::None(no_tenant(project.is_some(), cwd))),
            };
        };
        let names = || tenants.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        match (named, tenants.first_key_value()) {
            (Some((name, origin)), _) => match tenants.get(name) {
                Some(tenant) => Ok(Self::Project(Setting::new(name.to_owned(), origin), tenant)),
                None => {
                    let hint = match closest(name, tenants.keys().map(String::as_str)) {
                        Some(similar) => format!("did you mean `{similar}`?"),
                        None => format!("the project file has {}", names()),
                    };
                    let message = format!("there is no tenant `{name}` ({origin})");
                    Err(UsageError::new(message).hint(hint))
                }
            },
            (None, Some((name, tenant))) if tenants.len() == 1 => {
                Ok(Self::Project(Setting::new(name.clone(), Origin::Project), tenant))
            }
            (None, _) => Ok(Self::None(
                UsageError::new(format!("the project file has several tenants: {}", names()))
                    .hint("select one with --tenant NAME, CXFORM_TENANT or `defaultTenant`"),
            )),
        }
    }

    /// The project file's part of the chosen tenant.
    pub(super) fn in_project(&self) -> Option<&'a ProjectTenant> {
        match self {
            Self::Project(_, tenant) => Some(tenant),
            Self::Environment(_) | Self::None(_) => None,
        }
    }

    /// The tenant itself; `folder` is the project file's.
    ///
    /// # Errors
    /// None was chosen, its url must not be used, or the environment contradicts it.
    pub(super) fn tenant(
        self,
        environment: &Environment,
        folder: &Path,
        cwd: &Path,
    ) -> Result<Tenant, UsageError> {
        match self {
            Self::None(error) => Err(error),
            Self::Project(name, tenant) => {
                let location = Location::parse(&tenant.url, folder).map_err(|error| {
                    UsageError::new(format!("tenants.{}.url: {error}", name.value))
                })?;
                if let Location::Api(url) = &location {
                    refuse_clash(&name.value, url, tenant.dialect, environment, cwd)?;
                }
                let project = Some((tenant, folder));
                let url = Setting::new(tenant.url.clone(), Origin::Project);
                let dialect = Setting::new(tenant.dialect, Origin::Project);
                let credentials = Credentials::choose(environment, project, cwd);
                Ok(Tenant::new(name, dialect, url, location, credentials))
            }
            Self::Environment(name) => {
                let text = environment.get(BASE_URL).unwrap_or_default();
                let location = Location::parse(text, cwd)
                    .map_err(|error| UsageError::new(format!("{BASE_URL}: {error}")))?;
                let url = Setting::new(text.to_owned(), Origin::Environment(BASE_URL.to_owned()));
                let dialect = match (&location, dialect_of(environment)?) {
                    (Location::Api(_), Some(dialect)) => {
                        Setting::new(dialect, Origin::Environment(DIALECT.to_owned()))
                    }
                    _ => Setting::new(Dialect::V2, Origin::Default),
                };
                let credentials = Credentials::choose(environment, None, cwd);
                Ok(Tenant::new(name, dialect, url, location, credentials))
            }
        }
    }
}

impl Tenant {
    fn new(
        name: Setting<String>,
        dialect: Setting<Dialect>,
        mut url: Setting<String>,
        location: Location,
        credentials: Credentials,
    ) -> Self {
        let endpoint = match location {
            Location::Api(normalised) => {
                url.value.clone_from(&normalised);
                Endpoint::Api { url: normalised, credentials }
            }
            Location::Sim(seed) => Endpoint::Sim { seed },
        };
        Self { name, dialect, url, endpoint }
    }
}

/// That nothing says which tenant is meant; perhaps the folder is not the project's.
fn no_tenant(has_project: bool, cwd: &Path) -> UsageError {
    match has_project {
        true => UsageError::new("no tenant is named")
            .hint(format!("set {BASE_URL}, or name one under `tenants` in cxform.yaml")),
        false => UsageError::new(format!("no tenant is named: {}", searched(cwd))).hint(format!(
            "name the project's folder with --chdir DIR, begin one with `cxform init`, or set {BASE_URL}"
        )),
    }
}

/// The environment may repeat what the project file says of a tenant, not contradict it: a
/// forgotten variable must not send a plan to another tenant.
fn refuse_clash(
    name: &str,
    url: &str,
    dialect: Dialect,
    environment: &Environment,
    cwd: &Path,
) -> Result<(), UsageError> {
    let clash = |variable: &str, said: &str, field: &str, have: &str| {
        Err(UsageError::new(format!(
            "{variable} is {said}, but tenant `{name}` of the project file has the {field} \
             {have}; nothing was sent"
        ))
        .hint(format!("unset {variable}, or select the tenant that it means with --tenant")))
    };
    if let Some(text) = environment.get(BASE_URL) {
        match Location::parse(text, cwd) {
            Ok(Location::Api(said)) if said == url => {}
            Ok(Location::Api(said)) => return clash(BASE_URL, &said, "url", url),
            Ok(Location::Sim(_)) => return clash(BASE_URL, text, "url", url),
            Err(error) => return clash(BASE_URL, &format!("unusable ({error})"), "url", url),
        }
    }
    match dialect_of(environment)? {
        Some(said) if said != dialect => {
            clash(DIALECT, &said.to_string(), "dialect", &dialect.to_string())
        }
        _ => Ok(()),
    }
}

fn dialect_of(environment: &Environment) -> Result<Option<Dialect>, UsageError> {
    match environment.get(DIALECT) {
        None => Ok(None),
        Some("v2") => Ok(Some(Dialect::V2)),
        Some(other) => Err(UsageError::new(format!("{DIALECT}: there is no dialect `{other}`"))
            .hint("the dialects are: v2")),
    }
}
