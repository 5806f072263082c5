//! Erlang A: callers who wait hang up after a while (Palm's M/M/n+M queue).
//!
//! All is told in terms of `p`, the probability that there are exactly as many calls as agents. The
//! states below it sum up to what Erlang B says of them; each state above it, with `j` calls that
//! wait, is the one before it times `λ ÷ (nμ + jθ)`. Where the load is far beyond the agents that
//! sum is larger than any number: it is then kept with its exponent apart.

use super::{Load, Measures, inverse_of_b};

/// The states in which calls wait, in units of `p · e^exponent`.
struct Above {
    /// All of them.
    sum: f64,
    /// Each times the calls that wait in it.
    queue: f64,
    /// The exponent.
    exponent: f64,
}

pub(super) fn measures(load: &Load, patience: f64, agents: u32, within: f64) -> Measures {
    let below = inverse_of_b(load.erlangs(), agents);
    let served = f64::from(agents) / load.handle;
    let above = above(load.rate * patience, served * patience);
    if below.is_infinite() {
        let occupancy = load.erlangs() / f64::from(agents);
        return Measures {
            waiting: 0.0,
            service_level: 1.0,
            answer: 0.0,
            occupancy,
            abandoned: 0.0,
        };
    }
    let unit = (-above.exponent).exp();
    let all = below * unit + above.sum;
    let waiting = (unit + above.sum) / all;
    // Little's law: as many wait on average as come in while one waits.
    let answer = above.queue / all / load.rate;
    let abandoned = answer / patience;
    let density = Density { load, patience, served, ln_p: -above.exponent - all.ln() };
    Measures {
        waiting,
        service_level: (1.0 - waiting + density.up_to(within)).clamp(0.0, 1.0),
        answer,
        occupancy: match agents {
            0 => 1.0,
            _ => (load.erlangs() * (1.0 - abandoned) / f64::from(agents)).min(1.0),
        },
        abandoned,
    }
}

/// `coming` calls come, and `served` are answered, while one caller's patience lasts.
fn above(coming: f64, served: f64) -> Above {
    const LARGE: f64 = 1e200;
    let mut above = Above { sum: 0.0, queue: 0.0, exponent: 0.0 };
    let (mut state, mut waiting) = (1.0, 0.0);
    loop {
        waiting += 1.0;
        let ratio = coming / (served + waiting);
        state *= ratio;
        above.sum += state;
        above.queue += state * waiting;
        if above.queue > LARGE {
            state /= LARGE;
            above.sum /= LARGE;
            above.queue /= LARGE;
            above.exponent += LARGE.ln();
        }
        // What is left is less than a series that shrinks by this ratio.
        if ratio < 1.0 && state * waiting <= above.queue * f64::EPSILON * (1.0 - ratio) {
            return above;
        }
    }
}

/// The wait that a caller would have, where there is one.
struct Density<'l> {
    load: &'l Load,
    patience: f64,
    /// Calls that all agents together answer in a second.
    served: f64,
    ln_p: f64,
}

impl Density<'_> {
    /// That the wait is so long, and the caller still there.
    fn at(&self, wait: f64) -> f64 {
        let gone = -(-wait / self.patience).exp_m1();
        let ln = self.load.rate * self.patience * gone - self.served * wait - wait / self.patience;
        self.served * (ln + self.ln_p).exp()
    }

    /// That a call which waits is answered within this time (Simpson's rule, in steps that are short
    /// beside the time between two calls).
    fn up_to(&self, within: f64) -> f64 {
        const PER_CALL: f64 = 8.0;
        const FEWEST: f64 = 200.0;
        const MOST: f64 = 200_000.0;
        let pace = self.load.rate + self.served + 1.0 / self.patience;
        let halves = (within * pace * PER_CALL).clamp(FEWEST, MOST).ceil();
        let step = within / halves / 2.0;
        let mut sum = self.at(0.0) - self.at(within);
        let mut half = 1.0;
        while half <= halves {
            let end = 2.0 * half * step;
            sum += 4.0 * self.at(end - step) + 2.0 * self.at(end);
            half += 1.0;
        }
        sum * step / 3.0
    }
}
