//! Who will hold the skills that queues ask for, as far as agents were read.

use std::collections::{BTreeMap, BTreeSet};

use super::Assignment;
use crate::kinds::{Action, Checking, Kind, Proposal};
use crate::model::{Address, Document, Finding, Links};

/// The sort of what assignments and queues both name.
pub(super) const SKILL: &str = "skill";
/// The kind of resource that asks for skills.
pub(super) const QUEUE: &str = "queue";
/// The field in which it does.
pub(super) const SKILL_GROUPS: &str = "skillGroups";
/// What to do about both rules.
const HINT: &str = "agents that no manifest names are not read: see whether one of them holds it";

/// A skill that a declared queue will ask for, and what the plan does about it.
struct Asked<'a> {
    queue: Address,
    /// The first change that takes it from an agent, else the first that gives it to one.
    moved: Option<&'a Proposal<'a>>,
    /// The first change by which a queue asks for it that did not before.
    new: Option<&'a Proposal<'a>>,
    /// Two who will hold it, or fewer where there are fewer.
    holders: Vec<Address>,
}

/// A skill that a queue asks for, and that nobody will hold.
pub(super) fn nobody_holds(checking: &Checking<'_>) -> Vec<Finding> {
    let read = read(checking);
    let finding = |(skill, asked): (&Address, &Asked<'_>)| {
        let change = asked.moved.or(asked.new).filter(|_| asked.holders.is_empty())?;
        let (skill, queue) = (skill.segment(0), asked.queue.segment(0));
        let message = format!(
            "none of the {read} agents that were read will hold `{skill}`, which the queue \
             `{queue}` asks for"
        );
        Some(finding("nobody-holds", change, message))
    };
    asked(checking).iter().filter_map(finding).collect()
}

/// A skill that a queue asks for, and that the plan leaves to one agent.
pub(super) fn single_holder(checking: &Checking<'_>) -> Vec<Finding> {
    let read = read(checking);
    let finding = |(skill, asked): (&Address, &Asked<'_>)| {
        let (change, [only]) = (asked.moved?, asked.holders.as_slice()) else { return None };
        let agent = checking.facts.label_of("agent", &only.segment(0));
        let (skill, queue) = (skill.segment(0), asked.queue.segment(0));
        let message = format!(
            "of the {read} agents that were read, only `{agent}` will hold `{skill}`, which the \
             queue `{queue}` asks for"
        );
        Some(finding("single-holder", change, message))
    };
    asked(checking).iter().filter_map(finding).collect()
}

fn finding(rule: &'static str, change: &Proposal<'_>, message: String) -> Finding {
    Finding::error(rule, change.place, message).about(change.address).hint(HINT)
}

/// How many agents were read: those that manifests name.
fn read(checking: &Checking<'_>) -> usize {
    checking.desired.heads(Assignment.name()).count()
}

/// The skills that declared queues will ask for, as far as the plan touches them.
fn asked<'a>(checking: &Checking<'a>) -> BTreeMap<Address, Asked<'a>> {
    let (moved, new) = (moved(checking), newly_asked(checking));
    let mut asked = BTreeMap::new();
    if (moved.is_empty() && new.is_empty()) || read(checking) == 0 {
        return asked;
    }
    for entry in checking.desired.of_kind(QUEUE).filter(|entry| !entry.value.absent) {
        let queue = entry.address();
        let remote = checking.observed.remotes.get(&queue);
        let mut named = entry.value.links.iter().chain(remote.iter().flat_map(|r| &r.links));
        if !named.any(|link| moved.contains_key(&link.address) || new.contains_key(&link.address)) {
            continue;
        }
        let change = checking.proposal(&queue).filter(|proposal| !proposal.held);
        let groups = groups(change.and_then(|change| change.after));
        let groups = groups.or_else(|| self::groups(remote.map(|remote| &remote.document)));
        for skill in groups.unwrap_or_default() {
            let (moved, new) = (moved.get(&skill).copied(), new.get(&skill).copied());
            if moved.is_some() || new.is_some() {
                let (queue, holders) = (queue.clone(), Vec::new());
                asked.entry(skill).or_insert(Asked { queue, moved, new, holders });
            }
        }
    }
    find_holders(checking, &mut asked);
    asked
}

/// The changes by which agents get or lose each skill, one of each; who loses it comes first.
fn moved<'a>(checking: &Checking<'a>) -> BTreeMap<&'a Address, &'a Proposal<'a>> {
    let mut moved: BTreeMap<&Address, &Proposal<'_>> = BTreeMap::new();
    for proposal in live(checking, Assignment.name()).filter(|p| p.action != Action::Update) {
        let Some(skill) = skill(proposal.links) else { continue };
        let first = moved.entry(skill).or_insert(proposal);
        if first.action < proposal.action {
            *first = proposal;
        }
    }
    moved
}

/// The changes by which queues ask for skills that they did not ask for before.
fn newly_asked<'a>(checking: &Checking<'a>) -> BTreeMap<Address, &'a Proposal<'a>> {
    let mut new = BTreeMap::new();
    for proposal in live(checking, QUEUE) {
        let before = groups(proposal.before).unwrap_or_default();
        for skill in groups(proposal.after).unwrap_or_default() {
            if !before.contains(&skill) {
                new.entry(skill).or_insert(proposal);
            }
        }
    }
    new
}

/// Finds who will hold the skills; it looks no further than it must.
fn find_holders(checking: &Checking<'_>, asked: &mut BTreeMap<Address, Asked<'_>>) {
    let mut lacking = 2 * asked.len();
    if lacking == 0 {
        return;
    }
    let of_action = |action| live(checking, Assignment.name()).filter(move |p| p.action == action);
    let gone: BTreeSet<&Address> = of_action(Action::Delete).map(|p| p.address).collect();
    // Whether one more holder is wanted after this one.
    let mut enter = |links: &Links, address: &dyn Fn() -> Address| {
        let asked = skill(links).and_then(|skill| asked.get_mut(skill));
        if let Some(asked) = asked.filter(|asked| asked.holders.len() < 2) {
            let address = address();
            if !gone.contains(&address) {
                asked.holders.push(address);
                lacking -= 1;
            }
        }
        lacking > 0
    };
    let mut come = of_action(Action::Create);
    let mut stay = checking.observed.remotes.of_kind(Assignment.name());
    let is_open = come.all(|proposal| enter(proposal.links, &|| proposal.address.clone()));
    if is_open {
        stay.all(|entry| enter(&entry.value.links, &|| entry.address()));
    }
}

/// The changes of a kind that are to be applied.
pub(super) fn live<'a>(
    checking: &Checking<'a>,
    kind: &'a str,
) -> impl Iterator<Item = &'a Proposal<'a>> {
    checking.all.iter().filter(move |p| !p.held && p.address.kind() == kind)
}

/// The skill that an assignment names.
pub(super) fn skill(links: &Links) -> Option<&Address> {
    links.iter().map(|link| &link.address).find(|address| address.kind() == SKILL)
}

/// The skills that a queue asks for, where its document says so.
pub(super) fn groups(document: Option<&Document>) -> Option<BTreeSet<Address>> {
    let value = document?.value();
    let names = value.get(SKILL_GROUPS)?.as_array()?.iter().filter_map(|name| name.as_str());
    Some(names.map(|name| Address::new(SKILL, &[name])).collect())
}
