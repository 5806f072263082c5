//! `wfm export`, and what each apply tells workforce management. The tenant's changes are made and
//! recorded by then: nothing here changes what a run did or how it ends.

mod after;
mod sending;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::args::{WfmCommand, WfmExportArgs};
use super::clock;
use super::context::{Context, Wrong};
use super::exit::{Exit, UsageError};
use super::files::{self, Access, write_out};
use super::making::{facts, sound};
use super::planning::{connect, runtime};
use super::progress::Progress;
use super::settings::{Settings, WfmTarget};
use super::state::{Holder, StateFolder};
use crate::http::retry::PATIENCE;
use crate::kinds::{self, WfmRow};
use crate::render;
use crate::tenant::{Reader, observe};
pub(super) use after::after;
use sending::{Sent, send, with_places};

/// What sends to the project's own receiver.
const SEND: &str = "`cxform wfm export --send`";

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, command: &WfmCommand) -> anyhow::Result<Exit> {
    match command {
        WfmCommand::Export(args) => export(context, args),
    }
}

fn export(context: &mut Context<'_>, args: &WfmExportArgs) -> anyhow::Result<Exit> {
    let settings = context.settings(&context.global.flags(&args.paths))?;
    let target = target(context, &settings, args)?;
    let at = clock::now();
    let rows = runtime()?.block_on(async {
        let (connection, embedded) = connect(context, &settings).await?;
        let reader = Reader::connect(connection)?;
        let rows = read(context, &settings, &reader).await;
        if let Some(embedded) = embedded {
            embedded.end_unlocked().await?;
        }
        rows
    })?;
    let count = rows.len();
    let text = render::wfm(rows, at);
    match &target {
        WfmTarget::Output => {
            write_out(
                Path::new("-"),
                &|out| out.write_all(text.as_bytes()),
                Access::Shared,
                context.console,
            )?;
        }
        WfmTarget::File(path) if !args.send => {
            let file = write(path, &settings, &text, at)?;
            let file = files::relative(&file, &context.cwd);
            context.say(&format!("Wrote {} to {file}\n", counted(count, "row")))?;
        }
        target => {
            let state = StateFolder::new(&settings.state_dir.value);
            let holder = Holder::of_process(&context.environment, at);
            let _lock = state.lock(&holder, Duration::ZERO)?;
            let outbox = state.outbox(&settings.tenant()?.name.value, &target.key());
            outbox.put(&text, at)?;
            let sent = runtime()?.block_on(send(context, &settings, target, &outbox, PATIENCE));
            return tell(context, args, target, &sent, count);
        }
    }
    Ok(Exit::Done)
}

/// Where the export goes.
fn target(
    context: &Context<'_>,
    settings: &Settings,
    args: &WfmExportArgs,
) -> Result<WfmTarget, UsageError> {
    if args.send {
        return settings.wfm.to.clone().ok_or_else(|| {
            UsageError::new("--send: cxform.yaml does not say where to")
                .hint("name a file or a url under `wfm.to`, or with --out")
        });
    }
    WfmTarget::parse(&args.out, &context.cwd)
        .map_err(|why| UsageError::new(format!("--out: {why}")))
}

/// What the manifests declare and the tenant has.
async fn read(
    context: &mut Context<'_>,
    settings: &Settings,
    reader: &Reader,
) -> anyhow::Result<Vec<WfmRow>> {
    let manifests = sound(context, settings)?;
    context.expect_manifest(settings, &manifests.items, false)?;
    let wrong = |found: Vec<_>| match found.is_empty() {
        true => Ok(()),
        false => Err(Wrong::new(&found, &manifests.sources)),
    };
    wrong(kinds::declare(&manifests.items, None).1)?;
    let mut progress = Progress::new(context.console);
    let mut watch = |step| progress.tell(step);
    let seen = observe(reader, &manifests.items, None, facts(settings), false, &mut watch).await?;
    drop(progress);
    wrong(seen.findings)?;
    let declared = seen.desired.iter().filter(|entry| !entry.value.absent);
    let row = |address| kinds::kind_of(&address)?.wfm_row(seen.observed.remotes.get(&address)?);
    Ok(declared.filter_map(|entry| row(entry.address())).collect())
}

/// Writes a file at once; its name may have places for time and tenant.
fn write(
    path: &Path,
    settings: &Settings,
    text: &str,
    at: Timestamp,
) -> anyhow::Result<std::path::PathBuf> {
    let tenant = &settings.tenant()?.name.value;
    let time = at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let path = std::path::PathBuf::from(with_places(&path.to_string_lossy(), tenant, &time));
    files::write(&path, text.as_bytes(), Access::Shared)?;
    Ok(path)
}

fn tell(
    context: &mut Context<'_>,
    args: &WfmExportArgs,
    target: &WfmTarget,
    sent: &Sent,
    count: usize,
) -> anyhow::Result<Exit> {
    let before = sent.delivered.saturating_sub(1);
    match &sent.why {
        None => {
            let mut told = format!("Delivered {} to {target}", counted(count, "row"));
            if before > 0 {
                told.push_str(&format!(
                    "; before them {} that had waited",
                    counted(before, "CSV file")
                ));
            }
            context.say(&format!("{told}\n"))?;
            Ok(Exit::Done)
        }
        Some(why) => {
            let again =
                if args.send { SEND } else { "`cxform wfm export --out` with the same url" };
            let rest = sent.rest(again);
            context.note(&format!("error: not delivered to {target}: {why}; {rest}\n"))?;
            Ok(Exit::Error)
        }
    }
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
