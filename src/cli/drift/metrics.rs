//! The last look at drift as a text file for Prometheus.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::files::{self, Access};
use crate::cli::metrics::Exposition;
use crate::plan::drift::{Class, Counts};

/// A look that has ended.
pub(super) struct Run<'a> {
    pub(super) tenant: &'a str,
    pub(super) started: Timestamp,
    pub(super) took: Duration,
    /// None where it failed.
    pub(super) counts: Option<Counts>,
}

/// Replaces the file.
pub(super) fn write(path: &Path, run: &Run<'_>) -> anyhow::Result<()> {
    Ok(files::write(path, text(run).as_bytes(), Access::Shared)?)
}

/// The file's text. Where the look failed nobody knows how many there are, and no count stays behind.
fn text(run: &Run<'_>) -> String {
    let mut out = Exposition::new("cxform_drift", run.tenant);
    if let Some(counts) = &run.counts {
        let rows =
            Class::ALL.map(|class| (("class", class.word()), counts.of_class(class).to_string()));
        out.family("resources", "gauge", "Resources that differ, by class.", &rows);
    }
    for (name, help, value) in [
        (
            "success",
            "Whether the last look came to its end.",
            u8::from(run.counts.is_some()).to_string(),
        ),
        (
            "last_run_timestamp_seconds",
            "When the last look began.",
            run.started.as_second().to_string(),
        ),
        ("duration_seconds", "How long the last look took.", run.took.as_secs_f64().to_string()),
    ] {
        out.single(name, help, &value);
    }
    out.text()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::{Run, text};
    use crate::plan::drift::Counts;

    #[test]
    fn every_class_has_a_line_and_a_failure_has_none() {
        let run = |counts: Option<Counts>| {
            text(&Run {
                tenant: "pr\"od",
                started: Timestamp::from_second(100).unwrap(),
                took: Duration::from_millis(1500),
                counts,
            })
        };
        let counted = run(Some(Counts { changed: 2, due: 1, ..Counts::default() }));
        for line in [
            "cxform_drift_resources{tenant=\"pr\\\"od\",class=\"changed\"} 2",
            "cxform_drift_resources{tenant=\"pr\\\"od\",class=\"missing\"} 0",
            "cxform_drift_resources{tenant=\"pr\\\"od\",class=\"due\"} 1",
            "cxform_drift_success{tenant=\"pr\\\"od\"} 1",
            "cxform_drift_last_run_timestamp_seconds{tenant=\"pr\\\"od\"} 100",
            "cxform_drift_duration_seconds{tenant=\"pr\\\"od\"} 1.5",
            "# TYPE cxform_drift_resources gauge",
        ] {
            assert!(counted.lines().any(|told| told == line), "{line}\n{counted}");
        }
        let failed = run(None);
        assert!(failed.contains("cxform_drift_success{tenant=\"pr\\\"od\"} 0\n"), "{failed}");
        assert!(!failed.contains("cxform_drift_resources"), "{failed}");
    }
}
