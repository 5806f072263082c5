//! `audit verify`.

use std::path::PathBuf;

use super::{each_line, own};
use crate::audit::{Extent, Verifier, begins_chain};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::files;

/// Checks the chain of the tenant's audit, or of the files that are named.
pub(super) fn run(
    context: &mut Context<'_>,
    named: &[PathBuf],
    head: Option<&str>,
) -> anyhow::Result<Exit> {
    let (files, missing) = match named {
        [] => match (own(context)?, head) {
            (Some(own), _) => (own.all()?, own.missing()?),
            (None, None) => return Ok(Exit::Done),
            (None, Some(head)) => anyhow::bail!("no line has the head {head}"),
        },
        named => (named.iter().map(|file| context.cwd.join(file)).collect(), Vec::new()),
    };
    let mut verifier = Verifier::new(head);
    for file in &files {
        let mut is_first = true;
        each_line(file, |line| {
            if std::mem::take(&mut is_first) {
                verifier.part(!named.is_empty() && begins_chain(line));
            }
            verifier.line(line);
            Ok(())
        })?;
        if is_first {
            verifier.part(false);
        }
    }
    let verified = verifier.end();
    for part in &missing {
        context.say(&format!("{}: this part is missing\n", files::relative(part, &context.cwd)))?;
    }
    let names: Vec<String> = files.iter().map(|file| files::relative(file, &context.cwd)).collect();
    let name = |part: usize| names.get(part).map(String::as_str).unwrap_or_default();
    for problem in &verified.problems {
        context.say(&format!("{}: {problem}\n", name(problem.part)))?;
    }
    for chain in &verified.chains {
        let is_whole = |p: &crate::audit::Problem| !(chain.first..=chain.last).contains(&p.part);
        if missing.is_empty() && verified.problems.iter().all(is_whole) {
            context.say(&whole(chain, &name))?;
        }
    }
    if let (Some((part, line)), Some(_)) = (verified.expected_at, head) {
        context.say(&format!("{}: line {line} has the expected head\n", name(part)))?;
    }
    let is_whole = missing.is_empty() && verified.problems.is_empty();
    Ok(if is_whole { Exit::Done } else { Exit::Error })
}

fn whole<'a>(chain: &Extent, name: &impl Fn(usize) -> &'a str) -> String {
    let head = chain.head.as_deref().unwrap_or("none");
    let files = match chain.last - chain.first {
        0 => name(chain.first).to_owned(),
        more => format!("{} to {} ({} files)", name(chain.first), name(chain.last), more + 1),
    };
    format!("{files}: {} lines, whole; head {head}\n", chain.lines)
}
