//! Who runs this, for which commit and pull request: what a CI says of itself, else the user.

use std::path::Path;

use serde_json::Value;

use super::environment::Environment;
use super::files;
use crate::audit::RunStart;
use crate::http::encode;
use crate::model::neutral;

/// Where a run comes from. What is not known is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Provenance {
    /// Who started the run.
    pub(super) actor: String,
    /// The commit, as the CI tells it.
    pub(super) commit: Option<String>,
    /// The pull request's number.
    pub(super) pull_request: Option<String>,
    /// The CI: `github`, `gitlab`, `azure` or `jenkins`.
    pub(super) ci: Option<&'static str>,
    /// Where the CI shows the run.
    pub(super) run_url: Option<String>,
}

impl Provenance {
    /// What the environment tells. The variables of a CI count only where it says that it is
    /// there: anybody may have a `BUILD_USER_ID`.
    pub(super) fn of(environment: &Environment) -> Self {
        let get = |name: &str| environment.get(name).map(|value| neutral(value).into_owned());
        let first = |names: &[&str]| names.iter().find_map(|name| get(name));
        let mut found = match () {
            () if get("GITHUB_ACTIONS").as_deref() == Some("true") => github(&get),
            () if get("GITLAB_CI").is_some() => Self {
                actor: first(&["GITLAB_USER_LOGIN"]).unwrap_or_default(),
                commit: get("CI_COMMIT_SHA"),
                pull_request: get("CI_MERGE_REQUEST_IID"),
                ci: Some("gitlab"),
                run_url: first(&["CI_JOB_URL", "CI_PIPELINE_URL"]),
            },
            () if get("TF_BUILD").is_some() => azure(&get),
            () if get("JENKINS_URL").is_some() => Self {
                actor: first(&["BUILD_USER_ID", "CHANGE_AUTHOR"]).unwrap_or_default(),
                commit: get("GIT_COMMIT"),
                pull_request: get("CHANGE_ID"),
                ci: Some("jenkins"),
                run_url: get("BUILD_URL"),
            },
            () => Self::default(),
        };
        if found.actor.is_empty() {
            let user = first(&["USER", "LOGNAME", "USERNAME"]);
            found.actor = user.unwrap_or_else(|| "unknown".to_owned());
        }
        found
    }

    /// The start of a run with where it comes from.
    pub(super) fn told_in(&self, start: RunStart) -> RunStart {
        RunStart {
            ci: self.ci.map(str::to_owned),
            pull_request: self.pull_request.clone(),
            run_url: self.run_url.clone(),
            ..start
        }
    }
}

fn github(get: &dyn Fn(&str) -> Option<String>) -> Provenance {
    let actor = match (get("GITHUB_ACTOR"), get("GITHUB_TRIGGERING_ACTOR")) {
        // Who runs a workflow again has only this name there.
        (Some(first), Some(again)) if first != again => format!("{again} (again, for {first})"),
        (first, again) => first.or(again).unwrap_or_default(),
    };
    let of_ref = || {
        let reference = get("GITHUB_REF")?;
        let (number, _) = reference.strip_prefix("refs/pull/")?.split_once('/')?;
        Some(number.to_owned())
    };
    let of_event = || {
        let event = files::read_text(Path::new(&get("GITHUB_EVENT_PATH")?)).ok()?;
        let event: Value = serde_json::from_str(&event).ok()?;
        // A comment on a pull request is an event of an issue.
        let number = event.pointer("/pull_request/number").or_else(|| {
            event.pointer("/issue/pull_request")?;
            event.pointer("/issue/number")
        });
        Some(number?.as_u64()?.to_string())
    };
    let run_url = || {
        let (server, repository) = (get("GITHUB_SERVER_URL")?, get("GITHUB_REPOSITORY")?);
        let run = format!("{server}/{repository}/actions/runs/{}", get("GITHUB_RUN_ID")?);
        Some(match get("GITHUB_RUN_ATTEMPT") {
            Some(attempt) if attempt != "1" => format!("{run}/attempts/{attempt}"),
            _ => run,
        })
    };
    Provenance {
        actor,
        commit: get("GITHUB_SHA"),
        pull_request: of_ref().or_else(of_event),
        ci: Some("github"),
        run_url: run_url(),
    }
}

