//! Proficiency levels from agents' figures.

use std::collections::BTreeMap;

use super::source::{efficiency, proposed_level};
use super::{Advice, Model, Proposal, Subject, Topic, figure, percent};
use crate::facts::{AgentFigures, DAYS};

/// Looks at every declared level; `known` has the figures by agents' ids.
#[must_use]
pub fn levels(subjects: &[Subject], known: &BTreeMap<String, AgentFigures>) -> Advice {
    let mut advice = Advice::new(Model::Source, subjects.len());
    for subject in subjects {
        let Some(figures) = subject.id.as_ref().and_then(|id| known.get(id)) else {
            let level = proposed_level(None);
            let told = format!(
                "no data in the last {DAYS} days: levels stay as they are, and not the rule's {level}"
            );
            advice.note(subject, told);
            continue;
        };
        let proposed = proposed_level(Some(figures));
        if proposed != subject.current {
            advice.proposals.push(proposal(subject, figures, proposed));
        }
    }
    advice
}

fn proposal(subject: &Subject, figures: &AgentFigures, proposed: i64) -> Proposal {
    let metrics = [
        ("talkTime", figures.talk),
        ("handleTime", figures.handle),
        ("resolutionRate", figures.resolution),
    ];
    let missing: Vec<&str> =
        metrics.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
    let talked = percent(efficiency(figures));
    let mut reason = match figures.resolution {
        Some(rate) => {
            format!("talk time is {talked} of handle time, resolution rate {}", percent(rate))
        }
        None => format!("talk time is {talked} of handle time, resolution rate taken as 50 %"),
    };
    let is_idle = figures.handle.is_none_or(|handle| handle <= 0.0);
    if !missing.is_empty() {
        reason += &format!("; the tenant tells no {}", missing.join(" and no "));
    } else if is_idle {
        reason += "; the tenant tells of no time on calls";
    }
    let mut proposal = Proposal::new(subject, Topic::Levels.path(), proposed, reason)
        .with("days", DAYS)
        .with("efficiency", figure(efficiency(figures)));
    for (name, value) in metrics {
        proposal = proposal.with(name, figure(value));
    }
    if !missing.is_empty() {
        proposal = proposal.with("missing", missing.clone());
    }
    proposal.is_weak = is_idle || !missing.is_empty();
    proposal
}
