//! A plan and what became of it, with pseudonyms in the place of people: a copy of the data, so that
//! every way of telling it is covered.
//!
//! Where a person stands is known of addresses ([`crate::kinds::person_of`]), labels and ids. Messages are
//! texts: there, whole words that mean a person of the plan are exchanged. Who makes a field public
//! says here what becomes of it: structs are taken apart without `..`.

mod drift;
mod pseudonym;

use std::collections::BTreeSet;
use std::sync::Arc;

use secrecy::SecretString;

use super::outcome::{INTERRUPTED, STOPPED_ON_ERROR};
use super::people::{Meant, People, Piece, Texts};
use super::saved::close;
use super::timeline::{Moment, Timeline};
use super::{Applied, Change, CheckResult, Outcome, OutcomeStatus, Plan, Precondition, Selected};
use crate::facts::PEOPLE;
use crate::kinds::{kind_of, person_of};
use crate::model::{Address, Coverage, Covered, Facts, Links, References};
use pseudonym::Pseudonyms;

/// What stands for what may mean somebody.
const HIDDEN: &str = "redacted";
/// Where what is not told can be read.
const ELSEWHERE: &str = "outcome.json of the run says more";

/// Puts pseudonyms in the place of the people of one plan.
pub struct Redaction {
    pseudonyms: Pseudonyms,
    texts: Texts,
    /// What queues and skills are called: a text that may mean one of these tells nobody's name.
    others: BTreeSet<String>,
}

impl Redaction {
    /// For a plan and what becomes of it. Pseudonyms are the same for the same key and tenant.
    #[must_use]
    pub fn new(key: &SecretString, plan: &Plan) -> Self {
        let mut texts = Texts::default();
        for (person, names) in &plan.people {
            let person: Arc<str> = Arc::from(person.as_str());
            names.iter().for_each(|name| texts.add(name, &person));
        }
        let mut others = BTreeSet::new();
        let of_changes = plan.resource_changes.iter().map(|change| &change.address);
        let of_checks = plan.checks.iter().filter_map(|check| check.address.as_ref());
        for address in of_changes.chain(of_checks).chain(plan.references.keys()) {
            match person_of(address.kind()) {
                Some(index) => texts.add_person(&address.segment(index)),
                None => drop(others.insert(address.segment(0))),
            }
        }
        // A plan says itself whom its messages name.
        let pseudonyms = Pseudonyms::new(key, &plan.tenant.url);
        Self { pseudonyms, texts, others }
    }

    /// The plan as it may be shown. Its hash is that of the plan itself; it can be read and not
    /// applied.
    #[must_use]
    pub fn plan(&self, plan: &Plan) -> Plan {
        let Plan {
            format_version,
            tool_version,
            hash,
            integrity: _,
            redacted: _,
            tenant,
            source,
            references,
            people: _,
            resource_changes,
            selection,
            unmanaged,
            coverage,
            timeline,
            wants_everybody,
            checks,
            summary,
            applyable,
        } = plan;
        let mut redacted = Plan {
            format_version: format_version.clone(),
            tool_version: tool_version.clone(),
            hash: hash.clone(),
            integrity: String::new(),
            redacted: true,
            tenant: tenant.clone(),
            source: source.clone(),
            references: self.references(references),
            people: People::new(),
            resource_changes: resource_changes.iter().map(|change| self.change(change)).collect(),
            selection: selection.as_ref().map(|selected| self.selected(selected)),
            unmanaged: unmanaged.clone(),
            coverage: coverage.as_ref().map(|coverage| self.coverage(coverage)),
            timeline: timeline.as_ref().map(|timeline| self.timeline(timeline)),
            wants_everybody: *wants_everybody,
            checks: checks.iter().map(|check| self.check(check)).collect(),
            summary: summary.clone(),
            applyable: *applyable,
        };
        // The order of names would tell something of them. Two of one address keep theirs.
        redacted.resource_changes.sort_by(|one, other| one.address.cmp(&other.address));
        redacted.checks.sort();
        close(&mut redacted);
        redacted
    }

