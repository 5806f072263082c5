//! The program around the library: settings, files, the console, the state folder, exit codes and
//! one file for each command. The only layer with a clock, an environment and a disk.

mod again;
mod apply;
mod approval;
mod args;
mod audit;
mod base;
pub mod clock;
mod completions;
pub mod console;
mod context;
mod doctor;
mod drift;
mod editing;
mod embedded;
pub mod environment;
mod events;
pub mod exit;
mod figures;
pub mod files;
mod follow;
mod generate;
mod handover;
mod history;
mod init;
mod journal;
mod lifting;
mod live;
mod making;
mod man;
mod markup;
mod metrics;
mod planning;
mod progress;
pub mod project;
mod provenance;
mod recommend;
mod redacting;
mod report;
mod rollback;
mod run;
pub mod schema;
mod secrets;
pub mod settings;
mod settling;
mod sharing;
mod show;
mod sim;
mod sinks;
mod snapshot;
pub mod state;
mod trace;
mod validate;
mod version;
mod wfm;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Command, CommandLine, SimCommand};
use console::{Console, Stream};
use context::Context;
use environment::Environment;
use exit::{Exit, is_silent};
use redacting::Redacting;

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let environment = Environment::of_process();
    let mut console = Console::of_process(&environment);
    let cwd = match std::env::current_dir() {
        Ok(cwd) => cwd,
        Err(error) => {
            let error = anyhow::anyhow!("the working directory cannot be found: {error}");
            return tell(&error, &mut console).into();
        }
    };
    execute(std::env::args_os(), environment, &mut console, cwd).into()
}

/// Runs one command line, the program's name first, in the folder `cwd`.
#[must_use]
pub fn execute(
    arguments: impl IntoIterator<Item = OsString>,
    environment: Environment,
    console: &mut Console,
    cwd: PathBuf,
) -> Exit {
    let command_line = match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => command_line,
        Err(error) => return usage(&error, console),
    };
    let ended = start(command_line, environment, console, cwd);
    ended.unwrap_or_else(|error| tell(&error, console))
}

fn start(
    command_line: CommandLine,
    environment: Environment,
    console: &mut Console,
    cwd: PathBuf,
) -> anyhow::Result<Exit> {
    let CommandLine { global, command } = command_line;
    let cwd = global.chdir.as_ref().map_or_else(|| cwd.clone(), |folder| cwd.join(folder));
    if !cwd.is_dir() {
        let message = format!("--chdir {}: there is no such folder", cwd.display());
        return Err(exit::UsageError::new(message).into());
    }
    trace::start(global.log, &environment)?;
    let redacting = Redacting::default();
    let mut context = Context { environment, console, global, cwd, redacting };
    match command {
        Command::Init(args) => init::run(&mut context, &args),
        Command::Validate(args) => validate::run(&mut context, &args),
        Command::Schema(args) => schema::run(&mut context, &args),
        Command::Plan(args) => planning::run(&mut context, &args),
        Command::Show(args) => show::run(&mut context, &args),
        Command::Snapshot(args) => snapshot::run(&mut context, &args),
        Command::Apply(args) => apply::run(&mut context, &args),
        Command::Drift(args) => drift::run(&mut context, &args),
        Command::Rollback(args) => rollback::run(&mut context, &args),
        Command::Recommend(args) => recommend::run(&mut context, &args),
        Command::Audit { command } => audit::run(&mut context, &command),
        Command::Wfm { command } => wfm::run(&mut context, &command),
        Command::Doctor => doctor::run(&mut context),
        Command::Sim { command: SimCommand::Serve { file, port } } => {
            sim::serve(&mut context, file.as_deref(), port)
        }
        Command::Sim { command: SimCommand::Reset } => sim::reset(&mut context),
        Command::Sim { command: SimCommand::Generate(args) } => generate::run(&mut context, &args),
        Command::Completions { shell } => completions::run(&mut context, shell),
        Command::Man { out } => man::run(&mut context, out.as_deref()),
        Command::Version { json } => version::run(&mut context, json),
    }
}

/// clap's own exit code for wrong usage is 2, which would read as "changes".
fn usage(error: &clap::Error, console: &mut Console) -> Exit {
    let text = error.render().to_string();
    let (stream, exit) = match error.use_stderr() {
        true => (Stream::Err, Exit::Usage),
        false => (Stream::Out, Exit::Done),
    };
    match console.talk(stream, &text) {
        Ok(()) => exit,
        Err(_) => Exit::Error,
    }
}

/// Tells what ended a command, and gives it its exit code.
fn tell(error: &anyhow::Error, console: &mut Console) -> Exit {
    if !is_silent(error) {
        let causes = context::causes(error);
        // Findings begin with their own word.
        let word = if causes.starts_with("error[") { "" } else { "error: " };
        let mut text = format!("{word}{causes}\n");
        if let Some(hint) = context::hint(error) {
            text.push_str(&format!("  help: {hint}\n"));
        }
        // Where standard error is gone too, the exit code is all that is left to say.
        let _ = console.talk(Stream::Err, &text);
    }
    Exit::of(error)
}
