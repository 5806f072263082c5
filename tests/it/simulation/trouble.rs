//! What goes wrong with a request, drawn as it comes.

use std::time::Duration;

use cxform::world::{ErrorBody, Garbage, What};

use crate::cases::random::Random;

/// The weather of a schedule.
pub(super) struct Trouble {
    pub(super) random: Random,
    /// How much is still to go wrong.
    left: usize,
    /// In how many of a hundred writes, and of other requests.
    chances: [usize; 2],
    /// In how many of a hundred requests somebody meddles.
    others: usize,
    /// How slow the network is.
    slowness: usize,
    /// What strikes every request for a while, and how many more.
    storm: Option<(Struck, usize)>,
    /// Whether 2 % of all requests are refused with 429, and 1 % broken, and nothing else happens.
    is_drizzle: bool,
}

/// How a request is struck.
#[derive(Clone, Debug)]
pub(super) enum Struck {
    /// It could not leave.
    NotSent,
    /// It is carried out, and its answer comes when nobody waits any more.
    Late,
    /// Nobody waits for its answer any more when it is carried out.
    Straggles,
    /// The tenant does this.
    Tenant(What),
}

impl Trouble {
    /// The weather of a seed.
    pub(super) fn of(seed: u64) -> Self {
        let mut random = Random::new(seed, 21);
        Self {
            left: 1 + random.below(14),
            chances: [*random.pick(&[0, 15, 30, 60]), *random.pick(&[0, 3, 10, 25])],
            others: *random.pick(&[0, 0, 5, 20, 40]),
            slowness: random.below(3),
            storm: None,
            is_drizzle: false,
            random,
        }
    }

    /// 2 % of all requests are refused with 429, and 1 % broken.
    pub(super) fn drizzle(seed: u64) -> Self {
        Self { is_drizzle: true, others: 0, slowness: 1, ..Self::of(seed) }
    }

    /// Nothing goes wrong any more.
    pub(super) fn ends(&mut self) {
        self.left = 0;
        self.storm = None;
        self.is_drizzle = false;
    }

    /// Whether something still goes wrong.
    pub(super) fn is_left(&self) -> bool {
        self.left > 0
    }

    /// How long the way takes, one way.
    pub(super) fn way(&mut self) -> Duration {
        let most = match (self.slowness, self.random.below(100)) {
            (_, 97..) => 4000,
            (0, _) => 3,
            (1, _) => 40,
            _ => 400,
        };
        Duration::from_millis(u64::try_from(self.random.below(most)).unwrap())
    }

    /// Whether somebody meddles just before this request is carried out.
    pub(super) fn meddles(&mut self) -> bool {
        self.left > 0 && self.random.chance(self.others) && self.spend()
    }

    /// How a request is struck, if it is.
    pub(super) fn strikes(&mut self, is_write: bool) -> Option<Struck> {
        if self.is_drizzle {
            let body = ErrorBody::Json;
            let done = self.random.chance(50);
            return match self.random.below(100) {
                0 | 1 => Some(What::Status { code: 429, retry_after: Some(1), body, done: false }),
                2 if self.random.chance(50) => Some(What::Break { done }),
                2 => Some(What::Status { code: 503, retry_after: None, body, done }),
                _ => None,
            }
            .map(Struck::Tenant);
        }
        if let Some((struck, left)) = self.storm.take() {
            self.storm = (left > 1).then(|| (struck.clone(), left - 1));
            return Some(struck);
        }
        let chance = self.chances[usize::from(!is_write)];
        let struck =
            (self.left > 0 && self.random.chance(chance) && self.spend()).then(|| self.kind());
        if let Some(struck) = struck.clone().filter(|_| self.random.chance(5)) {
            self.storm = Some((struck, 1 + self.random.below(30)));
        }
        struck
    }

    fn spend(&mut self) -> bool {
        self.left -= 1;
        true
    }

    fn kind(&mut self) -> Struck {
        let random = &mut self.random;
        let body = *random.pick(&[ErrorBody::Json, ErrorBody::Html, ErrorBody::Empty]);
        let done = random.chance(50);
        let wait = *random.pick(&[None, None, Some(0), Some(1), Some(2), Some(30), Some(3600)]);
        Struck::Tenant(match random.below(11) {
            0 | 1 => What::Status { code: 429, retry_after: wait, body, done: false },
            2 => What::Status { code: 500, retry_after: None, body, done },
            3 => What::Status { code: 503, retry_after: wait, body, done },
            4 | 5 => What::Break { done },
            6 => {
                let body = *random.pick(&[Garbage::Html, Garbage::Truncated]);
                What::Garbage { body, done: true }
            }
            7 => What::ExpireTokens,
            8 => return Struck::Late,
            9 => return Struck::Straggles,
            _ => return Struck::NotSent,
        })
    }
}

impl Struck {
    /// Its name in tallies and stories.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::NotSent => "no connection",
            Self::Late => "answer too late",
            Self::Straggles => "carried out too late",
            Self::Tenant(What::Status { code: 429, .. }) => "429",
            Self::Tenant(What::Status { code: 500, done: true, .. }) => "500, carried out",
            Self::Tenant(What::Status { code: 500, .. }) => "500",
            Self::Tenant(What::Status { done: true, .. }) => "503, carried out",
            Self::Tenant(What::Status { .. }) => "503",
            Self::Tenant(What::Break { done: true }) => "reset, carried out",
            Self::Tenant(What::Break { .. }) => "reset",
            Self::Tenant(What::Garbage { .. }) => "garbage",
            Self::Tenant(What::ExpireTokens) => "tokens end",
            Self::Tenant(_) => "somebody",
        }
    }
}
