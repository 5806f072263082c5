//! Which queue of earlier manifests is which of these: a rename is no deletion and no creation.

use std::collections::BTreeMap;

use super::identity::{Identities, Identity, identities};
use super::manifest::{QUEUE, overlaid};
use crate::model::{Item, Names};

/// Gives the queues of earlier manifests the names that these manifests give them. Their texts mean
/// the queue by its new name; one that is called as before is what it was.
pub(super) fn follow(base: &mut [Item], items: &[Item], names: &mut Names) {
    let (head, before) = (overlaid(items).0, overlaid(base).0);
    let (head, before) = (identities(&head).0, identities(&before).0);
    let moves = moves(&before, &head, names);
    for (old, new) in &moves {
        names.alias(old, new);
    }
    for item in base.iter_mut().filter(|item| item.kind == QUEUE) {
        if let Some(new) = moves.get(&item.name) {
            item.name.clone_from(new);
        }
        if !item.is_absent() {
            names.declare(&item.name);
        }
    }
}

/// The queues that have another name in these manifests than before, by the old one.
fn moves(
    before: &Identities<'_>,
    head: &Identities<'_>,
    names: &Names,
) -> BTreeMap<String, String> {
    let mut moves = BTreeMap::new();
    for queue in head.values().filter(|queue| !queue.is_absent) {
        let same = before.get(queue.name);
        let pinned = before.values().find(|old| pin(old).is_some() && pin(old) == pin(queue));
        let former = || names.former(queue.name)?.name.as_deref();
        let old = match queue.from {
            // It was renamed from that before already.
            Some(from) if same.is_some_and(|same| texts_agree(same, from.text)) => None,
            Some(from) => Some(from.text),
            None => pinned.map(|old| old.name).or_else(|| former().filter(|_| same.is_none())),
        };
        let old = old.filter(|old| *old != queue.name && before.contains_key(*old));
        if let Some(old) = old {
            moves.entry(old.to_owned()).or_insert_with(|| queue.name.to_owned());
        }
    }
    moves
}

fn pin<'i>(queue: &Identity<'i>) -> Option<&'i str> {
    queue.id.map(|id| id.text)
}

fn texts_agree(queue: &Identity<'_>, from: &str) -> bool {
    queue.from.is_some_and(|said| said.text == from)
}

#[cfg(test)]
mod tests {
    use super::follow;
    use crate::kinds::{manifest_kinds, queue::settle::settle};
    use crate::manifest;
    use crate::model::{Item, Named, Names};

    /// Queues as `settle` has them in its tests: `b<a` for one that is renamed from `a`, `b@a` for
    /// one that is pinned to the id of `a`.
    fn items(said: &str) -> Vec<Item> {
        let metadata = |said: &str| match (said.split_once('<'), said.split_once('@')) {
            (Some((name, from)), _) => format!("{{name: {name}, renamedFrom: {from}}}"),
            (_, Some((name, of))) => format!("{{name: {name}, id: id-{of}}}"),
            _ => format!("{{name: {said}}}"),
        };
        let document = |said: &str| {
            let metadata = metadata(said);
            format!("apiVersion: cxform/v1\nkind: Queue\nmetadata: {metadata}\nspec: {{}}\n")
        };
        let documents: Vec<String> = said.split_whitespace().map(document).collect();
        let file = ("q.yaml".to_owned(), documents.join("---\n"));
        let (items, findings) =
            manifest::read(&manifest_kinds(), &[file], &|_, name| Err(name.to_owned()));
        assert_eq!(findings, [], "{said}");
        items
    }

    #[test]
    fn a_queue_that_is_called_otherwise_now_is_the_same_queue() {
        let check = |tenant: &str, base: &str, head: &str, expect: &str| {
            let named = |name: &str| Named {
                id: Some(format!("id-{name}")),
                name: Some(name.to_owned()),
                email: None,
            };
            let mut names = Names::new("queue", false, tenant.split_whitespace().map(named));
            let (mut base, head) = (items(base), items(head));
            assert_eq!(settle(&head, &mut names), []);
            let olds: Vec<String> = base.iter().map(|item| item.name.clone()).collect();
            follow(&mut base, &head, &mut names);
            let told = olds.iter().zip(&base).map(|(old, item)| {
                let pending = if names.former(&item.name).is_some() { "?" } else { "" };
                assert_eq!(names.resolve(old).map(|key| key.segment), Ok(item.name.clone()));
                format!("{old}>{}{pending}", item.name)
            });
            assert_eq!(told.collect::<Vec<_>>().join(" "), expect);
        };
        check("a", "a", "b<a", "a>b");
        check("b", "a", "b<a", "a>b");
        check("", "a", "b<a", "a>b");
        check("a b", "a b", "b<a c<b", "a>b b>c");
        check("b c", "a b", "b<a c<b", "a>b b>c");
        // The rename is older than these manifests, and the tenant lags behind, or does not.
        check("a", "b<a", "b<a", "b>b?");
        check("b", "b<a", "b<a", "b>b");
        check("a", "a", "b@a", "a>b");
        check("b", "a@b", "b@b", "a>b");
        check("a", "a c", "a", "a>a c>c");
    }
}
