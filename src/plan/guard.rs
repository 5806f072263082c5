//! Guards over a whole plan: how much of what exists it may delete or change.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::passed;
use super::hold::hold_what_waits;
use super::{Change, CheckResult, Policy, Reason, Status};
use crate::kinds::Action;
use crate::model::{AtMost, Level, Limit};

/// Of fewer resources no part is counted: one of three is soon more than 30 %.
const FEWEST: usize = 10;

/// One guard.
struct Guard {
    rule: &'static str,
    /// Whether updates count, beside deletions.
    updates: bool,
    /// Whether updates count that are only due.
    due: bool,
    /// What becomes of what is counted.
    what: &'static str,
}

/// The table of guards.
const GUARDS: &[Guard] = &[
    Guard { rule: "deletePercent", updates: false, due: false, what: "deleted" },
    Guard { rule: "changePercent", updates: true, due: false, what: "changed or deleted" },
    Guard { rule: "deletes", updates: false, due: false, what: "deleted" },
    Guard { rule: "changes", updates: true, due: true, what: "changed or deleted" },
];

/// The names of the rules over a whole plan.
pub fn guards() -> impl Iterator<Item = &'static str> {
    GUARDS.iter().map(|guard| guard.rule).chain([super::coverage::COVERAGE])
}

/// What is to be applied to the resources of one kind. Creates endanger nothing that exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    updates: usize,
    due: usize,
    deletions: usize,
}

type Tallies = BTreeMap<Arc<str>, Tally>;

/// Too much: of one kind, or of all together.
struct Breach {
    kind: Option<Arc<str>>,
    message: String,
}

/// Asks the guards about changes in the order of their addresses; `existing` counts the declared
/// resources of each kind that exist. What a guard withholds, no other one counts.
pub(super) fn guard(
    changes: &mut [&mut Change],
    existing: &BTreeMap<String, usize>,
    policy: &Policy,
) -> Vec<CheckResult> {
    let mut results = Vec::new();
    if changes.iter().all(|change| change.action().is_none()) {
        return results;
    }
    let level = |guard: &Guard| policy.level(guard.rule, Level::Block);
    let asked = GUARDS.iter().filter(|guard| policy.is_on(guard.rule));
    let (first, last): (Vec<&Guard>, _) = asked.partition(|guard| level(guard) == Level::Hold);
    for guard in first.into_iter().chain(last) {
        let (rule, level) = (guard.rule, level(guard));
        let Some(limit) = policy.limits.of(rule) else { continue };
        let breaches = guard.breaches(limit, &tally(changes), existing);
        if breaches.is_empty() {
            results.push(passed(rule, level));
        }
        for Breach { kind, message } in breaches {
            if level == Level::Hold {
                guard.withhold(changes, kind.as_deref());
            }
            results.push(CheckResult {
                status: if level == Level::Warn { Status::Warn } else { Status::Fail },
                message: Some(format!("{message}; the limit is {}", limit.origin(rule))),
                hint: Some(format!("do it in smaller steps, or set another policy.{rule}")),
                ..passed(rule, level)
            });
        }
    }
    results
}

/// What is to be applied, by kind. Two changes of one resource count once, as the graver one.
fn tally(changes: &[&mut Change]) -> Tallies {
    let mut tallies = Tallies::new();
    for same in changes.chunk_by(|one, next| one.address == next.address) {
        let graver = same.iter().filter(|change| change.is_live()).max_by_key(|c| c.action());
        let Some(change) = graver else { continue };
        let Some(action @ (Action::Update | Action::Delete)) = change.action() else { continue };
        let tally = match tallies.get_mut(&change.kind) {
            Some(tally) => tally,
            None => tallies.entry(Arc::clone(&change.kind)).or_default(),
        };
        match action {
            Action::Delete => tally.deletions += 1,
            _ if change.reason == Reason::Due => tally.due += 1,
            _ => tally.updates += 1,
        }
    }
    tallies
}

impl Guard {
    fn count(&self, tally: Tally) -> usize {
        let only = |counts: bool, count| if counts { count } else { 0 };
        tally.deletions + only(self.updates, tally.updates) + only(self.due, tally.due)
    }

