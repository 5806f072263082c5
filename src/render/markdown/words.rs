//! How much of what there is, and lists of names.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fields::one_line;
use super::super::plan::member_name;
use crate::kinds::{Grouping, kind_of};
use crate::plan::Change;

/// How wide a list of names is, in characters: a fence is not wrapped.
const WIDTH: usize = 110;

/// `40 queues`, `3 queues, 1 export`.
#[must_use]
pub(super) fn counted<'p>(changes: impl IntoIterator<Item = &'p Change>) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for change in changes {
        let kind = kind_of(&change.address).map_or("resource", |kind| kind.name());
        *kinds.entry(kind).or_default() += 1;
    }
    let told: Vec<String> = kinds.into_iter().map(|(kind, count)| many(count, kind)).collect();
    told.join(", ")
}

/// `1 agent`, `2 agents`.
#[must_use]
pub(super) fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// How many different members grouped changes have, where all are of one sort: `of 40 agents in all,
/// by skill`.
#[must_use]
pub(super) fn members<'p>(changes: impl IntoIterator<Item = &'p Change>) -> Option<String> {
    let mut members = BTreeSet::new();
    let mut sorts = BTreeSet::new();
    for change in changes {
        let Grouping { head, heads, member } = kind_of(&change.address)?.grouped_by()?;
        members.insert(change.address.segment(usize::from(head == 0)));
        sorts.insert((member, heads));
    }
    let [(member, heads)] = sorts.into_iter().collect::<Vec<_>>()[..] else { return None };
    Some(format!("of {} in all, by {heads}", many(members.len(), member)))
}

/// What heads a group: `skill billing`; none where the change stands alone.
#[must_use]
pub(super) fn head(change: &Change) -> Option<String> {
    let grouping = kind_of(&change.address)?.grouped_by()?;
    Some(format!("{} {}", grouping.heads, one_line(&change.address.segment(grouping.head))))
}

/// How many members a group has: `40 agents`.
#[must_use]
pub(super) fn for_whom(group: &[&Change]) -> String {
    let grouping = group.first().and_then(|first| kind_of(&first.address)?.grouped_by());
    many(group.len(), grouping.map_or("resource", |grouping| grouping.member))
}

/// The names of members.
#[must_use]
pub(super) fn names(group: &[&Change]) -> Vec<String> {
    group.iter().map(|change| one_line(member_name(change))).collect()
}

/// Names on as many lines as they take.
#[must_use]
pub(super) fn wrapped(names: &[String], indent: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut width = 0;
    for (number, name) in (1..).zip(names) {
        let comma = if number < names.len() { "," } else { "" };
        let wide = name.chars().count() + comma.len();
        match lines.last_mut().filter(|_| width + 1 + wide <= WIDTH) {
            Some(line) => {
                line.push_str(&format!(" {name}{comma}"));
                width += 1 + wide;
            }
            None => {
                lines.push(format!("{indent}{name}{comma}"));
                width = indent.len() + wide;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{many, wrapped};

    #[test]
    fn names_are_wrapped_between_names() {
        let check = |names: &[&str], expect: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(wrapped(&names, "  "), expect);
        };
        let long = "x".repeat(60);
        check(&[], &[]);
        check(&["a", "b"], &["  a, b"]);
        check(&["a", &long, &long], &[&format!("  a, {long},"), &format!("  {long}")]);
        assert_eq!([many(1, "agent"), many(0, "agent")], ["1 agent", "0 agents"]);
    }
}
