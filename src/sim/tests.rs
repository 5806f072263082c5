//! The simulated tenant through its real port, asked with bare sockets: no HTTP client stands
//! between the test and the bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Sim, SimHandle};
use crate::kinds;
use crate::world::World;

/// An answer as it came over the socket; empty where the connection was broken.
#[derive(Debug)]
struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> u16 {
        let word = self.head.split(' ').nth(1);
        word.and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| *known == name).map(|(_, value)| value).next()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

struct Tenant {
    sim: SimHandle,
    clock: Arc<AtomicI64>,
    token: String,
}

impl Tenant {
    async fn start(behaviour: Value) -> Self {
        let collections = kinds::collections();
        let mut world = World::new(collections);
        let snapshot = json!({
            "apiVersion": "cxform/v1", "kind": "Tenant", "behaviour": behaviour,
            "queues": [{"id": "q-1", "name": "Billing", "capacity": 10}],
        });
        world.seed(&serde_json::from_value(snapshot).unwrap()).unwrap();
        let clock = Arc::new(AtomicI64::new(0));
        let hands = Arc::clone(&clock);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let now = Arc::new(move || hands.load(Ordering::SeqCst));
        let sim = Sim::start(world, any, now).await.unwrap();
        let mut tenant = Self { sim, clock, token: String::new() };
        let form = "grant_type=client_credentials&client_id=a&client_secret=b";
        let header = "Content-Type: application/x-www-form-urlencoded\r\n";
        let answer = tenant.ask("POST", "/api/v2/oauth/token", header, form).await;
        answer.json()["access_token"].as_str().unwrap().clone_into(&mut tenant.token);
        tenant.sim.world().clear_log();
        tenant
    }

    async fn ask(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.sim.addr()).await.unwrap();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            self.token,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        // A broken connection may end in an error or in nothing; both leave what came before.
        let _ = stream.read_to_string(&mut text).await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Answer { head: head.to_owned(), body: body.to_owned() }
    }

    async fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, "", "").await
    }

    async fn rename(&self, if_match: &str, name: &str) -> Answer {
        let headers = format!("Content-Type: application/json\r\nIf-Match: {if_match}\r\n");
        let body = json!({"name": name, "capacity": 10}).to_string();
        self.ask("PUT", "/api/v2/queues/q-1", &headers, &body).await
    }

    fn statuses(&self) -> Vec<Option<u16>> {
        self.sim.world().log().map(|logged| logged.status).collect()
    }
}

#[tokio::test]
async fn a_queue_is_read_and_written() {
    let tenant = Tenant::start(json!({})).await;
    let read = tenant.get("/api/v2/queues/q-1").await;
    assert_eq!((read.status(), &read.json()["name"]), (200, &json!("Billing")));
    assert_eq!(read.header("content-type"), Some("application/json"));
    assert_eq!(read.header("x-request-id"), Some("req-000002"));
    let etag = read.header("etag").unwrap();
    assert_eq!(tenant.rename(etag, "Bills").await.status(), 200);
    let stale = tenant.rename(etag, "Other").await;
    assert_eq!((stale.status(), &stale.json()["code"]), (409, &json!("conflict.version")));
    let list = tenant.get("/api/v2/queues?page=1&pageSize=1").await;
    assert_eq!(list.json()["entities"][0]["name"], "Bills");
    assert_eq!(tenant.ask("PATCH", "/api/v2/queues/q-1", "", "").await.status(), 405);
}

#[tokio::test]
async fn connections_are_broken() {
    let faults = json!({"faults": [
        {"method": "PUT", "what": {"break": {}}},
        {"method": "PUT", "what": {"break": {"done": true}}},
    ]});
    let tenant = Tenant::start(faults).await;
    for (sent, expect) in [("Lost", "Billing"), ("Done", "Done")] {
        let broken = tenant.rename("*", sent).await;
        assert_eq!((broken.head.as_str(), broken.body.as_str()), ("", ""));
        assert_eq!(tenant.get("/api/v2/queues/q-1").await.json()["name"], expect);
    }
    assert_eq!(tenant.statuses(), [None, Some(200), None, Some(200)]);
}

#[tokio::test]
async fn too_many_requests_are_refused() {
    let tenant = Tenant::start(json!({"requestsPerSecond": 2})).await;
    assert_eq!(tenant.get("/api/v2/queues").await.status(), 200);
    let refused = tenant.get("/api/v2/queues").await;
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("1")));
    tenant.clock.store(1000, Ordering::SeqCst);
    assert_eq!(tenant.get("/api/v2/queues").await.status(), 200);
}

#[tokio::test]
async fn late_answers_count_as_in_flight() {
    let late = json!([{"method": "GET", "what": {"delay": {"ms": 400}}}]);
    let tenant = Tenant::start(json!({"concurrency": 1, "faults": late})).await;
    let (first, second) = tokio::join!(tenant.get("/api/v2/queues"), tenant.get("/api/v2/queues"));
    let mut statuses = [first.status(), second.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429]);
    assert_eq!(tenant.get("/api/v2/queues").await.status(), 200);
}

#[tokio::test]
async fn a_shutdown_is_not_held_back_by_an_idle_connection() {
    let mut tenant = Tenant::start(json!({})).await;
    let idle = TcpStream::connect(tenant.sim.addr()).await.unwrap();
    tenant.sim.shutdown().await;
    drop(idle);
    assert!(TcpStream::connect(tenant.sim.addr()).await.is_err());
    assert!(tenant.sim.world().table("queues").has("q-1"));
    assert!(tenant.sim.url().starts_with("http://127.0.0.1:"));
}
