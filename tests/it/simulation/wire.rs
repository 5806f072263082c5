//! The transport of one process: from the client to the tenant in memory and back, in simulated time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxform::http::{Method, Response};
use cxform::tenant::{Answering, NoAnswer, Outgoing, Payload, Transport};
use cxform::world::{Connection, Etags, Fault, Incoming, Reply, Times, decode_query};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::sleep;

use super::effect::{About, Who, effects, is_write};
use super::life::Life;
use super::others::meddle;
use super::scene::{State, now_ms};
use super::trouble::Struck;

/// Requests a second and at the same time that a process may make.
pub(super) const A_SECOND: usize = 100;
pub(super) const AT_ONCE: usize = 5;
/// How long nobody waits for an answer: just over the client's patience, and more.
const TOO_LONG: Duration = Duration::from_millis(60_500);

/// The network as one process has it.
pub(super) struct Wire {
    life: Arc<Life>,
    traffic: Mutex<Traffic>,
}

/// What a process has on the way, and what it was told.
#[derive(Default)]
struct Traffic {
    under_way: usize,
    /// When the requests of the last second left.
    left: VecDeque<i64>,
    /// Nothing is to leave before this.
    held_until: i64,
    /// Queues that were sent and may be there by now, until the tenant is looked at.
    uncertain: BTreeMap<String, bool>,
}

/// A request on its way; it is counted until it is dropped.
struct UnderWay<'a>(&'a Wire);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.traffic.lock().unwrap().under_way -= 1;
    }
}

impl Wire {
    pub(super) fn of(life: &Arc<Life>) -> Self {
        Self { life: Arc::clone(life), traffic: Mutex::default() }
    }

    async fn carry(&self, outgoing: &Outgoing<'_>) -> Result<Response, NoAnswer> {
        let mut incoming = incoming(outgoing);
        let about = About::of(&incoming);
        self.life.step("before a request leaves").await;
        let _under_way = self.leaves(&incoming, &about);
        let (struck, there, back) = {
            let trouble = &mut self.life.scene.lock().trouble;
            (trouble.strikes(is_write(&incoming)), trouble.way(), trouble.way())
        };
        sleep(there).await;
        self.life.step("a request is on its way").await;
        incoming.in_flight = self.traffic.lock().unwrap().under_way;
        if matches!(struck, Some(Struck::Straggles)) && self.straggles(&incoming, &about) {
            return std::future::pending().await;
        }
        let reply = self.arrives(&incoming, &about, struck);
        self.life.step("a request was carried out").await;
        let Ok((reply, is_late)) = reply else {
            self.lands(&incoming, &about, None);
            return Err(NoAnswer { not_sent: true, why: "connection refused".to_owned() });
        };
        sleep(if is_late { TOO_LONG } else { back }).await;
        self.life.step("an answer came").await;
        match reply.connection {
            Connection::Answer => {
                self.lands(&incoming, &about, Some(&reply.response));
                Ok(reply.response)
            }
            Connection::Break => {
                Err(NoAnswer { not_sent: false, why: "connection reset by peer".to_owned() })
            }
        }
    }

