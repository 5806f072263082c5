//! The tenant and its weather, and processes that end at some step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cxform::http::{Method, Response};
use cxform::kinds;
use cxform::plan::{Plan, SURPLUS_PATH};
use cxform::tenant::{Answering, NoAnswer, Outgoing, Payload, Transport};
use cxform::world::{Connection, Incoming, World, decode_query};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::kept::Kept;
use super::wanted::QUEUES;
use crate::cases::NOON;
use crate::cases::random::Random;

const EXPORTS: &str = "/api/v2/eventstreams/exports";

/// What outlives a process.
pub(super) struct Scene(Mutex<State>);

pub(super) struct State {
    world: World,
    random: Random,
    /// How likely a request meets trouble, in percent.
    pub(super) trouble: usize,
    /// A run that has no end.
    pub(super) cut: Option<(Arc<Plan>, Arc<Kept>)>,
    /// The plan that is being applied.
    plan: Option<Arc<Plan>>,
    /// The value of the secret header that each export was made with.
    pub(super) sent: BTreeMap<String, Option<String>>,
    /// Ids of exports that people made by hand.
    by_hand: BTreeSet<String>,
    /// Names that were sent and may be there, until the tenant is looked at.
    uncertain: BTreeSet<String>,
    pub(super) tally: BTreeMap<&'static str, usize>,
    pub(super) story: Vec<String>,
    pub(super) wrong: Vec<String>,
}

