//! A snapshot of a tenant says what the tenant says, in whatever order.

use serde_json::{Value, json};

use super::desired::Desired;
use super::random::Random;
use super::stage::law;
use super::tenant::Tenant;
use super::yaml;
use crate::support::{Folder, cxform};

const PROJECT: &str = "apiVersion: cxform/v1\nkind: Project\npolicy: { checks: { deletePercent: off } }\ndefaultTenant: sim\nmanifests: [desired]\n\
                       tenants: { sim: { url: 'sim:tenant.json' } }\n";

/// A project of its own, its tenant and the names of its manifests.
pub(super) fn project(seed: u64) -> (Folder, Value, Vec<String>) {
    project_of(seed, |_| true)
}

/// The same with the manifests of some kinds only.
pub(super) fn project_of(seed: u64, has: impl Fn(&str) -> bool) -> (Folder, Value, Vec<String>) {
    let tenant = Tenant::random(seed);
    let mut desired = Desired::random(seed, &tenant);
    desired.manifests.retain(|manifest| has(manifest.kind));
    let folder = Folder::new("offline");
    folder.put("cxform.yaml", PROJECT);
    folder.put("tenant.json", &tenant.snapshot.to_string());
    let mut names = Vec::new();
    for (name, text) in yaml::files(&desired.manifests, &mut Random::new(seed, 3)) {
        folder.put(&format!("desired/{name}"), &text);
        names.push(format!("desired/{name}"));
    }
    (folder, tenant.snapshot, names)
}

fn plan(folder: &Folder, arguments: &[&str]) -> Value {
    let fixed = ["plan", "--format", "json", "--allow-delete", "--detail", "full"];
    // Between two plans an hour may begin.
    let fixed = [&fixed[..], &["--at", "2035-01-01T00:00:00Z"]].concat();
    let ran = cxform(folder.path(), &[], &[&fixed[..], arguments].concat());
    // A random plan may leave a queue alone, and is blocked then.
    assert!([0, 3].contains(&ran.code), "{arguments:?} {} {}", ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

/// A plan without what only a tenant can tell: versions, and whether it may be applied.
fn offline(mut plan: Value) -> Value {
    for change in plan["resource_changes"].as_array_mut().unwrap() {
        change["precondition"]["etag"] = Value::Null;
    }
    plan["applyable"] = json!(false);
    for name in ["integrity", "source", "tenant"] {
        plan[name] = Value::Null;
    }
    plan
}

#[test]
fn a_plan_against_a_snapshot_is_the_plan_against_its_tenant() {
    law(40, |seed| async move {
        tokio::task::spawn_blocking(move || {
            let (folder, ..) = project(seed);
            let online = plan(&folder, &[]);
            let took = cxform(folder.path(), &[], &["snapshot", "--out", "taken.json"]);
            assert_eq!(took.code, 0, "{}", took.err);
            let live = plan(&folder, &["--live", "taken.json"]);
            assert_eq!((&live["hash"], &live["applyable"]), (&online["hash"], &json!(false)));
            let one = serde_json::to_string_pretty(&offline(live)).unwrap();
            let other = serde_json::to_string_pretty(&offline(online.clone())).unwrap();
            let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
            assert_eq!(differs, None);
            // A seed lacks the fields that the simulated tenant adds; it means the same.
            let seed = plan(&folder, &["--live", "tenant.json"]);
            assert_eq!(seed["hash"], online["hash"]);
        })
        .await
        .unwrap();
    });
}

#[test]
fn every_order_of_files_rows_and_pages_gives_the_same_bytes() {
    law(40, |seed| async move {
        tokio::task::spawn_blocking(move || {
            let (folder, mut snapshot, mut names) = project(seed);
            let random = &mut Random::new(seed, 11);
            let mut plans = Vec::new();
            for _ in 0..3 {
                for rows in snapshot.as_object_mut().unwrap().values_mut() {
                    rows.as_array_mut().into_iter().for_each(|rows| random.shuffle(rows));
                }
                random.shuffle(&mut names);
                let behaviour = json!({
                    "order": random.pick(&["sorted", "reversed", "shuffled"]),
                    "shuffleSeed": random.below(1000), "total": random.chance(50), "etags": "none",
                });
                snapshot["behaviour"] = behaviour;
                folder.put("tenant.json", &snapshot.to_string());
                let paths: Vec<&str> = names.iter().map(String::as_str).collect();
                let live = [&["--live", "tenant.json"], &paths[..]].concat();
                let reset = cxform(folder.path(), &[], &["sim", "reset"]);
                assert_eq!(reset.code, 0, "{}", reset.err);
                let fixed = ["plan", "--format", "json", "--allow-delete"];
                let told = |more: &[&str]| cxform(folder.path(), &[], &[&fixed[..], more].concat());
                plans.push((told(&paths).out, told(&live).out));
            }
            assert!(plans[0].0.starts_with("{\"format_version\""), "{}", plans[0].0);
            assert!(plans[0].1.starts_with("{\"format_version\""), "{}", plans[0].1);
            assert!(plans.iter().all(|plan| *plan == plans[0]), "another order, another plan");
        })
        .await
        .unwrap();
    });
}
