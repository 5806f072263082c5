//! What became of a plan, as text for people.

use std::fmt::Write as _;

use super::fields::{one_line, shown};
use crate::kinds::Action;
use crate::plan::{Applied, Clash, Outcome, OutcomeStatus, Plan};

/// What was not done, each with its reason, and the closing line.
#[must_use]
pub fn outcome(plan: &Plan, applied: &Applied) -> String {
    let mut text = String::new();
    for outcome in &applied.outcomes {
        tell(&mut text, outcome);
    }
    if let Some(why) = &applied.stopped {
        let _ = writeln!(text, "! stopped: {}", one_line(why));
    }
    let is_undone = |outcome: &&Outcome| {
        !matches!(outcome.status, OutcomeStatus::Done | OutcomeStatus::Already)
    };
    if applied.stopped.is_some() || applied.outcomes.iter().any(|outcome| is_undone(&outcome)) {
        let again = match &plan.source.undoes {
            Some(run) => format!("Run `cxform rollback {}` again", one_line(run)),
            None => "Plan and apply again".to_owned(),
        };
        let _ =
            writeln!(text, "\nWhat is done stays done. {again} to go on: nothing is done twice.");
    }
    if let Some(selected) = &plan.selection {
        let _ = writeln!(text, "The plan was partial: {}.", one_line(&selected.to_string()));
    }
    text.push_str(&beside(plan, applied));
    text.push_str(&closing(plan, applied));
    text.push('\n');
    text
}

/// What the closing line does not count: changes that were there already, and steps of an undoing
/// that were all held.
fn beside(plan: &Plan, applied: &Applied) -> String {
    let mut text = match applied.count(OutcomeStatus::Already) {
        0 => String::new(),
        1 => "1 change was there already, as the plan wants it; it is not counted.\n".to_owned(),
        already => {
            format!(
                "{already} changes were there already, as the plan wants them; they are not counted.\n"
            )
        }
    };
    if plan.source.undoes.is_some() && plan.live().next().is_none() && plan.summary.held > 0 {
        text.push_str("Nothing was undone: all that is left to undo is held.\n");
    }
    text
}

/// The closing line of an apply.
fn closing(plan: &Plan, applied: &Applied) -> String {
    let count = |status| applied.count(status);
    let undone = [
        OutcomeStatus::Failed,
        OutcomeStatus::Unknown,
        OutcomeStatus::NotStarted,
        OutcomeStatus::Conflict,
    ];
    if undone.into_iter().all(|status| count(status) == 0) {
        let done = |action| {
            let of = |outcome: &&Outcome| {
                outcome.status == OutcomeStatus::Done && outcome.action == action
            };
            applied.outcomes.iter().filter(of).count()
        };
        let held = match plan.summary.held {
            0 => String::new(),
            held => format!("; {held} held"),
        };
        return format!(
            "Apply complete! Resources: {} added, {} changed, {} destroyed{held}.",
            done(Action::Create),
            done(Action::Update),
            done(Action::Delete)
        );
    }
    let conflicts = match count(OutcomeStatus::Conflict) {
        0 => String::new(),
        1 => "; 1 conflict".to_owned(),
        conflicts => format!("; {conflicts} conflicts"),
    };
    format!(
        "Apply incomplete: {} done, {} failed, {} unknown, {} not started{conflicts}.",
        count(OutcomeStatus::Done),
        count(OutcomeStatus::Failed),
        count(OutcomeStatus::Unknown),
        count(OutcomeStatus::NotStarted)
    )
}

fn tell(text: &mut String, outcome: &Outcome) {
    let word = match outcome.status {
        OutcomeStatus::Done if outcome.clashes.is_empty() => return,
        OutcomeStatus::Done => "overwritten",
        OutcomeStatus::Already => return,
        OutcomeStatus::Conflict => "conflict",
        OutcomeStatus::Failed => "failed",
        OutcomeStatus::Unknown => "unknown",
        OutcomeStatus::NotStarted => "not started",
    };
    let message = outcome.message.as_deref().filter(|_| outcome.clashes.is_empty());
    let message = message.map_or_else(String::new, |message| format!(": {}", one_line(message)));
    let _ = writeln!(text, "! {} {word}{message}", outcome.address);
    for clash in &outcome.clashes {
        let _ = writeln!(text, "    {}", conflict(outcome, clash));
    }
}

/// `queue/Main /capacity: was 10, now 99, wanted 20`.
fn conflict(outcome: &Outcome, clash: &Clash) -> String {
    let path = if clash.path.is_empty() { String::new() } else { format!(" {}", clash.path) };
    format!(
        "{}{path}: was {}, now {}, wanted {}",
        outcome.address,
        shown(&clash.base),
        shown(&clash.theirs),
        shown(&clash.ours)
    )
}
