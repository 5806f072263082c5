//! `audit export`.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{chosen, each_chosen};
use crate::audit::{COLUMNS, row};
use crate::cli::args::{ExportArgs, ExportFormat};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::files::{Access, write_out};
use crate::cli::sinks;

/// Writes the lines, or delivers them to the sinks.
pub(super) fn run(context: &mut Context<'_>, args: &ExportArgs) -> anyhow::Result<Exit> {
    if args.sinks {
        return sinks::deliver_waiting(context);
    }
    let files = chosen(context, &args.files)?;
    let out = match args.out == Path::new("-") {
        true => args.out.clone(),
        false => context.cwd.join(&args.out),
    };
    let cwd = context.cwd.clone();
    // What cannot be read is told as it is, not as a failure to write.
    let unread = RefCell::new(None);
    let written = write_out(
        &out,
        &|out| {
            write(&cwd, &files, args, out).map_err(|error| {
                error.downcast().unwrap_or_else(|error| {
                    *unread.borrow_mut() = Some(error);
                    std::io::Error::other("the audit cannot be read")
                })
            })
        },
        Access::Private,
        context.console,
    );
    if let Some(error) = unread.into_inner() {
        return Err(error);
    }
    written?;
    Ok(Exit::Done)
}

fn write(
    cwd: &Path,
    files: &[PathBuf],
    args: &ExportArgs,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match args.format {
        ExportFormat::Jsonl => {
            each_chosen(cwd, files, &args.filter, |line, _| Ok(writeln!(out, "{line}")?))
        }
        ExportFormat::Csv => {
            // Quoted texts do not fall apart where a spreadsheet takes `;` for the end of a cell.
            let mut table = csv::WriterBuilder::new()
                .terminator(csv::Terminator::CRLF)
                .quote_style(csv::QuoteStyle::NonNumeric)
                .from_writer(out);
            table.write_record(COLUMNS).map_err(cause)?;
            each_chosen(cwd, files, &args.filter, |line, wrong| {
                let row = row(line).ok_or_else(|| wrong("not an audit line"))?;
                Ok(table.write_record(row).map_err(cause)?)
            })?;
            Ok(table.flush()?)
        }
    }
}

/// What the stream said: a reader that went away is to be told from a disk that is full.
fn cause(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => std::io::Error::other(format!("{other:?}")),
    }
}
