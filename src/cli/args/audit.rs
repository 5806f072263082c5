//! The flags of `audit …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

/// `audit …`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuditCommand {
    /// Check that no line was altered, dropped or moved
    ///
    /// The tenant's audit is checked with all its parts as one chain. Of files that are named, one
    /// whose first line has number 1 begins a chain; any other goes on with the file before it.
    Verify {
        /// Audit files, instead of the tenant's own
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// A head that a run printed: it must still be there, in any part
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
    /// List what was done
    List {
        /// Audit files, instead of the tenant's own
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Which lines.
        #[command(flatten)]
        filter: AuditFilter,
    },
    /// Write the audit for other programs, or deliver it to the sinks of cxform.yaml
    Export(ExportArgs),
}

/// Which lines of an audit.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct AuditFilter {
    /// Only the lines of this run
    #[arg(long, value_name = "RUN")]
    pub(in crate::cli) run: Option<String>,
    /// Only what happened since then: a date (UTC), or a time such as 2035-03-05T07:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(in crate::cli) since: Option<Timestamp>,
}

/// `audit export`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    /// Audit files, instead of the tenant's own
    #[arg(value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub(in crate::cli) format: ExportFormat,
    /// Where to write it; `-` is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(in crate::cli) out: PathBuf,
    /// Which lines.
    #[command(flatten)]
    pub(in crate::cli) filter: AuditFilter,
    /// Deliver to the sinks what waits for them, instead of writing anything
    #[arg(long, conflicts_with_all = ["files", "format", "out", "run", "since"])]
    pub(in crate::cli) sinks: bool,
}

/// How an audit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ExportFormat {
    /// The lines as they are: a whole export can be verified
    Jsonl,
    /// A row a line, for spreadsheets (RFC 4180)
    Csv,
}

/// A time, or a date that stands for its beginning in UTC.
fn time(text: &str) -> Result<Timestamp, String> {
    let of_date = || {
        // The parser would take a time without an offset and forget it.
        let date: jiff::civil::Date = text.parse().ok().filter(|_| !text.contains(['T', ' ']))?;
        Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    };
    let time = text.parse().ok().or_else(of_date);
    time.ok_or_else(|| "write it as 2035-03-05 or 2035-03-05T07:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn a_time_or_a_date() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(time(text).ok().map(|t| t.to_string()).as_deref(), expect, "{text}");
        };
        check("2035-03-05", Some("2035-03-05T00:00:00Z"));
        check("2035-03-05T07:00:00Z", Some("2035-03-05T07:00:00Z"));
        check("2035-03-05T07:00:00+02:00", Some("2035-03-05T05:00:00Z"));
        check("2035-03-05T07:00", None);
        check("2035-03-05 07:00", None);
        check("yesterday", None);
    }
}