impl Scene {
    pub(super) fn of(seed: u64) -> Arc<Self> {
        let random = &mut Random::new(seed, 41);
        let queues: Vec<Value> = QUEUES
            .iter()
            .map(|(id, name)| json!({"id": id, "name": name, "capacity": 5}))
            .collect();
        let theirs = json!({
            "id": "e-0", "name": "theirs", "eventTypes": ["QUEUE_CREATED"], "x": 1,
            "destination": {"type": "http", "endpointUrl": "https://other.example/"},
        });
        let behaviour = json!({
            "order": random.pick(&["sorted", "reversed", "shuffled"]),
            "nulls": random.chance(30), "extraFields": random.chance(30),
            "etags": random.pick(&["all", "reads", "none"]),
        });
        let snapshot = json!({
            "apiVersion": "cxform/v1", "kind": "Tenant", "queues": queues, "exports": [theirs],
            "behaviour": behaviour,
        });
        let mut world = World::new(kinds::collections());
        world.seed(&serde_json::from_value(snapshot).unwrap()).unwrap();
        Arc::new(Self(Mutex::new(State {
            world,
            random: Random::new(seed, 42),
            trouble: 0,
            cut: None,
            plan: None,
            sent: BTreeMap::new(),
            by_hand: BTreeSet::from(["e-0".to_owned()]),
            uncertain: BTreeSet::new(),
            tally: BTreeMap::new(),
            story: Vec::new(),
            wrong: Vec::new(),
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, text: String) {
        self.lock().story.push(text);
    }

    pub(super) fn complain(&self, text: String) {
        self.lock().wrong.push(text);
    }

    pub(super) fn tell(&self, what: &'static str) {
        let mut state = self.lock();
        *state.tally.entry(what).or_default() += 1;
        state.story.push(format!("- {what}"));
    }

    pub(super) fn rows(&self, table: &str) -> Vec<Value> {
        self.lock().world.table(table).rows().map(|(_, row)| row.clone()).collect()
    }

    /// The exports without their ids and with what their headers are.
    pub(super) fn configured(&self) -> Vec<(Value, Option<String>)> {
        let sent = self.lock().sent.clone();
        let rows = self.rows("exports").into_iter().map(|mut row| {
            let id = row["id"].take().as_str().unwrap().to_owned();
            // The personality `extraFields` puts it into every answer.
            row.as_object_mut().unwrap().remove("xRegion");
            (row, sent.get(&id).cloned().flatten())
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|(row, secret)| format!("{row} {secret:?}"));
        rows
    }

    /// A run begins.
    pub(super) fn begins(&self, plan: &Arc<Plan>, kept: &Arc<Kept>) {
        for change in plan.live() {
            let is_replaced = change.makes_anew();
            let has_surplus = change.change.paths.iter().any(|path| path.path == SURPLUS_PATH);
            if is_replaced {
                self.tell("replaced");
            }
            if has_surplus {
                self.tell("surplus");
            }
            self.note(format!("  {:?} {}", change.change.actions, change.address));
        }
        let mut state = self.lock();
        state.cut = Some((Arc::clone(plan), Arc::clone(kept)));
        state.plan = Some(Arc::clone(plan));
    }

    /// What people made by hand under a name of ours is taken away again.
    pub(super) fn people_decide(&self) {
        let mut state = self.lock();
        for id in state.by_hand.clone() {
            let is_ours =
                state.world.table("exports").get(&id).is_some_and(|row| row["name"] != "theirs");
            if is_ours {
                state.world.remove("exports", &id);
            }
        }
    }
}

impl State {
    /// A request is carried out.
    fn carry_out(&mut self, incoming: &Incoming, plan: Option<&Plan>) -> Response {
        let body: Value = serde_json::from_slice(&incoming.body).unwrap_or(Value::Null);
        let is_ours = incoming.path.starts_with(EXPORTS);
        let deleted = incoming.path.rsplit('/').next().unwrap_or_default().to_owned();
        let was = self.world.table("exports").get(&deleted).cloned();
        let reply = self.world.handle(NOON * 1000, incoming);
        assert_eq!(reply.connection, Connection::Answer);
        let status = reply.response.status;
        self.story.push(format!("  {} {}: {status}", incoming.method.as_str(), incoming.path));
        if is_ours && status == 201 {
            let id = reply.response.json().unwrap()["id"].as_str().unwrap().to_owned();
            let value = body["destination"]["headers"]["Authorization"].as_str();
            self.sent.insert(id, value.map(str::to_owned));
            self.is_shown(plan.unwrap(), &body["name"], None);
        }
        if is_ours && status == 204 {
            let was = was.unwrap();
            self.is_shown(plan.unwrap(), &was["name"], Some(&deleted));
        }
        reply.response
    }

    /// Nothing is written that the plan does not show, and nothing that people made is deleted.
    fn is_shown(&mut self, plan: &Plan, name: &Value, deleted: Option<&str>) {
        let called = |address: &cxform::model::Address| match address.tail() {
            Some(_) => format!("{}/{}", address.segment(0), address.segment(1)),
            None => address.segment(0),
        };
        let mut about = plan.live().filter(|change| &*change.kind == "export").filter(|change| {
            let old = change.previous_address.as_ref().map(called);
            let is_its_id = deleted.is_some() && change.id.as_deref() == deleted;
            *name == called(&change.address) || old.is_some_and(|old| *name == old) || is_its_id
        });
        let change = about.next();
        let is_theirs = |id: &str| {
            let is_known = change.is_some_and(|change| change.id.as_deref() == Some(id));
            self.by_hand.contains(id) && !is_known
        };
        if change.is_none() || deleted.is_some_and(is_theirs) {
            self.wrong.push(format!("not shown: {name} {deleted:?}"));
        }
    }

    /// Somebody makes an export of a name of ours, or deletes one.
    fn meddle(&mut self) {
        let Some(plan) = self.plan.clone() else { return };
        let own: Vec<Value> = self
            .world
            .table("exports")
            .rows()
            .map(|(_, row)| row.clone())
            .filter(|row| row["name"] != "theirs")
            .collect();
        if own.is_empty() || plan.live().next().is_none() {
            return;
        }
        let row = self.random.pick(&own).clone();
        *self.tally.entry("by hand").or_default() += 1;
        if self.random.chance(40) {
            self.story.push(format!("somebody deletes {}", row["id"]));
            self.world.remove("exports", row["id"].as_str().unwrap());
            return;
        }
        let id = self.world.insert(
            "exports",
            json!({
                "name": row["name"], "description": "by hand", "eventTypes": ["QUEUE_UPDATED"],
                "destination": {"type": "http", "endpointUrl": "https://mine.example/"},
            }),
        );
        self.story.push(format!("somebody makes {id} {}", row["name"]));
        self.by_hand.insert(id);
    }
}

/// A process, which ends at some step.
pub(super) struct Life {
    pub(super) scene: Arc<Scene>,
    steps: Mutex<usize>,
    dead: Notify,
}

impl Life {
    pub(super) fn begin(scene: &Arc<Scene>, steps: usize) -> Arc<Self> {
        scene.lock().uncertain.clear();
        let (scene, steps, dead) = (Arc::clone(scene), Mutex::new(steps), Notify::new());
        Arc::new(Self { scene, steps, dead })
    }

    pub(super) async fn end(&self) {
        self.dead.notified().await;
    }

    /// Nothing ends a run between two changes.
    pub(super) fn never() -> &'static AtomicBool {
        static NEVER: AtomicBool = AtomicBool::new(false);
        &NEVER
    }

    /// One step further, or no further.
    pub(super) async fn step(&self) {
        let is_over = {
            let mut steps = self.steps.lock().unwrap();
            let is_over = *steps == 0;
            *steps = steps.saturating_sub(1);
            is_over
        };
        if is_over {
            self.dead.notify_one();
            std::future::pending::<()>().await;
        }
    }

    async fn carry(&self, outgoing: &Outgoing<'_>) -> Result<Response, NoAnswer> {
        let incoming = incoming(outgoing);
        let plan = self.scene.lock().plan.clone();
        self.step().await;
        self.is_looked_for(&incoming);
        let struck = {
            let mut state = self.scene.lock();
            let trouble = state.trouble;
            let is_struck = state.random.chance(trouble) && !incoming.path.ends_with("/token");
            if is_struck && state.random.chance(15) {
                state.meddle();
            }
            if is_struck { state.random.below(5) } else { 9 }
        };
        let lost = |why: &str| Err(NoAnswer { not_sent: false, why: why.to_owned() });
        sleep(Duration::from_millis(20)).await;
        match struck {
            0 => {
                self.scene.tell("lost");
                lost("connection reset by peer")
            }
            1 => {
                self.scene.lock().carry_out(&incoming, plan.as_deref());
                self.step().await;
                self.scene.tell("lost, carried out");
                lost("connection reset by peer")
            }
            2 if incoming.method == Method::Post => {
                // It is carried out when its client has long given up, whatever became of that.
                let (scene, late) = (Arc::clone(&self.scene), incoming.clone());
                tokio::spawn(async move {
                    sleep(Duration::from_secs(100)).await;
                    scene.tell("too late");
                    scene.lock().carry_out(&late, plan.as_deref());
                });
                lost("connection reset by peer")
            }
            _ => {
                let response = self.scene.lock().carry_out(&incoming, plan.as_deref());
                self.step().await;
                Ok(response)
            }
        }
    }

    /// What may be there already is not sent again before the tenant was asked.
    fn is_looked_for(&self, incoming: &Incoming) {
        let mut state = self.scene.lock();
        if incoming.path != EXPORTS {
            return;
        }
        if incoming.method == Method::Get {
            state.uncertain.clear();
            return;
        }
        let body: Value = serde_json::from_slice(&incoming.body).unwrap();
        let name = body["name"].as_str().unwrap().to_owned();
        if !state.uncertain.insert(name.clone()) {
            state.wrong.push(format!("{name} is sent again without a look"));
        }
    }
}

impl Transport for Life {
    fn send<'a>(&'a self, outgoing: &'a Outgoing<'a>) -> Answering<'a> {
        Box::pin(self.carry(outgoing))
    }
}

fn incoming(outgoing: &Outgoing<'_>) -> Incoming {
    let (path, query) = outgoing.target.split_once('?').unwrap_or((outgoing.target, ""));
    let (content_type, body) = match &outgoing.body {
        Payload::None => (None, Vec::new()),
        Payload::Json(text) => (Some("application/json"), text.as_bytes().to_vec()),
        Payload::Form(form) => {
            let body = form.expose_secret().as_bytes().to_vec();
            (Some("application/x-www-form-urlencoded"), body)
        }
    };
    Incoming {
        query: decode_query(query),
        authorization: outgoing.token.map(|token| format!("Bearer {}", token.expose_secret())),
        if_match: outgoing.if_match.map(str::to_owned),
        content_type: content_type.map(str::to_owned),
        body,
        ..Incoming::new(outgoing.method, path)
    }
}
