//! How many agents a queue needs, by an Erlang model, from its days.
//!
//! A tenant tells days and not hours. A day's calls are spread evenly over the hours that a queue is
//! open, which is said as an assumption: a busy hour needs more. Callers who hung up came too, so that
//! calls offered are calls handled divided by the share that was not abandoned.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::erlang::{Load, Need, Target, need};
use super::{
    Advice, Gap, Model, Proposal, Requirement, Subject, Topic, capacities, figure, gaps, percent,
};
use crate::facts::QueueDay;
use crate::model::Roster;

/// Fewer days than these, or fewer calls, say too little.
const FEWEST_DAYS: usize = 3;
const FEWEST_CALLS: f64 = 100.0;
/// A patience outside of these, in seconds, is not believed.
const PATIENCE: std::ops::RangeInclusive<f64> = 5.0..=3600.0;

/// What is assumed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assumptions {
    /// What queues should do.
    pub target: Target,
    /// How many hours of a day its calls come in.
    pub hours: f64,
    /// How long callers wait before they hang up, in seconds, where that is said.
    pub patience: Option<f64>,
}

/// What one queue needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Staffing {
    /// The queue.
    pub address: crate::model::Address,
    /// How many agents take calls.
    pub agents: u32,
    /// How many are on the schedule.
    pub scheduled: u32,
    /// How the queue does with those who take calls.
    pub expected: Map<String, Value>,
    /// What it was made of, assumptions included.
    pub inputs: Map<String, Value>,
    /// The hours of the next seven days in which anybody can serve it, beside what it needs.
    pub hours: Vec<Gap>,
    /// What people call it.
    #[serde(skip)]
    pub label: String,
}

impl Advice {
    /// Lays what each queue needs beside who could serve it, hour by hour.
    pub fn compare(&mut self, roster: &Roster) {
        for staffing in &mut self.staffing {
            let there: BTreeMap<_, u32> = roster.hours(&staffing.address).collect();
            let required = staffing.scheduled;
            let queue = &staffing.address;
            let needed = |hour: &jiff::Timestamp| Requirement {
                queue: queue.clone(),
                hour: *hour,
                required,
            };
            staffing.hours = gaps(there.keys().map(needed), |_, hour| there.get(&hour).copied());
        }
    }
}

/// What the days of a queue come to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Offer {
    days: usize,
    /// Calls handled on a day.
    handled: f64,
    /// Calls offered on a day.
    offered: f64,
    /// Seconds that a call takes an agent.
    handle: f64,
    /// The share of calls that is abandoned, where it is told.
    abandoned: Option<f64>,
    /// Seconds that a call waits on average, where it is told.
    wait: Option<f64>,
}

/// Looks at every declared queue; `known` has the days by queues' ids.
#[must_use]
pub fn staffing(
    subjects: &[Subject],
    known: &BTreeMap<String, Vec<QueueDay>>,
    model: Model,
    assumed: &Assumptions,
) -> Advice {
    let mut advice = Advice::new(model, subjects.len());
    for subject in subjects {
        let days = subject.id.as_ref().and_then(|id| known.get(id)).map_or(&[][..], Vec::as_slice);
        match needed(subject, days, model, assumed) {
            Ok(staffing) => {
                advice.proposals.extend(proposal(subject, &staffing));
                advice.staffing.push(staffing);
            }
            Err(why) => advice.note(subject, why),
        }
    }
    advice
}

fn needed(
    subject: &Subject,
    days: &[QueueDay],
    model: Model,
    assumed: &Assumptions,
) -> Result<Staffing, String> {
    if days.is_empty() {
        return Err(capacities::no_data(subject));
    }
    let offer = offer(days)?;
    let patience = match model {
        Model::ErlangA => Some(patience(&offer, assumed)?),
        Model::Source | Model::ErlangC => None,
    };
    let rate = offer.offered / assumed.hours / 3600.0;
    let load = Load { rate, handle: offer.handle, patience };
    let need = need(&load, &assumed.target).ok_or("no number of agents does that")?;
    Ok(Staffing {
        address: subject.address.clone(),
        agents: need.agents,
        scheduled: need.scheduled,
        expected: expected(&need),
        inputs: inputs(&offer, assumed, patience),
        hours: Vec::new(),
        label: subject.label.clone(),
    })
}

/// A day on which calls were handled.
struct Open<'d> {
    day: &'d QueueDay,
    /// Calls handled.
    calls: f64,
    /// The share of calls that was abandoned, where it is told.
    abandoned: Option<f64>,
    /// Calls handled and abandoned.
    offered: f64,
}

impl<'d> Open<'d> {
    /// A day without calls is none on which the queue was open.
    fn of(day: &'d QueueDay) -> Option<Self> {
        let calls = day.calls.filter(|calls| *calls > 0.0)?;
        let abandoned = day.abandon.filter(|share| (0.0..1.0).contains(share));
        Some(Self { day, calls, abandoned, offered: calls / (1.0 - abandoned.unwrap_or(0.0)) })
    }
}

