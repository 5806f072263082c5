//! Erlang C and Erlang A: how calls wait for agents, and how many agents it takes.
//!
//! Calls come at random, at an even rate; how long they take and how long callers wait are
//! exponential; whoever waits is answered in order. In Erlang C nobody hangs up. No sum here has a
//! factorial or a power in it, so that ten thousand agents are no more trouble than ten.

mod patience;
#[cfg(test)]
mod tests;

/// What is offered to the agents of a queue, at an even rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// How many calls a second.
    pub rate: f64,
    /// How long an agent is busy with a call, in seconds.
    pub handle: f64,
    /// After how many seconds a waiting caller hangs up on average; none where nobody does.
    pub patience: Option<f64>,
}

/// How a queue does with so many agents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// The share of calls that wait.
    pub waiting: f64,
    /// The share of calls that are answered within the time that was asked for.
    pub service_level: f64,
    /// How long a call waits on average, in seconds, those that are answered at once included.
    pub answer: f64,
    /// The share of their time that agents are busy.
    pub occupancy: f64,
    /// The share of calls whose callers hang up.
    pub abandoned: f64,
}

/// What a queue should do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// This share of calls is to be answered within the time, from 0 to below 1.
    pub service_level: f64,
    /// The time, in seconds.
    pub within: f64,
    /// The share of their time that agents may be busy, from above 0 to 1.
    pub occupancy: f64,
    /// The share of their paid time in which agents take no calls, from 0 to below 1.
    pub shrinkage: f64,
}

/// How many agents a queue needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    /// So many who take calls.
    pub agents: u32,
    /// So many on the schedule, since some of them take none.
    pub scheduled: u32,
    /// How the queue does with those who take calls.
    pub measures: Measures,
}

/// More agents than any queue has.
const MOST: u32 = 1 << 20;

impl Load {
    /// The load in Erlangs: how many calls would be with an agent if none waited.
    #[must_use]
    pub fn erlangs(&self) -> f64 {
        self.rate * self.handle
    }
}

/// How a queue does: with as many agents as there is load or fewer, and nobody who hangs up, calls
/// wait without end.
#[must_use]
pub fn measures(load: &Load, agents: u32, within: f64) -> Measures {
    match load.patience {
        _ if load.erlangs() <= 0.0 => Measures {
            waiting: 0.0,
            service_level: 1.0,
            answer: 0.0,
            occupancy: 0.0,
            abandoned: 0.0,
        },
        Some(patience) => patience::measures(load, patience, agents, within),
        None => all_wait(load, agents, within),
    }
}

/// The fewest agents with whom a queue does as it should; none where a million would not do.
#[must_use]
pub fn need(load: &Load, target: &Target) -> Option<Need> {
    let does = |agents: u32| {
        let measures = measures(load, agents, target.within);
        let is_enough = measures.service_level >= target.service_level
            && measures.occupancy <= target.occupancy
            && measures.answer.is_finite();
        is_enough.then_some(measures)
    };
    // More agents never do worse, so that the border can be closed in upon.
    let mut enough = 1;
    while does(enough).is_none() {
        enough = (enough < MOST).then(|| enough * 2)?;
    }
    let mut too_few = enough / 2;
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        match does(middle) {
            Some(_) => enough = middle,
            None => too_few = middle,
        }
    }
    let agents = if load.erlangs() > 0.0 { enough } else { 0 };
    let scheduled = f64::from(agents) / (1.0 - target.shrinkage);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 2^32")]
    let scheduled = (scheduled - TINY * scheduled).ceil() as u32;
    Some(Need { agents, scheduled, measures: measures(load, agents, target.within) })
}

/// 7 agents at 30 % are 10 and not, by the last bit of a division, 11.
const TINY: f64 = 1e-12;

/// Erlang C.
fn all_wait(load: &Load, agents: u32, within: f64) -> Measures {
    let (erlangs, n) = (load.erlangs(), f64::from(agents));
    if erlangs >= n {
        return Measures {
            waiting: 1.0,
            service_level: 0.0,
            answer: f64::INFINITY,
            occupancy: 1.0,
            abandoned: 0.0,
        };
    }
    let blocked = 1.0 / inverse_of_b(erlangs, agents);
    let occupancy = erlangs / n;
    let waiting = blocked / (1.0 - occupancy * (1.0 - blocked));
    let free = (n - erlangs) / load.handle;
    Measures {
        waiting,
        service_level: 1.0 - waiting * (-free * within).exp(),
        answer: waiting / free,
        occupancy,
        abandoned: 0.0,
    }
}

/// One divided by Erlang B, the share of calls that find all agents busy where none wait: how much
/// likelier it is that there are up to so many calls than exactly so many. Without end where agents
/// are so many that they are never all busy.
fn inverse_of_b(erlangs: f64, agents: u32) -> f64 {
    (1..=agents).fold(1.0, |inverse, k| 1.0 + inverse * f64::from(k) / erlangs)
}
