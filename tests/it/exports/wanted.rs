//! What the manifests of a seed want, and whether the tenant has it.

use std::collections::BTreeMap;

use cxform::model::{Item, Secrets};
use serde_json::{Value, json};

use super::life::Scene;
use super::of_queue;
use crate::cases::random::Random;
use crate::cases::read;

/// What every secret has in it.
pub(super) const SECRET: &str = "hunter";
const EVENTS: [&str; 3] = ["QUEUE_CREATED", "QUEUE_UPDATED", "QUEUE_ROUTING_CHANGED"];
/// The tenant's queues, by id, as they are called in the beginning.
pub(super) const QUEUES: [(&str, &str); 3] = [("q-1", "Main"), ("q-2", "A/B *"), ("q-3", "all")];

/// What is wanted.
#[derive(Clone)]
pub(super) struct Wanted {
    /// The ids of the queues of `ops`.
    queues: Vec<&'static str>,
    /// Whether `ops` should not be there.
    is_absent: bool,
    /// Whether there is `whole`, which is for all queues.
    has_whole: bool,
    url: usize,
    events: Vec<&'static str>,
    /// The value of the secret header, if there is one.
    secret: Option<usize>,
    literal: Option<&'static str>,
    /// How often the queue `q-1` was renamed.
    renamed: usize,
    /// Whether there is a new queue with an export of its own.
    has_new: bool,
    /// The manifests, read.
    items: Vec<Item>,
}

impl Wanted {
    pub(super) fn first(random: &mut Random) -> Self {
        let mut wanted = Self {
            queues: vec!["q-1"],
            is_absent: false,
            has_whole: true,
            url: 0,
            events: vec![EVENTS[0]],
            secret: Some(0),
            literal: None,
            renamed: 0,
            has_new: false,
            items: Vec::new(),
        };
        wanted.change(random);
        wanted
    }

    /// Something else is wanted from now on.
    pub(super) fn change(&mut self, random: &mut Random) {
        let mut may = |percent| random.chance(percent);
        if may(30) {
            self.url += 1;
        }
        if may(30) {
            self.secret = self.secret.map_or(Some(0), |secret| Some(secret + 1));
        } else if may(10) {
            self.secret = None;
        }
        if may(20) {
            self.literal = if self.literal.is_some() { None } else { Some("routing") };
        }
        if may(20) {
            self.renamed += 1;
        }
        if may(20) {
            self.has_new = true;
        }
        self.is_absent = may(15);
        self.has_whole = may(80);
        if may(40) {
            self.queues = random.some(60, &QUEUES.map(|(id, _)| id));
        }
        if random.chance(30) {
            self.events = random.some(60, &EVENTS);
        }
        if self.events.is_empty() {
            self.events.push(EVENTS[1]);
        }
        if self.queues.is_empty() {
            self.queues.push("q-2");
        }
        self.items = self.read();
    }

    /// Sent to another place.
    pub(super) fn elsewhere(&mut self) {
        self.url += 100;
        self.items = self.read();
    }

    fn name_of(&self, id: &str) -> String {
        match (id, self.renamed) {
            ("q-1", 1..) => format!("renamed {}", self.renamed),
            _ => QUEUES.iter().find(|(known, _)| *known == id).unwrap().1.to_owned(),
        }
    }

    fn headers(&self) -> Value {
        let mut headers = json!({});
        if self.secret.is_some() {
            headers["Authorization"] = json!({"env": "TOKEN"});
        }
        if let Some(literal) = self.literal {
            headers["X-Team"] = literal.into();
        }
        headers
    }

    fn url(&self) -> String {
        format!("https://hooks.example/{}", self.url)
    }

    pub(super) fn names_the_secret(&self) -> bool {
        self.secret.is_some() && (!self.is_absent || self.has_whole || self.has_new)
    }

    /// The value of the secret, as whoever runs the program has it.
    pub(super) fn secrets(&self) -> Secrets {
        let value = self.secret.map(|number| format!("{SECRET}-{}", number % 3));
        value.map(|value| ("TOKEN".to_owned(), value.into())).into_iter().collect()
    }

