//! What other people do to the tenant meanwhile.

use cxform::http::Method;
use cxform::plan::PlannedAction;
use cxform::world::{Etags, Incoming};
use serde_json::{Value, json};

use super::effect::{About, Effect, Who};
use super::names::Names;
use super::scene::State;
use crate::cases::changed::{planned, table};

/// Somebody edits, deletes or inserts a row just before a request is carried out.
pub(super) fn meddle(scene: &mut State, incoming: &Incoming, about: &About) {
    let is_versioned = scene.world.behaviour.etags != Etags::None;
    if !is_versioned && !is_look(incoming, about) {
        // Without versions what comes between a read and its write is lost, whoever writes.
        return;
    }
    let mut near: Vec<(&'static str, String)> = about.rows(&scene.world).into_keys().collect();
    if is_versioned && !scene.trouble.random.chance(60) {
        near = ["queues", "assignments"]
            .into_iter()
            .flat_map(|table| {
                scene.world.table(table).rows().map(move |(id, _)| (table, id.to_owned()))
            })
            .collect();
    }
    if scene.trouble.random.chance(12) {
        insert(scene, (!is_versioned).then_some(about));
        return;
    }
    if near.is_empty() {
        return;
    }
    let (table, id) = scene.trouble.random.pick(&near).clone();
    let row = scene.world.table(table).get(&id).cloned().unwrap();
    match scene.trouble.random.below(100) {
        0..12 if !is_overflowed_into(scene, table, &id) => {
            become_(scene, "somebody deletes", table, &id, None);
        }
        0..55 => {
            let mut row = row;
            let number = scene.effects.len();
            row[format!("edited{number}")] = number.into();
            become_(scene, "somebody edits another field", table, &id, Some(row));
        }
        _ => {
            let mut edited = row.clone();
            same_field(scene, table, &mut edited);
            if edited != row {
                become_(scene, "somebody edits a managed field", table, &id, Some(edited));
            }
        }
    }
}

/// The first page of what is looked at before a write, or after it.
fn is_look(incoming: &Incoming, about: &About) -> bool {
    let is_first = incoming.query.iter().all(|(name, value)| name != "page" || value == "1");
    matches!(about, About::Queue(_) | About::Agent(_)) && incoming.method == Method::Get && is_first
}

fn is_overflowed_into(scene: &State, table: &str, id: &str) -> bool {
    let mut queues = scene.world.table("queues").rows();
    table == "queues" && queues.any(|(_, queue)| queue["overflow"]["overflowTargetId"] == id)
}

/// Edits a field that plans are about: to anything, or to what the plan wants.
fn same_field(scene: &mut State, table: &str, row: &mut Value) {
    let fields: &[(&str, i64)] =
        if table == "queues" { &[("capacity", 5000), ("priority", 9)] } else { &[("level", 5)] };
    let (field, most) = *scene.trouble.random.pick(fields);
    row[field] = scene.trouble.random.within(1, most).into();
    if !scene.trouble.random.chance(40) {
        return;
    }
    let Some((_, plan)) = scene.applying.clone() else { return };
    let names = Names::of(scene);
    let mut updates = planned(&plan, PlannedAction::Update).into_iter();
    if let Some(change) = updates.find(|change| names.is_about(change, table, row)) {
        let wanted = change.change.paths.iter().find(|path| path.path[1..] == *field);
        row[field] = wanted.map_or_else(|| row[field].clone(), |path| path.after.clone());
    }
}

/// Inserts what the plan is about to create, and perhaps not quite so.
fn insert(scene: &mut State, only: Option<&About>) {
    let Some((_, plan)) = scene.applying.clone() else { return };
    let names = Names::of(scene);
    let creates = planned(&plan, PlannedAction::Create);
    if creates.is_empty() {
        return;
    }
    let change = *scene.trouble.random.pick(&creates);
    let after = change.change.after.as_ref().unwrap().value();
    let table = table(&change.address);
    let mut row = match table {
        "queues" => json!({
            "name": change.address.segment(0), "capacity": after["capacity"],
            "priority": after["priority"],
        }),
        _ => json!({
            "userId": change.address.segment(0), "skillId": names.skill(&change.address.segment(1)),
            "level": after["level"], "availableFrom": after["window"]["from"],
            "availableTo": after["window"]["to"],
        }),
    };
    if scene.trouble.random.chance(60) {
        let field = if table == "queues" { "capacity" } else { "level" };
        row[field] = scene.trouble.random.within(1, 5).into();
    }
    let is_there =
        scene.world.table(table).rows().any(|(_, other)| names.is_about(change, table, other));
    let is_elsewhere = only.is_some_and(|about| *about != About::Agent(change.address.segment(0)));
    if is_there || is_elsewhere {
        return;
    }
    let id = scene.world.make_id(table);
    row["id"] = id.as_str().into();
    become_(scene, "somebody inserts", table, &id, Some(row));
}

/// A row is so from now on, because somebody wants it.
pub(super) fn become_(
    scene: &mut State,
    what: &'static str,
    table: &'static str,
    id: &str,
    after: Option<Value>,
) {
    let before = scene.world.table(table).get(id).cloned();
    match &after {
        Some(row) => scene.world.put(table, id, row.clone()),
        None => drop(scene.world.remove(table, id)),
    }
    let told = after.as_ref().map_or_else(String::new, Value::to_string);
    scene.tell(what, format!("  {what}: {table}/{id} {told}"));
    let (who, id, body) = (Who::Others, id.to_owned(), Value::Null);
    scene.effects.push(Effect { who, table, id, before, after, body, is_late: false });
}
