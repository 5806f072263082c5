use super::{Load, Measures, Target, measures, need};

/// 100 calls in half an hour, each of three minutes.
const TEN: Load = Load { rate: 100.0 / 1800.0, handle: 180.0, patience: None };

fn near(answer: f64, expect: f64, within: f64, what: &str) {
    let off = (answer - expect).abs();
    assert!(off <= within, "{what}: {answer} and not {expect}");
}

/// What is compared with a published value.
#[derive(Clone, Copy, Debug)]
enum Of {
    Waiting,
    Level,
    Answer,
    Occupancy,
    AtOnce,
}

impl Of {
    fn of(self, measures: &Measures) -> f64 {
        match self {
            Self::Waiting => measures.waiting,
            Self::Level => measures.service_level,
            Self::Answer => measures.answer,
            Self::Occupancy => measures.occupancy,
            Self::AtOnce => 1.0 - measures.waiting,
        }
    }
}

#[test]
fn published_values_of_erlang_c() {
    use Of::{Answer, AtOnce, Level, Occupancy, Waiting};
    // The README of the CRAN package ErlangC 0.1.0, which has them to seven digits
    // (https://cran.r-project.org/package=ErlangC): 100 calls in 30 minutes, 180 s, 20 s.
    let cran = [
        (11, Waiting, 0.6821182),
        (11, Level, 0.3896138),
        (11, Answer, 122.78127684408),
        (11, AtOnce, 0.3178818),
        (11, Occupancy, 0.9090909),
        (12, Waiting, 0.4493882),
        (12, Level, 0.640158),
        (12, Answer, 40.4449401868444),
        (12, AtOnce, 0.5506118),
        (12, Occupancy, 0.8333333),
        (13, Waiting, 0.2852705),
        (13, Level, 0.7955948),
        (13, Answer, 17.1162271821896),
        (13, AtOnce, 0.7147295),
        (13, Occupancy, 0.7692308),
        (14, Waiting, 0.1741319),
        (14, Level, 0.88835),
        (14, Answer, 7.83593701177724),
        (14, AtOnce, 0.8258681),
        (14, Occupancy, 0.7142857),
    ];
    for (agents, of, expect) in cran {
        let answer = of.of(&measures(&TEN, agents, 20.0));
        near(answer, expect, 5e-8, &format!("CRAN {agents} {of:?}"));
    }
    // The README of pyworkforce 0.4, MultiErlangC (https://github.com/rodrigo-arenas/pyworkforce):
    // the same calls.
    let pyworkforce = [
        (13, Level, 0.7955947884177831),
        (13, Waiting, 0.285270453036493),
        (14, Level, 0.8883500191794669),
        (14, Waiting, 0.1741319335950498),
        (15, Level, 0.9414528428690223),
        (15, Waiting, 0.10204236700798798),
        (15, Occupancy, 0.6666666666666666),
    ];
    for (agents, of, expect) in pyworkforce {
        let answer = of.of(&measures(&TEN, agents, 20.0));
        near(answer, expect, 1e-14, &format!("pyworkforce {agents} {of:?}"));
    }
    // HP 12C Solutions Handbook, Queuing and Waiting Theory, example 1: 1.2 customers a minute, three
    // tellers, two minutes each. Its table (R. E. Trueman, An Introduction to Quantitative Methods for
    // Decision Making, 1977, table 12.2) says 1.079 times the service time; the wait is 2.16 minutes,
    // 2.59 wait on average.
    let bank = Load { rate: 1.2, handle: 2.0, patience: None };
    let wait = measures(&bank, 3, 0.0).answer;
    near(wait / 2.0, 1.079, 5e-4, "Trueman");
    near(wait, 2.16, 5e-3, "HP 12C, wait");
    near(wait * 1.2, 2.59, 5e-3, "HP 12C, queue");
}

#[test]
fn published_needs() {
    // The same READMEs: 80 % within 20 s, at most 85 % busy, 30 % shrinkage; and pyworkforce's further
    // scenarios, at most 80 % busy.
    let check = |load: Load, level: f64, busy: f64, expect: (u32, u32)| {
        let target = Target { service_level: level, within: 20.0, occupancy: busy, shrinkage: 0.3 };
        let need = need(&load, &target).unwrap();
        assert_eq!((need.agents, need.scheduled), expect, "{level} {busy}");
    };
    check(TEN, 0.8, 0.85, (14, 20));
    check(TEN, 0.85, 0.8, (14, 20));
    check(TEN, 0.9, 0.8, (15, 22));
    // pyworkforce's ErlangA: callers wait for five minutes.
    check(Load { patience: Some(300.0), ..TEN }, 0.8, 0.85, (13, 19));
}

