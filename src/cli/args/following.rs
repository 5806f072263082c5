//! How an apply is followed.

use std::path::PathBuf;

use clap::Args;

/// How an apply is followed.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct Following {
    /// Write what happens, line by line as JSON; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) events: Option<PathBuf>,
}
