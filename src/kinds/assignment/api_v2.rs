//! How API v2 spells an agent's skill assignments. A user's assignments share one `ETag`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::{Fields, Window, address, window};
use crate::http::{Method, Read, Write, encode, lenient};
use crate::kinds::{Action, Basis, Look, Wire, Writing};
use crate::model::{
    Address, Desired, Document, Facts, Fields as RawFields, Named, Raw, References, Remote,
};

/// The v2 spelling.
pub(super) struct V2;

/// An assignment as the tenant tells it; anything may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Row {
    #[serde(deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    skill_id: Option<String>,
    level: Option<Value>,
    available_from: Option<Value>,
    available_to: Option<Value>,
}

/// The fields that the document or the tenant itself carries; the others go back verbatim.
const KNOWN: [&str; 7] =
    ["id", "userId", "skillId", "level", "availableFrom", "availableTo", "lastModified"];

fn set_of(agent: &str) -> String {
    format!("/api/v2/users/{}/skill-assignments", encode(agent))
}

impl Wire for V2 {
    fn lane(&self, own: &Address) -> Address {
        Address::new("agent", &[&own.segment(0)])
    }

    fn list(&self) -> Option<Read> {
        None
    }

    fn named(&self, _: &Raw) -> Option<Named> {
        None
    }

    fn parts(&self, desired: &Desired) -> Vec<(Address, Read)> {
        let own = desired.keys().filter(|address| address.kind() == "assignment");
        let lanes: BTreeSet<Address> = own.map(|address| self.lane(address)).collect();
        let read = |lane: Address| {
            let read = Read::new(set_of(&lane.segment(0)), "users:read");
            (lane, read)
        };
        lanes.into_iter().map(read).collect()
    }

    fn decode(
        &self,
        raw: &Raw,
        lane: Option<&Address>,
        facts: &Facts,
    ) -> Option<(Address, Remote)> {
        let row: Row = serde_json::from_str(raw.as_str()).ok()?;
        let skill_id = row.skill_id?;
        let agent = lane?.clone();
        let skill = facts.address_of("skill", &skill_id);
        let instant = |value: &Option<Value>| {
            value
                .as_ref()
                .and_then(Value::as_str)
                .and_then(|t| window::canonical(t, &facts.timezone))
        };
        let (from, to) = (instant(&row.available_from), instant(&row.available_to));
        let kept = kept(raw, from.is_some(), to.is_some());
        let window = (from.is_some() || to.is_some()).then_some(Window { from, to });
        let fields = Fields { level: row.level, window };
        let own = address(&agent.segment(0), &skill.segment(0));
        let references =
            References::from([(agent.clone(), Some(agent.segment(0))), (skill, Some(skill_id))]);
        Some((own, Remote { id: row.id, document: Document::of(&fields), raw: kept, references }))
    }

    fn basis(&self, _: Action) -> Basis {
        Basis::Lane
    }

    fn look(&self, address: &Address, _: Option<&str>) -> Look {
        Look::Listed(Read::new(set_of(&address.segment(0)), "users:read"))
    }

    fn write(&self, change: &Writing<'_>) -> Result<Write, String> {
        let set = set_of(&change.address.segment(0));
        let scope = self.write_scope(change.action);
        if change.action == Action::Delete {
            let id = change.id.ok_or("the tenant told no id of this assignment")?;
            let path = format!("{set}/{}", encode(id));
            return Ok(Write { method: Method::Delete, path, body: None, scope });
        }
        let skill = Address::new("skill", &[&change.address.segment(1)]);
        let skill_id = (change.id_of)(&skill).ok_or_else(|| format!("{skill} has no id"))?;
        let mut fields = change.raw.and_then(Raw::fields).unwrap_or_default();
        fields.insert("skillId".to_owned(), Raw::of(&skill_id));
        let document = change.document.value();
        let leaves =
            [("/level", "level"), ("/window/from", "availableFrom"), ("/window/to", "availableTo")];
        for (path, name) in leaves {
            if let Some(value) = document.pointer(path) {
                fields.insert(name.to_owned(), Raw::of(value));
            }
        }
        Ok(Write { method: Method::Post, path: set, body: Some(Raw::object(&fields)), scope })
    }

    fn created_id(&self, answer: &Raw) -> Option<String> {
        serde_json::from_str::<Row>(answer.as_str()).ok()?.id
    }

    fn read_scopes(&self) -> &'static [&'static str] {
        &["users:read"]
    }

    fn write_scope(&self, _: Action) -> &'static str {
        "users:write"
    }
}

/// Fields that a write must send back since it replaces the assignment: unknown ones, and times
/// that could not be read as instants.
fn kept(raw: &Raw, knows_from: bool, knows_to: bool) -> Option<Raw> {
    let fields: RawFields = raw.fields()?;
    let stays = |name: &str| match name {
        "availableFrom" => !knows_from,
        "availableTo" => !knows_to,
        name => !KNOWN.contains(&name),
    };
    let kept: RawFields = fields.into_iter().filter(|(name, _)| stays(name)).collect();
    (!kept.is_empty()).then(|| Raw::object(&kept))
}
