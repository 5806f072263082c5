//! The project file, `cxform.yaml`: which folders, which tenants, which rules.

mod audit;
mod coverage;
mod leases;
mod locate;
mod metrics;
mod missing;
mod policy;
mod secret;
mod state;
mod wfm;

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU64};
use std::path::PathBuf;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub use audit::{Audit, Sink, SinkKind};
pub use leases::{Lease, Leased};
pub use locate::{find, git_root, locate, searched};
pub use metrics::Metrics;
pub use missing::missing;
pub use policy::{CheckLevel, Guards, Policy};
pub use secret::{SecretFrom, misplaced_secret};
pub use state::State;
pub use wfm::{Identity, Wfm, WfmMode, WfmSftp};

use crate::http::Dialect;

/// The project file's name.
pub const FILE_NAME: &str = "cxform.yaml";

/// The project file. Everything in it has a default.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Project {
    /// The format of this file.
    pub api_version: ApiVersion,
    /// What this file is.
    pub kind: ProjectKind,
    /// Folders and files with manifests, relative to this file. Default: this file's folder.
    #[serde(default)]
    pub manifests: Option<Vec<PathBuf>>,
    /// The tenant that is meant where none is named.
    #[serde(default)]
    pub default_tenant: Option<String>,
    /// The tenants, by the names that `--tenant` takes.
    #[serde(default)]
    pub tenants: BTreeMap<String, ProjectTenant>,
    /// What the checks do, how much a plan may do, and whether deletions are applied.
    #[serde(default)]
    pub policy: Policy,
    /// What the policy means, with its places.
    #[serde(skip)]
    pub guards: Guards,
    /// Where audit, runs and lock are kept.
    #[serde(default)]
    pub state: State,
    /// Where the figures of the last apply are kept for monitoring.
    #[serde(default)]
    pub metrics: Metrics,
    /// How the audit is kept, and who else gets it.
    #[serde(default)]
    pub audit: Audit,
    /// Who is told the assignments, as CSV.
    #[serde(default)]
    pub wfm: Wfm,
}

/// The format's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The only one so far.
    #[serde(rename = "cxform/v1")]
    V1,
}

/// The kind of the project file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ProjectKind {
    /// A project.
    Project,
}

/// One tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectTenant {
    /// How the tenant's API is spelled. Default: v2.
    #[serde(default = "v2")]
    #[schemars(schema_with = "dialect_schema")]
    pub dialect: Dialect,
    /// `https://…`, with a path prefix where there is one (`http://` for loopback addresses only),
    /// or `sim:FILE`: the embedded tenant, seeded from this snapshot.
    pub url: String,
    /// Where the OAuth client's id comes from. Default: the variable `CXONE_CLIENT_ID`.
    #[serde(default)]
    pub client_id: Option<SecretFrom>,
    /// Where the OAuth client's secret comes from. Default: the variable `CXONE_CLIENT_SECRET`.
    #[serde(default)]
    pub client_secret: Option<SecretFrom>,
    /// How many requests may be under way at once. Default: 5; a premium tenant takes 10.
    #[serde(default)]
    pub concurrency: Option<NonZeroU16>,
    /// How many requests may be sent in a second. Default: 100.
    #[serde(default, deserialize_with = "positive")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub requests_per_second: Option<f64>,
    /// How many agents the tenant is licensed for; the capacity check is skipped where it is unset.
    #[serde(default)]
    pub licensed_agents: Option<NonZeroU64>,
    /// IANA time zone for reports, and for times that the tenant sends without an offset.
    /// Default: UTC.
    #[serde(default, deserialize_with = "iana")]
    #[schemars(with = "Option<String>")]
    pub timezone: Option<TimeZone>,
    /// Replaces the project's list of folders and files.
    #[serde(default)]
    pub manifests: Option<Vec<PathBuf>>,
}

/// The project file's JSON Schema.
#[must_use]
pub fn schema() -> Value {
    schemars::schema_for!(Project).to_value()
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    match f64::deserialize(deserializer)? {
        rate if rate >= 0.01 && rate.is_finite() => Ok(Some(rate)),
        rate => Err(D::Error::custom(format!("{rate} is not a rate from 0.01 on"))),
    }
}

fn iana<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TimeZone>, D::Error> {
    let name = String::deserialize(deserializer)?;
    match TimeZone::get(&name) {
        Ok(zone) => Ok(Some(zone)),
        Err(_) => Err(D::Error::custom(format!(
            "`{name}` is not a time zone of the IANA database, such as America/New_York"
        ))),
    }
}

fn v2() -> Dialect {
    Dialect::V2
}

