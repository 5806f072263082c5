use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::erlang::Target;
use super::{Advice, Assumptions, Model, Subject, capacities, figure, levels, percent, staffing};
use crate::facts::{AgentFigures, QueueDay};
use crate::model::Place;

fn subject(address: &str, about: &str, current: i64, id: Option<&str>) -> Subject {
    Subject {
        address: address.parse().unwrap(),
        label: address.to_owned(),
        current,
        place: Place::default(),
        about: about.parse().unwrap(),
        who: about.to_owned(),
        id: id.map(str::to_owned),
    }
}

fn queue(current: i64) -> Subject {
    subject("queue/Main", "queue/Main", current, Some("q-1"))
}

/// What is proposed, and what is noted.
fn told(advice: &Advice) -> (Vec<(i64, bool)>, Vec<&str>) {
    let proposals = advice.proposals.iter().map(|p| (p.proposed, p.is_weak)).collect();
    (proposals, advice.notes.iter().map(|note| note.message.as_str()).collect())
}

#[test]
fn levels_that_differ_are_proposed() {
    let check = |figures: Option<(Option<f64>, Option<f64>, Option<f64>)>,
                 current: i64,
                 expect: Option<(i64, bool)>,
                 notes: usize| {
        let known = figures.map(|(talk, handle, resolution)| {
            ("u-1".to_owned(), AgentFigures { talk, handle, resolution })
        });
        let known = known.into_iter().collect();
        let of = |skill: &str| {
            subject(&format!("assignment/u-1/{skill}"), "agent/u-1", current, Some("u-1"))
        };
        let advice = levels(&[of("a"), of("b")], &known);
        let (proposals, told) = told(&advice);
        assert_eq!(proposals, expect.map_or(vec![], |one| vec![one, one]), "{figures:?}");
        assert_eq!((told.len(), advice.looked_at), (notes, 2), "{figures:?}");
    };
    let full = Some((Some(90.0), Some(100.0), Some(0.8)));
    check(full, 4, Some((5, false)), 0);
    check(full, 5, None, 0);
    // Nothing is known: nothing is proposed, and it is told once an agent.
    check(None, 5, None, 1);
    check(None, 3, None, 1);
    // What a rule makes of a missing figure is shown, and not to be written.
    check(Some((Some(90.0), Some(100.0), None)), 5, Some((3, true)), 0);
    check(Some((Some(90.0), None, Some(0.8))), 5, Some((2, true)), 0);
    check(Some((Some(0.0), Some(0.0), Some(0.8))), 5, Some((2, true)), 0);
}

#[test]
fn inputs_and_reasons_are_told() {
    let of = subject("assignment/u-1/a", "agent/u-1", 5, Some("u-1"));
    let figures = AgentFigures { talk: Some(80.0), handle: Some(120.0), resolution: None };
    let advice = levels(&[of], &BTreeMap::from([("u-1".to_owned(), figures)]));
    let mut json = serde_json::to_value(&advice).unwrap();
    let reason = json["proposals"][0]["reason"].take();
    let expect = "talk time is 66.67 % of handle time, resolution rate taken as 50 %; \
        the tenant tells no resolutionRate";
    assert_eq!(reason, expect);
    let inputs = json!({"days": 7, "talkTime": 80, "handleTime": 120, "resolutionRate": null,
        "efficiency": 0.666_667, "missing": ["resolutionRate"]});
    let proposal = json!({"address": "assignment/u-1/a", "path": "/level", "current": 5,
        "proposed": 3, "reason": null, "inputs": inputs});
    let expect = json!({"format_version": "1.0", "model": "source", "proposals": [proposal],
        "notes": []});
    assert_eq!(json, expect);
}

fn day(wait: f64, abandon: f64, calls: f64) -> QueueDay {
    QueueDay {
        wait: Some(wait),
        abandon: Some(abandon),
        calls: Some(calls),
        handle_sum: Some(calls * 180_000.0),
        handle_average: None,
    }
}

#[test]
fn capacities_that_differ_are_proposed() {
    let check = |current: i64, days: &[QueueDay], expect: &[i64], note: Option<&str>| {
        let known = BTreeMap::from([("q-1".to_owned(), days.to_vec())]);
        let advice = capacities(&[queue(current)], &known);
        let (proposals, notes) = told(&advice);
        let proposals: Vec<i64> = proposals.into_iter().map(|(proposed, _)| proposed).collect();
        assert_eq!((&proposals[..], notes.first().copied()), (expect, note), "{days:?}");
    };
    let slow = day(40_000.0, 0.0, 10.0);
    let slow = [slow];
    check(100, &slow, &[110], None);
    check(100, &[day(0.0, 0.0, 10.0)], &[], None);
    check(100, &[], &[], Some("no data in the last 7 days: the capacity stays as it is"));
    let empty = [QueueDay::default(), QueueDay::default()];
    check(100, &empty, &[], Some("2 days tell no waits and no abandoned calls"));
    let small = "the mean wait is 40000 ms, over 30000, and a tenth more of 9 is no more";
    check(9, &slow, &[], Some(small));
    check(4900, &slow, &[5000], None);
    check(
        5000,
        &slow,
        &[],
        Some("the mean wait is 40000 ms, over 30000, and a tenth more of 5000 is no more"),
    );
    let new = subject("queue/New", "queue/New", 5, None);
    let advice = capacities(&[new], &BTreeMap::new());
    assert_eq!(told(&advice).1, ["not in the tenant yet: there is no data"]);
}

