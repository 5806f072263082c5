//! Drift: where the tenant differs from the manifests, and who moved. Three sides are laid side by
//! side: what is declared, what the last known applies left, and what is there.

mod classify;
mod report;
mod tolerance;

use crate::kinds::{Action, kind_of};
use crate::model::{Address, Declared, Desired, Document, Facts, Observed};

use super::{Change, Draft, NAME_PATH, Reason};
use classify::{Left, of_paths, worst};
pub use report::{Class, Counts, DRIFT_FORMAT, Drift, Held, Item, LastApply, Moved};
pub use tolerance::{Ignored, Lease, Tolerance};

/// What the last known applies left in the tenant.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What the manifests of the last complete apply declared, in today's names; none where they
    /// cannot be had.
    pub base: Option<Desired>,
    /// What that run and those after it left of what they were to change, leaf by leaf; none where
    /// they left nothing there.
    pub left: std::collections::BTreeMap<Address, Option<Document>>,
}

impl Known {
    /// What was left at an address, where the tenant has `live` now.
    fn left(&self, address: &Address, live: Option<&Document>) -> Left {
        let left = self.recorded(address);
        let base = self.base.as_ref().and_then(|base| base.get(address));
        let kind = kind_of(address).filter(|_| base.is_some_and(|base| base.recurs.is_some()));
        match (left, kind.zip(base).zip(live)) {
            // An earlier occurrence of what was declared is what was left, as good as any.
            (Left::There(left), Some(((kind, base), live)))
                if kind.is_due(base, &live.project(&base.document)) =>
            {
                Left::There(over(&left, live))
            }
            (left, _) => left,
        }
    }

    fn recorded(&self, address: &Address) -> Left {
        let declared = self.base.as_ref().and_then(|base| base.get(address));
        match (declared, self.left.get(address)) {
            (_, Some(None)) => Left::Absent,
            (Some(before), Some(Some(left))) if !before.absent => {
                Left::There(over(&before.document, left))
            }
            (_, Some(Some(left))) => Left::There(left.clone()),
            (Some(before), None) => match before.absent {
                true => Left::Absent,
                false => Left::There(self.named(address, before)),
            },
            (None, None) if self.base.is_some() => Left::Absent,
            (None, None) => Left::Unknown,
        }
    }

    /// What was declared, with the name where that was to be given already.
    fn named(&self, address: &Address, before: &Declared) -> Document {
        let renamed = self.base.as_ref().and_then(|base| base.renamed(address));
        match renamed {
            None => before.document.clone(),
            Some(renamed) => {
                let name = serde_json::Value::from(renamed.after.as_str());
                before.document.with([(NAME_PATH, Some(&name))])
            }
        }
    }
}

/// A document with the leaves of another laid over it.
fn over(below: &Document, above: &Document) -> Document {
    let leaves = above.leaves();
    below.with(leaves.iter().map(|leaf| (leaf.path.as_str(), Some(&leaf.value))))
}

/// Everything that drift is told from.
pub struct Seen<'a> {
    /// What should be.
    pub desired: &'a Desired,
    /// What is.
    pub observed: &'a Observed,
    /// What the tenant says and we do not manage.
    pub facts: &'a Facts,
    /// What the last known applies left.
    pub known: &'a Known,
    /// What is tolerated.
    pub tolerance: &'a Tolerance,
}

/// What differs, by address.
#[must_use]
pub fn drift(draft: Draft, seen: &Seen<'_>) -> Vec<Item> {
    let changes = draft.proposed.into_iter().map(|proposed| proposed.change);
    let differing = changes.filter(|change| change.action().is_some() && !change.is_unlink());
    let mut items: Vec<Item> = differing.map(|change| differs(&change, seen)).collect();
    items.extend(unmanaged(seen));
    for item in &mut items {
        seen.tolerance.judge(item);
    }
    items.sort_by(|a, b| a.address.cmp(&b.address));
    items
}

/// What is declared and not so.
fn differs(change: &Change, seen: &Seen<'_>) -> Item {
    let live = seen.observed.remotes.get(&change.address).map(|remote| &remote.document);
    let left = seen.known.left(&change.address, live);
    let declared = seen.desired.get(&change.address);
    let (class, paths) = match change.action() {
        Some(Action::Create) => (left.of_missing(), Vec::new()),
        Some(Action::Delete) if change.reason == Reason::Exclusive => match left {
            Left::There(_) => (Class::Pending, Vec::new()),
            Left::Unknown | Left::Absent => (Class::Unmanaged, Vec::new()),
        },
        Some(Action::Delete) => (left.of_unwanted(), Vec::new()),
        Some(Action::Update) | None => {
            let mut paths = of_paths(&left, &change.change.paths);
            if let Some(declared) = declared {
                due(&change.address, declared, &mut paths);
            }
            (worst(&paths), paths)
        }
    };
    let class = if change.reason == Reason::Due { Class::Due } else { class };
    let fields = |document: Option<&Document>| document.map(Document::value);
    let wanted = declared.filter(|declared| !declared.absent).map(|declared| &declared.document);
    Item {
        address: change.address.clone(),
        kind: change.kind.to_string(),
        name: change.name.clone(),
        class,
        difference: class,
        alarm: false,
        exclusive: change.reason == Reason::Exclusive,
        declared: fields(wanted),
        live: fields(change.change.before.as_ref()),
        paths,
        source: Some(change.source.clone()),
        lease: None,
        ignored_by: None,
        seen: None,
    }
}

/// Leaves that only have another occurrence of what comes again, whatever else differs.
fn due(address: &Address, declared: &Declared, paths: &mut [Moved]) {
    let Some(kind) = kind_of(address).filter(|_| declared.recurs.is_some()) else { return };
    let heads: std::collections::BTreeSet<String> =
        paths.iter().map(|moved| head(&moved.path).to_owned()).collect();
    for own in heads {
        let is_own = |moved: &&mut Moved| head(&moved.path) == own;
        let live = paths.iter().filter(|moved| head(&moved.path) == own);
        let live = live.map(|moved| (moved.path.as_str(), Some(&moved.live)));
        if kind.is_due(declared, &declared.document.with(live)) {
            paths.iter_mut().filter(is_own).for_each(|moved| moved.class = Class::Due);
        }
    }
}

/// The first segment of a pointer.
fn head(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// What was read, and no manifest names.
fn unmanaged<'a>(seen: &'a Seen<'_>) -> impl Iterator<Item = Item> + 'a {
    let joined = seen.desired.joined(&seen.observed.remotes);
    joined.filter_map(|(address, declared, remote)| {
        let remote = remote.filter(|_| declared.is_none())?;
        let kind = kind_of(&address)?;
        let is_looked_at = seen.observed.aside.contains(address.kind());
        if is_looked_at || seen.desired.excludes_others(address.head()).is_some() {
            return None;
        }
        Some(Item {
            kind: kind.name().to_owned(),
            name: kind.label(&address, &remote.links, seen.facts),
            class: Class::Unmanaged,
            difference: Class::Unmanaged,
            alarm: false,
            exclusive: false,
            declared: None,
            live: Some(remote.document.value()),
            paths: Vec::new(),
            source: None,
            lease: None,
            ignored_by: None,
            seen: None,
            address,
        })
    })
}

#[cfg(test)]
mod tests;
