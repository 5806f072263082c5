//! Agents: their names and addresses.

use super::random::{Purpose, Random};
use super::words::{FIRST_NAMES, LAST_NAMES, ascii};

/// The part of an address that all agents share.
const DOMAIN: &str = "brightwater.example";

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agent {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
}

/// All people that there can be.
#[derive(Debug)]
pub(super) struct People {
    /// Every pair of a first and a last name, in an order without sense.
    pairs: Vec<usize>,
}

impl People {
    pub(super) fn new(seed: u64) -> Self {
        let mut pairs: Vec<usize> = (0..FIRST_NAMES.len() * LAST_NAMES.len()).collect();
        Random::new(seed, Purpose::Names, 0).shuffle(&mut pairs);
        Self { pairs }
    }

    /// An agent by number, from 0. When all names are taken, they come again, with a number in the
    /// address.
    pub(super) fn agent(&self, number: usize) -> Agent {
        let pair = self.pairs[number % self.pairs.len()];
        let first = FIRST_NAMES[pair % FIRST_NAMES.len()];
        let last = LAST_NAMES[pair / FIRST_NAMES.len()];
        let taken = match number / self.pairs.len() {
            0 => String::new(),
            times => (times + 1).to_string(),
        };
        Agent {
            id: agent_id(number),
            name: format!("{first} {last}"),
            email: format!("{}.{}{taken}@{DOMAIN}", ascii(first), ascii(last)),
        }
    }
}

pub(super) fn agent_id(number: usize) -> String {
    format!("u-{:06}", number + 1)
}
