//! How much the tenant answers at a time: requests a second, and requests in flight.

use std::collections::VecDeque;

use super::{Behaviour, Refusal};

/// The times of the requests that were let through during the last second.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    passed: VecDeque<i64>,
}

impl Limits {
    /// Lets a request through, or refuses it with 429.
    pub(super) fn pass(
        &mut self,
        now_ms: i64,
        in_flight: usize,
        behaviour: &Behaviour,
    ) -> Result<(), Refusal> {
        let at_once = usize::try_from(behaviour.concurrency).unwrap_or(usize::MAX);
        if at_once > 0 && in_flight > at_once {
            return Err(too_many("too many requests at once", 1000));
        }
        let a_second = usize::try_from(behaviour.requests_per_second).unwrap_or(usize::MAX);
        if a_second == 0 {
            return Ok(());
        }
        while self.passed.front().is_some_and(|time| time + 1000 <= now_ms) {
            self.passed.pop_front();
        }
        match self.passed.front() {
            Some(oldest) if self.passed.len() >= a_second => {
                let wait = u64::try_from(oldest + 1000 - now_ms).unwrap_or(1000);
                Err(too_many("too many requests a second", wait))
            }
            _ => {
                self.passed.push_back(now_ms);
                Ok(())
            }
        }
    }
}

fn too_many(message: &str, wait_ms: u64) -> Refusal {
    Refusal { retry_after_ms: Some(wait_ms), ..Refusal::new(429, "too.many.requests", message) }
}

#[cfg(test)]
mod tests {
    use super::{Behaviour, Limits};

    #[test]
    fn the_second_slides() {
        let behaviour = Behaviour { requests_per_second: 2, ..Behaviour::default() };
        let mut limits = Limits::default();
        for (now, wait) in [
            (0, None),
            (600, None),
            (900, Some(100)),
            (1000, None),
            (1100, Some(500)),
            (1600, None),
        ] {
            let refused = limits.pass(now, 1, &behaviour).err();
            assert_eq!(refused.and_then(|refusal| refusal.retry_after_ms), wait, "{now}");
        }
    }

    #[test]
    fn requests_at_once_are_counted() {
        let behaviour = Behaviour { concurrency: 5, ..Behaviour::default() };
        let mut limits = Limits::default();
        assert!(limits.pass(0, 5, &behaviour).is_ok());
        assert_eq!(limits.pass(0, 6, &behaviour).unwrap_err().status, 429);
    }
}
