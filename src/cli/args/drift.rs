//! The arguments of `drift`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::SecretString;

use super::{At, RedactionArgs, Telling};
use crate::model::Pattern;

/// `drift`.
#[derive(Debug, Args)]
pub(in super::super) struct DriftArgs {
    /// Folders and files with manifests, instead of the project's
    #[arg(value_name = "PATH")]
    pub(in super::super) paths: Vec<PathBuf>,
    /// How to tell
    #[arg(long, value_enum, default_value_t = DriftFormat::Text)]
    pub(in super::super) format: DriftFormat,
    /// Look at the whole tenant for what no manifest names
    #[arg(long)]
    pub(in super::super) all: bool,
    /// Write what the tenant has at this address into the manifests, and nothing else; spelled as
    /// for plan --only; may be said more than once
    #[arg(long, value_name = "ADDRESS", value_parser = Pattern::parse)]
    #[arg(conflicts_with_all = ["notify", "after", "metrics"])]
    pub(in super::super) accept: Vec<Pattern>,
    /// Post new drift to this webhook of Slack, Teams or anybody, once; `env:NAME` is the url that
    /// the variable has; may be said more than once
    #[arg(long, value_name = "URL", value_parser = secret)]
    pub(in super::super) notify: Vec<SecretString>,
    /// Only what was seen in so many runs in a row is drift
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(in super::super) after: Option<u32>,
    /// Write counts and times into this text file for Prometheus
    #[arg(long, value_name = "FILE")]
    pub(in super::super) metrics: Option<PathBuf>,
    /// Tell it as of this time instead of now: leases, and what is due
    #[arg(long, value_name = "TIME", value_parser = At::parse)]
    pub(in super::super) at: Option<At>,
    /// How it is told, beside its format.
    #[command(flatten)]
    pub(in super::super) telling: Telling,
    /// Whether people are told by pseudonyms.
    #[command(flatten)]
    pub(in super::super) redaction: RedactionArgs,
}

/// How drift is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum DriftFormat {
    /// For people
    Text,
    /// Manifests that would declare what is unmanaged, and nothing else
    Yaml,
    /// As schemas/drift.json has it
    Json,
    /// For the body of an issue
    Markdown,
    /// One page for a browser
    Html,
    /// Annotations, summary and outputs of a step of GitHub Actions
    Github,
    /// A code-quality report of GitLab
    Gitlab,
}

/// What may be secret; any text is taken here, so that no message repeats it.
fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(SecretString::from(text))
}