#[test]
fn large_queues_and_the_ends_of_the_range() {
    // Computed with 40 digits.
    let check = |erlangs: f64, agents: u32, expect: f64| {
        let load = Load { rate: erlangs / 180.0, handle: 180.0, patience: None };
        near(measures(&load, agents, 20.0).waiting, expect, 1e-10, &format!("{erlangs} {agents}"));
    };
    check(1.0, 2, 1.0 / 3.0);
    check(48.0, 55, 0.238_700_936_378_009_2);
    check(9900.0, 10_000, 0.222_776_928_864_148_24);
    check(9990.0, 10_000, 0.880_541_711_373_989_7);
    check(5000.0, 10_000, 0.0);
    let none = measures(&Load { rate: 0.0, handle: 180.0, patience: None }, 0, 20.0);
    assert_eq!((none.waiting, none.service_level, none.occupancy), (0.0, 1.0, 0.0));
    let flooded = measures(&TEN, 10, 20.0);
    assert_eq!((flooded.waiting, flooded.service_level, flooded.occupancy), (1.0, 0.0, 1.0));
    assert!(flooded.answer.is_infinite());
}

#[test]
fn values_of_erlang_a() {
    // Computed with 40 digits, from the queue's states and the density of waits: calls a second,
    // handle time, patience, agents; share that waits, is answered in 20 s, hangs up; wait; occupancy.
    let check = |(rate, handle, patience, agents): (f64, f64, f64, u32), expect: [f64; 5]| {
        let load = Load { rate, handle, patience: Some(patience) };
        let Measures { waiting, service_level, abandoned, answer, occupancy } =
            measures(&load, agents, 20.0);
        let answers = [waiting, service_level, abandoned, answer, occupancy];
        for (answer, expect) in answers.into_iter().zip(expect) {
            near(answer, expect, 1e-9 * expect.max(1.0), &format!("{load:?} {agents}"));
        }
    };
    check(
        (100.0 / 1800.0, 180.0, 300.0, 13),
        [
            0.2257970840473753,
            0.8581777000307626,
            0.02496330363357188,
            7.488991090071563,
            0.7500282279741755,
        ],
    );
    check(
        (0.8, 60.0, 120.0, 50),
        [
            0.4677740685537904,
            0.943_018_954_746_981,
            0.03091224916219322,
            3.709469899463186,
            0.9303242408042945,
        ],
    );
    check(
        (0.2, 60.0, 120.0, 10),
        [
            0.8503849479147523,
            0.3989711068843792,
            0.1956559440107232,
            23.47871328128678,
            0.9652128671871322,
        ],
    );
    check(
        (10_050.0 / 180.0, 180.0, 60.0, 10_000),
        [
            0.515314562792635,
            0.9919151380445346,
            0.008084861955465354,
            0.4850917173279213,
            0.9968747137347573,
        ],
    );
    check((20_000.0 / 180.0, 180.0, 60.0, 10_000), [1.0, 0.0, 0.5, 30.0, 1.0]);
    check((5000.0 / 180.0, 180.0, 60.0, 10_000), [0.0, 1.0, 0.0, 0.0, 0.5]);
}

#[test]
fn endless_patience_is_erlang_c() {
    for agents in [11, 14, 20] {
        let patient = Load { patience: Some(1e7), ..TEN };
        let (a, c) = (measures(&patient, agents, 20.0), measures(&TEN, agents, 20.0));
        near(a.waiting, c.waiting, 1e-3, "waiting");
        near(a.service_level, c.service_level, 1e-3, "service level");
    }
}

#[test]
fn ten_thousand_agents_are_found() {
    let target = Target { service_level: 0.8, within: 20.0, occupancy: 1.0, shrinkage: 0.0 };
    for patience in [None, Some(60.0)] {
        let load = Load { rate: 9900.0 / 180.0, handle: 180.0, patience };
        let need = need(&load, &target).unwrap();
        // Where callers hang up, those who stay are answered in time by far fewer.
        let least = if patience.is_some() { 7000 } else { 9900 };
        assert!((least..10_000).contains(&need.agents), "{need:?}");
        let fewer = measures(&load, need.agents - 1, 20.0);
        assert!(fewer.service_level < 0.8 && need.measures.service_level >= 0.8, "{need:?}");
    }
    let nothing = Load { rate: 0.0, handle: 180.0, patience: None };
    let idle = need(&nothing, &target).unwrap();
    assert_eq!((idle.agents, idle.scheduled), (0, 0));
    let shrunk = Target { shrinkage: 0.3, occupancy: 1.0, service_level: 0.0, ..target };
    let seven = Load { rate: 6.5 / 180.0, handle: 180.0, patience: None };
    let found = need(&seven, &shrunk).unwrap();
    assert_eq!((found.agents, found.scheduled), (7, 10));
}
