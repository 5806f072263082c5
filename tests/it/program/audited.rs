//! What the audit says where there is none.

use serde_json::json;

use super::shared::project;
use super::{APPLY, many_queues, tenant};
use crate::support::port::Port;

#[test]
fn an_audit_that_has_not_begun_is_no_fault_and_one_that_is_gone_is() {
    let (port, folder) = (Port::serve(&tenant(json!({}))), many_queues(2));
    let project = project(&port, "prod").replace("state: { git: cxform-state }\n", "");
    folder.put("cxform.yaml", &project);
    let run = |arguments: &[&str]| port.run(folder.path(), arguments);
    for command in ["verify", "list", "export"] {
        let ran = run(&["audit", command]);
        assert_eq!((ran.code, &*ran.out), (0, ""), "{ran:?}");
        assert!(ran.err.starts_with("Nothing has been audited yet: there is no .cxform/audit/"));
    }
    let ran = run(&["audit", "verify", "--head", "sha256:0"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    // Of a run that was refused before it began there is no line either.
    let hash = "0".repeat(64);
    let wrong = [&APPLY[..], &["--expect-hash", &*hash]].concat();
    assert_eq!(run(&wrong).code, 4);
    assert_eq!(run(&["audit", "verify"]).code, 0);
    // Nor of one that died with its machine, before anybody has settled it.
    folder.put(".cxform/runs/gone/journal.jsonl", "{\"type\":\"lost\"}\n");
    let start = json!({"time": "2034-01-01T00:00:00Z", "run": "gone", "actor": "ana",
        "tenant": "prod", "event": "start", "checks": [], "overrides": []});
    folder.put(".cxform/runs/gone/start.json", &start.to_string());
    assert_eq!(run(&["audit", "verify"]).code, 0);
    std::fs::remove_dir_all(folder.path().join(".cxform/runs/gone")).unwrap();

    assert_eq!(run(&APPLY).code, 0);
    assert_eq!(run(&["audit", "verify"]).code, 0);
    std::fs::remove_dir_all(folder.path().join(".cxform/audit")).unwrap();
    for command in ["verify", "list", "export"] {
        let ran = run(&["audit", command]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.err.contains("the audit was moved or deleted; put it back"), "{ran:?}");
    }
}
