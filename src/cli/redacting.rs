//! `--redact-agents`: pseudonyms in the place of people, in all that a command shows. What it keeps
//! (a saved plan, the state folder) stays whole.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tracing::Level;

use super::again::CommandText;
use super::args::RedactionArgs;
use super::console::ConsoleError;
use super::context::{Context, NoManifest, Wrong};
use super::exit::UsageError;
use super::files::FileError;
use super::settings::SecretError;
use super::state::{SharedError, StateError};
use super::trace;
use crate::plan::drift::Drift;
use crate::plan::{Applied, Change, Outcome, Plan, Redaction};
use crate::tenant::{Observation, Retry, TenantError, Watching};

/// The variable that holds the key; `…_FILE` names a file instead.
const KEY: &str = "CXFORM_REDACT_KEY";
/// A shorter key could be tried out.
const SHORTEST: usize = 16;

/// Whether people are told by pseudonyms, and with which key.
#[derive(Clone, Default)]
pub(super) struct Redacting(Option<SecretString>);

impl Context<'_> {
    /// From here on, people are told as the flag says.
    ///
    /// # Errors
    /// There is no key: without one, whoever knows the agents could try out who is meant.
    pub(super) fn redact(
        &mut self,
        asked: RedactionArgs,
        out: Option<&Path>,
    ) -> Result<(), UsageError> {
        if !asked.redact_agents {
            return Ok(());
        }
        if out == Some(Path::new("-")) {
            let message = "--out - prints the whole plan, in which --redact-agents changes nothing";
            return Err(UsageError::new(message).hint("save the plan in a file: --out FILE"));
        }
        if trace::level(self.global.log, &self.environment)? > Some(Level::INFO) {
            let message = "a log of every request names people, whom --redact-agents does not tell";
            return Err(UsageError::new(message).hint("leave out --log, or log at most `info`"));
        }
        let way = format!("set {KEY} or {KEY}_FILE to what `openssl rand -hex 32` prints");
        let wrong = |what: String| UsageError::new(what).hint(way.as_str());
        let key = self.environment.secret(KEY, &self.cwd);
        let key = key.map_err(|error| wrong(format!("--redact-agents has no key: {error}")))?;
        let key = key.ok_or_else(|| wrong(format!("--redact-agents needs a key in {KEY}")))?;
        if key.expose_secret().len() < SHORTEST {
            let message = format!("the key in {KEY} has fewer than {SHORTEST} bytes");
            return Err(wrong(message));
        }
        self.redacting = Redacting(Some(key));
        Ok(())
    }
}

impl Redacting {
    /// A plan as it is shown.
    pub(super) fn plan<'p>(&self, plan: &'p Plan) -> Cow<'p, Plan> {
        self.of(plan).map_or(Cow::Borrowed(plan), |redaction| Cow::Owned(redaction.plan(plan)))
    }

    /// What became of a plan as it is shown.
    pub(super) fn applied<'a>(&self, plan: &Plan, applied: &'a Applied) -> Cow<'a, Applied> {
        let shown = |redaction: Redaction| Cow::Owned(redaction.applied(applied));
        self.of(plan).map_or(Cow::Borrowed(applied), shown)
    }

    /// A command that makes the plan again, as it is shown: people in it are not those of the tenant.
    pub(super) fn again<'c>(&self, plan: &Plan, again: &'c CommandText) -> Cow<'c, CommandText> {
        let (Some(redaction), Some(selected)) = (self.of(plan), &plan.selection) else {
            return Cow::Borrowed(again);
        };
        let all = [("--only", &selected.only), ("--exclude", &selected.exclude)];
        let all = all.iter().flat_map(|(flag, all)| all.iter().map(move |pattern| (flag, pattern)));
        Cow::Owned(all.fold(again.clone(), |again, (flag, pattern)| {
            again.with(flag, pattern, &redaction.pattern(pattern))
        }))
    }

    /// Whether it is on.
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// An error as it is told: what may have words of manifests or of the tenant is told by its kind.
    pub(super) fn error(&self, error: anyhow::Error) -> anyhow::Error {
        if !self.is_on() || is_ours(&error) {
            return error;
        }
        if let Some(wrong) = error.downcast_ref::<Wrong>() {
            return wrong.redacted().into();
        }
        let tenant = error.chain().find_map(|cause| cause.downcast_ref::<TenantError>());
        let what = match (tenant, tenant.and_then(TenantError::status)) {
            (Some(TenantError::Unreachable { .. }), _) => "the tenant cannot be reached".to_owned(),
            (Some(_), Some(status)) => format!("the tenant answered {status}"),
            (Some(_), None) => "the tenant's answer is not the contract's JSON".to_owned(),
            (None, _) => "something went wrong".to_owned(),
        };
        anyhow::anyhow!("{what}; more is not told with --redact-agents, since it may name people")
    }

    /// For a plan and what becomes of it; none where people are told by their names.
    pub(super) fn of(&self, plan: &Plan) -> Option<Redaction> {
        self.0.as_ref().map(|key| Redaction::new(key, plan))
    }

    /// For what differs; none likewise.
    pub(super) fn of_drift(&self, drift: &Drift, seen: &Observation) -> Option<Redaction> {
        let Observation { desired, observed, facts, .. } = seen;
        let key = self.0.as_ref()?;
        Some(Redaction::of_drift(key, drift, desired, observed, facts))
    }
}

/// Tells somebody what happens in a tenant, with pseudonyms in the place of people.
pub(super) struct Discreet {
    pub(super) to: Arc<dyn Watching>,
    /// Known when the plan is; nothing is begun before.
    pub(super) redaction: Arc<OnceLock<Redaction>>,
}

impl Watching for Discreet {
    fn started(&self, change: &Change) {
        if let Some(redaction) = self.redaction.get() {
            self.to.started(&redaction.change(change));
        }
    }

    fn finished(&self, outcome: &Outcome, id: Option<&str>) {
        if let Some(redaction) = self.redaction.get() {
            let id = id.map(|id| redaction.id(&outcome.address, id));
            self.to.finished(&redaction.outcome(outcome), id.as_deref());
        }
    }

    fn retried(&self, retry: &Retry<'_>) {
        // A path may have somebody's id, and the tenant's words anything.
        let request = retry.request.split(' ').next().unwrap_or_default();
        let why = retry.why.map(|_| "it was not done, or nobody knows");
        self.to.retried(&Retry { request, why, ..*retry });
    }

    fn held_back(&self, wait: Duration) {
        self.to.held_back(wait);
    }
}

/// Whether an error has only words that are ours, or of files and settings.
fn is_ours(error: &anyhow::Error) -> bool {
    let Some(first) = error.chain().next() else { return true };
    let is_scopes = |error: &TenantError| matches!(error, TenantError::MissingScopes { .. });
    first.is::<UsageError>()
        || first.is::<FileError>()
        || first.is::<NoManifest>()
        || first.is::<ConsoleError>()
        || first.is::<StateError>()
        || first.is::<SharedError>()
        || first.is::<SecretError>()
        || first.downcast_ref::<TenantError>().is_some_and(is_scopes)
}