fn azure(get: &dyn Fn(&str) -> Option<String>) -> Provenance {
    let actor = match (get("BUILD_REQUESTEDFOR"), get("BUILD_REQUESTEDFOREMAIL")) {
        (Some(name), Some(email)) if name != email => format!("{name} <{email}>"),
        (name, email) => name.or(email).unwrap_or_default(),
    };
    let run_url = || {
        let collection = get("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")?;
        let (project, build) = (get("SYSTEM_TEAMPROJECT")?, get("BUILD_BUILDID")?);
        let collection = collection.trim_end_matches('/');
        Some(format!("{collection}/{}/_build/results?buildId={build}", encode(&project)))
    };
    // A repository that is not Azure's own has a number of its own too.
    let number = get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER");
    Provenance {
        actor,
        commit: get("BUILD_SOURCEVERSION"),
        pull_request: number.or_else(|| get("SYSTEM_PULLREQUEST_PULLREQUESTID")),
        ci: Some("azure"),
        run_url: run_url(),
    }
}

#[cfg(test)]
mod tests {
    use super::Provenance;
    use crate::cli::files::tests::Folder;

    /// `NAME=VALUE` lines as an environment; what is found as `ci actor commit pull_request url`.
    fn check(variables: &str, expect: [&str; 5]) {
        let pairs = variables.lines().filter_map(|line| line.trim().split_once('='));
        let found = Provenance::of(&pairs.collect());
        let text = |value: Option<String>| value.unwrap_or_default();
        let told = [
            found.ci.unwrap_or_default().to_owned(),
            found.actor,
            text(found.commit),
            text(found.pull_request),
            text(found.run_url),
        ];
        assert_eq!(told, expect, "{variables}");
    }

    #[test]
    fn github_actions() {
        let base = "GITHUB_ACTIONS=true\nGITHUB_ACTOR=ana\nUSER=runner\nGITHUB_SHA=c0ffee\n";
        let github = |more: &str, expect: [&str; 5]| check(&format!("{base}{more}"), expect);
        github("", ["github", "ana", "c0ffee", "", ""]);
        github("GITHUB_TRIGGERING_ACTOR=ana", ["github", "ana", "c0ffee", "", ""]);
        github(
            "GITHUB_TRIGGERING_ACTOR=robin",
            ["github", "robin (again, for ana)", "c0ffee", "", ""],
        );
        github("GITHUB_REF=refs/pull/17/merge", ["github", "ana", "c0ffee", "17", ""]);
        github("GITHUB_REF=refs/heads/main", ["github", "ana", "c0ffee", "", ""]);
        let run = "GITHUB_SERVER_URL=https://github.com\nGITHUB_REPOSITORY=acme/centre\n\
                   GITHUB_RUN_ID=4711\nGITHUB_RUN_ATTEMPT=";
        let url = "https://github.com/acme/centre/actions/runs/4711";
        github(&format!("{run}1"), ["github", "ana", "c0ffee", "", url]);
        let again = format!("{url}/attempts/2");
        github(&format!("{run}2"), ["github", "ana", "c0ffee", "", &again]);
        check("GITHUB_ACTIONS=true", ["github", "unknown", "", "", ""]);
    }

