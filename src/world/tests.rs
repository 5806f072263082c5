//! The world with one small collection of its own, so that no kind is needed to test it.

use serde_json::{Value, json};

use super::{
    Access, Behaviour, Call, Collection, Connection, Etags, Fault, FieldError, Incoming, Order,
    Refusal, Reply, RetryAfter, Route, Snapshot, World,
};
use crate::http::{Method, Response};

const TOKEN: &str = "/api/v2/oauth/token";
const ONE: &str = "/api/v2/queues/{id}";
const NOON: i64 = 1_767_268_800_000;

const QUEUES: Collection = Collection {
    table: "queues",
    grouped_by: None,
    optional: &["description"],
    check: |_, row| match row["capacity"].as_i64() {
        Some(0) => vec![FieldError::malformed("capacity", "must be from 1")],
        _ => Vec::new(),
    },
    view: None,
    routes: &[
        Route {
            method: Method::Get,
            pattern: "/api/v2/queues",
            access: Access::Scope("queue:read"),
            handle: |world, call| world.list(call, "queues", world.table("queues").rows()),
        },
        Route {
            method: Method::Get,
            pattern: ONE,
            access: Access::Scope("queue:read"),
            handle: |world, call| show(world, call),
        },
        Route {
            method: Method::Put,
            pattern: ONE,
            access: Access::Scope("queue:update"),
            handle: |world, call| {
                world.check_version(call, "queues", call.param("id"))?;
                let mut fields = call.object()?;
                fields.insert("id".to_owned(), call.param("id").into());
                world.insert("queues", Value::Object(fields));
                show(world, call)
            },
        },
    ],
};

fn show(world: &World, call: &Call<'_>) -> Result<Response, Refusal> {
    let etag = Some(world.etag("queues", call.param("id")));
    Ok(Response { etag, ..world.show(200, "queues", call.param("id"))? })
}

fn snapshot(extra: Value) -> Snapshot {
    let mut text = json!({
        "apiVersion": "cxform/v1",
        "kind": "Tenant",
        "queues": [
            {"id": "q-1", "name": "Billing", "capacity": 10},
            {"id": "q-2", "name": "Sales"},
            {"id": "q-3", "name": "Claims"},
        ],
    });
    for (key, value) in extra.as_object().cloned().unwrap_or_default() {
        text[key] = value;
    }
    serde_json::from_value(text).unwrap()
}

/// A tenant with three queues and this behaviour, and a token for it.
fn tenant(behaviour: Value) -> (World, String) {
    static COLLECTION: Collection = QUEUES;
    let mut world = World::new([&COLLECTION]);
    world.seed(&snapshot(json!({"behaviour": behaviour}))).unwrap();
    let token = token(&mut world, NOON);
    (world, token)
}

fn token_request(form: &str) -> Incoming {
    Incoming::new(Method::Post, TOKEN).form(form)
}

fn token(world: &mut World, now: i64) -> String {
    let form = "grant_type=client_credentials&client_id=ci&client_secret=s%26t";
    let reply = world.handle(now, &token_request(form));
    reply.response.json().unwrap()["access_token"].as_str().unwrap().to_owned()
}

fn get(world: &mut World, token: &str, target: &str) -> Reply {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let incoming =
        Incoming { query: super::decode_query(query), ..Incoming::new(Method::Get, path) };
    world.handle(NOON, &incoming.bearer(token))
}

fn put(world: &mut World, token: &str, if_match: Option<&str>) -> Response {
    let incoming = Incoming::new(Method::Put, "/api/v2/queues/q-1").bearer(token);
    let incoming = Incoming { if_match: if_match.map(str::to_owned), ..incoming };
    world.handle(NOON, &incoming.json(&json!({"name": "Bills"}))).response
}

