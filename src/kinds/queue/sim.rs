//! How the simulated tenant serves queues. A reading of the API's documents of its own: it shares
//! nothing with the client's wire files.

use serde_json::{Map, Value, json};

use crate::http::{Method, Response};
use crate::world::{
    Access, Call, Collection, FieldError, Handle, Refusal, Route, Rule, World, broken, is_text,
    is_text_list, within,
};

/// The table of queues and its calls.
pub(super) const COLLECTIONS: &[Collection] = &[Collection {
    table: TABLE,
    grouped_by: None,
    optional: &["description", "type", "overflow", "skillGroups", "priority", "routingRules"],
    check,
    view: None,
    routes: ROUTES,
}];

/// The calls.
const ROUTES: &[Route] = &[
    route(Method::Get, ALL, "queue:read", |world, call| {
        world.list(call, TABLE, world.table(TABLE).rows())
    }),
    route(Method::Post, ALL, "queue:create", create),
    route(Method::Get, ONE, "queue:read", |world, call| told(world, 200, call.param("id"))),
    route(Method::Put, ONE, "queue:update", replace),
    route(Method::Delete, ONE, "queue:delete", delete),
];

const TABLE: &str = "queues";
const ALL: &str = "/api/v2/queues";
const ONE: &str = "/api/v2/queues/{id}";

const fn route(
    method: Method,
    pattern: &'static str,
    scope: &'static str,
    handle: Handle,
) -> Route {
    Route { method, pattern, access: Access::Scope(scope), handle }
}

/// What the contract says about the form of a queue.
const RULES: &[Rule] = &[
    Rule::required("/name", is_text, "must be a text that is not empty"),
    Rule::optional("/description", Value::is_string, "must be a text"),
    Rule::optional("/type", is_text, "must be a text that is not empty"),
    Rule::optional("/capacity", |v| within(v, 1, 5000), "must be an integer from 1 to 5000"),
    Rule::optional("/priority", |v| within(v, 0, 9), "must be an integer from 0 to 9"),
    Rule::optional("/overflow", Value::is_object, "must be an object"),
    Rule::optional("/overflow/overflowType", |v| v == "queue", "must be `queue`"),
    Rule::optional("/overflow/overflowTargetId", is_text, "must be a queue's id or null"),
    Rule::optional("/overflow/overflowThreshold", is_percent, "must be from 0 to 100"),
    Rule::optional("/skillGroups", is_text_list, "must be a list of skill ids"),
    Rule::optional("/routingRules", are_rules, "must be a list of rules with type and value"),
];

/// What the contract asks of a new queue besides: capacity is the one field without a default.
const NEW: &[Rule] = &[Rule::required("/capacity", Value::is_number, "is missing")];

fn check(world: &World, queue: &Value) -> Vec<FieldError> {
    let mut errors = broken(RULES, queue);
    for skill in queue["skillGroups"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !world.table("skills").has(skill) {
            errors.push(FieldError::unknown("skillGroups", "skill", skill));
        }
    }
    if let Some(target) = target(queue)
        && !world.table(TABLE).has(target)
    {
        errors.push(FieldError::unknown("overflow.overflowTargetId", "queue", target));
    }
    if let Some(name) = queue["name"].as_str() {
        let others = world.table(TABLE).rows().filter(|(id, _)| queue["id"] != **id);
        let mut namesakes = others.filter(|(_, other)| other["name"] == name);
        errors.extend(namesakes.next().map(|(id, _)| FieldError::taken("name", name, id)));
    }
    errors
}

fn create(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let mut fields = call.object()?;
    fields.remove("id");
    fill_in(&mut fields);
    let queue = Value::Object(fields);
    let missing = broken(NEW, &queue);
    accept(if missing.is_empty() { check(world, &queue) } else { missing })?;
    let id = world.insert(TABLE, queue);
    told(world, 201, &id)
}

