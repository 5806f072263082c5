//! `doctor`: every setting with where it came from, and whether the tenant lets us in.

use std::collections::BTreeSet;

use super::clock;
use super::context::{Context, causes, hint};
use super::exit::Exit;
use super::planning::{connect, runtime};
use super::project::searched;
use super::settings::{Endpoint, Settings};
use super::sharing;
use super::state::{Holder, StateFolder};
use crate::facts;
use crate::http::{Dialect, Read};
use crate::kinds::{Action, KINDS};
use crate::tenant::{Origin, Reader, Roots};

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>) -> anyhow::Result<Exit> {
    let settings = context.settings(&context.global.flags(&[]))?;
    let rows = settings.rows();
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let project = match &settings.project {
        Some(file) => file.display().to_string(),
        None => format!("none ({})", searched(&context.cwd)),
    };
    context.say(&format!("{:width$}  {project}\n", "project file"))?;
    for row in &rows {
        context.say(&format!("{:width$}  {}  ({})\n", row.name, row.value, row.origin))?;
    }
    context.say("\n")?;
    let mut checks = vec![manifests(context, &settings), state(context, &settings)];
    checks.extend(trust(&settings));
    checks.push(tenant(context, &settings));
    let mut exit = Exit::Done;
    for check in checks {
        match check {
            Ok(told) => context.say(&format!("ok      {told}\n"))?,
            Err(error) => {
                exit = Exit::of(&error);
                let hint =
                    hint(&error).map_or_else(String::new, |hint| format!("\n        {hint}"));
                context.say(&format!("failed  {}{hint}\n", causes(&error)))?;
            }
        }
    }
    Ok(exit)
}

fn manifests(context: &Context<'_>, settings: &Settings) -> anyhow::Result<String> {
    let manifests = context.manifests(settings)?;
    let wrong = manifests.findings.len();
    anyhow::ensure!(
        wrong == 0,
        "{} in the manifests; `cxform validate` shows them",
        counted(wrong, "finding")
    );
    if manifests.items.is_empty() {
        let none = context.no_manifest(settings);
        return Ok(format!("0 manifests, and no plan without one: {none}"));
    }
    let (items, files) = (manifests.items.len(), manifests.sources.len());
    Ok(format!("{} in {}", counted(items, "manifest"), counted(files, "file")))
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn state(context: &Context<'_>, settings: &Settings) -> anyhow::Result<String> {
    let state = StateFolder::new(&settings.state_dir.value);
    let holder = Holder::of_process(&context.environment, clock::now());
    drop(state.lock(&holder, std::time::Duration::ZERO)?);
    let told = format!("the state folder {} can be written", state.path().display());
    if settings.state_branch.is_none() {
        return Ok(told);
    }
    Ok(match sharing::look(context, settings, &state)? {
        Some(claim) => format!("{told}; the state branch says that the tenant is held by {claim}"),
        None => format!("{told}; the state branch can be fetched, and nobody holds the tenant"),
    })
}

/// Who says that the tenant is the tenant: nobody is asked for one that is embedded or on this machine.
fn trust(settings: &Settings) -> Option<anyhow::Result<String>> {
    match &settings.tenant().ok()?.endpoint {
        Endpoint::Api { url, .. } if url.starts_with("https://") => {}
        Endpoint::Api { .. } | Endpoint::Sim { .. } => return None,
    }
    Some(Roots::of_process().map_err(anyhow::Error::msg).map(|roots| {
        let origin = match roots.origin {
            Origin::Named => "named by SSL_CERT_FILE or SSL_CERT_DIR",
            Origin::System => "of the system's store",
            Origin::Bundled => "of the bundled Mozilla list, since this system has none",
        };
        let count = roots.count();
        let authorities = if count == 1 { "authority" } else { "authorities" };
        format!("TLS trusts {count} {authorities} {origin}")
    }))
}

/// Asks for a token, who it belongs to, and what it may do.
fn tenant(context: &mut Context<'_>, settings: &Settings) -> anyhow::Result<String> {
    runtime()?.block_on(async {
        let (connection, embedded) = connect(context, settings).await?;
        let dialect = connection.dialect;
        let reader = Reader::connect(connection)?;
        let told = ask(&reader, dialect).await;
        if let Some(embedded) = embedded {
            embedded.end_unlocked().await?;
        }
        told
    })
}

async fn ask(reader: &Reader, dialect: Dialect) -> anyhow::Result<String> {
    let me = match dialect {
        Dialect::V2 => Read::new("/api/v2/users/me", ""),
    };
    reader.one(&me).await?;
    let Some(granted) = reader.scopes().await? else {
        return Ok("the tenant lets us in; the token does not name its scopes".to_owned());
    };
    let lacks = |needed: BTreeSet<&'static str>| {
        let missing: Vec<&str> =
            needed.into_iter().filter(|scope| !granted.contains(*scope)).collect();
        match missing[..] {
            [] => "yes".to_owned(),
            _ => format!("no, lacks {}", missing.join(" ")),
        }
    };
    Ok(format!(
        "the tenant lets us in; the token suffices for plan: {}; for apply: {}",
        lacks(read_scopes(dialect)),
        lacks(write_scopes(dialect))
    ))
}

fn read_scopes(dialect: Dialect) -> BTreeSet<&'static str> {
    let lists = facts::SOURCES.iter().map(|source| (source.list)(dialect).scope);
    let wires = KINDS.iter().filter_map(|kind| kind.wire(dialect));
    let reads = wires.flat_map(|wire| wire.read_scopes().iter().copied());
    lists.chain(reads).chain([facts::list_strategies(dialect).scope]).collect()
}

fn write_scopes(dialect: Dialect) -> BTreeSet<&'static str> {
    let wires = KINDS.iter().filter_map(|kind| kind.wire(dialect));
    let actions = [Action::Create, Action::Update, Action::Delete];
    wires.flat_map(|wire| actions.map(|action| wire.write_scope(action))).collect()
}
