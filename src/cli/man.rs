//! `man`.

use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::args::CommandLine;
use super::context::Context;
use super::exit::Exit;
use super::files::{self, Access};

/// Runs the command: the page of the program to standard output, or those of all commands to a folder.
pub(super) fn run(context: &mut Context<'_>, out: Option<&Path>) -> anyhow::Result<Exit> {
    let mut program = CommandLine::command().disable_help_subcommand(true);
    program.build();
    let Some(out) = out else {
        let page = Man::new(program);
        context.console.data(&text(&page)?)?;
        return Ok(Exit::Done);
    };
    let pages = pages(program);
    for page in &pages {
        let file = context.cwd.join(out).join(page.get_filename());
        files::create_folder_of(&file)?;
        files::write(&file, text(page)?.as_bytes(), Access::Shared)?;
    }
    context.note(&format!("{} pages written to {}\n", pages.len(), out.display()))?;
    Ok(Exit::Done)
}

/// The page of a command and those of all commands below it.
fn pages(command: clap::Command) -> Vec<Man> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set()).cloned();
    let mut pages: Vec<Man> = below.flat_map(pages).collect();
    pages.push(Man::new(command));
    pages
}

fn text(page: &Man) -> anyhow::Result<String> {
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(String::from_utf8(text)?)
}
