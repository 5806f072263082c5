//! Answers that are asked for again and again.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// So many answers are remembered at a time.
const MOST: usize = 4096;

/// Answers by what was asked, as long as there are not too many different ones: then it starts
/// afresh, so that it is never larger than a few thousand and never tells anything else than the
/// computation would.
#[derive(Clone, Debug)]
pub struct Memo<K, V> {
    answers: BTreeMap<K, V>,
}

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self { answers: BTreeMap::new() }
    }
}

impl<K: Ord, V: Clone> Memo<K, V> {
    /// The answer, if it is remembered.
    pub fn get<Q: Ord + ?Sized>(&self, asked: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.answers.get(asked).cloned()
    }

    /// Remembers an answer.
    pub fn put(&mut self, asked: K, answer: V) {
        if self.answers.len() >= MOST {
            self.answers.clear();
        }
        self.answers.insert(asked, answer);
    }

    /// The remembered answer, or the one that is computed now.
    pub fn get_or(&mut self, asked: K, compute: impl FnOnce(&K) -> V) -> V {
        self.get(&asked).unwrap_or_else(|| {
            let answer = compute(&asked);
            self.put(asked, answer.clone());
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Memo};

    #[test]
    fn answers_are_remembered_up_to_a_bound() {
        let mut memo = Memo::default();
        assert_eq!(memo.get_or(1, |n| n * 2), 2);
        assert_eq!(memo.get_or(1, |_| 7), 2);
        for n in 0..3 * MOST {
            assert_eq!(memo.get_or(n, |n| n * 2), n * 2);
            assert!(memo.answers.len() <= MOST);
        }
    }
}
