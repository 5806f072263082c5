//! `sim`: the simulated tenant behind a port.

use std::path::Path;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::clock;
use super::context::Context;
use super::embedded::{Embedded, state_file};
use super::exit::{Exit, UsageError};
use super::files;
use super::planning::runtime;
use super::settings::{Endpoint, Settings};
use super::state::{Holder, StateFolder};

/// How often a served tenant's state is written down.
const SAVED_EVERY: Duration = Duration::from_secs(1);

/// What is told of a served tenant that the project keeps.
const KEPT: &str = "\
Any client id and secret will do, unless the seed names some. It is the project's own: `plan` and `drift` see what is
done here a second later, and `apply` has to wait for the end of this (Ctrl-C).
";

/// What is told of one that nobody keeps.
const FORGOTTEN: &str = "\
Any client id and secret will do, unless the file names some. What is done here is forgotten at the end (Ctrl-C).
";

/// Serves a simulated tenant until it is interrupted.
pub(super) fn serve(
    context: &mut Context<'_>,
    file: Option<&Path>,
    port: u16,
) -> anyhow::Result<Exit> {
    let settings = context.settings(&context.global.flags(&[]))?;
    let state = StateFolder::new(&settings.state_dir.value);
    let (seed, kept_in) = match file {
        Some(file) => (context.cwd.join(file), None),
        None => {
            let (seed, name) = simulated(&settings)?;
            (seed.to_owned(), Some(state_file(&state, name)))
        }
    };
    let holder = Holder::of_process(&context.environment, clock::now());
    let _lock = match kept_in {
        Some(_) => Some(state.lock(&holder, Duration::ZERO)?),
        None => None,
    };
    runtime()?.block_on(async {
        let kept = if kept_in.is_some() { KEPT } else { FORGOTTEN };
        let embedded = Embedded::start(&seed, kept_in, port, &context.cwd).await;
        let mut embedded = embedded.map_err(|error| context.placed(error))?;
        if let Some(warning) = &embedded.warning {
            context.note(&format!("warning: {warning}\n"))?;
        }
        context.say(&format!("Serving the simulated tenant at {}\n{kept}", embedded.url()))?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut every = tokio::time::interval(SAVED_EVERY);
        loop {
            tokio::select! {
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                _ = every.tick() => embedded.save()?,
            }
        }
        embedded.end().await?;
        Ok(Exit::Done)
    })
}

/// Forgets what was done to the project's simulated tenant.
pub(super) fn reset(context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let settings = context.settings(&context.global.flags(&[]))?;
    let (_, name) = simulated(&settings)?;
    let state = StateFolder::new(&settings.state_dir.value);
    let holder = Holder::of_process(&context.environment, clock::now());
    let _lock = state.lock(&holder, Duration::ZERO)?;
    let message = match files::remove(&state_file(&state, name))? {
        true => format!("The simulated tenant {name} is as its seed says again.\n"),
        false => format!("The simulated tenant {name} was as its seed says.\n"),
    };
    context.say(&message)?;
    Ok(Exit::Done)
}

fn simulated(settings: &Settings) -> Result<(&Path, &str), UsageError> {
    let tenant = settings.tenant()?;
    match &tenant.endpoint {
        Endpoint::Sim { seed } => Ok((seed, &tenant.name.value)),
        Endpoint::Api { url, .. } => Err(UsageError::new(format!(
            "the tenant {} is at {url}, not simulated",
            tenant.name.value
        ))
        .hint("select one whose url is sim:FILE with --tenant, or name a `kind: Tenant` file")),
    }
}