fn replace(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let id = known(world, call)?;
    let mut fields = call.object()?;
    fields.insert("id".to_owned(), id.into());
    world.check_version(call, TABLE, id)?;
    let queue = Value::Object(fields);
    accept(check(world, &queue))?;
    world.put(TABLE, id, queue);
    told(world, 200, id)
}

fn delete(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let id = known(world, call)?;
    world.check_version(call, TABLE, id)?;
    let others = world.table(TABLE).rows().filter(|(other, _)| *other != id);
    let overflowing = others.filter(|(_, queue)| target(queue) == Some(id)).map(|(other, _)| other);
    if let Some(other) = overflowing.min() {
        let message = format!("queue `{other}` overflows into `{id}`");
        return Err(Refusal::new(409, "conflict.referenced", &message));
    }
    world.remove(TABLE, id);
    Ok(Response { status: 204, ..Response::default() })
}

fn known<'a>(world: &World, call: &'a Call<'_>) -> Result<&'a str, Refusal> {
    let id = call.param("id");
    if world.table(TABLE).has(id) { Ok(id) } else { Err(Refusal::not_found("queue", id)) }
}

fn told(world: &World, status: u16, id: &str) -> Result<Response, Refusal> {
    let etag = Some(world.etag(TABLE, id));
    Ok(Response { etag, ..world.show(status, TABLE, id)? })
}

fn accept(errors: Vec<FieldError>) -> Result<(), Refusal> {
    if errors.is_empty() { Ok(()) } else { Err(Refusal::of(errors)) }
}

fn target(queue: &Value) -> Option<&str> {
    queue["overflow"]["overflowTargetId"].as_str()
}

/// Puts the contract's defaults where a new queue says nothing.
fn fill_in(queue: &mut Map<String, Value>) {
    let mut unless_said = |name: &str, default: Value| {
        let value = queue.entry(name).or_insert(Value::Null);
        if value.is_null() {
            *value = default;
        }
        value.clone()
    };
    unless_said("type", json!("standard"));
    unless_said("skillGroups", json!([]));
    let capacity = unless_said("capacity", Value::Null);
    let priority = unless_said("priority", json!(5));
    let by_priority = json!({"type": "priority", "value": priority});
    let by_capacity = json!({"type": "capacity", "value": capacity});
    unless_said("routingRules", json!([by_priority, by_capacity]));
    let mut overflow = unless_said("overflow", json!({}));
    for (name, default) in [
        ("overflowType", json!("queue")),
        ("overflowTargetId", Value::Null),
        ("overflowThreshold", json!(80)),
    ] {
        if overflow.is_object() && overflow[name].is_null() {
            overflow[name] = default;
        }
    }
    queue.insert("overflow".to_owned(), overflow);
}

fn is_percent(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| (0.0..=100.0).contains(&number))
}

