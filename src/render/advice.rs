//! Advice, for people.

use std::collections::BTreeMap;
use std::fmt::{Result, Write};

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::fields;
use crate::advice::{Advice, Gap, Model, Note, Proposal, Staffing};
use crate::kinds::kind_of;

/// So many names are told of those who share a note.
const NAMES: usize = 10;
/// So many stretches of hours are told of a queue that is short of agents.
const RUNS: usize = 8;

/// Writes advice as text; a line ends each part.
///
/// # Errors
/// What it is written to cannot be written.
pub fn advice(out: &mut dyn Write, advice: &Advice, zone: &TimeZone) -> Result {
    for proposal in &advice.proposals {
        tell(out, proposal)?;
    }
    for staffing in &advice.staffing {
        need(out, staffing)?;
        compared(out, staffing, zone)?;
    }
    notes(out, &advice.notes)?;
    let model = match advice.model {
        Model::Source => "the sources' rule",
        Model::ErlangC => "Erlang C",
        Model::ErlangA => "Erlang A",
    };
    let count = advice.proposals.len();
    let word = if count == 1 { "proposal" } else { "proposals" };
    let values = if advice.looked_at == 1 { "value" } else { "values" };
    writeln!(out, "Advice by {model}: {count} {word} for {} declared {values}.", advice.looked_at)
}

fn tell(out: &mut dyn Write, proposal: &Proposal) -> Result {
    let Proposal { address, path, current, proposed, reason, .. } = proposal;
    let kind = kind_of(address);
    let verdict = kind.and_then(|kind| kind.is_better(path, *current, *proposed));
    let difference = fields::difference(&Value::from(*current), &Value::from(*proposed), verdict);
    let label = match proposal.label == address.segment(0) {
        true => String::new(),
        false => format!("  ({})", fields::one_line(&proposal.label)),
    };
    writeln!(out, "~ {address}{label}  {}: {}", fields::path(path), difference.join(" "))?;
    writeln!(out, "    {reason}")?;
    if proposal.is_weak {
        writeln!(out, "    figures are missing: --write leaves it")?;
    }
    writeln!(out, "    at {}\n", proposal.place)
}

fn need(out: &mut dyn Write, staffing: &Staffing) -> Result {
    let Staffing { address, agents, scheduled, expected, inputs, .. } = staffing;
    let percent = |value: &Value| {
        let share = value.as_f64().unwrap_or_default();
        format!("{} %", (share * 1e4).round() / 1e2)
    };
    let plain = |value: &Value| match value.as_f64() {
        Some(number) => ((number * 100.0).round() / 100.0).to_string(),
        None => "unknown".to_owned(),
    };
    let input = |name: &str| inputs.get(name).unwrap_or(&Value::Null);
    let result = |name: &str| expected.get(name).unwrap_or(&Value::Null);
    writeln!(out, "{address}  {agents} agents take calls, {scheduled} are on the schedule")?;
    writeln!(
        out,
        "    expected: {} answered within {} s, average wait {} s, busy {}, abandoned {}",
        percent(result("serviceLevel")),
        plain(input("withinSeconds")),
        plain(result("averageSpeedOfAnswer")),
        percent(result("occupancy")),
        percent(result("abandoned"))
    )?;
    writeln!(
        out,
        "    wanted: {} within {} s, busy at most {}, shrinkage {}",
        percent(input("serviceLevel")),
        plain(input("withinSeconds")),
        percent(input("maxOccupancy")),
        percent(input("shrinkage"))
    )?;
    let patience = match inputs.get("patienceSeconds") {
        Some(patience) => format!(", patience {} s", plain(patience)),
        None => String::new(),
    };
    writeln!(
        out,
        "    from {} days: {} calls a day, taken as {} an hour for {} hours, {} s each{patience}",
        plain(input("days")),
        plain(input("callsOfferedPerDay")),
        plain(input("callsPerHour")),
        plain(input("hoursPerDay")),
        plain(input("handleSeconds"))
    )
}

/// Who can serve beside who is needed, in the hours in which anybody can.
fn compared(out: &mut dyn Write, staffing: &Staffing, zone: &TimeZone) -> Result {
    let short = staffing.hours.iter().filter(|gap| gap.missing > 0).count();
    let (of, need) = (staffing.hours.len(), staffing.scheduled);
    match (of, short) {
        (0, _) => writeln!(out, "    in the next 7 days nobody can serve it\n")?,
        (of, 0) => {
            writeln!(out, "    in all {of} hours of the next 7 days enough agents can serve\n")?
        }
        (of, short) => {
            writeln!(out, "    in {short} of {of} hours of the next 7 days too few can serve:")?;
        }
    }
    let alike = |one: &Gap, next: &Gap| {
        let follows = one.requirement.hour.duration_until(next.requirement.hour).as_hours() == 1;
        follows && one.covered == next.covered
    };
    let runs = staffing.hours.chunk_by(alike).filter(|run| run.iter().any(|gap| gap.missing > 0));
    let runs: Vec<&[Gap]> = runs.collect();
    for run in runs.iter().take(RUNS) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let from = zone.to_datetime(first.requirement.hour).strftime("%a %Y-%m-%d %H:%M");
        let end = last.requirement.hour.saturating_add(1.hour()).unwrap_or(last.requirement.hour);
        let end = zone.to_datetime(end).strftime("%a %H:%M");
        let (covered, missing) = (first.covered.unwrap_or_default(), first.missing);
        writeln!(out, "        {from} to {end}  {covered} of {need}, {missing} missing")?;
    }
    if runs.len() > RUNS {
        writeln!(out, "        and {} more times (--format json has them)", runs.len() - RUNS)?;
    }
    if short > 0 { writeln!(out) } else { Ok(()) }
}

/// What is said of several is said once.
fn notes(out: &mut dyn Write, notes: &[Note]) -> Result {
    let mut shared: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for note in notes {
        shared.entry(&note.message).or_default().push(&note.label);
    }
    for (message, names) in shared {
        let told: Vec<String> =
            names.iter().take(NAMES).map(|name| fields::one_line(name)).collect();
        let more = match names.len().saturating_sub(NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(out, "note: {message}\n    {}{more}\n", told.join(", "))?;
    }
    Ok(())
}
