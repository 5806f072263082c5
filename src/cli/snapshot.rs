//! `snapshot`: the tenant as a file.

use std::io::Write;
use std::path::Path;

use super::args::SnapshotArgs;
use super::context::Context;
use super::exit::Exit;
use super::files::{Access, write_out};
use super::making::tenant_of;
use super::planning::{connect, runtime};
use super::progress::Progress;
use crate::manifest::schema::API_VERSION;
use crate::model::Raw;
use crate::plan::Tenant;
use crate::tenant::{Reader, Taken, snapshot};

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &SnapshotArgs) -> anyhow::Result<Exit> {
    let settings = context.settings(&context.global.flags(&[]))?;
    let taken = runtime()?.block_on(async {
        let (connection, embedded) = connect(context, &settings).await?;
        let reader = Reader::connect(connection)?;
        let mut progress = Progress::new(context.console);
        let taken = snapshot(&reader, args.analytics, &mut |step| progress.tell(step)).await;
        drop(progress);
        if let Some(embedded) = embedded {
            embedded.end_unlocked().await?;
        }
        anyhow::Ok(taken?)
    })?;
    for (section, scope) in &taken.spared {
        let message = format!("the token lacks the scope {scope}");
        context.note(&format!("warning: {message}; the snapshot goes without {section}\n"))?;
    }
    let tenant = tenant_of(settings.tenant()?);
    let is_printed = args.out == Path::new("-");
    let file = if is_printed { args.out.clone() } else { context.cwd.join(&args.out) };
    write_out(&file, &|out| write(&taken, &tenant, out), Access::Private, context.console)?;
    let counts: Vec<String> =
        taken.sections.iter().map(|(name, rows)| format!("{name} {}", rows.len())).collect();
    let whereto =
        if is_printed { "standard output".to_owned() } else { args.out.display().to_string() };
    context.note(&format!("Wrote the tenant to {whereto}: {}\n", counts.join(", ")))?;
    Ok(Exit::Done)
}

/// Writes `kind: Tenant` as JSON, which is YAML too: a row a line, so that two of them can be
/// compared.
fn write(taken: &Taken, tenant: &Tenant, out: &mut dyn Write) -> std::io::Result<()> {
    let metadata = serde_json::json!({"name": tenant.name, "url": tenant.url});
    write!(out, "{{\"apiVersion\":\"{API_VERSION}\",\"kind\":\"Tenant\",\"metadata\":{metadata}")?;
    for (section, rows) in &taken.sections {
        write!(out, ",")?;
        list(section, rows, out)?;
    }
    if !taken.figures.is_empty() {
        write!(out, ",\n\"analytics\":{{")?;
        for (index, (section, rows)) in taken.figures.iter().enumerate() {
            write!(out, "{}", if index == 0 { "" } else { "," })?;
            list(section, rows, out)?;
        }
        write!(out, "}}")?;
    }
    writeln!(out, "}}")
}

fn list(name: &str, rows: &[Raw], out: &mut dyn Write) -> std::io::Result<()> {
    write!(out, "\n\"{name}\":[")?;
    for (index, row) in rows.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}\n{}", crate::model::json_safe(row.as_str()))?;
    }
    write!(out, "\n]")
}
