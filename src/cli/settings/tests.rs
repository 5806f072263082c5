//! Tables over [`Settings::resolve`].

use std::path::Path;

use serde_json::json;

use super::{Endpoint, Flags, Origin, Settings, Tenant};
use crate::cli::environment::Environment;
use crate::cli::exit::UsageError;
use crate::cli::project::Project;

/// A project with `tenants` in `/project/cxform.yaml`.
fn project(tenants: &[&str], default: Option<&str>) -> Project {
    let all = json!({
        "sim": {"url": "sim:seed/tenant.yaml"},
        "prod": {
            "url": "https://API-us-1.cxone.com/", "concurrency": 10, "requestsPerSecond": 50,
            "licensedAgents": 500, "timezone": "America/New_York", "manifests": ["base", "prod"],
            "clientSecret": {"env": "PROD_SECRET"},
        },
        "plain": {"url": "http://plain.example.com"},
    });
    let tenants: serde_json::Map<_, _> =
        tenants.iter().map(|name| ((*name).to_owned(), all[name].clone())).collect();
    let mut project = json!({
        "apiVersion": "cxform/v1", "kind": "Project", "tenants": tenants,
        "manifests": ["desired-state"], "state": {"dir": "state"},
        "policy": {"allowDelete": true, "checks": {"licence": "hold"}},
    });
    if let Some(name) = default {
        project["defaultTenant"] = name.into();
    }
    serde_json::from_value(project).unwrap()
}

fn resolve(
    flags: &Flags,
    variables: &[(&str, &str)],
    project: Option<&Project>,
) -> Result<Settings, UsageError> {
    let environment: Environment = variables.iter().copied().collect();
    let path = Path::new("/project/cxform.yaml");
    Settings::resolve(flags, &environment, project.map(|p| (p, path)), Path::new("/work"))
}

fn flags(tenant: &str) -> Flags {
    let tenant = (!tenant.is_empty()).then(|| tenant.to_owned());
    Flags { tenant, ..Flags::default() }
}

/// `NAME URL ORIGIN` of the tenant, or the message and hint.
fn tenant(flag: &str, variables: &[(&str, &str)], project: Option<&Project>) -> String {
    let told = |tenant: &Tenant| {
        format!("{} {} ({})", tenant.name.value, tenant.url.value, tenant.name.origin)
    };
    let settings = resolve(&flags(flag), variables, project);
    match settings.as_ref().map_err(UsageError::clone).and_then(Settings::tenant) {
        Ok(tenant) => told(tenant),
        Err(error) => format!("{error} | {}", error.hint.as_deref().unwrap_or("")),
    }
}

const PROD: &str = "https://api-us-1.cxone.com";

#[test]
fn which_tenant_is_meant() {
    let two = project(&["sim", "prod"], None);
    let default = project(&["sim", "prod"], Some("prod"));
    let one = project(&["prod"], None);
    let none = project(&[], None);
    let variable = [("CXFORM_TENANT", "prod")];
    let check = |flag: &str, variables: &[(&str, &str)], project: &Project, expect: &str| {
        assert_eq!(tenant(flag, variables, Some(project)), expect);
    };
    check("sim", &variable, &default, "sim sim:seed/tenant.yaml (flag --tenant)");
    check("", &variable, &two, &format!("prod {PROD} (environment CXFORM_TENANT)"));
    check("", &[], &default, &format!("prod {PROD} (project file)"));
    check("", &[], &one, &format!("prod {PROD} (project file)"));
    check(
        "",
        &[],
        &two,
        "the project file has several tenants: prod, sim | \
         select one with --tenant NAME, CXFORM_TENANT or `defaultTenant`",
    );
    check("prd", &[], &two, "there is no tenant `prd` (flag --tenant) | did you mean `prod`?");
    check(
        "prod",
        &[],
        &none,
        "there is no tenant `prod` (flag --tenant): the project file names \
                               none | name it under `tenants` in cxform.yaml",
    );
    let unnamed = "no tenant is named | set CXONE_BASE_URL, or name one under `tenants` in \
                   cxform.yaml";
    check("", &[], &none, unnamed);
    let nowhere = "no tenant is named: cxform.yaml is not in /work, nor above up to / | name the \
                   project's folder with --chdir DIR, begin one with `cxform init`, or set \
                   CXONE_BASE_URL";
    assert_eq!(tenant("", &[], None), nowhere);
}