    /// A change as it may be shown. What only an apply needs is left out.
    #[must_use]
    pub fn change(&self, change: &Change) -> Change {
        let Change {
            address,
            kind,
            name,
            id,
            previous_address,
            change,
            reason,
            drifted,
            source,
            precondition: _,
            carry: _,
            replaces,
            unknown,
            depends_on,
            held_by,
        } = change;
        let shown = self.address(address);
        let name = match (person_of(address.kind()), kind_of(address)) {
            (Some(_), Some(kind)) => kind.label(&shown, &Links::new(), &Facts::default()),
            _ => name.clone(),
        };
        Change {
            id: id.as_deref().map(|id| self.id(address, id)),
            address: shown,
            kind: Arc::clone(kind),
            name,
            previous_address: previous_address.as_ref().map(|address| self.address(address)),
            change: change.clone(),
            reason: *reason,
            drifted: *drifted,
            source: source.clone(),
            precondition: Precondition::default(),
            carry: None,
            replaces: *replaces,
            unknown: Arc::clone(unknown),
            depends_on: depends_on.iter().map(|address| self.address(address)).collect(),
            held_by: held_by.clone(),
        }
    }

    /// What became of a plan, as it may be shown. The tenant's words about what failed are left
    /// out: they may name anybody, in any way.
    #[must_use]
    pub fn applied(&self, applied: &Applied) -> Applied {
        let Applied { outcomes, stopped } = applied;
        self.result(outcomes, stopped.as_deref())
    }

    /// The same of its parts.
    #[must_use]
    pub fn result(&self, outcomes: &[Outcome], stopped: Option<&str>) -> Applied {
        let mut outcomes: Vec<Outcome> =
            outcomes.iter().map(|outcome| self.outcome(outcome)).collect();
        outcomes.sort_by(|one, other| one.address.cmp(&other.address));
        Applied { outcomes, stopped: stopped.map(stop) }
    }

    /// What became of one change, likewise.
    #[must_use]
    pub fn outcome(&self, outcome: &Outcome) -> Outcome {
        let Outcome {
            address,
            previous_address,
            id,
            action,
            status,
            message,
            clashes,
            attempts,
            duration,
            http_status,
            request_id,
            payload_hash: _,
            before,
            after,
        } = outcome;
        let message = message.as_ref().map(|message| match (status, http_status) {
            _ if outcome.has_waited() => self.text(message, Some(address)),
            (OutcomeStatus::NotStarted, _) => stop(message),
            (_, Some(status)) => format!("the tenant answered {status}; {ELSEWHERE}"),
            (_, None) => format!("there was no answer to go by; {ELSEWHERE}"),
        });
        Outcome {
            address: self.address(address),
            previous_address: previous_address.as_ref().map(|address| self.address(address)),
            id: id.as_deref().map(|id| self.id(address, id)),
            action: *action,
            status: *status,
            message,
            clashes: clashes.clone(),
            attempts: *attempts,
            duration: *duration,
            http_status: *http_status,
            request_id: request_id.clone(),
            payload_hash: None,
            before: before.clone(),
            after: after.clone(),
        }
    }

    /// The tenant's id of what is at an address.
    #[must_use]
    pub fn id(&self, address: &Address, id: &str) -> Arc<str> {
        match person_of(address.kind()) {
            Some(index) if address.kind() == PEOPLE => {
                self.pseudonyms.person(&address.segment(index)).into()
            }
            Some(_) => self.pseudonyms.id(id).into(),
            None => id.into(),
        }
    }

    /// A pattern of addresses, as `--only` has it.
    #[must_use]
    pub fn pattern(&self, pattern: &str) -> String {
        let kind = pattern.split('/').next().unwrap_or_default();
        let (is_sure, person) = (!kind.contains('*'), person_of(kind));
        if is_sure && person.is_none() {
            return pattern.to_owned();
        }
        // Behind what stands for any number of segments nobody knows which one is meant.
        let mut is_shifted = !is_sure;
        let told = |(index, part): (usize, &str)| {
            let is_person = is_sure && index.checked_sub(1) == person;
            let (may_be_person, was_shifted) = (is_shifted || is_person, is_shifted);
            is_shifted |= part.contains("**");
            match plain(part) {
                _ if !may_be_person || part.chars().all(|c| c == '*') => part.to_owned(),
                Some(segment) if !was_shifted => self.pseudonyms.person(&segment),
                _ => HIDDEN.to_owned(),
            }
        };
        pattern.split('/').enumerate().map(told).collect::<Vec<_>>().join("/")
    }

    /// An address.
    #[must_use]
    pub fn address(&self, address: &Address) -> Address {
        match person_of(address.kind()) {
            Some(index) => {
                let person = self.pseudonyms.person(&address.segment(index));
                address.with_segment(index, &person)
            }
            None => address.clone(),
        }
    }

