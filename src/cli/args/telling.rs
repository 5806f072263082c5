//! How a plan is told, beside its format.

use clap::{Args, ValueEnum as _};

use super::PlanFormat;
use crate::render;

/// What goes with every format.
#[derive(Clone, Debug, Default, Args)]
pub(in super::super) struct Telling {
    /// How long a text in Markdown is at most [default: 60000; 1 MiB for the summary of a step]
    #[arg(long, value_name = "N", value_parser = bytes)]
    pub(in super::super) max_bytes: Option<usize>,
}

impl PlanFormat {
    /// As it is written after `--format`.
    pub(in super::super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

fn bytes(text: &str) -> Result<usize, String> {
    let least = render::LEAST;
    match text.parse::<usize>() {
        Ok(bytes) if bytes >= least => Ok(bytes),
        _ => Err(format!("it must be a number of bytes, {least} or more")),
    }
}
