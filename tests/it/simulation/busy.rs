//! A busy tenant: 5,000 changes while it refuses 2 % of all requests for its limit and breaks 1 %.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxform::http::{Dialect, Response};
use cxform::kinds;
use cxform::plan::{Outcome, OutcomeStatus};
use cxform::tenant::{
    Answering, Connection, Credentials, Intent, Journal, Manner, NoAnswer, Outgoing, Recorded,
    Transport, Writer, apply,
};
use cxform::world::{Reply, World};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::scene::{begin, now, now_ms};
use super::wire::{A_SECOND, AT_ONCE, incoming};
use crate::cases::{self, random::Random};

const AGENTS: usize = 100;
const SKILLS: usize = 50;
/// How long the tenant asks to be left alone, in milliseconds.
const ASKED: i64 = 2000;

/// The tenant, and what it sees.
struct Busy {
    state: Mutex<State>,
}

struct State {
    world: World,
    random: Random,
    /// When the requests of the last second left.
    left: VecDeque<i64>,
    /// Nothing is to leave before this.
    held_until: i64,
    refused: usize,
    broken: usize,
    wrong: Vec<String>,
}

/// What becomes of a request.
enum Fate {
    Answered,
    Refused,
    Broken { done: bool },
}

impl Busy {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn carry(&self, outgoing: &Outgoing<'_>) -> Result<Response, NoAnswer> {
        let incoming = incoming(outgoing);
        let (fate, there, back) = self.state().leaves();
        sleep(there).await;
        let reply = || -> Reply { self.state().world.handle(now_ms(), &incoming) };
        let broken = || NoAnswer { not_sent: false, why: "connection reset by peer".to_owned() };
        let response = match fate {
            Fate::Answered => Ok(reply().response),
            Fate::Refused => Ok(Response {
                status: 429,
                retry_after: Some("2".to_owned()),
                ..Response::default()
            }),
            Fate::Broken { done } => {
                if done {
                    reply();
                }
                Err(broken())
            }
        };
        sleep(back).await;
        if matches!(fate, Fate::Refused) {
            let mut state = self.state();
            state.held_until = state.held_until.max(now_ms() + ASKED);
        } else if let Ok(Response { status: 429, .. }) = response {
            self.state().wrong.push("the tenant's limit was passed".to_owned());
        }
        response
    }
}

impl State {
    fn leaves(&mut self) -> (Fate, Duration, Duration) {
        let now = now_ms();
        if now < self.held_until {
            self.wrong.push(format!("a request leaves {} ms too early", self.held_until - now));
        }
        while self.left.front().is_some_and(|time| time + 1000 <= now) {
            self.left.pop_front();
        }
        self.left.push_back(now);
        if self.left.len() > A_SECOND {
            self.wrong.push(format!("{} requests in a second", self.left.len()));
        }
        let fate = match self.random.below(100) {
            0 | 1 => Fate::Refused,
            2 => Fate::Broken { done: self.random.chance(50) },
            _ => Fate::Answered,
        };
        match fate {
            Fate::Refused => self.refused += 1,
            Fate::Broken { .. } => self.broken += 1,
            Fate::Answered => {}
        }
        let mut way = || Duration::from_millis(1 + self.random.below(20) as u64);
        (fate, way(), way())
    }
}

impl Transport for Busy {
    fn send<'a>(&'a self, outgoing: &'a Outgoing<'a>) -> Answering<'a> {
        Box::pin(self.carry(outgoing))
    }
}

struct Nowhere;

impl Journal for Nowhere {
    fn intent<'a>(&'a self, _: &'a Intent) -> Recorded<'a> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn outcome<'a>(&'a self, _: &'a Outcome) -> Recorded<'a> {
        Box::pin(std::future::ready(Ok(())))
    }
}