fn dialect_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "enum": ["v2"] })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Project, SecretFrom, schema};

    fn project(tenant: Value) -> Result<Project, String> {
        let project = json!({
            "apiVersion": "cxform/v1", "kind": "Project", "tenants": { "t": tenant },
        });
        serde_json::from_value(project).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_has_a_default() {
        let least = json!({"apiVersion": "cxform/v1", "kind": "Project"});
        let project: Project = serde_json::from_value(least).unwrap();
        assert!(project.tenants.is_empty() && project.manifests.is_none());
        for wrong in [json!({}), json!({"apiVersion": "cxform/v2", "kind": "Project"})] {
            assert!(serde_json::from_value::<Project>(wrong).is_err());
        }
    }

    #[test]
    fn secrets_are_named_and_never_written() {
        let check = |source: Value, expect: Result<SecretFrom, &str>| {
            let read = project(json!({"url": "https://x", "clientSecret": source.clone()}));
            match (read, expect) {
                (Ok(read), Ok(expect)) => {
                    assert_eq!(read.tenants["t"].client_secret.as_ref(), Some(&expect));
                }
                (Err(error), Err(expect)) => {
                    assert!(error.contains(expect), "{error}");
                    assert!(!error.contains("hunter2") && !error.contains("1234"), "{error}");
                }
                (read, _) => panic!("{source}: {read:?}"),
            }
        };
        let literal = "a literal secret must not stand in the file";
        let shape = "a secret's source is exactly one of";
        check(json!({"env": "X_1"}), Ok(SecretFrom::Env("X_1".to_owned())));
        check(json!({"file": "a/b"}), Ok(SecretFrom::File("a/b".into())));
        let words = ["pass".to_owned(), "show".to_owned()];
        check(json!({"command": words}), Ok(SecretFrom::Command(words.to_vec())));
        check(json!("hunter2"), Err(literal));
        check(json!(1234), Err(literal));
        check(json!(["hunter2"]), Err(literal));
        check(json!({"env": "hunter2!"}), Err(shape));
        check(json!({"value": "hunter2"}), Err(shape));
        check(json!({"command": "hunter2"}), Err(shape));
        check(json!({"command": []}), Err(shape));
        check(json!({"env": "A", "file": "hunter2"}), Err(shape));
    }

    #[test]
    fn values_are_checked() {
        let check = |field: &str, value: Value, expect: &str| {
            let mut tenant = json!({"url": "https://x"});
            tenant[field] = value;
            let error = project(tenant).unwrap_err();
            assert!(error.contains(expect), "{error}");
        };
        check("concurrency", json!(0), "expected a nonzero u16");
        check("requestsPerSecond", json!(0), "0 is not a rate from 0.01 on");
        check("requestsPerSecond", json!(-1.5), "-1.5 is not a rate from 0.01 on");
        check("timezone", json!("Mars/Base"), "`Mars/Base` is not a time zone of the IANA");
        check("dialect", json!("v3"), "unknown variant `v3`");
        check("region", json!("eu"), "unknown field `region`");
    }

    #[test]
    fn the_schema_says_what_the_type_says() {
        let schema = schema();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good = json!({
            "apiVersion": "cxform/v1", "kind": "Project", "defaultTenant": "t",
            "tenants": {"t": {
                "dialect": "v2", "url": "https://x", "clientId": {"env": "A"},
                "clientSecret": {"command": ["a"]}, "concurrency": 5, "requestsPerSecond": 0.5,
                "timezone": "America/New_York", "licensedAgents": 500, "manifests": ["a"],
            }},
            "policy": {
                "checks": {"licence": "hold"}, "allowDelete": true, "deletePercent": 12.5,
                "changePercent": "50 %", "deletes": 10, "changes": "20%", "levelJump": 2,
                "protect": ["queue/Emergency*"],
            },
            "state": {"dir": ".cxform", "git": "state", "remote": "origin", "staleAfter": "6h"},
            "audit": {"rotateMiB": 0.5, "sinks": [
                {"type": "http", "url": "https://x", "headers": {"a": {"env": "A"}}, "batch": 9},
            ]},
        });
        assert!(validator.is_valid(&good), "{:?}", validator.validate(&good));
        serde_json::from_value::<Project>(good.clone()).unwrap();
        for (pointer, wrong) in [
            ("/tenants/t/clientSecret", json!("hunter2")),
            ("/tenants/t/concurrency", json!(0)),
            ("/tenants/t/requestsPerSecond", json!(0)),
            ("/tenants/t/dialect", json!("v3")),
            ("/policy/checks/licence", json!("never")),
            ("/policy/protect", json!("queue/x")),
            ("/state", json!({"folder": "x"})),
            ("/audit/rotateMiB", json!(0)),
            ("/audit/sinks/0/type", json!("syslog")),
            ("/audit/sinks/0/batch", json!(0)),
            ("/audit/sinks/0/headers/a", json!("hunter2")),
        ] {
            let mut project = good.clone();
            *project.pointer_mut(pointer).unwrap() = wrong;
            assert!(!validator.is_valid(&project), "{pointer}");
            assert!(serde_json::from_value::<Project>(project).is_err(), "{pointer}");
        }
        assert_eq!(
            schema.pointer("/properties/defaultTenant/description"),
            Some(&json!("The tenant that is meant where none is named."))
        );
    }
}
