//! What goes wrong, told clearly and with the right exit code.

use serde_json::json;

use super::{APPLY, folder, tenant};
use crate::support::port::{Port, end};

#[test]
fn wrong_usage_is_64_and_sends_nothing() {
    let (port, folder) = (Port::serve(&tenant(json!({}))), folder());
    for arguments in [
        &["plan", "--no-such-flag"][..],
        &["no-such-command"],
        &["apply", "desired"],
        &["apply", "--plan", "p.json", "desired"],
        &["apply", "desired", "--auto-approve", "--override", "licence@x"],
        &["plan", "desired", "--tenant", "nowhere"],
    ] {
        let ran = port.run(folder.path(), arguments);
        assert_eq!(ran.code, 64, "{arguments:?} {ran:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
    assert_eq!(port.log(), Vec::new());
}

#[test]
fn a_tenant_that_answers_web_pages_is_told() {
    let page =
        json!([{"method": "GET", "times": "forever", "what": {"garbage": {"body": "html"}}}]);
    let (port, folder) = (Port::serve(&tenant(json!({"faults": page}))), folder());
    let ran = port.run(folder.path(), &APPLY);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("error: GET /api/v2/"), "{ran:?}");
    assert!(ran.err.contains("not the contract's JSON"), "{ran:?}");
    assert!(ran.err.contains("help: "), "{ran:?}");
}

#[test]
fn an_unknown_host_is_told() {
    let (port, folder) = (Port::serve(&tenant(json!({}))), folder());
    let mut plan = port.program(folder.path(), &["plan", "desired"]);
    plan.env("CXONE_BASE_URL", "https://no-such-host.invalid");
    let ran = end(plan.spawn().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("error: cannot reach https://no-such-host.invalid"), "{ran:?}");
    assert_eq!(port.log(), Vec::new());
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let (port, folder) = (Port::serve(&tenant(json!({}))), folder());
    let desired = folder.path().join("desired");
    let allow = |mode| std::fs::set_permissions(&desired, std::fs::Permissions::from_mode(mode));
    allow(0o000).unwrap();
    let for_root = std::fs::read_dir(&desired).is_ok();
    let ran = port.run(folder.path(), &["plan", "desired"]);
    allow(0o755).unwrap();
    if for_root {
        return;
    }
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("desired"), "{ran:?}");
    assert_eq!(port.log(), Vec::new());
}
