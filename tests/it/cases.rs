//! Cases from a seed: random tenants and manifests that are valid for them, and what a plan for them
//! means in the tenant's own words. Laws and the simulation share them.

use std::collections::BTreeMap;

use cxform::http::Dialect;
use cxform::kinds;
use cxform::manifest;
use cxform::model::{Facts, Finding, Item};
use cxform::plan::{self, Inputs, Plan, Policy, Setting, Source, draft, finish};
use cxform::tenant::{Reader, TenantError, learn, observe};
use cxform::world::World;
use serde_json::Value;

pub(crate) mod changed;
pub(crate) mod desired;
pub(crate) mod random;
pub(crate) mod tenant;
pub(crate) mod yaml;

/// 2026-01-01T12:00:00Z, the time at which every case begins.
pub(crate) const NOON: i64 = 1_767_268_800;

/// All rows: table, id, row.
pub(crate) type Rows = BTreeMap<(&'static str, String), Value>;

/// Why there is no plan.
#[derive(Debug)]
pub(crate) enum Unmade {
    /// The tenant could not be read.
    Tenant(TenantError),
    /// People must decide.
    Findings(Vec<Finding>),
}

/// The world of a tenant.
pub(crate) fn world(tenant: &tenant::Tenant) -> World {
    let mut world = World::new(kinds::collections());
    let snapshot = serde_json::from_value(tenant.snapshot.clone()).unwrap();
    world.seed(&snapshot).unwrap();
    world
}

/// All rows, as a tenant keeps them.
pub(crate) fn rows(world: &World) -> Rows {
    let mut rows = Rows::new();
    for table in ["skills", "strategies", "agents", "queues", "assignments"] {
        let of_table = world.table(table).rows();
        rows.extend(of_table.map(|(id, row)| ((table, id.to_owned()), row.clone())));
    }
    rows
}

/// Reads manifests, which are to be valid.
pub(crate) fn read(files: &[(String, String)]) -> Vec<Item> {
    let no_table = |_: &str, name: &str| Err(format!("{name} is not here"));
    let (items, findings) = manifest::read(&kinds::manifest_kinds(), files, &no_table);
    assert!(findings.is_empty(), "the generator wrote what is not valid: {findings:?}\n{files:?}");
    let findings = kinds::declare(&items, None).1;
    assert!(findings.is_empty(), "the generator wrote what is not valid: {findings:?}\n{files:?}");
    items
}

/// Deletions are allowed, however many they are.
pub(crate) fn policy() -> Policy {
    let checks = BTreeMap::from([("deletePercent".to_owned(), Setting::Off)]);
    Policy { allow_delete: true, checks, ..Policy::default() }
}

/// A plan as `cli` makes it, with deletions allowed.
pub(crate) async fn plan(reader: &Reader, items: &[Item]) -> Result<Plan, Unmade> {
    plan_of(reader, items, Facts::default()).await
}

/// The same of what is known before.
pub(crate) async fn plan_of(reader: &Reader, items: &[Item], facts: Facts) -> Result<Plan, Unmade> {
    let observed = observe(reader, items, None, facts, false, &mut |_| ()).await;
    let mut seen = observed.map_err(Unmade::Tenant)?;
    if !seen.findings.is_empty() {
        return Err(Unmade::Findings(seen.findings));
    }
    let policy = policy();
    let (draft, findings) =
        draft(&seen.desired, None, &seen.observed, &seen.facts, reader.dialect(), false);
    if !findings.is_empty() {
        return Err(Unmade::Findings(findings));
    }
    let learnt = learn(reader, &draft, &policy, &mut seen.facts, &mut |_| ()).await;
    learnt.map_err(Unmade::Tenant)?;
    let inputs = Inputs {
        desired: &seen.desired,
        observed: &seen.observed,
        facts: &seen.facts,
        policy: &policy,
        tenant: plan::Tenant {
            name: "law".to_owned(),
            url: "sim:law".to_owned(),
            dialect: Dialect::V2,
        },
        source: Source::default(),
        ahead: None,
    };
    let plan = finish(draft, inputs).unwrap();
    assert!(plan.applyable, "the generator's plan is blocked: {:?}", plan.checks);
    Ok(plan)
}
