//! Changes of resources that stand alone, each on a line: those that say the same of several are told
//! once, after what is said of one alone.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::base::headed;
use super::super::fields::{self, inside, one_line};
use super::super::plan::{moved, symbol};
use super::resources::shortened;
use super::words::{counted, wrapped};
use crate::kinds::Action;
use crate::plan::{Change, PathChange, Plan};

/// How long a line is that tells a whole change.
const LINE: usize = 160;

/// Changes that say the same, with what becomes of the leaves of each.
struct Alike<'p>(Vec<(&'p Change, Vec<PathChange>)>);

/// A line for each change, or for several that are alike and their names; short: without what is
/// said of one alone.
pub(super) fn lines(plan: &Plan, changes: &[&Change], is_long: bool) -> Vec<String> {
    let mut order: Vec<Alike<'_>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for change in changes {
        let leaves: Vec<PathChange> = change.change.paths.iter().flat_map(inside).collect();
        let index = match key(change, &leaves) {
            Some(key) => *known.entry(key).or_insert(order.len()),
            None => order.len(),
        };
        match order.get_mut(index) {
            Some(alike) => alike.0.push((change, leaves)),
            None => order.push(Alike(vec![(change, leaves)])),
        }
    }
    order.sort_by_key(|Alike(all)| (all.first().is_some_and(|(c, _)| c.drifted), all.len()));
    let told = order.iter().filter_map(|alike| {
        let (first, _) = alike.0.first()?;
        Some((*first, alike.lines(is_long)))
    });
    headed(plan, told)
}

/// What is equal for changes that are alike: the same leaves, each with the same values or, of
/// numbers, the same difference. None for what is more than leaves.
fn key(change: &Change, leaves: &[PathChange]) -> Option<String> {
    let is_plain = change.action() == Some(Action::Update) && symbol(change) == '~';
    if !is_plain || change.makes_anew() || change.replaces || change.is_unlink() {
        return None;
    }
    let leaf = |leaf: &PathChange| match difference(leaf) {
        Some(by) => format!("{:?}: {by}", leaf.path),
        None => format!("{:?}: {} {}", leaf.path, leaf.before, leaf.after),
    };
    let leaves: Vec<String> = leaves.iter().map(leaf).collect();
    Some(format!("{} {} {}", change.drifted, change.kind, leaves.join("\n")))
}

/// By how much a number moves.
fn difference(leaf: &PathChange) -> Option<i64> {
    leaf.after.as_i64()?.checked_sub(leaf.before.as_i64()?)
}

impl Alike<'_> {
    fn lines(&self, is_long: bool) -> Vec<String> {
        let Some(((first, leaves), others)) = self.0.split_first() else { return Vec::new() };
        let sign = symbol(first);
        if others.is_empty() {
            let address = first.address.to_string();
            let is_told = is_long && first.action() == Some(Action::Update);
            let told = if is_told { said(first, leaves) } else { String::new() };
            return vec![shortened(format!("{sign} {address}  {told}").trim_end(), LINE)];
        }
        let differing: Vec<usize> = (0..leaves.len()).filter(|leaf| !self.is_same(*leaf)).collect();
        let told = leaves.iter().enumerate().map(|(index, leaf)| {
            match difference(leaf).filter(|_| differing.contains(&index)) {
                Some(by) => format!("{}: {by:+}", fields::path(&leaf.path)),
                None => said(first, std::slice::from_ref(leaf)),
            }
        });
        let told = told.collect::<Vec<_>>().join("; ");
        let count = counted(self.0.iter().map(|(change, _)| *change));
        let head = format!("{sign} {}  for {count}", shortened(&told, LINE));
        let values = |leaves: &[PathChange]| {
            let mut told: Vec<String> = Vec::new();
            for leaf in differing.iter().filter_map(|index| leaves.get(*index)) {
                let values = between(&leaf.before, &leaf.after);
                if !told.contains(&values) {
                    told.push(values);
                }
            }
            // More than two numbers would be nobody's.
            if told.len() > 2 || !is_long { String::new() } else { told.join(" and ") }
        };
        let named = |(change, leaves): &(&Change, Vec<PathChange>)| {
            format!("{} {}", one_line(&change.name), values(leaves)).trim_end().to_owned()
        };
        let names: Vec<String> = self.0.iter().map(named).collect();
        std::iter::once(head).chain(wrapped(&names, "    ")).collect()
    }

    /// Whether a leaf has the same values in all of them.
    fn is_same(&self, leaf: usize) -> bool {
        let mut values = self
            .0
            .iter()
            .map(|(_, leaves)| leaves.get(leaf).map(|leaf| (&leaf.before, &leaf.after)));
        let first = values.next();
        values.all(|values| Some(values) == first)
    }
}

/// What becomes of some leaves, on one line.
fn said(change: &Change, leaves: &[PathChange]) -> String {
    let lines = leaves.iter().flat_map(|leaf| moved(change, leaf));
    let lines: Vec<String> = lines.filter(|line| !line.starts_with(' ')).collect();
    lines.join("; ")
}

fn between(before: &Value, after: &Value) -> String {
    format!("{} -> {}", fields::shown(before), fields::shown(after))
}