fn assumed(patience: Option<f64>) -> Assumptions {
    let target = Target { service_level: 0.8, within: 20.0, occupancy: 0.85, shrinkage: 0.3 };
    Assumptions { target, hours: 8.0, patience }
}

fn staff(days: &[QueueDay], model: Model, patience: Option<f64>) -> Advice {
    let known = BTreeMap::from([("q-1".to_owned(), days.to_vec())]);
    staffing(&[queue(12)], &known, model, &assumed(patience))
}

#[test]
fn agents_that_a_queue_needs() {
    // 200 calls an hour, three minutes each: the published example.
    let busy = vec![day(0.0, 0.0, 1600.0); 7];
    let advice = staff(&busy, Model::ErlangC, None);
    let of = &advice.staffing[0];
    assert_eq!((of.agents, of.scheduled), (14, 20));
    assert_eq!(of.expected["serviceLevel"], json!(0.88835));
    assert_eq!(of.inputs["callsPerHour"], json!(200));
    assert_eq!(told(&advice).0, [(14, false)], "the queue holds 12");
    // A day without calls is a day off.
    let week = [&busy[..5], &[day(0.0, 0.0, 0.0), QueueDay::default()]].concat();
    assert_eq!(staff(&week, Model::ErlangC, None).staffing[0].inputs["days"], json!(5));
    assert_eq!(staff(&week, Model::ErlangC, None).staffing[0].agents, 14);
    // Callers who hung up came, too.
    let lossy = staff(&vec![day(0.0, 0.2, 1280.0); 3], Model::ErlangC, None);
    assert_eq!(lossy.staffing[0].agents, 14);
    // A handle time that is an average.
    let average = QueueDay { handle_sum: None, handle_average: Some(180_000.0), ..busy[0].clone() };
    assert_eq!(
        staff(&[average.clone(), average.clone(), average], Model::ErlangC, None).staffing[0]
            .agents,
        14
    );
    let patient = staff(&busy, Model::ErlangA, Some(300.0));
    assert_eq!(patient.staffing[0].agents, 13);
    assert_eq!(patient.staffing[0].inputs["patienceSeconds"], json!(300));
}

#[test]
fn patience_follows_from_waits_and_abandoned_calls() {
    // Of 1600 offered calls a tenth hangs up, and all wait 30 seconds on average.
    let days = vec![day(1600.0 * 30_000.0, 0.1, 1440.0); 3];
    let advice = staff(&days, Model::ErlangA, None);
    assert_eq!(advice.staffing[0].inputs["patienceSeconds"], json!(300));
    let check = |days: &[QueueDay], expect: &str| {
        let advice = staff(days, Model::ErlangA, None);
        assert_eq!((advice.staffing.len(), told(&advice).1), (0, vec![expect]));
    };
    let unknown = "patience is not known without waits and abandoned calls; say it with --patience";
    check(&vec![day(1e6, 0.0, 1000.0); 3], unknown);
    check(&vec![QueueDay { wait: None, ..day(0.0, 0.1, 1000.0) }; 3], unknown);
    let odd = "a patience of 0.3 s, which follows from the figures, is not believable; \
        say it with --patience";
    check(&vec![day(40_000.0, 0.1, 1440.0); 3], odd);
}

#[test]
fn little_data_says_so() {
    let check = |days: &[QueueDay], expect: &str| {
        let advice = staff(days, Model::ErlangC, None);
        assert_eq!((advice.proposals.len(), told(&advice).1), (0, vec![expect]));
    };
    let few = "it takes 100 on 3";
    check(
        &vec![day(0.0, 0.0, 500.0); 2],
        &format!("little data: 1000 calls on 2 of 2 days; {few}"),
    );
    check(&vec![day(0.0, 0.0, 33.0); 3], &format!("little data: 99 calls on 3 of 3 days; {few}"));
    check(&[QueueDay::default()], &format!("little data: 0 calls on 0 of 1 days; {few}"));
    check(&[], "no data in the last 7 days: the capacity stays as it is");
    let untimed = QueueDay { handle_sum: None, ..day(0.0, 0.0, 100.0) };
    check(&vec![untimed; 3], "the tenant tells no handle time");
}

#[test]
fn figures_for_readers() {
    for (value, expect) in [
        (Some(3.0), json!(3)),
        (Some(0.123_456_78), json!(0.123_457)),
        (Some(f64::INFINITY), Value::Null),
        (None, Value::Null),
    ] {
        assert_eq!(figure(value), expect);
    }
    assert_eq!((percent(0.85), percent(0.666_66)), ("85 %".to_owned(), "66.67 %".to_owned()));
}
