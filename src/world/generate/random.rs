//! Seeded choices (splitmix64): the same on every machine and in every version.

/// What a stream of choices is for: streams for different purposes do not depend on each other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Names = 1,
    Licences,
    Seniority,
    Levels,
    Capacities,
    Priorities,
    Changed,
    Missing,
    Drift,
}

/// A stream of choices.
pub(super) struct Random(u64);

impl Random {
    /// The stream of a seed for one of the things that it is for.
    pub(super) fn new(seed: u64, purpose: Purpose, number: usize) -> Self {
        Self(mixed(mixed(mixed(seed) ^ purpose as u64) ^ number as u64))
    }

    /// A number from 0 to just under `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        (mixed(self.0) % end.max(1) as u64) as usize
    }

    /// A number from `least` to `most`, both included.
    pub(super) fn within(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Puts these into an order without sense.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

fn mixed(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Takes exactly so many of things that are seen one after the other, each as likely as any other
/// (selection sampling).
pub(super) struct Sample {
    random: Random,
    wanted: usize,
    left: usize,
}

impl Sample {
    /// `wanted` of `all`.
    pub(super) fn new(random: Random, wanted: usize, all: usize) -> Self {
        Self { random, wanted, left: all }
    }

    /// Whether the next thing is taken.
    pub(super) fn takes_next(&mut self) -> bool {
        let taken = self.random.below(self.left) < self.wanted;
        self.left = self.left.saturating_sub(1);
        self.wanted -= usize::from(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::{Purpose, Random, Sample};

    #[test]
    fn a_stream_is_the_same_for_ever() {
        let mut random = Random::new(1, Purpose::Levels, 7);
        let numbers: Vec<usize> = (0..8).map(|_| random.below(100)).collect();
        assert_eq!(numbers, [0, 77, 16, 67, 59, 72, 55, 18]);
    }

    #[test]
    fn a_sample_is_exact_and_spread() {
        for (wanted, all) in [(0, 5), (1, 1), (3, 1000), (500, 1000), (1000, 1000)] {
            let mut sample = Sample::new(Random::new(4, Purpose::Changed, 0), wanted, all);
            let taken: Vec<usize> = (0..all).filter(|_| sample.takes_next()).collect();
            assert_eq!(taken.len(), wanted);
            let late = taken.iter().filter(|index| **index >= all / 2).count();
            assert!(wanted < 500 || late * 5 > wanted * 2, "{late} of {wanted}");
        }
    }
}
