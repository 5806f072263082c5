use serde_json::json;

use crate::support::Folder;
use crate::support::clones::Clones;
use crate::support::port::Port;
use crate::support::siem::Siem;

#[test]
fn machines_that_are_thrown_away_share_what_was_told() {
    let tenant = json!({
        "apiVersion": "cxform/v1", "kind": "Tenant",
        "queues": [{"id": "q-1", "name": "main", "capacity": 11}],
    });
    let port = Port::serve(&tenant);
    let receiver = Siem::free_port();
    let siem = Siem::listen(receiver, &[]);
    let files = Folder::new("drift-shared");
    files.put(
        "cxform.yaml",
        &format!(
            "apiVersion: cxform/v1\nkind: Project\ndefaultTenant: prod\n\
             tenants: {{ prod: {{ url: '{}' }} }}\nstate: {{ git: cxform-state }}\n",
            port.url()
        ),
    );
    files.put(
        "q.yaml",
        "apiVersion: cxform/v1\nkind: Queue\nmetadata: { name: main }\nspec: { capacity: 20 }\n",
    );
    let Some(clones) = Clones::of(&files) else { return };
    let hook = format!("http://127.0.0.1:{receiver}/hook");
    let night = |clone: &str| {
        clones.checkout(clone);
        let ran = clones.run(&port, clone, &["drift", "--notify", &hook]);
        assert_eq!((ran.code, &*ran.err), (2, ""), "{ran:?}");
        ran.out
    };
    assert!(night("a").contains("No complete apply is known"));
    night("b");
    assert_eq!(siem.posts().len(), 1);
    assert!(clones.on_branch("prod/drift.json").unwrap().contains("queue/main"));
    // What another machine applied is known here, with the plan that it was.
    clones.checkout("c");
    let applied = clones.run(&port, "c", &["apply", "--auto-approve"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    clones.checkout("d");
    let looked = clones.run(&port, "d", &["drift"]);
    assert_eq!((looked.code, &*looked.out), (0, "No drift.\n"), "{looked:?}");
    assert!(clones.on_branch("prod/drift.json").unwrap().contains("queue/main"));
}
