//! `plan`, and what `apply` shares with it: to reach a tenant, and to show a plan.

use std::path::Path;

use super::again::CommandText;
use super::args::{PlanArgs, PlanFormat, Planning};
use super::base;
use super::clock;
use super::console::Stream;
use super::context::Context;
use super::embedded::{Embedded, state_file};
use super::exit::{Exit, UsageError};
use super::files::{Access, write_out};
use super::making::{make, make_live};
use super::markup;
use super::settings::{Endpoint, Keys, Settings, Tenant};
use super::show::{print, talk, write_file};
use super::state::StateFolder;
use crate::plan::Plan;
use crate::tenant::{Connection, Credentials, Reader};

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &PlanArgs) -> anyhow::Result<Exit> {
    let planning = &args.planning;
    context.redact(planning.redaction, planning.out.as_deref())?;
    let mut flags = context.global.flags(&planning.paths);
    flags.allow_delete = planning.allow_delete;
    let settings = context.settings(&flags).and_then(|settings| {
        let fresh = base::refresh(context, &settings, planning);
        fresh.map_err(|error| context.redacting.error(error))?;
        Ok(settings)
    });
    let settings = match settings {
        Err(error) => {
            // Without settings nobody knows the tenant's name but whoever asked.
            let named = context.global.tenant.clone().unwrap_or_default();
            markup::failure(context, planning.format, &named, &error)?;
            return Err(error);
        }
        Ok(settings) => settings,
    };
    let plan = match &planning.live {
        Some(file) => make_live(context, &settings, file, planning),
        None => runtime()?.block_on(async {
            let (connection, embedded) = connect(context, &settings).await?;
            let reader = Reader::connect(connection)?;
            let plan = make(context, &settings, &reader, planning).await;
            if let Some(embedded) = embedded {
                embedded.end_unlocked().await?;
            }
            plan
        }),
    };
    let plan = match plan.map_err(|error| context.redacting.error(error)) {
        Err(error) => {
            markup::failure(context, planning.format, &name_of(&settings), &error)?;
            return Err(error);
        }
        Ok(plan) => plan,
    };
    let again = CommandText::apply(&context.global, planning);
    present(context, planning, &plan, &again)?;
    Ok(match () {
        () if plan.blocked_by().next().is_some() => Exit::Blocked,
        () if planning.detailed_exitcode && !plan.is_empty() => Exit::Changes,
        () => Exit::Done,
    })
}

/// Writes the plan where `--out` says, and shows it; `again` is the command that applies it. Where the file is standard output, people are
/// talked to on standard error.
pub(super) fn present(
    context: &mut Context<'_>,
    planning: &Planning,
    plan: &Plan,
    again: &CommandText,
) -> anyhow::Result<()> {
    let format = planning.format.unwrap_or(PlanFormat::Text);
    has_room(planning, format)?;
    save(context, planning, plan)?;
    let redacting = context.redacting.clone();
    let (plan, again) = (&*redacting.plan(plan), &*redacting.again(plan, again));
    match (planning.out.as_deref() == Some(Path::new("-")), format) {
        (false, format) => {
            print(context, plan, format, planning.detail(), &planning.telling, again)
        }
        (true, PlanFormat::Text) => talk(context, Stream::Err, plan, planning.detail(), again),
        (true, _) => Ok(()),
    }
}

/// Refuses two that want standard output.
fn has_room(planning: &Planning, format: PlanFormat) -> Result<(), UsageError> {
    let is_out = planning.out.as_deref() == Some(Path::new("-"));
    if !is_out || matches!(format, PlanFormat::Text | PlanFormat::Json) {
        return Ok(());
    }
    let format = format.name();
    Err(UsageError::new(format!("--out - and --format {format} both want standard output"))
        .hint("save the plan in a file: --out FILE"))
}

/// What the selected tenant is called, where one is.
pub(super) fn name_of(settings: &Settings) -> String {
    settings.tenant().map(|tenant| tenant.name.value.clone()).unwrap_or_default()
}

fn save(context: &mut Context<'_>, planning: &Planning, plan: &Plan) -> anyhow::Result<()> {
    if let Some(out) = &planning.out {
        let file = match out == Path::new("-") {
            true => out.clone(),
            false => context.cwd.join(out),
        };
        write_out(&file, &|out| write_file(plan, out), Access::Private, context.console)?;
        if out != Path::new("-") {
            let whole = if context.redacting.is_on() { ", and names people" } else { "" };
            let (out, hash) = (out.display(), &plan.hash);
            context.note(&format!("The plan is saved in {out}{whole}. Its hash is {hash}\n"))?;
        }
    }
    Ok(())
}

/// The runtime of everything that speaks: one thread, since requests wait for the tenant and not
/// for each other, and handing them between threads costs more than they do.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// What a CI is told that would plan, apply and look for drift in a tenant of its own.
fn pretends(tenant: &Tenant) -> String {
    format!(
        "warning: this CI only pretends: the tenant {} ({}) is simulated inside the program, and \
         its state goes with the runner; name the real one as `defaultTenant` in cxform.yaml, or \
         with CXFORM_TENANT\n",
        tenant.name.value, tenant.url.value
    )
}

/// How to reach the tenant of the settings; an embedded one is started.
pub(super) async fn connect(
    context: &mut Context<'_>,
    settings: &Settings,
) -> anyhow::Result<(Connection, Option<Embedded>)> {
    let tenant = settings.tenant()?;
    let (url, credentials, embedded) = match &tenant.endpoint {
        Endpoint::Api { url, credentials } => {
            let credentials = match credentials.read(&context.environment)? {
                Keys::ClientCredentials { id, secret } => Credentials::Client { id, secret },
                Keys::AccessToken(token) => Credentials::Token(token),
            };
            (url.clone(), credentials, None)
        }
        Endpoint::Sim { seed } => {
            if context.environment.is_ci() {
                context.note(&pretends(tenant))?;
            }
            let state = StateFolder::new(&settings.state_dir.value);
            let file = state_file(&state, &tenant.name.value);
            let embedded = Embedded::start(seed, Some(file), 0, &context.cwd).await;
            let embedded = embedded.map_err(|error| context.placed(error))?;
            if let Some(warning) = &embedded.warning {
                context.console.talk(Stream::Err, &format!("warning: {warning}\n"))?;
            }
            (embedded.url(), embedded.credentials(), Some(embedded))
        }
    };
    let connection = Connection {
        url,
        dialect: tenant.dialect.value,
        credentials,
        requests_per_second: settings.requests_per_second.value,
        concurrency: usize::from(settings.concurrency.value),
        seed: u64::from(std::process::id()) ^ clock::now().as_second().unsigned_abs(),
        now: || clock::now().as_second(),
    };
    Ok((connection, embedded))
}
