//! The bodies of `tests/wire/v2`, written by hand from the API's documents: what the client reads
//! and what the simulated tenant answers must both be that.

use cxform::facts;
use cxform::http::rows::{self, Rows};
use cxform::http::{Dialect, Method, Read};
use cxform::kinds::{collections, kind_of};
use cxform::model::{Address, Facts, Names};
use cxform::tenant::{Connection, Credentials, Reader, TenantError};
use cxform::world::{Incoming, World};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::root;

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join("tests/wire/v2").join(name)).unwrap()
}

fn body(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

fn page(name: &str) -> Rows {
    let body = text(name).into_bytes();
    let spans = rows::page(&body).unwrap().spans;
    Rows::new(body, spans)
}

/// What is known once users, skills and queues were listed.
fn known() -> Facts {
    let mut known = Facts::default();
    for source in facts::SOURCES {
        let rows =
            page(if source.sort == "agent" { "users-page.json" } else { "skills-page.json" });
        let named = rows.iter().filter_map(source.named);
        known.names.insert(source.sort, Names::new(source.sort, source.keyed_by_id, named));
    }
    let wire = kind_of(&"queue/x".parse().unwrap()).unwrap().wire(Dialect::V2).unwrap();
    let queues = [wire.named(&text("queue.json")), wire.named(OVERFLOW_TARGET)];
    known.names.insert("queue", Names::new("queue", false, queues.into_iter().flatten()));
    known
}

const OVERFLOW_TARGET: &str = r#"{"id": "q-311", "name": "Claims overflow"}"#;

fn decoded(name: &str, kind: &str, lane: Option<&str>) -> (Address, Value, Option<String>) {
    let address: Address = format!("{kind}/x").parse().unwrap();
    let wire = kind_of(&address).unwrap().wire(Dialect::V2).unwrap();
    let lane = lane.map(|lane| lane.parse().unwrap());
    let known = known();
    let (address, remote) = wire.decoder(&known).decode(&text(name), lane.as_ref()).unwrap();
    (address, remote.document.value(), remote.id.as_deref().map(str::to_owned))
}

#[test]
fn a_documented_queue_is_read() {
    let (address, document, id) = decoded("queue.json", "queue", None);
    assert_eq!(address.to_string(), "queue/Claims %2F motor");
    assert_eq!(id.as_deref(), Some("q-310"));
    let expect = json!({
        "description": "first notice of loss", "type": "standard", "capacity": 240, "priority": 7,
        "overflow": {"type": "queue", "target": "Claims overflow", "threshold": 65},
        "skillGroups": ["claims_en", "id:s-21"],
        "routingRules": [{"type": "priority", "value": 7}, {"type": "capacity", "value": 240}],
    });
    assert_eq!(document, expect);
}

#[test]
fn a_documented_assignment_is_read() {
    let (address, document, id) = decoded("assignment.json", "assignment", Some("agent/u-77"));
    assert_eq!(address.to_string(), "assignment/u-77/claims_en");
    assert_eq!(id.as_deref(), Some("a-9001"));
    let window = json!({"from": "2035-03-05T07:00:00Z", "to": "2035-03-05T16:30:00Z"});
    assert_eq!(document, json!({"level": 4, "window": window}));
}

#[test]
fn documented_facts_are_read() {
    let known = known();
    let agents = known.of("agent").unwrap();
    assert_eq!(agents.len(), 2);
    assert_eq!(agents.resolve("mara.lind@example.com").unwrap().id.as_deref(), Some("u-77"));
    assert!(agents.resolve("Mara Lind").is_err());
    assert_eq!(
        known.of("skill").unwrap().resolve("claims_de").unwrap().id.as_deref(),
        Some("s-22")
    );
    let strategies = page("strategies-page.json");
    let active: Vec<String> = strategies.iter().flat_map(facts::active_skills).collect();
    assert_eq!(active, ["s-20", "s-21", "s-22"]);
    let licences = facts::licences(&text("licences.json")).unwrap();
    let licences: Vec<_> = licences.iter().map(|l| (l.kind.as_str(), l.active)).collect();
    assert_eq!(licences, [("recording", true), ("routing", false), ("agent", true)]);
}

/// A server that gives these answers, one a connection; its URL.
async fn answering(answers: Vec<(u16, String)>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = [0; 4096];
            let _ = stream.read(&mut seen).await.unwrap();
            let answer = format!(
                "HTTP/1.1 {status} Any\r\nContent-Type: application/json\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

fn reader(url: String) -> Reader {
    let [id, secret] = ["wire-tests", "w1re-s3cret"].map(|text| text.to_owned().into());
    let connection = Connection {
        url,
        dialect: Dialect::V2,
        credentials: Credentials::Client { id, secret },
        requests_per_second: 1000.0,
        concurrency: 1,
        seed: 1,
        now: || 0,
    };
    Reader::connect(connection).unwrap()
}

#[tokio::test]
async fn a_documented_token_and_error_are_read() {
    let answers = vec![(200, text("token.json")), (422, text("error.json"))];
    let reader = reader(answering(answers).await);
    let scopes = reader.scopes().await.unwrap().unwrap();
    assert_eq!(scopes.into_iter().collect::<Vec<_>>(), ["queue:read", "skill:read"]);
    let error = reader.one(&Read::new("/api/v2/queues/q-310", "queue:read")).await.unwrap_err();
    assert!(matches!(error, TenantError::Refused { status: 422, .. }));
    let told = error.to_string();
    for part in ["the queue cannot be stored", "capacity", "must be an integer from 1 to 5000"] {
        assert!(told.contains(part), "{told}");
    }
}

/// A page of so many rows from a list that is said to have `total`.
fn rows(from: usize, count: usize, total: Value) -> (u16, String) {
    let entities: Vec<Value> =
        (from..from + count).map(|n| json!({"id": format!("u-{n}")})).collect();
    (200, json!({"entities": entities, "total": total}).to_string())
}

#[tokio::test]
async fn a_list_is_read_to_its_short_page_whatever_total_it_tells() {
    let read = Read::new("/api/v2/users", "users:read");
    // One request at a time: a wave is two pages.
    let check = |pages: Vec<(u16, String)>, expect: usize| {
        let read = read.clone();
        async move {
            let asked = pages.len();
            let answers = [vec![(200, text("token.json"))], pages].concat();
            let reader = reader(answering(answers).await);
            let fetched = reader.list(&read).await.unwrap();
            let ids: Vec<String> = (0..expect).map(|n| format!(r#"{{"id":"u-{n}"}}"#)).collect();
            assert_eq!(fetched.rows().collect::<Vec<_>>(), ids);
            assert_eq!(reader.figures().requests, asked as u64 + 1);
        }
    };
    let honest = json!(203);
    let pages =
        [rows(0, 100, honest.clone()), rows(100, 100, honest.clone()), rows(200, 3, honest)];
    check(pages.to_vec(), 203).await;
    for unusable in [Value::Null, json!("many"), json!(1), json!(-5)] {
        let [first, last] = [rows(0, 100, unusable.clone()), rows(100, 0, unusable)];
        check(vec![first, last], 100).await;
    }
    // Too many are told: one wave finds the end.
    let boast = json!(u64::MAX);
    let pages = [rows(0, 100, boast.clone()), rows(100, 7, boast.clone()), rows(107, 0, boast)];
    check(pages.to_vec(), 107).await;
}

/// The simulated tenant with the documented rows, and a token for it.
fn simulated() -> (World, String) {
    let mut agents = body("users-page.json")["entities"].as_array().unwrap().clone();
    agents[0]["licenses"] = body("licences.json")["licenses"].clone();
    let mut skills = body("skills-page.json")["entities"].as_array().unwrap().clone();
    skills.push(json!({"id": "s-23"}));
    let target: Value = serde_json::from_str(OVERFLOW_TARGET).unwrap();
    let snapshot = json!({
        "apiVersion": "cxform/v1", "kind": "Tenant",
        "agents": agents, "skills": skills,
        "strategies": body("strategies-page.json")["entities"],
        "queues": [body("queue.json"), target],
        "assignments": [body("assignment.json")],
    });
    let mut world = World::new(collections());
    world.seed(&serde_json::from_value(snapshot).unwrap()).unwrap();
    let form = "grant_type=client_credentials&client_id=a&client_secret=b";
    let request = Incoming::new(Method::Post, "/api/v2/oauth/token").form(form);
    let answer = world.handle(0, &request).response;
    let (told, documented) = (answer.json().unwrap(), body("token.json"));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&told), keys(&documented));
    assert_eq!(told["expires_in"], documented["expires_in"]);
    assert_eq!(told["token_type"], documented["token_type"]);
    (world, told["access_token"].as_str().unwrap().to_owned())
}

#[test]
fn the_simulated_tenant_answers_what_is_documented() {
    let (mut world, token) = simulated();
    let mut ask = |path: &str| {
        let answer = world.handle(0, &Incoming::new(Method::Get, path).bearer(&token)).response;
        assert_eq!(answer.status, 200, "{path}");
        (answer.json().unwrap(), answer.etag)
    };
    let (queue, etag) = ask("/api/v2/queues/q-310");
    assert_eq!(queue, body("queue.json"));
    assert!(etag.is_some());
    let (set, etag) = ask("/api/v2/users/u-77/skill-assignments");
    assert_eq!(set["entities"], json!([body("assignment.json")]));
    assert!(etag.is_some());
    assert_eq!(ask("/api/v2/users").0, body("users-page.json"));
    let mut skills = body("skills-page.json")["entities"].as_array().unwrap().clone();
    skills.push(json!({"id": "s-23"}));
    assert_eq!(ask("/api/v2/skills").0["entities"], json!(skills));
    let strategies = ask("/api/v2/routing/strategies").0;
    assert_eq!(strategies["entities"], body("strategies-page.json")["entities"]);
    assert_eq!(ask("/api/v2/users/u-77/licenses").0, body("licences.json"));
}

#[test]
fn the_simulated_tenant_refuses_as_documented() {
    let (mut world, token) = simulated();
    let mut queue = body("queue.json");
    queue["capacity"] = json!(0);
    let request = Incoming::new(Method::Put, "/api/v2/queues/q-310").json(&queue).bearer(&token);
    let answer = world.handle(0, &request).response;
    assert!([400, 422].contains(&answer.status));
    let (told, documented) = (answer.json().unwrap(), body("error.json"));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&told), keys(&documented));
    assert_eq!(told["errors"], documented["errors"]);
}
