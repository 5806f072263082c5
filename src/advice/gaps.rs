//! What queues need beside what they have, hour by hour.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::Address;

/// So many agents are needed in an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// By this queue.
    #[serde(skip)]
    pub queue: Address,
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// How many on the schedule.
    pub required: u32,
}

/// A requirement beside what is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// What is needed.
    #[serde(flatten)]
    pub requirement: Requirement,
    /// How many agents can serve the queue in that hour; none where that is not known.
    pub covered: Option<u32>,
    /// How many are missing; 0 where there are enough.
    pub missing: u32,
}

/// Lays each requirement beside the coverage of its queue and hour.
pub fn gaps(
    requirements: impl IntoIterator<Item = Requirement>,
    coverage: impl Fn(&Address, Timestamp) -> Option<u32>,
) -> Vec<Gap> {
    let gap = |requirement: Requirement| {
        let covered = coverage(&requirement.queue, requirement.hour);
        let missing = covered.map_or(0, |covered| requirement.required.saturating_sub(covered));
        Gap { requirement, covered, missing }
    };
    requirements.into_iter().map(gap).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Requirement, gaps};

    #[test]
    fn what_is_missing_hour_by_hour() {
        let hour = |hours: i64| Timestamp::from_second(2_051_222_400 + hours * 3600).unwrap();
        let requirement = |queue: &str, at: i64| Requirement {
            queue: queue.parse().unwrap(),
            hour: hour(at),
            required: 5,
        };
        let needed = ["queue/a", "queue/a", "queue/a", "queue/b"];
        let needed = needed.into_iter().zip(0..).map(|(queue, at)| requirement(queue, at));
        let found = gaps(needed, |queue, at| match (queue.to_string().as_str(), at) {
            ("queue/a", at) if at == hour(0) => Some(3),
            ("queue/a", at) if at == hour(1) => Some(5),
            ("queue/a", _) => Some(9),
            _ => None,
        });
        let told: Vec<_> = found.iter().map(|gap| (gap.covered, gap.missing)).collect();
        assert_eq!(told, [(Some(3), 2), (Some(5), 0), (Some(9), 0), (None, 0)]);
    }
}
