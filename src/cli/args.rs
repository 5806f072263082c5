//! The command line.

mod applying;
mod audit;
mod drift;
mod following;
mod init;
mod recommend;
mod redaction;
mod since;
mod telling;
mod timing;
mod wfm;

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use applying::{ApplyArgs, Applying, OnConflict, OnError, RollbackArgs};
pub(super) use audit::{AuditCommand, AuditFilter, ExportArgs, ExportFormat};
pub(super) use drift::{DriftArgs, DriftFormat};
pub(super) use following::Following;
pub(super) use init::{Ci, InitArgs};
pub(super) use recommend::{AdviceFormat, Assuming, ModelArg, RecommendArgs, TopicArg};
pub(super) use redaction::RedactionArgs;
use since::Since;
pub(super) use telling::Telling;
pub(super) use timing::At;
use timing::Timing;
pub(super) use wfm::{WfmCommand, WfmExportArgs};

use super::settings::Flags;
use crate::model::Pattern;
use crate::plan::Selection;
use crate::render::Detail;

/// Queues and agent-skill matrices of a NICE CXone contact centre, as code.
#[derive(Debug, Parser)]
#[command(name = "cxform", version, arg_required_else_help = true, max_term_width = 100)]
pub(super) struct CommandLine {
    /// What applies to every command.
    #[command(flatten)]
    pub(super) global: Global,
    /// The command.
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What applies to every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct Global {
    /// The project file, instead of searching cxform.yaml upward to the git root
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Work in this folder
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) chdir: Option<PathBuf>,
    /// The tenant of the project file
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) tenant: Option<String>,
    /// Where audit, runs and lock are kept, instead of .cxform
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) state_dir: Option<PathBuf>,
    /// Log to standard error: error, warn, info, debug or trace (also CXFORM_LOG)
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(super) log: Option<tracing::Level>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Begin a project: its file, an example, and the workflows of a CI
    Init(InitArgs),
    /// Check manifests without a tenant: shape, names among each other
    Validate(ValidateArgs),
    /// Print the JSON Schemas of the files that cxform reads
    Schema(SchemaArgs),
    /// Show what would change; changes nothing
    Plan(PlanArgs),
    /// Show a saved plan
    Show(ShowArgs),
    /// Write the whole tenant into a file: to plan against, or to simulate
    Snapshot(SnapshotArgs),
    /// Change the tenant as the manifests, or a saved plan, say
    Apply(ApplyArgs),
    /// Tell where the tenant differs from the manifests, and who moved; changes no tenant
    Drift(DriftArgs),
    /// Undo what a run did, as far as nobody has changed it since
    Rollback(RollbackArgs),
    /// Advise on levels or capacities from the tenant's figures; changes no tenant
    Recommend(RecommendArgs),
    /// Look into the audit
    Audit {
        /// What to do with it.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Tell workforce management
    Wfm {
        /// What to do.
        #[command(subcommand)]
        command: WfmCommand,
    },
    /// Show every setting with where it came from, and try the tenant
    Doctor,
    /// The simulated tenant
    Sim {
        /// What to do with it.
        #[command(subcommand)]
        command: SimCommand,
    },
    /// Print completions for a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all commands
    Man {
        /// Write a page for each command here
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Print the version
    Version {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// `validate`.
#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// Folders and files with manifests, instead of the project's
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// How to tell
    #[arg(long, value_enum, default_value_t = FindingFormat::Text)]
    pub(super) format: FindingFormat,
}

/// How findings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingFormat {
    /// For people, with the lines they are about
    Text,
    /// Diagnostics shaped as terraform's
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// A code-quality report of GitLab
    Gitlab,
    /// SARIF 2.1.0
    Sarif,
}

/// `schema`.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// The kind whose schema to print, such as Queue; all their names without one
    pub(super) kind: Option<String>,
    /// Write all schemas into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "kind")]
    pub(super) out: Option<PathBuf>,
}

/// What shapes a plan.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Planning {
    /// Folders and files with manifests, instead of the project's
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Apply deletions instead of holding them
    #[arg(long, overrides_with = "allow_delete")]
    pub(super) allow_delete: bool,
    /// How much of the plan to show [default: changes]
    #[arg(long, value_enum)]
    pub(super) detail: Option<DetailArg>,
    /// Save the plan; it can then be shown and applied
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// How to tell [default: text]
    #[arg(long, value_enum)]
    pub(super) format: Option<PlanFormat>,
    /// Exit with 2 where there are changes, held ones included
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// Take only changes of this address; `*` stands for any text within a segment, `**` across;
    /// may be said more than once
    #[arg(long, value_name = "ADDRESS", value_parser = Pattern::parse)]
    pub(super) only: Vec<Pattern>,
    /// Leave out changes of this address, spelled as for --only
    #[arg(long, value_name = "ADDRESS", value_parser = Pattern::parse)]
    pub(super) exclude: Vec<Pattern>,
    /// Look at the whole tenant, and not only at what the manifests name
    #[arg(long, overrides_with = "all")]
    pub(super) all: bool,
    /// Plan against this snapshot instead of a tenant; such a plan cannot be applied
    #[arg(long, value_name = "SNAPSHOT")]
    pub(super) live: Option<PathBuf>,
    /// For which time, and how far ahead.
    #[command(flatten)]
    pub(super) timing: Timing,
    /// What it is compared with.
    #[command(flatten)]
    pub(super) since: Since,
    /// How it is told, beside its format.
    #[command(flatten)]
    pub(super) telling: Telling,
    /// How people are told.
    #[command(flatten)]
    pub(super) redaction: RedactionArgs,
}

