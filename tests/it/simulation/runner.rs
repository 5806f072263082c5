//! Plays schedules, each in a time of its own, and says how to see a failing one again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::schedule;

/// How often what happened.
pub(super) type Tally = BTreeMap<&'static str, u64>;

pub(super) mod tally {
    /// What is to happen in some schedule or other.
    pub(crate) const EVERYTHING: &[&str] = &[
        "429",
        "500",
        "500, carried out",
        "503",
        "503, carried out",
        "reset",
        "reset, carried out",
        "garbage",
        "no connection",
        "answer too late",
        "carried out too late",
        "tokens end",
        "somebody deletes",
        "somebody edits another field",
        "somebody edits a managed field",
        "somebody inserts",
        "somebody restores",
        "people decide",
        "a run begins",
        "a run is settled",
        "before a request leaves",
        "a request is on its way",
        "a request was carried out",
        "an answer came",
        "before a run",
        "after a run's plan",
        "before an audit line",
        "after an audit line",
        "before an intent",
        "after an intent",
        "before an outcome",
        "between journal and audit",
        "after a run's end",
        "the disk is full",
        "it is stopped",
        "conflict",
        "unknown",
        "already",
    ];
}

/// One schedule's end.
struct Played {
    story: Vec<String>,
    wrong: Vec<String>,
    tally: Tally,
}

/// Plays these seeds, on all cores; fails where one does.
pub(super) fn play(seeds: Range<u64>) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let (failed, seen) = (Mutex::new(BTreeMap::new()), Mutex::new(Tally::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let Played { story, wrong, tally } = one(seed);
            for (what, count) in tally {
                *seen.lock().unwrap().entry(what).or_default() += count;
            }
            if !wrong.is_empty() {
                failed.lock().unwrap().insert(seed, (story, wrong));
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap();
    if let Some((seed, (story, wrong))) = failed.first_key_value() {
        let all: Vec<String> = failed
            .iter()
            .take(40)
            .map(|(seed, (_, wrong))| format!("  {seed}: {}", short(&wrong[0])))
            .collect();
        panic!(
            "{}\n\n{}\n\n{} schedules failed:\n{}\n\nSEED={seed} cargo test --test it simulation",
            story.join("\n"),
            wrong.join("\n"),
            failed.len(),
            all.join("\n"),
        );
    }
    seen.into_inner().unwrap()
}

fn short(text: &str) -> String {
    text.chars().take(160).collect()
}

/// What happens in a schedule, line by line.
pub(super) fn story(seed: u64) -> Vec<String> {
    one(seed).story
}

/// Plays something in a time of its own.
pub(super) fn in_simulated_time(play: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(play);
}

fn one(seed: u64) -> Played {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let (scene, items) = runtime.block_on(async { schedule::scene(seed) });
    let played = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(schedule::play(seed, &scene, &items));
    }));
    let state = &mut scene.lock();
    if let Err(panic) = played {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        state.complain(text.to_owned());
    }
    let told: Vec<_> = (0..state.disk.runs.len()).flat_map(|r| state.disk.told(r)).collect();
    for event in told {
        if let cxform::audit::Event::Change(change) = event {
            let known = tally::EVERYTHING.iter().find(|known| **known == change.result);
            known.into_iter().for_each(|known| *state.tally.entry(known).or_default() += 1);
        }
    }
    Played {
        story: std::mem::take(&mut state.story),
        wrong: std::mem::take(&mut state.wrong),
        tally: std::mem::take(&mut state.tally),
    }
}