#[test]
fn the_environment_names_a_tenant_only_where_the_project_names_none() {
    let url = [("CXONE_BASE_URL", "https://Other.cxone.com:443/api/")];
    let named = "default https://other.cxone.com/api (environment CXONE_BASE_URL)";
    assert_eq!(tenant("", &url, None), named);
    assert_eq!(tenant("", &url, Some(&project(&[], None))), named);
    assert_eq!(
        tenant("", &[("CXONE_BASE_URL", "sim:t.yaml"), ("CXONE_DIALECT", "v2")], None),
        "default sim:t.yaml (environment CXONE_BASE_URL)"
    );
    assert_eq!(
        tenant("", &[url[0], ("CXONE_DIALECT", "v9")], None),
        "CXONE_DIALECT: there is no dialect `v9` | the dialects are: v2"
    );
    assert!(tenant("", &url, Some(&project(&["sim", "prod"], None))).contains("several tenants"));
}

#[test]
fn a_base_url_that_differs_is_refused() {
    let check = |name: &str, url: &str, expect: &str| {
        let project = project(&["sim", "prod"], None);
        assert_eq!(tenant(name, &[("CXONE_BASE_URL", url)], Some(&project)), expect);
    };
    let prod = format!("prod {PROD} (flag --tenant)");
    for same in [PROD, "https://api-us-1.CXONE.com/", "https://api-us-1.cxone.com:443"] {
        check("prod", same, &prod);
    }
    let clash = |said: &str| {
        format!(
            "CXONE_BASE_URL is {said}, but tenant `prod` of the project file has the url {PROD}; \
             nothing was sent | unset CXONE_BASE_URL, or select the tenant that it means with \
             --tenant"
        )
    };
    check("prod", "https://other.cxone.com", &clash("https://other.cxone.com"));
    check("prod", "https://api-us-1.cxone.com/v2", &clash("https://api-us-1.cxone.com/v2"));
    check("prod", "sim:x", &clash("sim:x"));
    let hidden = tenant(
        "prod",
        &[("CXONE_BASE_URL", "https://me:hunter2@api-us-1.cxone.com")],
        Some(&project(&["prod"], None)),
    );
    assert!(hidden.contains("unusable") && !hidden.contains("hunter2"), "{hidden}");
}

