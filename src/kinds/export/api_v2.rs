//! How API v2 spells an event-stream export.

use std::collections::BTreeSet;
use std::sync::Arc;

use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::header::{Header, Said, is_value};
use super::mark::Mark;
use super::{
    Destination, Fields, address, fingerprints, headers_of, name_of, queue_of, tenant_name, whose,
};
use crate::http::{Method, Read, Write, encode, lenient};
use crate::kinds::{Action, Basis, Decode, Look, Wire, Writing};
use crate::model::Fields as RawFields;
use crate::model::{Address, Document, Facts, Link, Links, MASK, Named, Raw, Remote};

/// The v2 spelling.
pub(super) struct V2;

/// Where the document of a rename has the name.
const NAME: &str = "/name";

const LIST: &str = "/api/v2/eventstreams/exports";
const READ: &str = "eventstream:read";
const WRITE: &str = "eventstream:write";

/// An export as the tenant tells it; anything may be missing, null or of another type.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Row {
    #[serde(deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::texts")]
    event_types: Vec<String>,
    filter: Value,
    destination: Value,
}

/// What of a row the contract names.
const KNOWN: [&str; 6] = ["id", "name", "description", "eventTypes", "filter", "destination"];

fn row(text: &str) -> Option<Row> {
    serde_json::from_str(text).ok()
}

impl Row {
    /// What its description tells, unless the tenant tells headers of other names.
    fn mark(&self) -> Option<Mark> {
        let mark = Mark::read(self.description.as_deref()?)?;
        let told = self.destination.get("headers").and_then(Value::as_object);
        let told = told.filter(|headers| !headers.is_empty());
        let told: Option<BTreeSet<String>> =
            told.map(|headers| headers.keys().map(|name| name.to_lowercase()).collect());
        let own = mark.headers.iter().map(|header| header.name.to_lowercase()).collect();
        told.is_none_or(|told| told == own).then_some(mark)
    }
}

impl Wire for V2 {
    fn lane(&self, address: &Address) -> Address {
        address.clone()
    }

    fn list(&self) -> Option<Read> {
        Some(Read::new(LIST, READ))
    }

    fn section(&self) -> &'static str {
        "exports"
    }

    fn named(&self, text: &str) -> Option<Named> {
        let Row { id: Some(id), name, .. } = row(text)? else { return None };
        Some(Named { id: Some(id), name, email: None })
    }

    fn shown(&self, row: Raw) -> Raw {
        let fields = |raw: Option<&Raw>| raw.and_then(Raw::fields);
        let Some(mut own) = row.fields() else { return row };
        let Some(mut destination) = fields(own.get("destination")) else { return row };
        let Some(mut headers) = fields(destination.get("headers")) else { return row };
        headers.values_mut().for_each(|value| *value = Raw::of(MASK));
        destination.insert("headers".to_owned(), Raw::object(&headers));
        own.insert("destination".to_owned(), Raw::object(&destination));
        Raw::object(&own)
    }

    fn is_spared(&self) -> bool {
        true
    }

    fn replaces(&self) -> bool {
        true
    }

    fn is_ours(&self, raw: &Raw) -> bool {
        row(raw.as_str()).is_some_and(|row| row.mark().is_some())
    }

    fn decoder<'f>(&self, facts: &'f Facts) -> Box<dyn Decode + Send + 'f> {
        Box::new(Decoder { facts })
    }

    fn basis(&self, _: Action) -> Basis {
        Basis::Read
    }

    fn look(&self, _: &Address, _: Option<&str>) -> Look {
        Look::Listed(Read::new(LIST, READ))
    }

    fn write(&self, change: &Writing<'_>) -> Result<Write, String> {
        let scope = WRITE;
        match change.action {
            Action::Create => {
                let body = Body::of(change)?;
                let (path, method) = (LIST.to_owned(), Method::Post);
                let (sent, seen) = (body.with(true), body.with(false));
                Ok(Write { method, path, body: Some(sent), masked: Some(seen), scope })
            }
            Action::Delete => {
                let id = change.id.ok_or("the tenant told no id of this export")?;
                let path = format!("{LIST}/{}", encode(id));
                Ok(Write { method: Method::Delete, path, body: None, masked: None, scope })
            }
            Action::Update => Err("an export cannot be changed, only made anew".to_owned()),
        }
    }

    fn unknown(&self, raw: &Raw) -> Vec<String> {
        let names = raw.fields().into_iter().flat_map(RawFields::into_keys);
        names.filter(|name| !KNOWN.contains(&name.as_str())).collect()
    }

    fn created_id(&self, answer: &Raw) -> Option<String> {
        row(answer.as_str())?.id
    }

    fn read_scopes(&self) -> &'static [&'static str] {
        &[READ]
    }

    fn write_scope(&self, _: Action) -> &'static str {
        WRITE
    }
}