fn are_rules(value: &Value) -> bool {
    let is_rule =
        |rule: &Value| rule.get("type").is_some_and(is_text) && rule.get("value").is_some();
    value.as_array().is_some_and(|rules| rules.iter().all(is_rule))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::COLLECTIONS;
    use crate::facts;
    use crate::http::{Method, Response};
    use crate::world::{Incoming, World, decode_query};

    fn tenant() -> World {
        let mut world = World::new(COLLECTIONS.iter().chain(facts::sim::COLLECTIONS));
        let snapshot = json!({
            "apiVersion": "cxform/v1", "kind": "Tenant",
            "skills": [{"id": "s-1"}],
            "queues": [
                {"id": "q-1", "name": "Billing", "capacity": 10, "colour": "red"},
                {"id": "q-2", "name": "Sales", "overflow": {"overflowTargetId": "q-1"}},
            ],
        });
        world.seed(&serde_json::from_value(snapshot).unwrap()).unwrap();
        world
    }

    fn ask(world: &mut World, method: Method, path: &str, body: &Value) -> Response {
        let form = "grant_type=client_credentials&client_id=a&client_secret=b";
        let request = Incoming::new(Method::Post, "/api/v2/oauth/token").form(form);
        let answer = world.handle(0, &request).response.json().unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut request = Incoming::new(method, path).json(body);
        request.query = decode_query(query);
        world.handle(0, &request.bearer(answer["access_token"].as_str().unwrap())).response
    }

    /// A `POST` of a queue: the status, and the fields that are complained about.
    fn check(body: Value, status: u16, fields: &[&str]) {
        let answer = ask(&mut tenant(), Method::Post, "/api/v2/queues", &body);
        assert_eq!(answer.status, status, "{body}");
        let answer = answer.json().unwrap();
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(found, fields, "{body}");
    }

    #[test]
    fn bodies_are_checked() {
        check(json!({"name": "A", "capacity": 5000}), 201, &[]);
        check(json!({"name": "A"}), 400, &["capacity"]);
        check(json!({"name": "A", "capacity": 5001}), 400, &["capacity"]);
        check(json!({"name": "A", "capacity": 1.5}), 400, &["capacity"]);
        check(json!({"name": "", "capacity": 1, "priority": 10}), 400, &["name", "priority"]);
        check(json!({"name": "Sales", "capacity": 1}), 409, &["name"]);
        check(json!({"name": "A", "capacity": 1, "skillGroups": ["s-1"]}), 201, &[]);
        check(json!({"name": "A", "capacity": 1, "skillGroups": ["s-9"]}), 422, &["skillGroups"]);
        check(
            json!({"name": "A", "capacity": 1, "routingRules": [{"type": "x"}]}),
            400,
            &["routingRules"],
        );
        let unknown = json!({"overflowTargetId": "q-9"});
        check(
            json!({"name": "A", "capacity": 1, "overflow": unknown}),
            422,
            &["overflow.overflowTargetId"],
        );
        let wild = json!({"overflowThreshold": 101, "overflowType": "moon"});
        let both = ["overflow.overflowType", "overflow.overflowThreshold"];
        check(json!({"name": "A", "capacity": 1, "overflow": wild}), 400, &both);
    }

    #[test]
    fn defaults_are_filled_in() {
        let body = json!({"name": "A", "capacity": 7, "priority": null, "colour": "red"});
        let answer = ask(&mut tenant(), Method::Post, "/api/v2/queues", &body);
        assert!(answer.etag.is_some());
        assert_eq!(
            answer.json().unwrap(),
            json!({
                "id": "q-3", "name": "A", "capacity": 7, "priority": 5, "colour": "red",
                "type": "standard", "skillGroups": [],
                "overflow": {"overflowType": "queue", "overflowTargetId": null, "overflowThreshold": 80},
                "routingRules": [
                    {"type": "priority", "value": 5},
                    {"type": "capacity", "value": 7},
                ],
            })
        );
    }

    #[test]
    fn a_put_is_the_whole_queue() {
        let mut world = tenant();
        let body = json!({"id": "other", "name": "Bills", "priority": 3});
        let answer = ask(&mut world, Method::Put, "/api/v2/queues/q-1", &body);
        assert_eq!(answer.json().unwrap(), json!({"id": "q-1", "name": "Bills", "priority": 3}));
        for (path, name, expect) in
            [("q-1", "Sales", 409), ("q-1", "Bills", 200), ("q-9", "New", 404)]
        {
            let path = format!("/api/v2/queues/{path}");
            let answer = ask(&mut world, Method::Put, &path, &json!({"name": name}));
            assert_eq!(answer.status, expect, "{path} {name}");
        }
    }

    #[test]
    fn a_queue_that_takes_an_overflow_stays() {
        let mut world = tenant();
        for (id, expect) in [("q-1", 409), ("q-2", 204), ("q-2", 404), ("q-1", 204)] {
            let path = format!("/api/v2/queues/{id}");
            assert_eq!(ask(&mut world, Method::Delete, &path, &Value::Null).status, expect, "{id}");
        }
        let list = ask(&mut world, Method::Get, "/api/v2/queues?page=1", &Value::Null);
        assert_eq!(list.json().unwrap(), json!({"entities": [], "total": 0}));
    }
}
