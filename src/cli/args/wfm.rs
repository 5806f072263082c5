//! The flags of `wfm …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `wfm …`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WfmCommand {
    /// Write the declared assignments that the tenant really has, as CSV
    ///
    /// What could not be delivered to a url waits in the state folder, and goes out before the next
    /// export.
    Export(WfmExportArgs),
}

/// `wfm export`.
#[derive(Debug, Args)]
pub(in crate::cli) struct WfmExportArgs {
    /// Folders and files with manifests, instead of the project's
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Where to: a file, https://… or sftp://USER@HOST/PATH; `-` is standard output
    #[arg(long, value_name = "FILE|URL", default_value = "-")]
    pub(in crate::cli) out: String,
    /// Where `wfm.to` of cxform.yaml says
    #[arg(long, conflicts_with = "out")]
    pub(in crate::cli) send: bool,
}