fn ids(reply: &Reply) -> Vec<String> {
    let body = reply.response.json().unwrap();
    let entities = body["entities"].as_array().unwrap().iter();
    entities.map(|entity| entity["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn tokens_are_asked_for() {
    let (mut world, _) = tenant(json!({"credentials": {"clientId": "ci", "clientSecret": "s&t"}}));
    for (form, expect) in [
        ("grant_type=client_credentials&client_id=ci&client_secret=s%26t", 200),
        ("grant_type=client_credentials&client_id=ci&client_secret=no", 401),
        ("grant_type=password&client_id=ci&client_secret=s%26t", 400),
        ("", 400),
    ] {
        assert_eq!(world.handle(NOON, &token_request(form)).response.status, expect, "{form}");
    }
    assert!(world.log().all(|logged| logged.body.is_empty()));
}

#[test]
fn tokens_end_and_have_scopes() {
    let (mut world, token) =
        tenant(json!({"tokenSeconds": 60, "scopes": ["queue:read"], "tellScopes": false}));
    let read = Incoming::new(Method::Get, "/api/v2/queues").bearer(&token);
    assert_eq!(world.handle(NOON + 59_999, &read).response.status, 200);
    assert_eq!(world.handle(NOON + 60_000, &read).response.status, 401);
    assert_eq!(
        world.handle(NOON, &Incoming::new(Method::Get, "/api/v2/queues")).response.status,
        401
    );
    let refused = put(&mut world, &token, None);
    assert_eq!(refused.status, 403);
    let body = refused.json().unwrap();
    assert_eq!(body["message"], "the token lacks the scope `queue:update`");
    assert_eq!(body["requestId"].as_str(), refused.request_id.as_deref());
    world.expire_tokens();
    assert_eq!(world.handle(NOON, &read).response.status, 401);
    let form = "grant_type=client_credentials&client_id=a&client_secret=b";
    let answer = world.handle(NOON, &token_request(form)).response.json().unwrap();
    assert_eq!((&answer["expires_in"], answer.get("scope")), (&json!(60), None));
}

#[test]
fn paths_and_methods() {
    let (mut world, token) = tenant(json!({}));
    for (path, expect) in
        [("/api/v2/queues/q-1", 200), ("/api/v2/queues/q-9", 404), ("/api/v2/nothing", 404)]
    {
        assert_eq!(get(&mut world, &token, path).response.status, expect, "{path}");
    }
    let delete = Incoming::new(Method::Delete, "/api/v2/queues").bearer(&token);
    assert_eq!(world.handle(NOON, &delete).response.status, 405);
}

#[test]
fn lists_come_in_pages() {
    let (mut world, token) = tenant(json!({}));
    for (query, status, expect) in [
        ("", 200, &["q-1", "q-2", "q-3"][..]),
        ("?pageSize=2", 200, &["q-1", "q-2"]),
        ("?pageSize=2&page=2", 200, &["q-3"]),
        ("?pageSize=100&page=9", 200, &[]),
        ("?pageSize=101", 400, &[]),
        ("?page=0", 400, &[]),
        ("?page=x", 400, &[]),
    ] {
        let reply = get(&mut world, &token, &format!("/api/v2/queues{query}"));
        assert_eq!(reply.response.status, status, "{query}");
        if status == 200 {
            assert_eq!(ids(&reply), expect, "{query}");
            assert_eq!(reply.response.json().unwrap()["total"], 3);
        }
    }
}

#[test]
fn lists_have_an_order() {
    let (mut world, token) = tenant(json!({"order": "reversed", "total": false}));
    let reply = get(&mut world, &token, "/api/v2/queues");
    assert_eq!(ids(&reply), ["q-3", "q-2", "q-1"]);
    assert_eq!(reply.response.json().unwrap().get("total"), None);
    world.behaviour.order = Order::Shuffled;
    let pages: Vec<String> = (1..=3)
        .flat_map(|page| {
            ids(&get(&mut world, &token, &format!("/api/v2/queues?pageSize=1&page={page}")))
        })
        .collect();
    assert_eq!(pages, ids(&get(&mut world, &token, "/api/v2/queues")));
}

#[test]
fn versions_move_with_writes() {
    let (mut world, token) = tenant(json!({}));
    let first = get(&mut world, &token, "/api/v2/queues/q-1").response.etag.unwrap();
    let second = put(&mut world, &token, Some(&first)).etag.unwrap();
    assert_ne!(first, second);
    assert_eq!(put(&mut world, &token, Some(&first)).status, 409);
    world.behaviour.stale_status = 412;
    assert_eq!(put(&mut world, &token, Some(&first)).status, 412);
    assert_eq!(put(&mut world, &token, Some(&second)).status, 200);
    assert_eq!(put(&mut world, &token, Some("*")).status, 200);
    world.behaviour.etags = Etags::Reads;
    assert_eq!(put(&mut world, &token, None).etag, None);
    assert!(get(&mut world, &token, "/api/v2/queues/q-1").response.etag.is_some());
    world.behaviour.etags = Etags::None;
    assert_eq!(get(&mut world, &token, "/api/v2/queues/q-1").response.etag, None);
    assert_eq!(put(&mut world, &token, Some(&first)).status, 200);
}

#[test]
fn limits_say_how_long_to_wait() {
    let (mut world, token) = tenant(json!({"requestsPerSecond": 2}));
    assert_eq!(get(&mut world, &token, "/api/v2/queues").response.status, 200);
    let refused = get(&mut world, &token, "/api/v2/queues").response;
    assert_eq!((refused.status, refused.retry_after.as_deref()), (429, Some("1")));
    world.behaviour.retry_after = RetryAfter::Date;
    let refused = get(&mut world, &token, "/api/v2/queues").response;
    assert_eq!(refused.retry_after.as_deref(), Some("Thu, 01 Jan 2026 12:00:01 GMT"));
}

/// One fault, one `PUT` under it: what the client sees, and what the tenant then has.
fn check_fault(what: Value, status: Option<u16>, name: &str) -> Reply {
    let (mut world, token) = tenant(json!({}));
    let fault = json!({"method": "PUT", "path": "/api/v2/queues", "what": what});
    world.behaviour.faults = vec![serde_json::from_value::<Fault>(fault).unwrap()];
    let incoming = Incoming::new(Method::Put, "/api/v2/queues/q-1").bearer(&token);
    let reply = world.handle(NOON, &incoming.json(&json!({"name": "Bills"})));
    assert_eq!(world.log().last().unwrap().status, status, "{what}");
    assert_eq!(
        world.table("queues").get("q-1").map_or(json!(null), |q| q["name"].clone()),
        name,
        "{what}"
    );
    let again = world.handle(NOON, &Incoming::new(Method::Get, TOKEN));
    assert_eq!(again.delay_ms, 0);
    reply
}

#[test]
fn faults_happen() {
    let reply =
        check_fault(json!({"status": {"code": 503, "retryAfter": 7}}), Some(503), "Billing");
    assert_eq!(reply.response.retry_after.as_deref(), Some("7"));
    check_fault(json!({"status": {"code": 500, "done": true}}), Some(500), "Bills");
    let reply = check_fault(json!({"status": {"code": 502, "body": "html"}}), Some(502), "Billing");
    assert_eq!(reply.content_type, "text/html; charset=utf-8");
    let reply = check_fault(json!({"break": {}}), None, "Billing");
    assert_eq!(reply.connection, Connection::Break);
    check_fault(json!({"break": {"done": true}}), None, "Bills");
    for (body, done, name) in
        [("html", false, "Billing"), ("truncated", true, "Bills"), ("truncated", false, "Billing")]
    {
        let reply = check_fault(json!({"garbage": {"body": body, "done": done}}), Some(200), name);
        assert_eq!(reply.response.json(), None);
        assert!(!reply.response.body.is_empty());
    }
    assert_eq!(check_fault(json!({"delay": {"ms": 40}}), Some(200), "Bills").delay_ms, 40);
    check_fault(json!("expireTokens"), Some(401), "Billing");
}

#[test]
fn somebody_else_writes_first() {
    let (mut world, token) = tenant(json!({"faults": [
        {"method": "PUT", "what": {"edit": {"table": "queues", "id": "q-1", "patch": {"capacity": 99}}}},
        {"method": "GET", "what": {"delete": {"table": "queues", "id": "q-2"}}},
        {"method": "GET", "what": {"insert": {"table": "queues", "row": {"name": "New"}}}},
    ]}));
    let seen = format!("\"v{}\"", world.table("queues").version("q-1"));
    assert_eq!(put(&mut world, &token, Some(&seen)).status, 409);
    assert_eq!(world.table("queues").get("q-1").unwrap()["capacity"], 99);
    assert_eq!(ids(&get(&mut world, &token, "/api/v2/queues")), ["q-1", "q-3"]);
    assert_eq!(ids(&get(&mut world, &token, "/api/v2/queues")), ["q-1", "q-3", "q-4"]);
}

#[test]
fn the_log_tells_what_was_asked() {
    let (mut world, token) = tenant(json!({}));
    world.clear_log();
    put(&mut world, &token, Some("\"v0\""));
    get(&mut world, &token, "/api/v2/queues?page=2");
    let seen: Vec<_> = world
        .log()
        .map(|l| (l.method.as_str(), l.status, l.if_match.clone(), l.query.len(), l.body.clone()))
        .collect();
    let body = r#"{"name":"Bills"}"#.to_owned();
    assert_eq!(
        seen,
        [
            ("PUT", Some(409), Some("\"v0\"".to_owned()), 0, body),
            ("GET", Some(200), None, 1, String::new())
        ]
    );
}

#[test]
fn a_saved_world_lives_on() {
    let (mut world, token) =
        tenant(json!({"faults": [{"method": "GET", "skip": 1, "what": {"break": {}}}]}));
    put(&mut world, &token, None);
    get(&mut world, &token, "/api/v2/queues");
    let saved = serde_json::to_string(&world.save()).unwrap();
    let (mut other, token) = tenant(json!({}));
    other.restore(serde_json::from_str(&saved).unwrap());
    assert_eq!(other.revision(), world.revision());
    assert_eq!(other.snapshot().unwrap(), world.snapshot().unwrap());
    assert_eq!(other.etag("queues", "q-1"), world.etag("queues", "q-1"));
    assert_eq!(get(&mut other, &token, "/api/v2/queues").connection, Connection::Break);
}

#[test]
fn a_snapshot_goes_in_and_comes_out() {
    static COLLECTION: Collection = QUEUES;
    let mut world = World::new([&COLLECTION]);
    let full = snapshot(json!({
        "metadata": {"name": "demo"},
        "skills": [{"id": "s-1", "name": "billing", "colour": "red"}],
        "strategies": [{"id": "r-1", "status": "active", "skills": ["s-1", {"id": "s-1"}]}],
        "agents": [{"id": "u-1", "licenses": [{"licenseType": "agent", "seat": 4}], "team": "a"}],
        "assignments": [{"id": "a-1", "userId": "u-1", "skillId": "s-1", "level": 3,
            "availableFrom": "2026-01-01T00:00:00", "availableTo": "2026-02-01T00:00:00Z"}],
        "exports": [{"id": "e-1", "name": "all"}],
        "analytics": {"users": [{"userId": "u-1"}]},
        "behaviour": {"order": "reversed"},
    }));
    world.seed(&full).unwrap();
    assert_eq!(world.snapshot().unwrap(), full);
    assert_ne!(world.behaviour, Behaviour::default());
}

#[test]
fn a_wrong_row_is_named() {
    let (mut world, _) = tenant(json!({}));
    for (extra, expect) in [
        (
            json!({"queues": [{"id": "q-7", "name": "x", "capacity": 0}]}),
            "queues `q-7`: capacity: must be from 1",
        ),
        (json!({"skills": [{"id": "s"}, {"id": "s"}]}), "skills `s`: id: stands there twice"),
        (json!({"skills": [{"id": ""}]}), "skills `1`: id: must not be empty"),
        (
            json!({"behaviour": {"staleStatus": 400}}),
            "behaviour `staleStatus`: value: must be 409 or 412",
        ),
    ] {
        let error = world.seed(&snapshot(extra)).unwrap_err();
        assert_eq!(error.to_string(), expect);
    }
    assert!(world.table("queues").has("q-1"));
}

#[test]
fn ids_are_never_made_twice() {
    let (mut world, _) = tenant(json!({}));
    assert_eq!(world.make_id("queues"), "q-4");
    assert_eq!(world.make_id("exports"), "e-5");
}
