//! `completions`.

use clap::CommandFactory as _;

use super::args::CommandLine;
use super::context::Context;
use super::exit::Exit;

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "cxform", &mut script);
    context.console.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