fn tenant() -> World {
    let skills: Vec<Value> = (0..SKILLS).map(|n| json!({"id": format!("s-{n}")})).collect();
    let ids: Vec<&Value> = skills.iter().map(|skill| &skill["id"]).collect();
    let licences = json!([{"licenseType": "agent"}]);
    let agents = (0..AGENTS).map(|n| json!({"id": format!("u-{n}"), "licenses": licences}));
    let assignments = (0..AGENTS * SKILLS).map(|n| {
        json!({"id": format!("a-{n}"), "userId": format!("u-{}", n / SKILLS),
            "skillId": format!("s-{}", n % SKILLS), "level": 2,
            "availableFrom": "2035-01-08T08:00:00Z", "availableTo": "2035-01-08T17:00:00Z"})
    });
    let snapshot = json!({
        "apiVersion": "cxform/v1", "kind": "Tenant",
        "behaviour": {"requestsPerSecond": A_SECOND, "concurrency": AT_ONCE},
        "strategies": [{"id": "r-1", "status": "active", "skills": ids}],
        "agents": agents.collect::<Vec<_>>(), "assignments": assignments.collect::<Vec<_>>(),
        "skills": skills,
    });
    let mut world = World::new(kinds::collections());
    world.seed(&serde_json::from_value(snapshot).unwrap()).unwrap();
    world
}

fn manifest() -> String {
    let cells: Vec<String> = (0..SKILLS).map(|n| format!("s-{n}: 4")).collect();
    let cells = cells.join(", ");
    let rows: String = (0..AGENTS).map(|n| format!("    u-{n}: {{ {cells} }}\n")).collect();
    format!(
        "apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {{ name: all }}\nspec:\n  agents:\n{rows}"
    )
}

async fn five_thousand_changes() {
    static NEVER: AtomicBool = AtomicBool::new(false);
    begin();
    let state = State {
        world: tenant(),
        random: Random::new(1, 31),
        left: VecDeque::new(),
        held_until: 0,
        refused: 0,
        broken: 0,
        wrong: Vec::new(),
    };
    let busy = Arc::new(Busy { state: Mutex::new(state) });
    let [id, secret] = ["law", "secret"].map(|text| text.to_owned().into());
    let connection = Connection {
        url: "https://busy.example".to_owned(),
        dialect: Dialect::V2,
        credentials: Credentials::Client { id, secret },
        requests_per_second: u32::try_from(A_SECOND).unwrap().into(),
        concurrency: AT_ONCE,
        seed: 3,
        now,
    };
    let writer = Writer::connect_over(connection, busy.clone());
    let items = cases::read(&[("all.yaml".to_owned(), manifest())]);
    let plan = cases::plan(&writer.reader(), &items).await.unwrap_or_else(|unmade| match unmade {
        cases::Unmade::Tenant(error) => panic!("{error}"),
        cases::Unmade::Findings(findings) => panic!("{findings:?}"),
    });
    assert_eq!(plan.live().count(), AGENTS * SKILLS);
    let manner = Manner { timezone: TimeZone::UTC, overwrites: false, stops_on_error: false };
    let reader = writer.reader();
    let applied = apply(writer, Arc::new(plan), Arc::new(Nowhere), manner, &NEVER).await.unwrap();
    let undone = applied.outcomes.iter().find(|o| o.status != OutcomeStatus::Done);
    assert_eq!(undone, None);
    let state = busy.state();
    assert_eq!(state.wrong, Vec::<String>::new());
    // It did happen: some 100 refusals and 50 breaks.
    assert!(state.refused > 60 && state.broken > 25, "{} {}", state.refused, state.broken);
    let figures = reader.figures();
    assert_eq!(figures.classes.get("429"), Some(&(state.refused as u64)));
    for (_, row) in state.world.table("assignments").rows() {
        assert_eq!(row["level"], 4);
    }
}

#[test]
fn a_busy_tenant_fails_no_change_and_is_never_pressed() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(five_thousand_changes());
}