    /// A text about what is at an address. Where it may mean several people, it means the one of
    /// the address, or nobody knows whom. What a queue or a skill is called, too, is told apart
    /// from all pseudonyms: who knows the queue would know what somebody is called.
    fn text(&self, text: &str, about: Option<&Address>) -> String {
        let own = about.and_then(|about| Some(about.segment(person_of(about.kind())?)));
        let who = |text: &str, meant: &Meant| match meant.first() {
            _ if self.others.contains(text) => self.pseudonyms.unknown(text),
            Some(only) if meant.len() == 1 => self.pseudonyms.person(only),
            _ => match own.as_deref().filter(|own| meant.contains(*own)) {
                Some(own) => self.pseudonyms.person(own),
                None => self.pseudonyms.unknown(text),
            },
        };
        let told = |piece| match piece {
            Piece::Plain(text) => text.to_owned(),
            Piece::Named(text, meant) => who(text, meant),
        };
        self.texts.pieces(text).into_iter().map(told).collect()
    }

    fn references(&self, references: &References) -> References {
        let of = |(address, id): (&Address, &Option<Arc<str>>)| {
            (self.address(address), id.as_deref().map(|id| self.id(address, id)))
        };
        references.iter().map(of).collect()
    }

    fn selected(&self, selected: &Selected) -> Selected {
        let Selected { only, exclude, left_out } = selected;
        let told = |all: &[String]| all.iter().map(|pattern| self.pattern(pattern)).collect();
        Selected { only: told(only), exclude: told(exclude), left_out: *left_out }
    }

    fn check(&self, check: &CheckResult) -> CheckResult {
        let CheckResult { rule, level, status, address, message, hint, source } = check;
        let text = |text: &String| self.text(text, address.as_ref());
        CheckResult {
            rule: rule.clone(),
            level: *level,
            status: *status,
            address: address.as_ref().map(|address| self.address(address)),
            message: message.as_ref().map(text),
            hint: hint.as_ref().map(text),
            source: source.clone(),
        }
    }

    fn coverage(&self, coverage: &Coverage) -> Coverage {
        let Coverage { timezone, from, to, agents, resources, teams, later } = coverage;
        let covered = |covered: &Covered| {
            let Covered { address, agents, touched, by, spans } = covered;
            Covered {
                address: self.address(address),
                agents: *agents,
                touched: *touched,
                by: by.iter().map(|address| self.address(address)).collect(),
                spans: spans.clone(),
            }
        };
        Coverage {
            timezone: timezone.clone(),
            from: *from,
            to: *to,
            agents: *agents,
            resources: resources.iter().map(covered).collect(),
            teams: teams.clone(),
            later: *later,
        }
    }

    fn timeline(&self, timeline: &Timeline) -> Timeline {
        let Timeline { from, to, moments } = timeline;
        let moments = moments.iter().map(|moment| self.moment(moment)).collect();
        Timeline { from: from.clone(), to: to.clone(), moments }
    }

    fn moment(&self, moment: &Moment) -> Moment {
        let Moment { at, event, kind, head, count, names, members, begins, ends, next } = moment;
        let mut shown: Vec<(Address, String)> = members
            .iter()
            .map(|member| self.address(member))
            .zip(names)
            .map(|(member, name)| match person_of(member.kind()) {
                Some(index) => (member.clone(), member.segment(index)),
                None => (member, name.clone()),
            })
            .collect();
        shown.sort();
        let (members, names) = shown.into_iter().unzip();
        Moment {
            at: at.clone(),
            event: *event,
            kind: kind.clone(),
            head: head.clone(),
            count: *count,
            names,
            members,
            begins: begins.clone(),
            ends: ends.clone(),
            next: next.clone(),
        }
    }
}

/// The plain text of a segment of a pattern, where it stands for itself.
fn plain(part: &str) -> Option<String> {
    let address = format!("x/{part}").parse::<Address>().ok()?;
    (!part.contains('*')).then(|| address.segment(0))
}

/// Why an apply stopped, as far as these are our own words.
fn stop(why: &str) -> String {
    match why {
        INTERRUPTED | STOPPED_ON_ERROR => why.to_owned(),
        _ => format!("something went wrong that all else needs; {ELSEWHERE}"),
    }
}

#[cfg(test)]
mod tests;