/// What the days come to, where they say enough.
fn offer(days: &[QueueDay]) -> Result<Offer, String> {
    let open: Vec<Open<'_>> = days.iter().filter_map(Open::of).collect();
    let sum = |of: fn(&Open<'_>) -> f64| open.iter().fold(0.0, |sum, day| sum + of(day));
    let (handled, offered) = (sum(|day| day.calls), sum(|day| day.offered));
    if open.len() < FEWEST_DAYS || handled < FEWEST_CALLS {
        return Err(format!(
            "little data: {handled} calls on {} of {} days; it takes {FEWEST_CALLS} on {FEWEST_DAYS}",
            open.len(),
            days.len()
        ));
    }
    let handle = mean(&open, |open| {
        let sum = open.day.handle_sum.or_else(|| Some(open.day.handle_average? * open.calls))?;
        Some((sum, open.calls))
    });
    let handle = handle.filter(|handle| *handle > 0.0).ok_or("the tenant tells no handle time")?;
    let wait = mean(&open, |open| Some((open.day.wait?, open.offered)));
    #[expect(clippy::cast_precision_loss, reason = "days of a week")]
    let count = open.len() as f64;
    Ok(Offer {
        days: open.len(),
        handled: handled / count,
        offered: offered / count,
        handle: handle / 1000.0,
        abandoned: mean(&open, |open| Some((open.abandoned? * open.offered, open.offered))),
        wait: wait.map(|wait| wait / 1000.0),
    })
}

/// The mean of a figure, each time a sum and what it is divided by, over the days that tell it.
fn mean(days: &[Open<'_>], of: impl Fn(&Open<'_>) -> Option<(f64, f64)>) -> Option<f64> {
    let told = days.iter().filter_map(of);
    let (sum, by) = told.fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
    (by > 0.0).then(|| sum / by)
}

/// How long callers wait before they hang up. By Little's law a share of `mean wait ÷ patience` hangs
/// up, so that patience is the mean wait of all calls divided by that share.
fn patience(offer: &Offer, assumed: &Assumptions) -> Result<f64, String> {
    const WAY_OUT: &str = "say it with --patience";
    if let Some(patience) = assumed.patience {
        return Ok(patience);
    }
    let known = offer.wait.zip(offer.abandoned.filter(|share| *share > 0.0));
    let Some((wait, share)) = known else {
        return Err(format!("patience is not known without waits and abandoned calls; {WAY_OUT}"));
    };
    let patience = wait / share;
    if PATIENCE.contains(&patience) {
        return Ok(patience);
    }
    let told = figure((patience * 10.0).round() / 10.0);
    Err(format!(
        "a patience of {told} s, which follows from the figures, is not believable; {WAY_OUT}"
    ))
}

fn expected(need: &Need) -> Map<String, Value> {
    let measures = &need.measures;
    let figures = [
        ("serviceLevel", measures.service_level),
        ("waiting", measures.waiting),
        ("averageSpeedOfAnswer", measures.answer),
        ("occupancy", measures.occupancy),
        ("abandoned", measures.abandoned),
    ];
    figures.into_iter().map(|(name, value)| (name.to_owned(), figure(value))).collect()
}

fn inputs(offer: &Offer, assumed: &Assumptions, patience: Option<f64>) -> Map<String, Value> {
    let Target { service_level, within, occupancy, shrinkage } = assumed.target;
    let mut inputs = Map::new();
    inputs.insert("days".to_owned(), offer.days.into());
    let figures = [
        ("callsHandledPerDay", offer.handled),
        ("callsOfferedPerDay", offer.offered),
        ("hoursPerDay", assumed.hours),
        ("callsPerHour", offer.offered / assumed.hours),
        ("handleSeconds", offer.handle),
        ("serviceLevel", service_level),
        ("withinSeconds", within),
        ("maxOccupancy", occupancy),
        ("shrinkage", shrinkage),
    ];
    inputs.extend(figures.into_iter().map(|(name, value)| (name.to_owned(), figure(value))));
    if let Some(patience) = patience {
        inputs.insert("patienceSeconds".to_owned(), figure(patience));
    }
    inputs
}

/// A queue that holds fewer calls than its agents can take keeps some of them idle, whatever else
/// its capacity is for. More than that an Erlang model does not say about it.
fn proposal(subject: &Subject, staffing: &Staffing) -> Option<Proposal> {
    let agents = i64::from(staffing.agents);
    let is_possible = agents <= capacities::MOST;
    (subject.current < agents && is_possible).then(|| {
        let level = staffing.expected.get("serviceLevel").and_then(Value::as_f64);
        let reason = format!(
            "{agents} agents take calls at a time (service level {}), and the queue holds {}",
            percent(level.unwrap_or_default()),
            subject.current
        );
        let mut proposal = Proposal::new(subject, Topic::Capacity.path(), agents, reason);
        proposal.inputs = staffing.inputs.clone();
        proposal.with("agents", staffing.agents).with("scheduled", staffing.scheduled)
    })
}
