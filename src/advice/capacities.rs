//! Capacities from queues' figures, by the sources' rule.

use std::collections::BTreeMap;

use super::source::{Strain, proposed_capacity};
use super::{Advice, Model, Proposal, Subject, Topic, figure, percent};
use crate::facts::{DAYS, QueueDay};

/// The most that a manifest may say.
pub(super) const MOST: i64 = 5000;

/// Looks at every declared capacity; `known` has the days by queues' ids.
#[must_use]
pub fn capacities(subjects: &[Subject], known: &BTreeMap<String, Vec<QueueDay>>) -> Advice {
    let mut advice = Advice::new(Model::Source, subjects.len());
    for subject in subjects {
        let days = subject.id.as_ref().and_then(|id| known.get(id)).map_or(&[][..], Vec::as_slice);
        let Some(strain) = Strain::of(days) else {
            advice.note(subject, no_data(subject));
            continue;
        };
        let told = |of: fn(&QueueDay) -> Option<f64>| days.iter().filter_map(of).count();
        let (waits, shares) = (told(|day| day.wait), told(|day| day.abandon));
        if waits + shares == 0 {
            advice
                .note(subject, format!("{} days tell no waits and no abandoned calls", days.len()));
            continue;
        }
        let by_rule = proposed_capacity(subject.current, Some(&strain));
        let proposed = by_rule.min(MOST.max(subject.current));
        if proposed == subject.current {
            if strain.is_slow() || strain.loses() {
                let message =
                    format!("{}, and a tenth more of {proposed} is no more", why(&strain));
                advice.note(subject, message);
            }
            continue;
        }
        let mut reason = why(&strain);
        if proposed < by_rule {
            reason += &format!("; the rule says {by_rule}, and {MOST} is the most");
        }
        let proposal = Proposal::new(subject, Topic::Capacity.path(), proposed, reason)
            .with("days", days.len())
            .with("daysWithWaitTime", waits)
            .with("daysWithAbandonRate", shares)
            .with("meanWaitTime", figure(strain.wait))
            .with("meanAbandonRate", figure(strain.abandoned));
        // A day that tells nothing counts as a day without waits: what is proposed all the same
        // would be proposed with it, too.
        advice.proposals.push(proposal);
    }
    advice
}

/// Why nothing can be said of a queue without a day.
pub(super) fn no_data(subject: &Subject) -> String {
    match subject.id {
        Some(_) => format!("no data in the last {DAYS} days: the capacity stays as it is"),
        None => "not in the tenant yet: there is no data".to_owned(),
    }
}

fn why(strain: &Strain) -> String {
    let mut reasons = Vec::new();
    if strain.is_slow() {
        reasons.push(format!("the mean wait is {} ms, over 30000", figure(strain.wait)));
    }
    if strain.loses() {
        reasons.push(format!("{} of calls are abandoned, over 5 %", percent(strain.abandoned)));
    }
    reasons.join(", and ")
}
