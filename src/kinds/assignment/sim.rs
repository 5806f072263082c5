//! How the simulated tenant serves the skill assignments of its users. A reading of the API's
//! documents of its own: it shares nothing with the client's wire files.

use jiff::Timestamp;
use serde_json::Value;

use crate::http::{Method, Response};
use crate::world::{
    Access, Call, Collection, FieldError, Handle, Refusal, Route, Rule, World, broken, instant,
    is_rfc3339, is_text, within,
};

/// The table of assignments and its calls. All assignments of a user share one version.
pub(super) const COLLECTIONS: &[Collection] = &[Collection {
    table: TABLE,
    grouped_by: Some("userId"),
    optional: &["lastModified"],
    check,
    view: None,
    routes: ROUTES,
}];

/// The calls.
const ROUTES: &[Route] = &[
    route(Method::Get, ALL, "users:read", list),
    route(Method::Post, ALL, "users:write", assign),
    route(Method::Delete, ONE, "users:write", delete),
];

const TABLE: &str = "assignments";
const ALL: &str = "/api/v2/users/{userId}/skill-assignments";
const ONE: &str = "/api/v2/users/{userId}/skill-assignments/{assignmentId}";

const fn route(
    method: Method,
    pattern: &'static str,
    scope: &'static str,
    handle: Handle,
) -> Route {
    Route { method, pattern, access: Access::Scope(scope), handle }
}

/// What the contract says about the form of an assignment.
const RULES: &[Rule] = &[
    Rule::required("/skillId", is_text, "must be a skill's id"),
    Rule::required("/level", |v| within(v, 1, 5), "must be an integer from 1 to 5"),
    Rule::required("/availableFrom", is_time, "must be a time"),
    Rule::required("/availableTo", is_time, "must be a time"),
];

/// What it says besides about the times of a request: they have an offset.
const TIMES: &[Rule] = &[
    Rule::required("/availableFrom", is_rfc3339, "must be a time as in RFC 3339"),
    Rule::required("/availableTo", is_rfc3339, "must be a time as in RFC 3339"),
];

fn check(world: &World, assignment: &Value) -> Vec<FieldError> {
    let mut errors = broken(RULES, assignment);
    let time = |name: &str| assignment[name].as_str().and_then(instant);
    if let (Some(from), Some(to)) = (time("availableFrom"), time("availableTo"))
        && to <= from
    {
        errors.push(FieldError::malformed("availableTo", "must be after availableFrom"));
    }
    let user = assignment["userId"].as_str().unwrap_or_default();
    if !world.table("agents").has(user) {
        errors.push(FieldError::unknown("userId", "user", user));
    }
    if let Some(skill) = assignment["skillId"].as_str() {
        if !world.table("skills").has(skill) {
            errors.push(FieldError::unknown("skillId", "skill", skill));
        }
        if let Some(other) = same_skill(world, user, skill).find(|id| assignment["id"] != **id) {
            errors.push(FieldError::taken("skillId", skill, other));
        }
    }
    errors
}

fn list(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let user = user(world, call)?;
    let etag = Some(world.etag(TABLE, user));
    Ok(Response { etag, ..world.list(call, TABLE, world.table(TABLE).group(user))? })
}

fn assign(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let user = user(world, call)?;
    let mut fields = call.object()?;
    world.check_version(call, TABLE, user)?;
    let skill = fields.get("skillId").and_then(Value::as_str).unwrap_or_default();
    let old = same_skill(world, user, skill).next().map(str::to_owned);
    let status = if old.is_some() { 200 } else { 201 };
    fields.remove("id");
    fields.extend(old.map(|id| ("id".to_owned(), id.into())));
    fields.insert("userId".to_owned(), user.into());
    let now = Timestamp::from_millisecond(call.now_ms).unwrap_or_default();
    fields.insert("lastModified".to_owned(), now.to_string().into());
    let assignment = Value::Object(fields);
    let mut errors = broken(TIMES, &assignment);
    if errors.is_empty() {
        errors = check(world, &assignment);
    }
    if !errors.is_empty() {
        return Err(Refusal::of(errors));
    }
    let id = world.insert(TABLE, assignment);
    let etag = Some(world.etag(TABLE, user));
    Ok(Response { etag, ..world.show(status, TABLE, &id)? })
}

fn delete(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let user = user(world, call)?;
    let id = call.param("assignmentId");
    let held = world.table(TABLE).get(id).filter(|assignment| assignment["userId"] == user);
    held.ok_or_else(|| Refusal::not_found("assignment", id))?;
    world.check_version(call, TABLE, user)?;
    world.remove(TABLE, id);
    Ok(Response { status: 204, etag: Some(world.etag(TABLE, user)), ..Response::default() })
}

fn user<'a>(world: &World, call: &'a Call<'_>) -> Result<&'a str, Refusal> {
    let id = call.param("userId");
    if world.table("agents").has(id) { Ok(id) } else { Err(Refusal::not_found("user", id)) }
}

fn same_skill<'a>(
    world: &'a World,
    user: &str,
    skill: &'a str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let held = world.table(TABLE).group(user).collect::<Vec<_>>().into_iter();
    held.filter(move |(_, other)| other["skillId"] == skill).map(|(id, _)| id)
}