impl Planning {
    /// Whether anything of it was said that a saved plan has decided. How it is told is not.
    #[must_use]
    pub(super) fn is_said(&self) -> bool {
        !self.paths.is_empty()
            || self.allow_delete
            || self.out.is_some()
            || self.detailed_exitcode
            || !self.only.is_empty()
            || !self.exclude.is_empty()
            || self.all
            || self.live.is_some()
            || self.timing.is_said()
            || self.since.base.is_some()
    }

    /// Which changes to take.
    #[must_use]
    pub(super) fn selection(&self) -> Selection {
        Selection { only: self.only.clone(), exclude: self.exclude.clone() }
    }

    /// How much of the plan to show.
    #[must_use]
    pub(super) fn detail(&self) -> Detail {
        self.detail.map_or(Detail::Changes, Detail::from)
    }
}

/// `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// What shapes it.
    #[command(flatten)]
    pub(super) planning: Planning,
}

/// How a plan is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For people
    Text,
    /// Shaped as terraform's
    Json,
    /// For the comment of a pull request
    Markdown,
    /// One page for a browser, to explore and to print
    Html,
    /// Annotations, summary and outputs of a step of GitHub Actions
    Github,
    /// The report of a GitLab merge request
    Gitlab,
}

/// How much of a plan is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DetailArg {
    /// Counts, and what stops it
    Summary,
    /// What changes; like changes together
    Changes,
    /// Every change by itself, and what stays as it is
    Full,
}

impl From<DetailArg> for Detail {
    fn from(detail: DetailArg) -> Self {
        match detail {
            DetailArg::Summary => Self::Summary,
            DetailArg::Changes => Self::Changes,
            DetailArg::Full => Self::Full,
        }
    }
}

/// `snapshot`.
#[derive(Debug, Args)]
pub(super) struct SnapshotArgs {
    /// The file, JSON (which YAML readers take too); `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Ask for the figures of each agent and each queue too; needs analytics:read
    #[arg(long)]
    pub(super) analytics: bool,
}

/// `show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The saved plan
    pub(super) file: PathBuf,
    /// How to tell
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(super) format: PlanFormat,
    /// How much of it to show
    #[arg(long, value_enum, default_value_t = DetailArg::Changes)]
    pub(super) detail: DetailArg,
    /// How it is told, beside its format.
    #[command(flatten)]
    pub(super) telling: Telling,
    /// How people are told.
    #[command(flatten)]
    pub(super) redaction: RedactionArgs,
}

/// `sim …`.
#[derive(Debug, Subcommand)]
pub(super) enum SimCommand {
    /// Put the simulated tenant behind a port, until interrupted
    Serve {
        /// A `kind: Tenant` file to serve afresh, instead of the project's simulated tenant
        file: Option<PathBuf>,
        /// The port; 0 takes a free one
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Forget what was done to the project's simulated tenant
    Reset,
    /// Write a project with a simulated tenant of any size; the same one for the same seed
    Generate(GenerateArgs),
}

/// `sim generate`.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// How many agents, 1 to 1000000
    #[arg(long, value_name = "N", default_value = "100", value_parser = up_to(1_000_000))]
    pub(super) agents: usize,
    /// How many skills, 1 to 1000; every agent holds all of them
    #[arg(long, value_name = "M", default_value = "8", value_parser = up_to(1000))]
    pub(super) skills: usize,
    /// How many percent of the assignments differ from the manifests, 0 to 100
    #[arg(long, value_name = "PERCENT", default_value = "5")]
    #[arg(value_parser = percent, allow_negative_numbers = true)]
    pub(super) changed: f64,
    /// What everything is drawn from
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(super) seed: u64,
    /// The folder to write; it must be empty or not there yet
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
}

impl Global {
    /// These flags and a command's own, as settings see them.
    #[must_use]
    pub(super) fn flags(&self, paths: &[PathBuf]) -> Flags {
        Flags {
            tenant: self.tenant.clone(),
            state_dir: self.state_dir.clone(),
            paths: paths.to_vec(),
            ..Flags::default()
        }
    }
}

/// A whole number from 1 to `most`.
fn up_to(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}

/// A number from 0 to 100.
fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        // Minus zero is zero.
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent.abs()),
        _ => Err("it must be a number from 0 to 100, such as 5 or 0.1".to_owned()),
    }
}
