//! How API v2 spells an agent's skill assignments. A user's assignments share one `ETag`.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::{Fields, Side, Skills, Window, assignment, window};
use crate::http::lenient::{self, verbatim_text};
use crate::http::{Method, Read, Write, encode};
use crate::kinds::{Action, Basis, Decode, Look, Wire, Writing};
use crate::model::{Address, Document, Facts, Memo, Named, Raw, Remote};

/// The v2 spelling.
pub(super) struct V2;

/// An assignment as the tenant tells it, each field verbatim; anything may be missing, null or of
/// another type.
#[derive(Default)]
struct Row<'a> {
    id: Option<&'a str>,
    user_id: Option<&'a str>,
    skill_id: Option<&'a str>,
    level: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    /// What nobody names; the others are the document's, or the tenant's own business.
    others: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Row<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let mut row = Self::default();
        let is_object = lenient::fields(text, |name, value| {
            let field = match &*name {
                "id" => &mut row.id,
                "userId" => &mut row.user_id,
                "skillId" => &mut row.skill_id,
                "level" => &mut row.level,
                "availableFrom" => &mut row.from,
                "availableTo" => &mut row.to,
                "lastModified" => return,
                _ => {
                    row.others.push((name, value));
                    return;
                }
            };
            *field = Some(value);
        });
        is_object.then_some(row)
    }

    /// Fields that a write must send back since it replaces the assignment: unknown ones, and
    /// times that could not be read as instants.
    fn kept(mut self, said: &Said) -> Option<Raw> {
        let times = [
            ("availableFrom", self.from, said.knows_from),
            ("availableTo", self.to, said.knows_to),
        ];
        for (name, value, is_known) in times {
            self.others.extend(value.filter(|_| !is_known).map(|value| (name.into(), value)));
        }
        if self.others.is_empty() {
            return None;
        }
        let field =
            |(name, value): (Cow<'_, str>, &str)| Some((name.into_owned(), Raw::parse(value)?));
        Some(Raw::object(&self.others.into_iter().filter_map(field).collect()))
    }
}

/// What level and times say.
#[derive(Clone)]
struct Said {
    document: Document,
    knows_from: bool,
    knows_to: bool,
}

/// Reads assignments, and remembers what many of them share.
struct Decoder<'f> {
    facts: &'f Facts,
    /// The agent of the last row.
    agent: Option<Side>,
    /// The skills by id.
    skills: Skills,
    /// What level and times said, by their own texts.
    said: Memo<Box<str>, Said>,
    /// The key of the last, whose room is used again.
    key: String,
}

impl Decoder<'_> {
    /// Makes the row's agent the last one; none where the row does not tell it.
    fn turn_to(&mut self, row: &Row<'_>, lane: Option<&Address>) -> Option<()> {
        let told = match lane {
            Some(_) => None,
            None => Some(verbatim_text(row.user_id?)?),
        };
        let is_last = |side: &Side| match (lane, &told) {
            (Some(lane), _) => side.link.address == *lane,
            (None, id) => side.link.id.as_deref() == id.as_deref(),
        };
        if !self.agent.as_ref().is_some_and(is_last) {
            let of_lane = || lane.map(|lane| lane.segment(0)).unwrap_or_default();
            let id = told.unwrap_or_else(|| of_lane().into());
            self.agent = Some(Side::agent(&id, Some(&id)));
        }
        Some(())
    }

    fn skill(&mut self, id: &str) -> usize {
        self.skills.find(id).unwrap_or_else(|| {
            let address = self.facts.address_of("skill", id);
            self.skills.add(id, Side::skill(&address.segment(0), Some(id)))
        })
    }

    fn said(&mut self, row: &Row<'_>) -> Said {
        self.key.clear();
        for text in [row.level, row.from, row.to] {
            self.key.push_str(text.unwrap_or_default());
            self.key.push('\n');
        }
        if let Some(said) = self.said.get(&*self.key) {
            return said;
        }
        let instant = |value: Option<&str>| {
            let text = serde_json::from_str::<String>(value?).ok()?;
            window::canonical(&text, &self.facts.timezone)
        };
        let (from, to) = (instant(row.from), instant(row.to));
        let (knows_from, knows_to) = (from.is_some(), to.is_some());
        let window = (knows_from || knows_to).then_some(Window { from, to });
        let level = row.level.and_then(|level| serde_json::from_str::<Value>(level).ok());
        let fields = Fields { level: level.filter(|level| !level.is_null()), window };
        let said = Said { document: Document::of(&fields), knows_from, knows_to };
        self.said.put(Box::from(&*self.key), said.clone());
        said
    }
}

impl Decode for Decoder<'_> {
    fn decode(&mut self, row: &str, lane: Option<&Address>) -> Option<(Address, Remote)> {
        let row = Row::of(row)?;
        let skill = self.skill(&verbatim_text(row.skill_id?)?);
        self.turn_to(&row, lane)?;
        let said = self.said(&row);
        let (address, links) = assignment(self.agent.as_ref()?, &self.skills[skill]);
        let id = row.id.and_then(verbatim_text).map(Arc::from);
        let document = said.document.clone();
        Some((address, Remote { id, document, raw: row.kept(&said), links }))
    }
}

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

    fn section(&self) -> &'static str {
        "assignments"
    }

    fn named(&self, _: &str) -> Option<Named> {
        None
    }

    fn lanes(&self) -> Option<&'static str> {
        Some("agent")
    }

    fn part(&self, lane: &Address) -> Option<Read> {
        Some(Read::new(set_of(&lane.segment(0)), "users:read"))
    }

    fn alone(&self, row: &Raw, lane: &Address) -> Raw {
        match row.fields() {
            Some(mut fields) if !fields.contains_key("userId") => {
                fields.insert("userId".to_owned(), Raw::of(&lane.segment(0)));
                Raw::object(&fields)
            }
            _ => row.clone(),
        }
    }

    fn decoder<'f>(&self, facts: &'f Facts) -> Box<dyn Decode + Send + 'f> {
        Box::new(Decoder {
            facts,
            agent: None,
            skills: Skills::default(),
            said: Memo::default(),
            key: String::new(),
        })
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
            return Ok(Write { method: Method::Delete, path, body: None, masked: None, scope });
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
        Ok(Write {
            method: Method::Post,
            path: set,
            body: Some(Raw::object(&fields)),
            masked: None,
            scope,
        })
    }

    fn unknown(&self, raw: &Raw) -> Vec<String> {
        raw.fields().into_iter().flat_map(|fields| fields.into_keys()).collect()
    }

    fn created_id(&self, answer: &Raw) -> Option<String> {
        Row::of(answer.as_str())?.id.and_then(verbatim_text).map(Cow::into_owned)
    }

    fn read_scopes(&self) -> &'static [&'static str] {
        &["users:read"]
    }

    fn write_scope(&self, _: Action) -> &'static str {
        "users:write"
    }
}