    fn breaches(
        &self,
        limit: &Limit,
        tallies: &Tallies,
        existing: &BTreeMap<String, usize>,
    ) -> Vec<Breach> {
        let counts = tallies.iter().map(|(kind, tally)| (kind, self.count(*tally)));
        let counts: Vec<(&Arc<str>, usize)> = counts.filter(|(_, count)| *count > 0).collect();
        match limit.at_most {
            AtMost::Percent(percent) => {
                let breach = |(kind, count): (&Arc<str>, usize)| {
                    let total = existing.get(&**kind).copied().unwrap_or_default();
                    let (count, all) = (count as u64, total as u64);
                    (total >= FEWEST && percent.is_exceeded_by(count, all)).then(|| Breach {
                        kind: Some(Arc::clone(kind)),
                        message: format!(
                            "{} > {percent}: {kind}s to be {}",
                            percent.compared(count, all),
                            self.what
                        ),
                    })
                };
                counts.into_iter().filter_map(breach).collect()
            }
            AtMost::Count(most) => {
                let total: usize = counts.iter().map(|(_, count)| count).sum();
                let named = counts.iter().map(|(kind, count)| match count {
                    1 => format!("1 {kind}"),
                    count => format!("{count} {kind}s"),
                });
                let named = named.collect::<Vec<_>>().join(" and ");
                let message = format!("{total} > {most}: {named} to be {}", self.what);
                (total as u64 > most)
                    .then_some(Breach { kind: None, message })
                    .into_iter()
                    .collect()
            }
        }
    }