/// Reads exports.
struct Decoder<'f> {
    facts: &'f Facts,
}

impl Decoder<'_> {
    /// Whose events a filter chooses; a queue is entered among `links`. Any other filter is as the
    /// tenant tells it.
    fn queue(&self, filter: &Value, links: &mut Links) -> Value {
        if filter.is_null() {
            return whose(None);
        }
        let is = |name: &str, value: &str| filter.get(name).is_some_and(|told| told == value);
        let id = filter.get("value").and_then(lenient::as_text);
        match id.filter(|_| is("path", "queueId") && is("operator", "EQUALS")) {
            Some(id) => {
                let address = self.facts.address_of("queue", &id);
                let segment = address.segment(0);
                links.push(Link::new(address, Some(&id)));
                whose(Some(&segment))
            }
            None => filter.clone(),
        }
    }

    /// Its address: by its name, but for one that has the former name of its queue.
    fn address(&self, id: &str, name: Option<&str>, queue: &Value) -> Address {
        let name = name.filter(|name| !name.is_empty());
        let Some((name, key)) = name.map(|name| match name.split_once('/') {
            Some((name, key)) => (name, Some(key)),
            None => (name, None),
        }) else {
            return address(&format!("id:{id}"), None);
        };
        if name.is_empty() || key == Some("") {
            return address(&format!("id:{id}"), None);
        }
        let names = |sort| self.facts.of(sort);
        let former = |now: &&str| names("queue")?.former(now).map(|former| former.segment.clone());
        let now = queue
            .as_str()
            .and_then(queue_of)
            .filter(|now| key.is_some() && former(now).as_deref() == key);
        let is_free = |now: &&str| {
            let name = tenant_name(name, Some(now));
            names("export").is_some_and(|exports| exports.named(&name).next().is_none())
        };
        address(name, now.filter(is_free).or(key))
    }
}

impl Decode for Decoder<'_> {
    fn decode(&mut self, text: &str, _: Option<&Address>) -> Option<(Address, Remote)> {
        let row = row(text)?;
        let mark = row.mark();
        let id = row.id?;
        let mut links = Links::new();
        let queue = self.queue(&row.filter, &mut links);
        let own = self.address(&id, row.name.as_deref(), &queue);
        let told = |name: &str| row.destination.get(name).and_then(lenient::as_text);
        let (headers, secrets) = match mark {
            Some(mark) => (Some(mark.headers), mark.secrets),
            None => (None, Default::default()),
        };
        let (destination_type, url) = (told("type"), told("endpointUrl"));
        let destination = Destination { headers, destination_type, url };
        let events = row.event_types.into_iter().collect();
        let document = Document::of(&Fields { destination, events, queue, secrets });
        links.push(Link::new(own.clone(), Some(&id)));
        let raw = Raw::parse(text).map(|raw| self::V2.shown(raw));
        Some((own, Remote { id: Some(Arc::from(id)), document, raw, links }))
    }
}