    /// The manifests, read.
    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    fn read(&self) -> Vec<Item> {
        let mut documents = Vec::new();
        let export = |name: &str, queues: Value| {
            json!({
                "apiVersion": "cxform/v1", "kind": "EventStreamExport", "metadata": {"name": name},
                "spec": {"queues": queues, "events": self.events, "destination": {
                    "url": self.url(), "headers": self.headers(),
                }},
            })
        };
        let queue = |metadata: Value, spec: Value| json!({"apiVersion": "cxform/v1", "kind": "Queue", "metadata": metadata, "spec": spec});
        let names: Vec<String> = self.queues.iter().map(|id| self.name_of(id)).collect();
        let mut ops = export("ops", json!(names));
        if self.is_absent {
            ops["state"] = "absent".into();
        }
        documents.push(ops);
        if self.has_whole {
            documents.push(export("whole", json!("all")));
        }
        if self.renamed > 0 {
            documents.push(queue(json!({"name": self.name_of("q-1"), "id": "q-1"}), json!({})));
        }
        if self.has_new {
            documents.push(queue(json!({"name": "New"}), json!({"capacity": 5})));
            documents.push(export("ours", json!(["New"])));
        }
        let files = documents.iter().enumerate();
        let files: Vec<_> = files.map(|(n, d)| (format!("{n}.yaml"), d.to_string())).collect();
        read(&files)
    }

    /// All of it, for people.
    pub(super) fn told(&self) -> String {
        let Self {
            queues,
            is_absent,
            has_whole,
            url,
            events,
            secret,
            literal,
            renamed,
            has_new,
            ..
        } = self;
        format!(
            "{queues:?} absent {is_absent} whole {has_whole} url {url} {events:?} {secret:?} \
             {literal:?} renamed {renamed} new {has_new}"
        )
    }

    /// No secret is in a text.
    pub(super) fn is_not_in(&self, text: &str, scene: &Scene) {
        if text.contains(SECRET) {
            scene.complain(format!("a secret is in the plan: {text}"));
        }
    }

    /// Holds the tenant against it, when nothing differs any more.
    pub(super) fn hold(&self, scene: &Scene) {
        let mut wanted: BTreeMap<String, Option<Value>> = BTreeMap::new();
        for id in &self.queues {
            let name = format!("ops/{}", self.name_of(id));
            wanted.insert(name, (!self.is_absent).then(|| of_queue(id)));
        }
        if self.has_whole {
            wanted.insert("whole".to_owned(), Some(Value::Null));
        }
        let rows = scene.rows("exports");
        if self.has_new {
            let queues = scene.rows("queues");
            let new: Vec<&Value> = queues.iter().filter(|row| row["name"] == "New").collect();
            assert_eq!(new.len(), 1);
            wanted.insert("ours/New".to_owned(), Some(of_queue(new[0]["id"].as_str().unwrap())));
        }
        for (name, filter) in wanted {
            let own: Vec<&Value> = rows.iter().filter(|row| row["name"] == *name).collect();
            let Some(filter) = filter else {
                if !own.is_empty() {
                    scene.complain(format!("{name} is still there: {own:?}"));
                }
                continue;
            };
            let [own] = own[..] else {
                scene.complain(format!("{name} is there {} times: {own:?}", own.len()));
                continue;
            };
            let mut events: Vec<&str> =
                own["eventTypes"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
            let mut all = self.events.clone();
            events.sort_unstable();
            all.sort_unstable();
            let headers: Vec<&String> =
                own["destination"]["headers"].as_object().unwrap().keys().collect();
            let declared = self.headers();
            let declared: Vec<&String> = declared.as_object().unwrap().keys().collect();
            let secret = scene.lock().sent.get(own["id"].as_str().unwrap()).cloned();
            let value = self.secret.map(|number| format!("{SECRET}-{}", number % 3));
            let is_so = own["filter"] == filter
                && events == all
                && own["destination"]["endpointUrl"] == *self.url()
                && headers == declared
                && secret.flatten() == value;
            if !is_so {
                scene.complain(format!(
                    "{name} is not as declared: {own:?}, wanted {}",
                    self.told()
                ));
            }
        }
    }
}