fn is_time(value: &Value) -> bool {
    value.as_str().and_then(instant).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::COLLECTIONS;
    use crate::facts;
    use crate::http::{Method, Response};
    use crate::world::{Incoming, World};

    const OF_ANA: &str = "/api/v2/users/ana%2F1/skill-assignments";
    const NOON: i64 = 1_767_268_800_000;

    fn snapshot(assignment: Value) -> Value {
        json!({
            "apiVersion": "cxform/v1", "kind": "Tenant",
            "skills": [{"id": "s-1"}, {"id": "s-2"}],
            "agents": [{"id": "ana/1"}, {"id": "ben"}],
            "assignments": [assignment],
        })
    }

    fn assignment(extra: Value) -> Value {
        let mut body = json!({
            "id": "a-1", "userId": "ana/1", "skillId": "s-1", "level": 3, "note": "kept",
            "availableFrom": "2026-01-01T00:00:00Z", "availableTo": "2026-02-01T00:00:00Z",
        });
        for (key, value) in extra.as_object().cloned().unwrap_or_default() {
            body[key] = value;
        }
        body
    }

    fn tenant() -> (World, String) {
        let mut world = World::new(COLLECTIONS.iter().chain(facts::sim::COLLECTIONS));
        let snapshot = snapshot(assignment(json!({})));
        world.seed(&serde_json::from_value(snapshot).unwrap()).unwrap();
        let form = "grant_type=client_credentials&client_id=a&client_secret=b";
        let request = Incoming::new(Method::Post, "/api/v2/oauth/token").form(form);
        let answer = world.handle(NOON, &request).response.json().unwrap();
        (world, answer["access_token"].as_str().unwrap().to_owned())
    }

    /// A `POST` for Ana: the status, and the fields that are complained about.
    fn check(extra: Value, status: u16, fields: &[&str]) {
        let (mut world, token) = tenant();
        let request = Incoming::new(Method::Post, OF_ANA).json(&assignment(extra.clone()));
        let answer = world.handle(NOON, &request.bearer(&token)).response;
        assert_eq!(answer.status, status, "{extra}");
        let answer = answer.json().unwrap();
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(found, fields, "{extra}");
    }

    #[test]
    fn bodies_are_checked() {
        check(json!({}), 200, &[]);
        check(json!({"skillId": "s-2", "level": 5}), 201, &[]);
        check(json!({"level": 6}), 400, &["level"]);
        check(json!({"level": "3"}), 400, &["level"]);
        check(json!({"level": 3.0}), 400, &["level"]);
        check(json!({"skillId": "s-9"}), 422, &["skillId"]);
        check(json!({"skillId": null}), 400, &["skillId"]);
        check(json!({"availableTo": "2026-01-01T00:00:00Z"}), 400, &["availableTo"]);
        check(json!({"availableTo": "2026-01-01T01:00:00+02:00"}), 400, &["availableTo"]);
        check(json!({"availableFrom": "2026-01-01T00:00:00"}), 400, &["availableFrom"]);
    }

    #[test]
    fn a_second_post_replaces_the_first() {
        let (mut world, token) = tenant();
        let ask = |world: &mut World, request: Incoming| -> Response {
            world.handle(NOON, &request.bearer(&token)).response
        };
        let read = ask(&mut world, Incoming::new(Method::Get, OF_ANA));
        let mut body = assignment(json!({"id": "x", "userId": "ben", "level": 4, "tag": 1}));
        body.as_object_mut().unwrap().remove("note");
        let mut write = Incoming::new(Method::Post, OF_ANA).json(&body);
        write.if_match = read.etag.clone();
        let written = ask(&mut world, write.clone());
        let lines = json!({"id": "a-1", "userId": "ana/1", "lastModified": "2026-01-01T12:00:00Z"});
        for (key, value) in lines.as_object().unwrap() {
            body[key] = value.clone();
        }
        assert_eq!(written.json().unwrap(), body);
        assert_eq!(ask(&mut world, write).status, 409);
        let read = ask(&mut world, Incoming::new(Method::Get, OF_ANA));
        assert_eq!(read.etag, written.etag);
        assert_eq!(read.json().unwrap(), json!({"entities": [body], "total": 1}));
    }

    #[test]
    fn deletes_and_strangers() {
        let (mut world, token) = tenant();
        for (method, path, expect) in [
            (Method::Delete, "/api/v2/users/ben/skill-assignments/a-1", 404),
            (Method::Delete, "/api/v2/users/ana%2F1/skill-assignments/a-1", 204),
            (Method::Delete, "/api/v2/users/ana%2F1/skill-assignments/a-1", 404),
            (Method::Get, OF_ANA, 200),
            (Method::Get, "/api/v2/users/cid/skill-assignments", 404),
            (Method::Post, "/api/v2/users/cid/skill-assignments", 404),
        ] {
            let answer = world.handle(NOON, &Incoming::new(method, path).bearer(&token)).response;
            assert_eq!(answer.status, expect, "{} {path}", method.as_str());
            assert_eq!(answer.etag.is_some(), expect < 300, "{path}");
        }
    }

    #[test]
    fn seeds_are_checked() {
        let (mut world, _) = tenant();
        for (extra, expect) in [
            (json!({"level": 0}), "assignments `a-1`: level: must be an integer from 1 to 5"),
            (json!({"userId": "cid"}), "assignments `a-1`: userId: user `cid` does not exist"),
            (
                json!({"availableTo": "2025-01-01T00:00:00"}),
                "assignments `a-1`: availableTo: must be after availableFrom",
            ),
        ] {
            let wrong = serde_json::from_value(snapshot(assignment(extra))).unwrap();
            assert_eq!(world.seed(&wrong).unwrap_err().to_string(), expect);
        }
        let mut twice = snapshot(assignment(json!({})));
        let other = assignment(json!({"id": "a-2"}));
        twice["assignments"].as_array_mut().unwrap().push(other);
        let error = world.seed(&serde_json::from_value(twice).unwrap()).unwrap_err();
        assert_eq!(error.0[0].to_string(), "assignments `a-1`: skillId: `s-1` is taken by `a-2`");
    }
}
