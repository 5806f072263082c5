//! The life of one process, and how it ends: in peace, at a step, on a full disk, or stopped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::scene::Scene;

/// What happens to a process when it reaches a step, counted from 0.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// Nothing.
    Peace,
    /// It dies.
    Dies(usize),
    /// From then on nothing can be written to the disk.
    FullDisk(usize),
    /// It is asked to stop.
    Stopped(usize),
}

/// One process.
pub(super) struct Life {
    pub(super) scene: Arc<Scene>,
    fate: Fate,
    steps: Mutex<usize>,
    is_dead: AtomicBool,
    is_full: AtomicBool,
    /// What a signal sets. It lives as long as the tests.
    pub(super) stop: &'static AtomicBool,
    died: Notify,
}

impl Life {
    pub(super) fn begin(scene: &Arc<Scene>, fate: Fate) -> Arc<Self> {
        Arc::new(Self {
            scene: Arc::clone(scene),
            fate,
            steps: Mutex::new(0),
            is_dead: AtomicBool::new(false),
            is_full: AtomicBool::new(false),
            stop: Box::leak(Box::new(AtomicBool::new(false))),
            died: Notify::new(),
        })
    }

    /// Returns when the process dies.
    pub(super) async fn end(&self) {
        self.died.notified().await;
    }

    /// A moment at which a process may die. It never returns to one that is dead.
    pub(super) async fn step(&self, what: &'static str) {
        if self.dies_at(what) {
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::SeqCst)
    }

    fn dies_at(&self, what: &'static str) -> bool {
        if self.is_dead.load(Ordering::SeqCst) {
            return true;
        }
        let mut steps = self.steps.lock().unwrap();
        let now = *steps;
        *steps += 1;
        match self.fate {
            Fate::Dies(at) if at == now => {
                self.scene.lock().tell(what, format!("the process dies at: {what}"));
                self.is_dead.store(true, Ordering::SeqCst);
                self.died.notify_one();
                return true;
            }
            Fate::FullDisk(at) if at == now => {
                self.scene.lock().tell("the disk is full", "the disk is full".to_owned());
                self.is_full.store(true, Ordering::SeqCst);
            }
            Fate::Stopped(at) if at == now => {
                self.scene.lock().tell("it is stopped", "it is asked to stop".to_owned());
                self.stop.store(true, Ordering::SeqCst);
            }
            _ => {}
        }
        false
    }
}
