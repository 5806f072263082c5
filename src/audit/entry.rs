//! What one line of the audit tells.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One line of the audit, without what the chain adds (`seq`, `prev`, `hash`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it happened; for a change, when it finished.
    pub time: Timestamp,
    /// The run's name.
    pub run: String,
    /// Who ran it.
    pub actor: String,
    /// The tenant's name in the settings.
    pub tenant: String,
    /// The manifests' commit, where they are in a repository.
    pub commit: Option<String>,
    /// The plan's hash, `sha256:…`.
    pub plan_hash: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened: `"event": "start"`, `"change"` or `"end"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// A run began.
    Start(RunStart),
    /// A change was attempted.
    Change(Change),
    /// A run ended.
    End(RunEnd),
}

/// The beginning of a run: what allowed it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunStart {
    /// Every check of the plan.
    pub checks: Vec<CheckRecord>,
    /// When the checks were made.
    pub checked_at: Option<Timestamp>,
    /// The rules that were lifted for this plan.
    pub overrides: Vec<Override>,
    /// The CI that it ran in: `github`, `gitlab`, `azure` or `jenkins`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci: Option<String>,
    /// The pull request's number there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<String>,
    /// Where the CI shows the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
    /// A line that an earlier run left half written and that was set aside. The state folder fills
    /// it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub torn: Option<Torn>,
    /// Who wrote this entry, where the machine that ran it is gone with its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<String>,
}

/// One check of a plan and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// The rule, `licence`.
    pub rule: String,
    /// The resource it was about, if any.
    pub address: Option<String>,
    /// Whether it passed.
    pub passed: bool,
    /// Whether it only warns: it did not pass, and stopped nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warned: bool,
}

/// One `--override RULE@HASH --reason TEXT`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The rule that was lifted.
    pub rule: String,
    /// The plan's hash that it was lifted for.
    pub hash: String,
    /// Why.
    pub reason: String,
}

/// Bytes after the last whole line of an audit: a crash in the middle of a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Torn {
    /// How many bytes were set aside.
    pub bytes: u64,
    /// Their digest, `sha256:…`.
    pub digest: String,
}

/// One change that was attempted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The resource.
    pub address: String,
    /// What was done: `create`, `update`, `delete`, `rename`.
    pub action: String,
    /// Digest of the managed fields before, if there were any.
    pub before_digest: Option<String>,
    /// Digest of the managed fields after, if there are any.
    pub after_digest: Option<String>,
    /// Digest of what was sent, with secrets masked.
    pub payload_hash: Option<String>,
    /// What became of it: `done`, `failed`, `conflict`, `unknown`, …
    pub result: String,
    /// The last answer's status, if there was one.
    pub status: Option<u16>,
    /// How many requests it took.
    pub attempts: u32,
    /// From the first request to the last answer, in milliseconds.
    pub duration_ms: u64,
    /// The tenant's own name of the last request, if it told one.
    pub request_id: Option<String>,
    /// The fields in which somebody else's edit was overwritten, as `--on-conflict overwrite` says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overwritten: Vec<String>,
    /// Who found out what became of it, where its run was cut off before it knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<String>,
}

impl Change {
    /// What was sent for it: a rename is an update.
    #[must_use]
    pub fn written_as(&self) -> &str {
        if self.action == "rename" { "update" } else { &self.action }
    }
}

/// The end of a run: what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// How it ended: `complete`, `incomplete`, `interrupted`, `cut-off`, …
    pub result: String,
    /// How many changes ended which way: `done` 9, `failed` 2.
    pub outcomes: BTreeMap<String, u64>,
    /// What it took.
    pub figures: Figures,
    /// Whether something that the manifests declare was left out: only a part was asked for, a removal
    /// was held, or a run was undone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Who wrote this entry, where the run was cut off before it could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<String>,
}

/// The figures of a run's requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Time waited because the tenant said so or because of pacing, in milliseconds.
    pub waited_ms: u64,
    /// Median latency, in milliseconds.
    pub p50_ms: u64,
    /// 95th percentile of the latency, in milliseconds.
    pub p95_ms: u64,
    /// 99th percentile of the latency, in milliseconds.
    pub p99_ms: u64,
    /// How long answers to writes took; not told by runs of earlier versions.
    #[serde(default)]
    pub updates: Updates,
    /// Errors by class: `429` 3, `5xx` 1, `timeout` 1.
    pub errors: BTreeMap<String, u64>,
}

/// How long the tenant took to answer a run's writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updates {
    /// How many were answered.
    pub count: u64,
    /// Median latency, in milliseconds.
    pub p50_ms: u64,
    /// 95th percentile of the latency, in milliseconds.
    pub p95_ms: u64,
    /// 99th percentile of the latency, in milliseconds.
    pub p99_ms: u64,
}