/// The body of a create, but for its headers.
struct Body {
    fields: Map<String, Value>,
    destination: Map<String, Value>,
    /// Names and values.
    headers: Vec<(String, String)>,
}

impl Body {
    fn of(change: &Writing<'_>) -> Result<Self, String> {
        let document = change.document.value();
        let headers = headers_of(&document)
            .ok_or("the headers that the tenant's export has are not known: declare it anew")?;
        let secrets = fingerprints(&change.address.segment(0), &headers, change.secrets);
        let mut values = Vec::new();
        for header in &headers {
            let value = value_of(header, change)?;
            let reviewed = document
                .pointer("/secrets")
                .and_then(|secrets| secrets.get(header.name.to_lowercase())?.as_str());
            let print = secrets.get(&header.name.to_lowercase());
            if let (Some(reviewed), Some(print), Some(variable)) =
                (reviewed, print, header.variable())
                && reviewed != print
            {
                return Err(format!(
                    "the value of {variable} is not the one that the plan was made for, as its \
                     fingerprint tells: set that one, or plan again"
                ));
            }
            values.push((header.name.clone(), value));
        }
        let text = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
        let name = match document.pointer(NAME).and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => name_of(change.address),
        };
        // What it takes the place of had fields that nobody manages.
        let old: Value =
            change.raw.and_then(|raw| serde_json::from_str(raw.as_str()).ok()).unwrap_or_default();
        let mut fields = others(&old, &KNOWN);
        fields.insert("name".to_owned(), name.into());
        fields.insert("description".to_owned(), Mark { headers, secrets }.text().into());
        fields.insert("eventTypes".to_owned(), text("/events"));
        if let Some(filter) = filter(&text("/queue"), change)? {
            fields.insert("filter".to_owned(), filter);
        }
        let mut destination = others(&old["destination"], &["headers"]);
        destination.insert("type".to_owned(), text("/destination/type"));
        destination.insert("endpointUrl".to_owned(), text("/destination/url"));
        Ok(Self { fields, destination, headers: values })
    }

    /// The whole, with the headers' values or masks in their place.
    fn with(&self, values: bool) -> Raw {
        let value = |value: &str| Value::from(if values { value } else { MASK });
        let headers = self.headers.iter().map(|(name, text)| (name.clone(), value(text)));
        let (mut fields, mut destination) = (self.fields.clone(), self.destination.clone());
        destination.insert("headers".to_owned(), headers.collect::<Map<_, _>>().into());
        fields.insert("destination".to_owned(), destination.into());
        Raw::of(&fields)
    }
}

/// The fields of an object but for some.
fn others(object: &Value, known: &[&str]) -> Map<String, Value> {
    let fields = object.as_object().into_iter().flatten();
    let fields = fields.filter(|(name, _)| !known.contains(&name.as_str()));
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn value_of(header: &Header, change: &Writing<'_>) -> Result<String, String> {
    let variable = match &header.value {
        Said::Literal(text) => return Ok(text.clone()),
        Said::Variable { env } => env,
    };
    let value = change.secrets.get(variable);
    let value = value.ok_or_else(|| format!("{variable} is not set"))?.expose_secret();
    match is_value(value) {
        true => Ok(value.to_owned()),
        false => Err(format!("the value of {variable} has a line end, and cannot be a header's")),
    }
}

/// The filter that chooses a queue; none for all.
fn filter(queue: &Value, change: &Writing<'_>) -> Result<Option<Value>, String> {
    let key = match queue.as_str().map(queue_of) {
        None => return Ok(Some(queue.clone())),
        Some(None) => return Ok(None),
        Some(Some(key)) => key,
    };
    let known = (change.id_of)(&Address::new("queue", &[key]));
    let id = known.or_else(|| key.strip_prefix("id:").map(str::to_owned));
    let id = id.ok_or_else(|| format!("the queue `{key}` has no id yet"))?;
    Ok(Some(json!({"path": "queueId", "operator": "EQUALS", "value": id})))
}
