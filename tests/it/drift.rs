//! `drift` beyond its scenarios: the report's shape in each format, who is told and when, memory that
//! machines share, and values that are accepted byte by byte.

mod accept;
mod formats;
mod notice;
mod shared;

use crate::support::{Folder, Ran, cxform};

/// A project whose one queue is declared with a capacity of 10.
fn project(policy: &str) -> Folder {
    let folder = Folder::new("drift");
    folder.put(
        "cxform.yaml",
        &format!(
            "apiVersion: cxform/v1\nkind: Project\nmanifests: [desired]\n\
             tenants: {{ sim: {{ url: 'sim:tenant.yaml', requestsPerSecond: 10000 }} }}\n{policy}"
        ),
    );
    folder.put(
        "desired/q.yaml",
        "apiVersion: cxform/v1\nkind: Queue\nmetadata: { name: main }\nspec: { capacity: 10 }\n",
    );
    there(&folder, 10);
    folder
}

/// The tenant has the queue with that capacity, and one more that nobody declares.
fn there(folder: &Folder, capacity: u32) {
    folder.put(
        "tenant.yaml",
        &format!(
            "apiVersion: cxform/v1\nkind: Tenant\nqueues:\n\
             - {{ id: q-1, name: main, capacity: {capacity} }}\n\
             - {{ id: q-2, name: '<b>@all</b> `x`', capacity: 1 }}\n"
        ),
    );
    let reset = cxform(folder.path(), &[], &["sim", "reset"]);
    assert_eq!(reset.code, 0, "{reset:?}");
}

fn drift(folder: &Folder, arguments: &[&str]) -> Ran {
    cxform(folder.path(), &[], &[&["drift"], arguments].concat())
}
