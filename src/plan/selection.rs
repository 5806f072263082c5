//! A part of a plan: what `--only` takes and `--exclude` leaves out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Draft;
use crate::model::{Address, Desired, Observed, Pattern};

/// The rule that withholds what needs something that was left out.
const LEFT_OUT: &str = "left-out";

/// Which changes are taken; all, where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only what one of these matches; everything where there is none.
    pub only: Vec<Pattern>,
    /// Nothing that one of these matches.
    pub exclude: Vec<Pattern>,
}

/// What a plan tells of its selection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selected {
    /// The patterns of `--only`.
    pub only: Vec<String>,
    /// The patterns of `--exclude`.
    pub exclude: Vec<String>,
    /// How many changes are left out.
    pub left_out: usize,
}

impl Selection {
    /// Whether changes of this address are taken.
    #[must_use]
    pub fn takes(&self, address: &Address) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(address));
        (self.only.is_empty() || any(&self.only)) && !any(&self.exclude)
    }

    /// Whether everything is taken.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.only.is_empty() && self.exclude.is_empty()
    }

    /// The first pattern that matches nothing that is declared or there.
    #[must_use]
    pub fn idle(&self, desired: &Desired, observed: &Observed) -> Option<&Pattern> {
        self.only.iter().chain(&self.exclude).find(|pattern| {
            let matches = |address: Address| pattern.matches(&address);
            !desired.iter().any(|entry| matches(entry.address()))
                && !observed.remotes.iter().any(|entry| matches(entry.address()))
        })
    }
}

impl Draft {
    /// Leaves out what is not selected, and withholds what needs it.
    pub fn select(&mut self, selection: &Selection) {
        if selection.is_everything() {
            return;
        }
        let mut left_out = BTreeSet::new();
        let mut count = 0;
        self.proposed.retain(|proposed| {
            let change = &proposed.change;
            let takes = selection.takes(&change.address);
            if !takes && change.action().is_some() {
                count += 1;
                left_out.insert(change.address.clone());
            }
            takes
        });
        let mut used = BTreeSet::new();
        for proposed in &mut self.proposed {
            let change = &mut proposed.change;
            if change.depends_on.iter().any(|first| left_out.contains(first)) {
                change.held_by.push(LEFT_OUT.to_owned());
            }
            used.insert(change.address.clone());
            used.extend(proposed.links.iter().map(|link| link.address.clone()));
        }
        self.references.retain(|address, _| used.contains(address));
        let texts = |patterns: &[Pattern]| patterns.iter().map(ToString::to_string).collect();
        let (only, exclude) = (texts(&selection.only), texts(&selection.exclude));
        self.selected = Some(Selected { only, exclude, left_out: count });
    }
}

impl std::fmt::Display for Selected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said = |flag: &str, patterns: &[String]| {
            patterns.iter().map(|text| format!("--{flag} {text}")).collect::<Vec<_>>()
        };
        let said = [said("only", &self.only), said("exclude", &self.exclude)].concat().join(" ");
        match self.left_out {
            0 => write!(f, "{said} leaves no change out"),
            1 => write!(f, "{said} leaves 1 change out"),
            count => write!(f, "{said} leaves {count} changes out"),
        }
    }
}

impl Selected {
    /// Whether a change that the tenant needs is not in the plan.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.left_out > 0
    }
}
