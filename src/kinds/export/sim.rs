//! How the simulated tenant serves event-stream exports. A reading of the API's documents of its
//! own: it shares nothing with the client's wire files.

use serde_json::{Value, json};

use crate::http::{Method, Response};
use crate::world::{
    Access, Behaviour, Call, Collection, FieldError, Handle, Refusal, Route, Rule, World, broken,
    is_text,
};

/// The table of exports and its calls.
pub(super) const COLLECTIONS: &[Collection] = &[Collection {
    table: TABLE,
    grouped_by: None,
    optional: &["description", "filter"],
    check: |_, export| broken(RULES, export),
    view: Some(masked),
    routes: ROUTES,
}];

/// The calls.
const ROUTES: &[Route] = &[
    route(Method::Get, ALL, "eventstream:read", |world, call| {
        world.list(call, TABLE, world.table(TABLE).rows())
    }),
    route(Method::Post, ALL, "eventstream:write", create),
    route(Method::Delete, ONE, "eventstream:write", delete),
];

const TABLE: &str = "exports";
const ALL: &str = "/api/v2/eventstreams/exports";
const ONE: &str = "/api/v2/eventstreams/exports/{id}";
const EVENTS: [&str; 3] = ["QUEUE_CREATED", "QUEUE_UPDATED", "QUEUE_ROUTING_CHANGED"];

const fn route(
    method: Method,
    pattern: &'static str,
    scope: &'static str,
    handle: Handle,
) -> Route {
    Route { method, pattern, access: Access::Scope(scope), handle }
}

/// What the contract says about the form of an export.
const RULES: &[Rule] = &[
    Rule::optional("/name", is_text, "must be a text that is not empty"),
    Rule::optional("/description", Value::is_string, "must be a text"),
    Rule::optional("/eventTypes", are_events, "must be a list of events"),
    Rule::optional("/filter", is_filter, "must choose a queue by its id"),
    Rule::optional("/destination", Value::is_object, "must be an object"),
    Rule::optional("/destination/type", |v| v == "http", "must be `http`"),
    Rule::optional("/destination/endpointUrl", is_text, "must be a URL"),
    Rule::optional("/destination/headers", Value::is_object, "must be an object"),
];

/// What a new one needs.
const NEW: &[Rule] = &[
    Rule::required("/name", is_text, "is missing"),
    Rule::required("/eventTypes", are_events, "is missing"),
    Rule::required("/destination/type", is_text, "is missing"),
    Rule::required("/destination/endpointUrl", is_text, "is missing"),
];

fn create(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let mut fields = call.object()?;
    fields.remove("id");
    let mut export = Value::Object(fields);
    let mut errors: Vec<FieldError> = broken(RULES, &export);
    if errors.is_empty() {
        errors = broken(NEW, &export);
    }
    if !errors.is_empty() {
        return Err(Refusal::of(errors));
    }
    // Nothing is ever sent to a destination from here: what is secret need not be kept.
    mask(&mut export);
    let id = world.insert(TABLE, export);
    Ok(World::answer(201, &json!({"id": id})))
}

fn delete(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let id = call.param("id");
    if !world.remove(TABLE, id) {
        return Err(Refusal::not_found("export", id));
    }
    Ok(Response { status: 204, ..Response::default() })
}

/// Header values are secrets: they are masked, or the headers left out.
fn masked(behaviour: &Behaviour, export: &mut Value) {
    if behaviour.nulls {
        let destination = export.pointer_mut("/destination").and_then(Value::as_object_mut);
        destination.map(|destination| destination.remove("headers"));
    }
    mask(export);
}

fn mask(export: &mut Value) {
    let headers = export.pointer_mut("/destination/headers").and_then(Value::as_object_mut);
    for value in headers.into_iter().flat_map(serde_json::Map::values_mut) {
        *value = json!("********");
    }
}

fn are_events(value: &Value) -> bool {
    let is_event = |event: &Value| event.as_str().is_some_and(|event| EVENTS.contains(&event));
    value.as_array().is_some_and(|events| !events.is_empty() && events.iter().all(is_event))
}

fn is_filter(value: &Value) -> bool {
    value["path"] == "queueId" && value["operator"] == "EQUALS" && is_text(&value["value"])
}