    /// Holds what leaves against what the client promises.
    fn leaves(&self, incoming: &Incoming, about: &About) -> UnderWay<'_> {
        let now = now_ms();
        let mut traffic = self.traffic.lock().unwrap();
        let mut scene = self.life.scene.lock();
        let what = format!("{} {}", incoming.method.as_str(), incoming.path);
        scene.note(format!("→ {what} {}", String::from_utf8_lossy(&body_told(incoming))));
        traffic.under_way += 1;
        if traffic.under_way > AT_ONCE {
            scene.complain(format!("{} requests at once: {what}", traffic.under_way));
        }
        while traffic.left.front().is_some_and(|time| time + 1000 <= now) {
            traffic.left.pop_front();
        }
        traffic.left.push_back(now);
        if traffic.left.len() > A_SECOND {
            scene.complain(format!("{} requests in a second: {what}", traffic.left.len()));
        }
        if now < traffic.held_until {
            let early = traffic.held_until - now;
            scene.complain(format!("{what} leaves {early} ms before the tenant wants it"));
        }
        if let Some(name) = new_queue(incoming, about) {
            if traffic.uncertain.contains_key(&name) {
                scene.complain(format!("the queue {name} is sent again without a look"));
            }
            traffic.uncertain.insert(name, true);
        }
        UnderWay(self)
    }

    /// The tenant carries a request out, or not; whether its answer comes too late.
    fn arrives(
        &self,
        incoming: &Incoming,
        about: &About,
        struck: Option<Struck>,
    ) -> Result<(Reply, bool), ()> {
        let mut scene = self.life.scene.lock();
        let scene = &mut *scene;
        if let Some(struck) = struck.as_ref().filter(|struck| !matches!(struck, Struck::Straggles))
        {
            scene.tell(struck.name(), format!("  struck: {struck:?}"));
        }
        let fault = match &struck {
            Some(Struck::NotSent) => return Err(()),
            Some(Struck::Tenant(what)) => Some(what.clone()),
            Some(Struck::Late | Struck::Straggles) | None => None,
        };
        if scene.trouble.meddles() {
            meddle(scene, incoming, about);
        }
        let fault = fault.map(|what| Fault {
            method: None,
            path: None,
            skip: 0,
            times: Times::Count(1),
            what,
        });
        scene.world.behaviour.faults = fault.into_iter().collect();
        let run = scene.applying.as_ref().map(|(run, _)| *run);
        let reply = carried_out(scene, incoming, about, run, false);
        Ok((reply, matches!(struck, Some(Struck::Late))))
    }

    /// The tenant carries a write out when its client has long given up, and whatever became of the
    /// client. Without versions such a write undoes what came before it, whoever sends it.
    fn straggles(&self, incoming: &Incoming, about: &About) -> bool {
        let life = &self.life;
        let wait = {
            let mut scene = life.scene.lock();
            if !is_write(incoming) || scene.world.behaviour.etags == Etags::None {
                return false;
            }
            scene.tell("carried out too late", "  struck: Straggles".to_owned());
            59_000 + u64::try_from(scene.trouble.random.below(4000)).unwrap()
        };
        let (scene, incoming, about) = (Arc::clone(&life.scene), incoming.clone(), about.clone());
        let Some(run) = scene.lock().applying.as_ref().map(|(run, _)| *run) else { return false };
        tokio::spawn(async move {
            sleep(Duration::from_millis(wait)).await;
            carried_out(&mut scene.lock(), &incoming, &about, Some(run), true);
        });
        true
    }

    /// The client has the answer.
    fn lands(&self, incoming: &Incoming, about: &About, response: Option<&Response>) {
        let mut traffic = self.traffic.lock().unwrap();
        let status = response.map_or(0, |response| response.status);
        if let Some(name) = new_queue(incoming, about)
            && [0, 401, 429].contains(&status)
        {
            traffic.uncertain.remove(&name);
        }
        if *about == About::Queues && incoming.method == Method::Get && status == 200 {
            traffic.uncertain.clear();
        }
        if let Some(until) = response.filter(|_| status == 429).and_then(asked_until) {
            traffic.held_until = traffic.held_until.max(until);
        }
    }
}

impl Transport for Wire {
    fn send<'a>(&'a self, outgoing: &'a Outgoing<'a>) -> Answering<'a> {
        Box::pin(self.carry(outgoing))
    }
}

/// Hands a request to the tenant, and keeps what became different.
fn carried_out(
    scene: &mut State,
    incoming: &Incoming,
    about: &About,
    run: Option<usize>,
    is_late: bool,
) -> Reply {
    let before = is_write(incoming).then(|| about.rows(&scene.world));
    let reply = scene.world.handle(now_ms(), incoming);
    let status = match reply.connection {
        Connection::Answer => reply.response.status.to_string(),
        Connection::Break => "nothing".to_owned(),
    };
    scene.note(format!("  {} {}: {status}", incoming.method.as_str(), incoming.path));
    if let Some(before) = before {
        let body = serde_json::from_slice(&incoming.body).unwrap_or(Value::Null);
        let after = about.rows(&scene.world);
        match run {
            Some(run) => {
                let who = Who::Run(run);
                scene.effects.extend(effects(who, &before, &after, &body, is_late));
            }
            None => scene.complain(format!("a write without a run: {incoming:?}")),
        }
    }
    reply
}

/// The name of the queue that a request creates.
fn new_queue(incoming: &Incoming, about: &About) -> Option<String> {
    let is_new = *about == About::Queues && incoming.method == Method::Post;
    let body: Value = serde_json::from_slice(&incoming.body).ok().filter(|_| is_new)?;
    body["name"].as_str().map(str::to_owned)
}

/// Until when an answer asks to hold everything back; none where nobody would wait so long.
fn asked_until(response: &Response) -> Option<i64> {
    let text = response.retry_after.as_deref()?;
    let now = now_ms();
    let until = match text.parse::<i64>() {
        Ok(seconds) => now + seconds * 1000,
        Err(_) => {
            let date = httpdate::parse_http_date(text).unwrap();
            let since = date.duration_since(std::time::UNIX_EPOCH).unwrap();
            i64::try_from(since.as_millis()).unwrap()
        }
    };
    (until - now <= 300_000).then_some(until)
}

fn body_told(incoming: &Incoming) -> Vec<u8> {
    if is_write(incoming) { incoming.body.clone() } else { Vec::new() }
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
