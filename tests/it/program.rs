//! The built program over a real port: what only a process of its own can show. Everything else is
//! in scenarios and laws.

mod audited;
mod based;
mod followed;
mod installed;
mod interrupted;
mod killed;
mod refused;
mod shared;
mod taken_over;
#[cfg(feature = "otlp")]
mod traced;
mod whole;

use serde_json::{Value, json};

use crate::support::Folder;

/// A small tenant with this personality.
fn tenant(behaviour: Value) -> Value {
    json!({
        "apiVersion": "cxform/v1", "kind": "Tenant", "behaviour": behaviour,
        "skills": [{"id": "s-1", "name": "billing"}],
        "strategies": [{"id": "r-1", "status": "active", "skills": ["s-1"]}],
        "agents": [
            {"id": "u-1", "name": "Ana", "licenses": [{"licenseType": "agent"}]},
            {"id": "u-2", "name": "Ben", "licenses": []},
        ],
        "queues": [{"id": "q-1", "name": "main", "capacity": 10, "priority": 5, "colour": "red"}],
    })
}

const DESIRED: &str = "apiVersion: cxform/v1
kind: Queue
metadata: { name: main }
spec: { capacity: 20, overflow: { target: spill } }
---
apiVersion: cxform/v1
kind: Queue
metadata: { name: spill }
spec: { capacity: 5, skillGroups: [billing] }
---
apiVersion: cxform/v1
kind: AvailabilityWindow
metadata: { name: day }
spec: { from: '2035-01-08T08:00:00Z', to: '2035-01-08T17:00:00Z' }
---
apiVersion: cxform/v1
kind: SkillMatrix
metadata: { name: all }
spec: { window: day, agents: { Ana: { billing: 4 } } }
";

/// A folder with those manifests.
fn folder() -> Folder {
    let folder = Folder::new("program");
    folder.put("desired/all.yaml", DESIRED);
    folder
}

/// A folder with so many new queues.
fn many_queues(count: usize) -> Folder {
    let folder = Folder::new("program");
    let queue = |number: usize| {
        format!(
            "apiVersion: cxform/v1\nkind: Queue\nmetadata: {{ name: queue-{number} }}\n\
             spec: {{ capacity: 5 }}\n"
        )
    };
    let documents: Vec<String> = (0..count).map(queue).collect();
    folder.put("desired/all.yaml", &documents.join("---\n"));
    folder
}

const APPLY: [&str; 3] = ["apply", "desired", "--auto-approve"];