#[test]
fn a_simulated_tenant_ignores_the_cxone_variables() {
    let variables = [
        ("CXONE_BASE_URL", "https://other.cxone.com"),
        ("CXONE_DIALECT", "v9"),
        ("CXONE_ACCESS_TOKEN", "hunter2"),
    ];
    let settings =
        resolve(&flags("sim"), &variables, Some(&project(&["sim", "prod"], None))).unwrap();
    let tenant = settings.tenant().unwrap();
    assert_eq!(tenant.endpoint, Endpoint::Sim { seed: "/project/seed/tenant.yaml".into() });
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn an_unsafe_url_is_refused() {
    assert_eq!(
        tenant("plain", &[], Some(&project(&["plain"], None))),
        "tenants.plain.url: not an https url: http:// is for loopback addresses only | "
    );
}

/// The rows that `doctor` prints, one a line.
fn rows(flags: &Flags, variables: &[(&str, &str)], project: Option<&Project>) -> Vec<String> {
    let rows = resolve(flags, variables, project).unwrap().rows();
    rows.iter().map(|row| format!("{}: {} ({})", row.name, row.value, row.origin)).collect()
}

#[test]
fn every_setting_knows_where_it_came_from() {
    assert_eq!(
        rows(&Flags::default(), &[], None),
        [
            "manifests: /work (default)",
            "concurrency: 5 (default)",
            "requests per second: 100 (default)",
            "licensed agents: not known (default)",
            "timezone: UTC (default)",
            "allow delete: false (default)",
            "deletePercent: 30 % (default)",
            "state folder: /work/.cxform (default)",
            "audit rotation: 64 MiB (default)",
        ]
    );
    let prod = project(&["sim", "prod"], Some("prod"));
    assert_eq!(
        rows(&Flags::default(), &[("CXONE_CLIENT_ID_FILE", "id")], Some(&prod)),
        [
            "manifests: /project/base, /project/prod (project file)",
            "tenant: prod (project file)",
            "url: https://api-us-1.cxone.com (project file)",
            "dialect: v2 (project file)",
            "client id: variable CXONE_CLIENT_ID (environment CXONE_CLIENT_ID_FILE)",
            "client secret: variable PROD_SECRET (project file)",
            "concurrency: 10 (project file)",
            "requests per second: 50 (project file)",
            "licensed agents: 500 (project file)",
            "timezone: America/New_York (project file)",
            "allow delete: true (project file)",
            "deletePercent: 30 % (default)",
            "state folder: /project/state (project file)",
            "audit rotation: 64 MiB (default)",
        ]
    );
    let flags = Flags {
        tenant: Some("sim".to_owned()),
        state_dir: Some("s".into()),
        parallelism: std::num::NonZeroU16::new(3),
        allow_delete: true,
        paths: vec!["a".into(), "/b".into()],
    };
    assert_eq!(
        rows(&flags, &[("CXFORM_STATE_DIR", "x")], Some(&prod)),
        [
            "manifests: /work/a, /b (arguments)",
            "tenant: sim (flag --tenant)",
            "url: sim:seed/tenant.yaml (project file)",
            "dialect: v2 (project file)",
            "concurrency: 3 (flag --parallelism)",
            "requests per second: 100 (default)",
            "licensed agents: not known (default)",
            "timezone: UTC (default)",
            "allow delete: true (flag --allow-delete)",
            "deletePercent: 30 % (default)",
            "state folder: /work/s (flag --state-dir)",
            "audit rotation: 64 MiB (default)",
        ]
    );
}

#[test]
fn the_state_folder_and_the_manifests_of_the_project() {
    let sim = project(&["sim"], None);
    let settings = resolve(&Flags::default(), &[("CXFORM_STATE_DIR", "x")], Some(&sim)).unwrap();
    assert_eq!(settings.state_dir.value, Path::new("/work/x"));
    assert_eq!(settings.state_dir.origin, Origin::Environment("CXFORM_STATE_DIR".to_owned()));
    assert_eq!(settings.manifests.value, [Path::new("/project/desired-state")]);
    assert!(settings.checks.contains_key("licence"));
}

#[test]
fn what_the_project_lists_is_known_beside_the_arguments() {
    let project = project(&["sim", "prod"], Some("sim"));
    let check =
        |tenant: &str, paths: &[&str], project: Option<&Project>, expect: Option<&[&str]>| {
            let paths = paths.iter().map(Into::into).collect();
            let settings = resolve(&Flags { paths, ..flags(tenant) }, &[], project).unwrap();
            let listed = settings.listed.map(|listed| {
                listed.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
            });
            let expect =
                expect.map(|listed| listed.iter().map(|path| (*path).to_owned()).collect());
            assert_eq!(listed, expect, "{tenant}");
        };
    check("sim", &["a"], Some(&project), Some(&["/project/desired-state"]));
    check("prod", &["a"], Some(&project), Some(&["/project/base", "/project/prod"]));
    check("prod", &[], Some(&project), None);
    check("", &["a"], None, None);
}

#[test]
fn what_another_project_file_lists_is_asked_for_the_same_tenant() {
    let now = project(&["prod", "plain"], None);
    let check = |tenant: &str, other: &Project, expect: &[&str]| {
        let settings = resolve(&flags(tenant), &[], Some(&now)).unwrap();
        let expect: Vec<_> = expect.iter().map(|name| Path::new("/project").join(name)).collect();
        assert_eq!(settings.listed_by(other), expect, "{tenant}");
    };
    let mut other = project(&["prod"], None);
    check("prod", &other, &["base", "prod"]);
    check("plain", &other, &["desired-state"]);
    other.manifests = Some(vec!["old".into()]);
    check("plain", &other, &["old"]);
    // Its lists are other tenants' alone: nothing is known but what is listed now.
    other.manifests = None;
    check("plain", &other, &["desired-state"]);
    other.tenants.clear();
    check("plain", &other, &[""]);
}
