//! Queues: one a topic, and a general one that takes what they cannot.

use super::random::{Purpose, Random};
use super::words::TOPICS;
use super::{Parameters, skill_name};

/// A queue that is the same in tenant and manifests.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) capacity: usize,
    pub(super) priority: usize,
    /// Whether it overflows into the general one.
    pub(super) overflows: bool,
    /// The numbers of its skills.
    pub(super) skills: Vec<usize>,
}

/// The queue that takes what the others cannot.
pub(super) const GENERAL: &str = "General";

/// At how many percent a queue overflows.
pub(super) const THRESHOLD: u8 = 80;

/// What a queue's capacity may not exceed.
const MOST: usize = 5000;

/// All queues, the general one first.
pub(super) fn queues(parameters: &Parameters) -> Vec<Queue> {
    let general = Queue {
        name: GENERAL.to_owned(),
        description: "Whatever has no queue of its own, and what others overflow into".to_owned(),
        capacity: parameters.agents.min(MOST),
        priority: 3,
        overflows: false,
        skills: (0..parameters.skills.min(3)).collect(),
    };
    let topics = 0..parameters.skills.min(TOPICS.len());
    std::iter::once(general).chain(topics.map(|topic| of_topic(parameters, topic))).collect()
}

fn of_topic(parameters: &Parameters, topic: usize) -> Queue {
    let random = |purpose| Random::new(parameters.seed, purpose, topic);
    let percent = random(Purpose::Capacities).within(5, 40);
    let name = skill_name(topic);
    Queue {
        description: format!("Calls about {name}"),
        name: capitalised(&name),
        capacity: (parameters.agents * percent / 100).clamp(1, MOST),
        priority: random(Purpose::Priorities).within(4, 8),
        overflows: true,
        skills: (topic..parameters.skills).step_by(TOPICS.len()).collect(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
