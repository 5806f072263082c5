//! Resources by address, packed: what shares the first part of its address stands together.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map;
use std::iter::Peekable;
use std::sync::Arc;

use super::Address;

/// One value for each address. Half a million assignments cost no allocation beyond their own: an
/// agent's stand in one list, and what comes for the same agent again finds it at once.
#[derive(Clone, Debug)]
pub struct Resources<V> {
    /// Where the group of each first part is.
    heads: BTreeMap<Arc<str>, usize>,
    groups: Vec<Group<V>>,
    /// The group that was put into last.
    last: usize,
    len: usize,
}

/// The values whose addresses begin alike, as they came.
#[derive(Clone, Debug)]
struct Group<V> {
    head: Arc<str>,
    values: Vec<(Option<Arc<str>>, V)>,
    /// Their indices by the rest of the address: small, so that putting one in between is cheap.
    order: Vec<u32>,
}

impl<V> Default for Resources<V> {
    fn default() -> Self {
        Self { heads: BTreeMap::new(), groups: Vec::new(), last: 0, len: 0 }
    }
}

impl<V> Group<V> {
    /// Where a value stands in the order, or would.
    fn place(&self, tail: Option<&Arc<str>>) -> Result<usize, usize> {
        let tail_at =
            |index: &u32| self.values.get(*index as usize).and_then(|(own, _)| own.as_ref());
        // What comes in order is put at the end without a search.
        match self.order.last() {
            Some(last) if tail_at(last) < tail => Err(self.order.len()),
            _ => self.order.binary_search_by(|index| tail_at(index).cmp(&tail)),
        }
    }

    fn at(&self, place: usize) -> Option<Entry<'_, V>> {
        let (tail, value) = self.values.get(*self.order.get(place)? as usize)?;
        Some(Entry { head: &self.head, tail: tail.as_ref(), value })
    }
}

impl<V> Resources<V> {
    fn group(&self, head: &str) -> Option<&Group<V>> {
        self.groups.get(*self.heads.get(head)?)
    }

    /// The value at an address.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<&V> {
        let group = self.group(address.head())?;
        let place = group.place(address.tail()).ok()?;
        group.at(place).map(|entry| entry.value)
    }

    /// Whether there is a value at an address.
    #[must_use]
    pub fn contains(&self, address: &Address) -> bool {
        self.get(address).is_some()
    }

    /// Whether there is a value whose address begins with this first part.
    #[must_use]
    pub fn has_head(&self, head: &str) -> bool {
        self.heads.contains_key(head)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a value at an address. Where one is there already, `wins` tells whether the new one
    /// (its first argument) takes its place.
    pub fn put(&mut self, address: &Address, value: V, wins: impl FnOnce(&V, &V) -> bool) {
        self.last = self.index_of(address.head());
        let Some(group) = self.groups.get_mut(self.last) else { return };
        match group.place(address.tail()) {
            Err(place) => {
                let index = u32::try_from(group.values.len()).unwrap_or(u32::MAX);
                group.order.insert(place, index);
                group.values.push((address.tail().cloned(), value));
                self.len += 1;
            }
            Ok(place) => {
                let index = group.order.get(place).copied().unwrap_or_default() as usize;
                if let Some((_, there)) = group.values.get_mut(index)
                    && wins(&value, there)
                {
                    *there = value;
                }
            }
        }
    }

    /// The index of a group, which is made where there is none.
    fn index_of(&mut self, head: &Arc<str>) -> usize {
        if self.groups.get(self.last).is_some_and(|group| Arc::ptr_eq(&group.head, head)) {
            return self.last;
        }
        let next = self.groups.len();
        let index = *self.heads.entry(Arc::clone(head)).or_insert(next);
        if index == next {
            // Groups are mostly as large as the one before.
            let room = self.groups.last().map_or(0, |group| group.values.len());
            let (values, order) = (Vec::with_capacity(room), Vec::with_capacity(room));
            self.groups.push(Group { head: Arc::clone(head), values, order });
        }
        index
    }

    /// Gives back the room that growing has left over.
    pub fn shrink(&mut self) {
        for group in &mut self.groups {
            group.values.shrink_to_fit();
            group.order.shrink_to_fit();
        }
    }

    /// All values with their addresses, group by group.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, V> {
        Iter { all: self, heads: self.heads.values(), group: None }
    }

    /// The values of one kind with their addresses.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = Entry<'_, V>> {
        let heads = self.heads.iter().filter(move |(head, _)| is_of(head, kind));
        let groups = heads.filter_map(|(_, index)| self.groups.get(*index));
        groups.flat_map(|group| (0..group.order.len()).filter_map(|place| group.at(place)))
    }

    /// The first parts of all addresses of a kind.
    pub fn heads(&self, kind: &str) -> impl Iterator<Item = &Arc<str>> {
        self.heads.keys().filter(move |head| is_of(head, kind))
    }

    /// The addresses of both, each once, with what either has there.
    #[must_use]
    pub fn joined<'a, W>(&'a self, other: &'a Resources<W>) -> Joined<'a, V, W> {
        Joined { left: self.iter().peekable(), right: other.iter().peekable(), heads: None }
    }
}

