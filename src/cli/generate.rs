//! `sim generate`: a project with a simulated tenant of any size.

use std::path::{Path, PathBuf};

use super::args::GenerateArgs;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::files;
use crate::world::generate::{Generator, Parameters};

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &GenerateArgs) -> anyhow::Result<Exit> {
    let &GenerateArgs { agents, skills, changed, seed, .. } = args;
    let parameters = Parameters { agents, skills, changed, seed };
    let folder = context.cwd.join(&args.out);
    if !files::is_vacant(&folder)? {
        let message = format!("--out {}: it is there already and not empty", args.out.display());
        let hint = "remove it, or name a folder that is empty or not there yet";
        return Err(UsageError::new(message).hint(hint).into());
    }
    let told = told(&parameters, &seen_from_outside(context, &args.out));
    write(&Generator::new(parameters), &folder)?;
    context.say(&told)?;
    Ok(Exit::Done)
}

fn write(generator: &Generator, folder: &Path) -> anyhow::Result<()> {
    for output in generator.outputs() {
        let file = folder.join(output.path());
        files::create_folder_of(&file)?;
        files::write_new(&file, &|mut to| generator.write(output, &mut to))?;
    }
    Ok(())
}

/// The folder as the next command has to name it.
fn seen_from_outside(context: &Context<'_>, out: &Path) -> PathBuf {
    context.global.chdir.as_ref().map_or_else(|| out.to_owned(), |folder| folder.join(out))
}

fn told(parameters: &Parameters, folder: &Path) -> String {
    let Parameters { agents, skills, .. } = parameters;
    format!(
        "Wrote {folder}: agents {agents}, skills {skills}, assignments {}; the tenant differs in {}\n\
         Next: cxform --chdir {folder} plan\n",
        parameters.assignments(),
        parameters.changed_assignments(),
        folder = folder.display(),
    )
}
