//! `drift`: where the tenant differs from the manifests, and who moved. The tenant is only read.

mod accept;
mod looking;
mod memory;
mod metrics;
mod notify;
mod people;
mod telling;

use super::args::DriftArgs;
use super::clock;
use super::context::Context;
use super::exit::Exit;
use super::planning::name_of;
use super::settings::Settings;
use crate::plan::drift::Drift;
use looking::{Looked, look};
use memory::Memory;
use notify::Receiver;
use telling::Shown;

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &DriftArgs) -> anyhow::Result<Exit> {
    context.redact(args.redaction, None)?;
    let (started, began) = (clock::now(), clock::instant());
    let settings = context.settings(&context.global.flags(&args.paths));
    // Without settings nobody knows the tenant's name but whoever asked.
    let named = || context.global.tenant.clone().unwrap_or_default();
    let tenant = settings.as_ref().map_or_else(|_| named(), name_of);
    let ended = settings.and_then(|settings| {
        told(context, &settings, args).map_err(|error| context.redacting.error(error))
    });
    let took = clock::instant().saturating_duration_since(began);
    if let Some(file) = &args.metrics {
        let counts = ended.as_ref().ok().map(|drift| drift.counts);
        let run = metrics::Run { tenant: &tenant, started, took, counts };
        metrics::write(&context.cwd.join(file), &run)?;
    }
    match ended {
        Ok(drift) if drift.drift && args.accept.is_empty() => Ok(Exit::Changes),
        Ok(_) => Ok(Exit::Done),
        Err(error) => {
            telling::failure(context, args.format, &tenant, &error)?;
            Err(error)
        }
    }
}

fn told(context: &mut Context<'_>, settings: &Settings, args: &DriftArgs) -> anyhow::Result<Drift> {
    // What is wrong with a receiver is told before anything is asked.
    let receivers = Receiver::all(context, &args.notify)?;
    let Looked { mut drift, seen, manifests } = look(context, settings, args)?;
    if !args.accept.is_empty() {
        accept::accept(context, settings, (&seen, &manifests), &args.accept, &mut drift)?;
        telling::accepted(context, args, &Shown::of(context, &drift, &seen)?.drift)?;
        return Ok(drift);
    }
    if args.after.is_none() && receivers.is_empty() {
        telling::tell(context, args, &Shown::of(context, &drift, &seen)?.drift)?;
        return Ok(drift);
    }
    let mut memory = Memory::open(context, settings)?;
    memory.count(&mut drift, &seen.desired, args.after);
    memory.save()?;
    let shown = Shown::of(context, &drift, &seen)?;
    telling::tell(context, args, &shown.drift)?;
    for receiver in &receivers {
        receiver.notify(context, &drift, &shown, &mut memory)?;
    }
    memory.close(context)?;
    Ok(drift)
}