fn is_of(head: &str, kind: &str) -> bool {
    head.split('/').next() == Some(kind)
}

/// One value and where it is.
#[derive(Debug)]
pub struct Entry<'a, V> {
    head: &'a Arc<str>,
    tail: Option<&'a Arc<str>>,
    /// The value.
    pub value: &'a V,
}

impl<'a, V> Entry<'a, V> {
    /// Its address.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::of_parts(self.head, self.tail)
    }

    /// The first part of its address; resources that share it share it in memory too.
    #[must_use]
    pub fn head(&self) -> &'a Arc<str> {
        self.head
    }
}

/// All values, group by group.
#[derive(Debug)]
pub struct Iter<'a, V> {
    all: &'a Resources<V>,
    heads: btree_map::Values<'a, Arc<str>, usize>,
    /// The group at hand, and the place in it.
    group: Option<(&'a Group<V>, usize)>,
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = Entry<'a, V>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((group, place)) = &mut self.group
                && let Some(entry) = group.at(*place)
            {
                *place += 1;
                return Some(entry);
            }
            let index = self.heads.next()?;
            self.group = self.all.groups.get(*index).map(|group| (group, 0));
        }
    }
}

/// Two collections side by side.
#[derive(Debug)]
pub struct Joined<'a, V, W> {
    left: Peekable<Iter<'a, V>>,
    right: Peekable<Iter<'a, W>>,
    /// How the first parts at hand compare: most of them are those of the entry before.
    heads: Option<(&'a Arc<str>, &'a Arc<str>, Ordering)>,
}

impl<'a, V, W> Joined<'a, V, W> {
    fn order(&mut self) -> Option<Ordering> {
        let (left, right) = match (self.left.peek(), self.right.peek()) {
            (None, None) => return None,
            (Some(_), None) => return Some(Ordering::Less),
            (None, Some(_)) => return Some(Ordering::Greater),
            (Some(left), Some(right)) => (left, right),
        };
        let is_same = |one: &Arc<str>, other: &Arc<str>| Arc::ptr_eq(one, other);
        let known = self.heads.filter(|(l, r, _)| is_same(l, left.head) && is_same(r, right.head));
        let (_, _, heads) =
            *self.heads.insert(known.unwrap_or((left.head, right.head, left.head.cmp(right.head))));
        let tails = || match (left.tail, right.tail) {
            (Some(l), Some(r)) if is_same(l, r) => Ordering::Equal,
            (left, right) => left.cmp(&right),
        };
        Some(heads.then_with(tails))
    }
}

impl<'a, V, W> Iterator for Joined<'a, V, W> {
    type Item = (Address, Option<&'a V>, Option<&'a W>);

    fn next(&mut self) -> Option<Self::Item> {
        let order = self.order()?;
        let left = if order == Ordering::Greater { None } else { self.left.next() };
        let right = if order == Ordering::Less { None } else { self.right.next() };
        let address = match (&left, &right) {
            (Some(entry), _) => entry.address(),
            (None, Some(entry)) => entry.address(),
            (None, None) => return None,
        };
        Some((address, left.map(|entry| entry.value), right.map(|entry| entry.value)))
    }
}

#[cfg(test)]
mod tests {
    use super::Resources;
    use crate::model::Address;

    fn resources(texts: &[&str]) -> Resources<usize> {
        let mut all = Resources::default();
        for (index, text) in texts.iter().enumerate() {
            all.put(&text.parse().unwrap(), index, |_, _| false);
        }
        all
    }

    #[test]
    fn what_is_put_is_found_in_order() {
        let all = resources(&["a/v", "a/u/y", "a/u", "a/u/x", "b/z", "a/u/y"]);
        let told: Vec<String> =
            all.iter().map(|e| format!("{} {}", e.address(), e.value)).collect();
        assert_eq!(told, ["a/u 2", "a/u/x 3", "a/u/y 1", "a/v 0", "b/z 4"]);
        assert_eq!((all.len(), all.is_empty()), (5, false));
        assert_eq!(all.get(&"a/u/x".parse().unwrap()), Some(&3));
        assert!(!all.contains(&"a/u/z".parse::<Address>().unwrap()));
        assert_eq!(all.heads("a").map(|head| &**head).collect::<Vec<_>>(), ["a/u", "a/v"]);
    }

    #[test]
    fn who_comes_second_wins_where_it_is_told_so() {
        let mut all = resources(&["a/u"]);
        let address = "a/u".parse().unwrap();
        all.put(&address, 7, |new, old| new < old);
        assert_eq!(all.get(&address), Some(&0));
        all.put(&address, 9, |new, old| new > old);
        assert_eq!((all.get(&address), all.len()), (Some(&9), 1));
    }

    #[test]
    fn two_are_laid_side_by_side() {
        let (left, right) = (resources(&["a/u/x", "a/w"]), resources(&["a/u/x", "a/u/y", "b/z"]));
        let told: Vec<String> =
            left.joined(&right).map(|(a, l, r)| format!("{a} {l:?} {r:?}")).collect();
        assert_eq!(
            told,
            ["a/u/x Some(0) Some(0)", "a/u/y None Some(1)", "a/w Some(1) None", "b/z None Some(2)"]
        );
    }
}
