//! The shared state as commands use it: waits for another run to end, and tells.

mod hold;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hold::Hold;

use super::clock;
use super::context::{Context, causes, hint};
use super::settings::Settings;
use super::state::{Claim, Holder, RunFolder, SharedError, SharedState, StateFolder};

/// How often the branch is looked at while another run holds the tenant.
const PAUSE: Duration = Duration::from_secs(2);
/// How long is waited before each further try to push what a run has done.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// The state branch of a project, where it has one; else nothing happens.
pub(super) struct Sharing {
    shared: Option<SharedState>,
    /// The run that holds the tenant through us.
    held: Option<Hold>,
    until: Instant,
}

impl Sharing {
    /// Brings the branch into the state folder, whose lock must be held; waits up to `timeout` for
    /// another run to end.
    pub(super) fn open(
        context: &mut Context<'_>,
        settings: &Settings,
        state: &StateFolder,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        let until = clock::instant() + timeout;
        let shared = open(context, settings, state)?;
        let mut sharing = Self { shared, held: None, until };
        let Some(shared) = &mut sharing.shared else { return Ok(sharing) };
        let mut waits = false;
        while let Some(claim) = shared.bring()? {
            if clock::instant() >= until {
                return Err(shared.held(claim).into());
            }
            tell_waiting(context, &claim, &mut waits)?;
            std::thread::sleep(PAUSE.min(until.saturating_duration_since(clock::instant())));
        }
        Ok(sharing)
    }

    /// Takes the tenant for a run, whose plan stands in its folder, before its first request, and
    /// keeps it until [`Sharing::release`].
    pub(super) async fn claim(
        &mut self,
        context: &mut Context<'_>,
        run: &RunFolder,
        actor: &str,
        stop: &'static AtomicBool,
    ) -> anyhow::Result<()> {
        let mut waits = false;
        while let Some(mut shared) = self.shared.take() {
            let (folder, actor) = (run.clone(), actor.to_owned());
            // git may take its time, and signals are to be heard meanwhile.
            let claiming = tokio::task::spawn_blocking(move || {
                let claimed = shared.claim(&folder, &actor);
                (shared, claimed)
            });
            let (mut shared, claimed) = claiming.await?;
            let notes = shared.take_notes();
            let held = match claimed {
                Ok(Some(claim)) if clock::instant() >= self.until => Err(shared.held(claim)),
                Ok(Some(claim)) if stop.load(Ordering::SeqCst) => {
                    Err(SharedError::Interrupted(Box::new(claim)))
                }
                claimed => claimed,
            };
            for note in notes {
                context.note(&format!("{note}\n"))?;
            }
            let Some(claim) = held? else {
                self.held = Some(Hold::start(shared, run.clone(), stop));
                break;
            };
            self.shared = Some(shared);
            tell_waiting(context, &claim, &mut waits)?;
            tokio::time::sleep(PAUSE.min(self.until.saturating_duration_since(clock::instant())))
                .await;
        }
        Ok(())
    }

    /// Pushes what the run has left, and gives the tenant free. What was done stays done where this
    /// fails: it is told, loudly.
    pub(super) async fn release(self, context: &mut Context<'_>) {
        let Some(held) = self.held else { return };
        let releasing = tokio::task::spawn_blocking(move || {
            let (mut shared, run) = held.end()?;
            let mut released = shared.release(&run);
            for pause in AGAIN {
                if released.is_err() {
                    std::thread::sleep(pause);
                    released = shared.release(&run);
                }
            }
            released?;
            anyhow::Ok(shared.take_notes())
        });
        let told = match releasing.await {
            Ok(Ok(notes)) => notes.iter().map(|note| format!("{note}\n")).collect(),
            Ok(Err(error)) => left(&error),
            Err(error) => left(&error.into()),
        };
        // Where standard error is gone, the exit code tells what was done all the same.
        let _ = context.note(&told);
    }
}

/// Brings the branch's audit for those who only read it. Where that cannot be had, what the state
/// folder has is read, and that is told.
pub(super) fn refresh(
    context: &mut Context<'_>,
    settings: &Settings,
    state: &StateFolder,
) -> anyhow::Result<()> {
    let looked = look(context, settings, state);
    fresh_or_told(context, looked.map(drop))
}

/// Brings what a look at drift needs of the branch. Where that cannot be had, what the state folder
/// has is read, and that is told.
pub(super) fn bring_for_drift(
    context: &mut Context<'_>,
    settings: &Settings,
    state: &StateFolder,
) -> anyhow::Result<()> {
    let brought = with_branch(context, settings, state, |shared| Ok(shared.bring_for_drift()?));
    fresh_or_told(context, brought.map(drop))
}

/// Gives the branch what a look at drift has seen and told, where there is a branch.
pub(super) fn keep_drift(
    context: &Context<'_>,
    settings: &Settings,
    state: &StateFolder,
) -> anyhow::Result<()> {
    with_branch(context, settings, state, |shared| Ok(shared.keep_drift()?)).map(drop)
}

fn fresh_or_told(context: &mut Context<'_>, brought: anyhow::Result<()>) -> anyhow::Result<()> {
    let Err(error) = brought else { return Ok(()) };
    let error = causes(&error);
    context.note(&format!("warning: {error}; this is the copy in the state folder\n"))
}

/// Fetches the branch's audit, and tells who holds the tenant.
pub(super) fn look(
    context: &Context<'_>,
    settings: &Settings,
    state: &StateFolder,
) -> anyhow::Result<Option<Claim>> {
    let looked = with_branch(context, settings, state, |shared| Ok(shared.bring_to_read()?))?;
    Ok(looked.flatten())
}

/// Does something with the branch under the state folder's lock; none where there is no branch.
fn with_branch<T>(
    context: &Context<'_>,
    settings: &Settings,
    state: &StateFolder,
    work: impl FnOnce(&mut SharedState) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    if settings.state_branch.is_none() {
        return Ok(None);
    }
    let holder = Holder::of_process(&context.environment, clock::now());
    let _lock = state.lock(&holder, Duration::ZERO)?;
    match open(context, settings, state)? {
        Some(mut shared) => work(&mut shared).map(Some),
        None => Ok(None),
    }
}

fn open(
    context: &Context<'_>,
    settings: &Settings,
    state: &StateFolder,
) -> anyhow::Result<Option<SharedState>> {
    let Some(branch) = &settings.state_branch else { return Ok(None) };
    let tenant = &settings.tenant()?.name.value;
    let (project, environment) = (&settings.folder, &context.environment);
    Ok(Some(SharedState::open(state, project, &branch.value, tenant, environment)?))
}

fn tell_waiting(context: &mut Context<'_>, claim: &Claim, waits: &mut bool) -> anyhow::Result<()> {
    match std::mem::replace(waits, true) {
        true => Ok(()),
        false => context.note(&format!("Waiting for {claim} to end.\n")),
    }
}

fn left(error: &anyhow::Error) -> String {
    let help = hint(error).map_or_else(String::new, |hint| format!("  help: {hint}\n"));
    format!(
        "WARNING: {}\n  what this run did is in the state folder only, and the tenant is still held \
         for others: keep the folder, and run `cxform apply` from here again, which pushes it\n{help}",
        causes(error)
    )
}
