//! Who holds a tenant, as the branch says.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cli::environment::Environment;
use crate::cli::state::Holder;

/// `TENANT/holder.json`: the run that holds the tenant. It stands there until the run has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The run.
    pub run: String,
    /// Who runs it.
    pub actor: String,
    /// The machine, if its name is known.
    pub host: Option<String>,
    /// The CI's page of the run, if there is one.
    pub url: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// When it last said that it is still at work; it says so while it applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed: Option<Timestamp>,
}

impl Claim {
    pub(super) fn new(run: &str, actor: &str, environment: &Environment, now: Timestamp) -> Self {
        Self {
            run: run.to_owned(),
            actor: actor.to_owned(),
            host: Holder::of_process(environment, now).host,
            url: page(environment),
            since: now,
            renewed: None,
        }
    }

    /// What the file says. One that cannot be read is held by somebody all the same.
    pub(super) fn read(content: &[u8]) -> Self {
        serde_json::from_slice(content).unwrap_or_else(|_| Self {
            run: "with a holder.json that cannot be read".to_owned(),
            actor: "somebody".to_owned(),
            host: None,
            url: None,
            since: Timestamp::MAX,
            renewed: None,
        })
    }

    /// When the run is taken for dead.
    pub(super) fn ends(&self, stale_after: Duration) -> Timestamp {
        let seen = self.renewed.unwrap_or(self.since);
        seen.checked_add(stale_after).unwrap_or(Timestamp::MAX)
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the run {} of {}", self.run, self.actor)?;
        if let Some(host) = &self.host {
            write!(f, " on {host}")?;
        }
        if self.since < Timestamp::MAX {
            write!(f, " since {}", self.since)?;
        }
        if let Some(renewed) = self.renewed {
            write!(f, ", heard of at {renewed}")?;
        }
        match &self.url {
            Some(url) => write!(f, " ({url})"),
            None => Ok(()),
        }
    }
}

/// The page of this job in the CI that runs it: GitHub, GitLab, Jenkins, Azure.
fn page(environment: &Environment) -> Option<String> {
    let get = |name: &str| environment.get(name);
    let of_github = || {
        let (server, repository) = (get("GITHUB_SERVER_URL")?, get("GITHUB_REPOSITORY")?);
        Some(format!("{server}/{repository}/actions/runs/{}", get("GITHUB_RUN_ID")?))
    };
    let of_azure = || {
        let (server, project) = (get("SYSTEM_COLLECTIONURI")?, get("SYSTEM_TEAMPROJECT")?);
        let server = server.trim_end_matches('/');
        Some(format!("{server}/{project}/_build/results?buildId={}", get("BUILD_BUILDID")?))
    };
    of_github()
        .or_else(|| get("CI_JOB_URL").map(str::to_owned))
        .or_else(|| get("BUILD_URL").map(str::to_owned))
        .or_else(of_azure)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::Claim;

    #[test]
    fn a_claim_names_who_where_and_since_when() {
        let check = |variables: &[(&str, &str)], expect: &str| {
            let environment = variables.iter().copied().collect();
            let claim = Claim::new("r1", "ana", &environment, Timestamp::UNIX_EPOCH);
            assert_eq!(claim.to_string(), expect);
            assert_eq!(Claim::read(serde_json::json!(claim).to_string().as_bytes()), claim);
        };
        let host = ("HOSTNAME", "b7");
        let told = "the run r1 of ana on b7 since 1970-01-01T00:00:00Z";
        check(&[host], told);
        let github = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_RUN_ID", "7"),
            host,
        ];
        check(&github, &format!("{told} (https://github.com/o/r/actions/runs/7)"));
        check(&[host, ("CI_JOB_URL", "https://x/1")], &format!("{told} (https://x/1)"));
        let azure = [
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/o/"),
            ("SYSTEM_TEAMPROJECT", "p"),
            ("BUILD_BUILDID", "7"),
            host,
        ];
        check(&azure, &format!("{told} (https://dev.azure.com/o/p/_build/results?buildId=7)"));
    }

    #[test]
    fn a_claim_ends_when_nothing_was_heard_of_it_for_so_long() {
        let minute = Duration::from_secs(60);
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let claim = Claim::new("r1", "ana", &Default::default(), at(0));
        assert_eq!(claim.ends(minute), at(60));
        let renewed = Claim { renewed: Some(at(50)), ..claim };
        assert_eq!(renewed.ends(minute), at(110));
        assert!(renewed.to_string().ends_with(", heard of at 1970-01-01T00:00:50Z"));
        assert_eq!(Claim::read(serde_json::json!(renewed).to_string().as_bytes()), renewed);
    }

    #[test]
    fn a_claim_that_cannot_be_read_is_never_stale() {
        let claim = Claim::read(b"{}");
        assert_eq!(claim.ends(Duration::from_secs(60)), Timestamp::MAX);
        let told = "the run with a holder.json that cannot be read of somebody";
        assert_eq!(claim.to_string(), told);
    }
}
