//! `plan`, and what `apply` shares with it: read, observe, compare, check.

use std::path::Path;
use std::process::Command;

use super::args::{PlanArgs, PlanFormat, Planning};
use super::clock;
use super::console::Stream;
use super::context::{Context, Manifests, Wrong, report};
use super::embedded::{Embedded, state_file};
use super::exit::Exit;
use super::files::{Access, write_out};
use super::progress::Progress;
use super::project::CheckLevel;
use super::settings::{Endpoint, Keys, Settings, Tenant};
use super::show::{lists_noops, print, talk, write_file};
use super::state::StateFolder;
use crate::model::Facts;
use crate::plan::{self, Inputs, Plan, Policy, Setting, Source, draft, finish};
use crate::tenant::{Connection, Credentials, Observation, Reader, learn, observe};

/// Runs the command.
pub(super) fn run(context: &mut Context<'_>, args: &PlanArgs) -> anyhow::Result<Exit> {
    let planning = &args.planning;
    let mut flags = context.global.flags(&planning.paths);
    flags.allow_delete = planning.allow_delete;
    let settings = context.settings(&flags)?;
    let plan = runtime()?.block_on(async {
        let (connection, embedded) = connect(context, &settings).await?;
        let reader = Reader::connect(connection)?;
        let plan = make(context, &settings, &reader, lists_noops(planning.detail)).await;
        if let Some(embedded) = embedded {
            embedded.end_unlocked().await?;
        }
        plan
    });
    let plan = match plan {
        Err(error) if planning.format == Some(PlanFormat::Json) => {
            context.console.data(&report(&error))?;
            return Err(error);
        }
        plan => plan?,
    };
    present(context, planning, &plan)?;
    Ok(match () {
        () if !plan.applyable => Exit::Blocked,
        () if planning.detailed_exitcode && !plan.is_empty() => Exit::Changes,
        () => Exit::Done,
    })
}

/// Writes the plan where `--out` says, and shows it. Where the file is standard output, people are
/// talked to on standard error.
pub(super) fn present(
    context: &mut Context<'_>,
    planning: &Planning,
    plan: &Plan,
) -> anyhow::Result<()> {
    let format = planning.format.unwrap_or(PlanFormat::Text);
    save(context, planning, plan)?;
    match (planning.out.as_deref() == Some(Path::new("-")), format) {
        (false, format) => print(context, plan, format, planning.detail()),
        (true, PlanFormat::Text) => talk(context, Stream::Err, plan, planning.detail()),
        (true, PlanFormat::Json) => Ok(()),
    }
}

fn save(context: &mut Context<'_>, planning: &Planning, plan: &Plan) -> anyhow::Result<()> {
    if let Some(out) = &planning.out {
        let file = match out == Path::new("-") {
            true => out.clone(),
            false => context.cwd.join(out),
        };
        write_out(&file, &|out| write_file(plan, out), Access::Private, context.console)?;
        if out != Path::new("-") {
            let note =
                format!("The plan is saved in {}. Its hash is {}\n", out.display(), plan.hash);
            context.note(&note)?;
        }
    }
    Ok(())
}

/// The runtime of everything that speaks.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
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
            let state = StateFolder::new(&settings.state_dir.value);
            let file = state_file(&state, &tenant.name.value);
            let embedded = Embedded::start(seed, Some(file), 0, &context.cwd).await?;
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

/// Makes a plan: reads manifests and tenant, compares, checks.
pub(super) async fn make(
    context: &mut Context<'_>,
    settings: &Settings,
    reader: &Reader,
    with_noops: bool,
) -> anyhow::Result<Plan> {
    let Manifests { items, findings, sources, digest } = context.manifests(settings)?;
    if !findings.is_empty() {
        return Err(Wrong::new(&findings, &sources).into());
    }
    // What is wrong among the manifests themselves is told before anything is sent.
    let (_, findings) = crate::kinds::declare(&items, None);
    if !findings.is_empty() {
        return Err(Wrong::new(&findings, &sources).into());
    }
    if items.is_empty() {
        context.note_no_manifest(settings)?;
    }
    let facts = Facts {
        licensed_agents: settings.licensed_agents.value,
        timezone: settings.timezone.value.clone(),
        ..Facts::default()
    };
    let mut progress = Progress::new(context.console);
    let mut watch = |step| progress.tell(step);
    let mut observation = observe(reader, &items, facts, &mut watch).await?;
    drop(items);
    if !observation.findings.is_empty() {
        return Err(Wrong::new(&observation.findings, &sources).into());
    }
    let policy = policy(settings);
    let Observation { desired, observed, facts, .. } = &mut observation;
    let (draft, findings) = draft(desired, observed, facts, reader.dialect(), with_noops);
    if !findings.is_empty() {
        return Err(Wrong::new(&findings, &sources).into());
    }
    learn(reader, &draft, &policy, facts, &mut watch).await?;
    drop(progress);
    let inputs = Inputs {
        desired,
        observed,
        facts,
        policy: &policy,
        tenant: tenant_of(settings.tenant()?),
        source: source(settings, digest),
        appliable: true,
    };
    Ok(finish(draft, inputs).map_err(|findings| Wrong::new(&findings, &sources))?)
}

/// The tenant as a plan names it.
pub(super) fn tenant_of(tenant: &Tenant) -> plan::Tenant {
    plan::Tenant {
        name: tenant.name.value.clone(),
        url: tenant.url.value.clone(),
        dialect: tenant.dialect.value,
    }
}

fn policy(settings: &Settings) -> Policy {
    let setting = |level: &CheckLevel| match level {
        CheckLevel::Block => Setting::Block,
        CheckLevel::Hold => Setting::Hold,
        CheckLevel::Warn => Setting::Warn,
        CheckLevel::Off => Setting::Off,
    };
    Policy {
        checks: settings
            .checks
            .iter()
            .map(|(rule, level)| (rule.clone(), setting(level)))
            .collect(),
        allow_delete: settings.allow_delete.value,
    }
}

/// The commit that the manifests are at, where git knows.
fn source(settings: &Settings, manifests_digest: String) -> Source {
    let folder = settings.manifests.value.first().map_or(settings.folder.as_path(), |path| {
        if path.is_dir() { path } else { path.parent().unwrap_or(path) }
    });
    let commit = git(folder, &["rev-parse", "HEAD"]).filter(|commit| !commit.is_empty());
    let dirty = commit
        .as_ref()
        .and_then(|_| git(folder, &["status", "--porcelain", "--", "."]))
        .map(|changes| !changes.is_empty());
    Source { commit, dirty, manifests_digest }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    let text = output.status.success().then(|| String::from_utf8(output.stdout).ok())??;
    Some(text.trim_end().to_owned())
}
