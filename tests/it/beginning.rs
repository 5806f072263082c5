//! A project begins: from nothing to manifests that say what a tenant has.

use crate::support::port::{Port, SECRET};
use crate::support::{Folder, cxform, root};

#[test]
fn a_project_begins_with_what_the_tenant_has() {
    let tenant = std::fs::read_to_string(root().join("examples/tenant.yaml")).unwrap();
    let port = Port::serve(&serde_yaml::from_str(&tenant).unwrap());
    let folder = Folder::new("beginning");
    let variables = [("CXONE_CLIENT_ID", "id"), ("CXONE_CLIENT_SECRET", SECRET)];
    let run = |arguments: &[&str]| cxform(folder.path(), &variables, arguments);
    assert_eq!(run(&["init", "--ci", "github"]).code, 0);
    let project = std::fs::read_to_string(folder.path().join("cxform.yaml")).unwrap();
    folder.put("cxform.yaml", &project.replace("https://api-us-1.cxone.com", &port.url()));
    std::fs::remove_file(folder.path().join("desired-state/billing.yaml")).unwrap();

    // A shell makes the file before the command reads the folder.
    folder.put("desired-state/tenant.yaml", "");
    for command in ["plan", "validate", "drift"] {
        let refused = run(&[command]);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.err.contains("there is no manifest in desired-state"), "{refused:?}");
    }
    let told = run(&["drift", "--all", "--format", "yaml"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.err.ends_with("No drift. 65 unmanaged left alone.\n"), "{told:?}");
    // Whoever reviews it sees who is meant.
    let who = "    u-1001:  # Ana Ruiz, ana.ruiz@northtrail.example\n";
    assert!(told.out.contains(who), "{}", told.out);
    folder.put("desired-state/tenant.yaml", &told.out);
    let plan = run(&["plan", "--all", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    assert_eq!(plan.out, "No changes. The tenant matches the manifests.\n");
}

#[test]
fn who_is_in_the_wrong_folder_is_told_where_the_project_was_looked_for() {
    let folder = Folder::new("nowhere");
    folder.put("deep/.git/HEAD", "");
    let deep = folder.path().join("deep");
    let told = format!("cxform.yaml is not in {}", deep.display());
    let real = [("CXONE_BASE_URL", "https://x.invalid"), ("CXONE_ACCESS_TOKEN", SECRET)];
    for (variables, code, expect) in [
        (
            &[][..],
            64,
            format!("error: no tenant is named: {told}\n  help: name the project's folder"),
        ),
        (&real[..], 1, format!("error: there is no manifest in ., and {told}\n")),
    ] {
        let plan = cxform(&deep, variables, &["plan"]);
        let doctor = cxform(&deep, variables, &["doctor"]);
        assert!(doctor.out.contains(&format!("none ({told})\n")), "{doctor:?}");
        assert!(plan.code == code && plan.err.starts_with(&expect), "{plan:?}");
    }
}
