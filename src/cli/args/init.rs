//! The arguments of `init`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `init`.
#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// The folder of the project, instead of this one
    #[arg(value_name = "DIR", default_value = ".")]
    pub(in crate::cli) folder: PathBuf,
    /// Write the workflows of this CI too, at the git root
    #[arg(long, value_enum)]
    pub(in crate::cli) ci: Option<Ci>,
    /// Write the workflows below this folder instead, to merge them into what is there
    #[arg(long, value_name = "DIR", requires = "ci")]
    pub(in crate::cli) workflows: Option<PathBuf>,
}

/// A CI that there are workflows for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// Azure Pipelines
    Azure,
}