    #[test]
    fn the_pull_request_of_a_github_event() {
        let folder = Folder::new("event");
        let event = |content: &str, expect: &str| {
            let path = folder.put("event.json", content);
            let variables = format!("GITHUB_ACTIONS=true\nGITHUB_EVENT_PATH={}", path.display());
            check(&variables, ["github", "unknown", "", expect, ""]);
        };
        event(r#"{"pull_request":{"number":17}}"#, "17");
        event(r#"{"issue":{"number":18,"pull_request":{"url":"x"}}}"#, "18");
        event(r#"{"issue":{"number":19}}"#, "");
        event(r#"{"pull_request":{"number":"=cmd()"}}"#, "");
        event("not json", "");
        let nowhere = "GITHUB_ACTIONS=true\nGITHUB_EVENT_PATH=/no/such/file";
        check(nowhere, ["github", "unknown", "", "", ""]);
    }

    #[test]
    fn gitlab_azure_and_jenkins() {
        check(
            "GITLAB_CI=true\nGITLAB_USER_LOGIN=ana\nCI_COMMIT_SHA=c0ffee\nCI_MERGE_REQUEST_IID=3\n\
             CI_JOB_URL=https://gitlab.example/j/1\nCI_PIPELINE_URL=https://gitlab.example/p/1",
            ["gitlab", "ana", "c0ffee", "3", "https://gitlab.example/j/1"],
        );
        let azure = "TF_BUILD=True\nBUILD_REQUESTEDFOR=Ana Diaz\nBUILD_SOURCEVERSION=c0ffee\n\
                     SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=https://dev.azure.com/acme/\n\
                     SYSTEM_TEAMPROJECT=Contact Centre\nBUILD_BUILDID=9\n";
        let url = "https://dev.azure.com/acme/Contact%20Centre/_build/results?buildId=9";
        check(azure, ["azure", "Ana Diaz", "c0ffee", "", url]);
        check(
            &format!(
                "{azure}BUILD_REQUESTEDFOREMAIL=ana@x.example\nSYSTEM_PULLREQUEST_PULLREQUESTID=800"
            ),
            ["azure", "Ana Diaz <ana@x.example>", "c0ffee", "800", url],
        );
        check(
            &format!(
                "{azure}SYSTEM_PULLREQUEST_PULLREQUESTID=800\nSYSTEM_PULLREQUEST_PULLREQUESTNUMBER=17"
            ),
            ["azure", "Ana Diaz", "c0ffee", "17", url],
        );
        check(
            "JENKINS_URL=https://ci.example/\nBUILD_USER_ID=ana\nCHANGE_AUTHOR=ben\nCHANGE_ID=5\n\
             GIT_COMMIT=c0ffee\nBUILD_URL=https://ci.example/job/1/",
            ["jenkins", "ana", "c0ffee", "5", "https://ci.example/job/1/"],
        );
        check(
            "JENKINS_URL=https://ci.example/\nCHANGE_AUTHOR=ben\nUSER=jenkins",
            ["jenkins", "ben", "", "", ""],
        );
        check("JENKINS_URL=https://ci.example/\nUSER=jenkins", ["jenkins", "jenkins", "", "", ""]);
    }

    #[test]
    fn a_variable_counts_only_where_its_ci_says_that_it_is_there() {
        let forged = "GITHUB_ACTOR=boss\nGITLAB_USER_LOGIN=boss\nBUILD_REQUESTEDFOR=boss\n\
                      BUILD_USER_ID=boss\nGITHUB_SHA=1\nCI_COMMIT_SHA=1\nGIT_COMMIT=1\n\
                      GITHUB_REF=refs/pull/1/merge\nCHANGE_ID=1\nBUILD_URL=x\n";
        check(forged, ["", "unknown", "", "", ""]);
        check(&format!("{forged}USER=ana"), ["", "ana", "", "", ""]);
        check(&format!("{forged}LOGNAME=ana"), ["", "ana", "", "", ""]);
        check(&format!("GITHUB_ACTIONS=false\n{forged}"), ["", "unknown", "", "", ""]);
        let tf = "TF_BUILD=True\nGITHUB_ACTOR=boss\nBUILD_REQUESTEDFOR=ana";
        check(tf, ["azure", "ana", "", "", ""]);
    }

    #[test]
    fn control_characters_do_not_get_through() {
        check("USER=an\u{1b}[31ma", ["", "an\\u{1b}[31ma", "", "", ""]);
    }
}