    /// Withholds what was counted, and what depends on it.
    fn withhold(&self, changes: &mut [&mut Change], kind: Option<&str>) {
        let is_counted = |change: &Change| match change.action() {
            Some(Action::Delete) => true,
            Some(Action::Update) if change.reason == Reason::Due => self.due,
            Some(Action::Update) => self.updates,
            Some(Action::Create) | None => false,
        };
        for change in changes.iter_mut().filter(|change| change.is_live() && is_counted(change)) {
            if kind.is_none_or(|kind| *change.kind == *kind) {
                change.held_by.push(self.rule.to_owned());
            }
        }
        hold_what_waits(changes);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::{GUARDS, guard};
    use crate::model::{AtMost, Limit, Percent};
    use crate::plan::tests::change;
    use crate::plan::{Change, PlannedAction, Policy, Reason, Setting, Status};

    /// Changes by a letter each: `d`elete, `u`pdate, `c`reate, `n`o-op; upper-case ones are held,
    /// `t` is an update whose time has come, and `x` is an update and a deletion of one resource.
    fn changes(letters: &str) -> Vec<Change> {
        let mut changes = Vec::new();
        for (index, letter) in letters.chars().enumerate() {
            let address = format!("queue/{index:03}");
            let (one, two) = (json!({"c": 1}), json!({"c": 2}));
            let update = || change(&address, PlannedAction::Update, &one, &two);
            let delete = || change(&address, PlannedAction::Delete, &one, &Value::Null);
            match letter.to_ascii_lowercase() {
                'd' => changes.push(delete()),
                'u' => changes.push(update()),
                't' => changes.push(Change { reason: Reason::Due, ..update() }),
                'c' => changes.push(change(&address, PlannedAction::Create, &Value::Null, &two)),
                'n' => changes.push(change(&address, PlannedAction::NoOp, &one, &one)),
                _ => changes.extend([update(), delete()]),
            }
            if letter.is_ascii_uppercase() {
                changes.last_mut().unwrap().held_by.push("licence".to_owned());
            }
        }
        changes
    }

    /// What the guards say: the numbers of those that fail, then how many changes are held.
    fn told(letters: &str, existing: usize, policy: &Policy) -> String {
        let mut changes = changes(letters);
        let existing = BTreeMap::from([("queue".to_owned(), existing)]);
        let results = guard(&mut changes.iter_mut().collect::<Vec<_>>(), &existing, policy);
        let failed = results.iter().filter(|result| result.status != Status::Pass);
        let numbers = failed.map(|result| {
            let message = result.message.as_deref().unwrap();
            format!("{} {}; ", result.rule, message.split(':').next().unwrap())
        });
        let numbers = numbers.collect::<String>();
        format!("{numbers}{} held", changes.iter().filter(|c| !c.held_by.is_empty()).count())
    }

    fn policy(limits: &[(&str, AtMost)], checks: &[(&str, Setting)]) -> Policy {
        let mut policy = Policy::default();
        for (rule, at_most) in limits {
            policy.limits.set(rule, Limit { at_most: *at_most, place: None });
        }
        policy.checks = checks.iter().map(|(rule, to)| ((*rule).to_owned(), *to)).collect();
        policy
    }

    fn percent(text: &str) -> AtMost {
        AtMost::Percent(Percent::parse(text).unwrap())
    }

    #[test]
    fn deletions_that_are_to_be_applied_are_counted_against_what_exists() {
        let check = |letters: &str, existing, expect: &str| {
            assert_eq!(told(letters, existing, &Policy::default()), expect, "{letters} {existing}");
        };
        check("dddd", 10, "deletePercent 4 of 10 = 40.0 % > 30 %; 0 held");
        check("ddd", 10, "0 held");
        check("ddddddddd", 9, "0 held");
        check("dddddddddd", 10, "deletePercent 10 of 10 = 100.0 % > 30 %; 0 held");
        check("dddDDDD", 10, "4 held");
        check("uuuuuuuuuu", 10, "0 held");
        check("cccccccccc", 10, "0 held");
        check("nnnn", 10, "0 held");
        check("xxx", 10, "0 held");
        check("xxxx", 10, "deletePercent 4 of 10 = 40.0 % > 30 %; 0 held");
    }

    #[test]
    fn updates_count_as_changes_and_a_resource_counts_once() {
        let limits = [("changePercent", percent("50")), ("changes", AtMost::Count(6))];
        let policy = policy(&limits, &[("deletePercent", Setting::Off)]);
        let check = |letters: &str, expect: &str| {
            assert_eq!(told(letters, 12, &policy), expect, "{letters}");
        };
        check("uuuddd", "0 held");
        check("uuudddccc", "0 held");
        check("uuudddU", "1 held");
        check("xxxxxx", "0 held");
        check("uuudddd", "changePercent 7 of 12 = 58.3 % > 50 %; changes 7 > 6; 0 held");
        check("uuuxxxx", "changePercent 7 of 12 = 58.3 % > 50 %; changes 7 > 6; 0 held");
    }

    #[test]
    fn what_is_due_is_no_part_of_what_changes() {
        let limits = [("changePercent", percent("50")), ("changes", AtMost::Count(6))];
        let check = |checks: &[(&str, Setting)], letters: &str, expect: &str| {
            assert_eq!(told(letters, 12, &policy(&limits, checks)), expect, "{letters}");
        };
        check(&[("changes", Setting::Off)], "tttttttttuuu", "0 held");
        check(&[], "tttttt", "0 held");
        check(&[], "ttttttt", "changes 7 > 6; 0 held");
        let hold = [("changePercent", Setting::Hold)];
        let both = "changePercent 7 of 12 = 58.3 % > 50 %; 7 held";
        check(&hold, "ttuuuuuuu", both);
    }

    #[test]
    fn a_number_is_for_the_plan_and_a_part_is_for_a_kind() {
        let check = |at_most: AtMost, letters: &str, existing, expect: &str| {
            let policy = policy(&[("deletes", at_most)], &[("deletePercent", Setting::Off)]);
            assert_eq!(told(letters, existing, &policy), expect, "{letters}");
        };
        check(AtMost::Count(2), "dd", 3, "0 held");
        check(AtMost::Count(2), "ddd", 3, "deletes 3 > 2; 0 held");
        check(AtMost::Count(0), "uu", 3, "0 held");
        check(percent("20"), "ddd", 9, "0 held");
        check(percent("20"), "ddd", 10, "deletes 3 of 10 = 30.0 % > 20 %; 0 held");
    }

    #[test]
    fn what_a_guard_holds_no_other_one_counts() {
        let limits = [("changes", AtMost::Count(4))];
        let check = |checks: &[(&str, Setting)], letters: &str, expect: &str| {
            assert_eq!(told(letters, 10, &policy(&limits, checks)), expect, "{letters}");
        };
        let both = "deletePercent 4 of 10 = 40.0 % > 30 %; changes 5 > 4; 0 held";
        check(&[], "ddddu", both);
        check(&[("changes", Setting::Warn)], "ddddu", both);
        check(
            &[("deletePercent", Setting::Hold)],
            "ddddu",
            "deletePercent 4 of 10 = 40.0 % > 30 %; 4 held",
        );
        check(&[("changes", Setting::Hold)], "dddduc", "changes 5 > 4; 5 held");
    }

    #[test]
    fn what_needs_something_that_a_guard_holds_is_held_too() {
        let mut changes = changes("ddddc");
        let first = changes[0].address.clone();
        changes[4].depends_on.push(first);
        let existing = BTreeMap::from([("queue".to_owned(), 10)]);
        let policy = policy(&[], &[("deletePercent", Setting::Hold)]);
        guard(&mut changes.iter_mut().collect::<Vec<_>>(), &existing, &policy);
        assert_eq!(changes[3].held_by, ["deletePercent"]);
        assert_eq!(changes[4].held_by, ["depends-on-held"]);
    }

    #[test]
    fn every_guard_has_a_limit_to_set() {
        let mut limits = crate::model::Limits::default();
        for rule in GUARDS.iter().map(|guard| guard.rule) {
            limits.set(rule, Limit { at_most: AtMost::Count(1), place: None });
            assert!(limits.of(rule).is_some(), "{rule}");
        }
    }
}
