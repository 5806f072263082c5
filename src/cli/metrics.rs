//! The last apply as a text file for Prometheus: node_exporter's textfile collector reads it.

use std::fmt::Write as _;

use super::figures::PERCENTILES;
use super::report::{Ended, counts};
use crate::plan::OutcomeStatus;
use crate::tenant::Histogram;

/// Every status has a line, so that none goes stale.
const STATUSES: [OutcomeStatus; 6] = [
    OutcomeStatus::Done,
    OutcomeStatus::Already,
    OutcomeStatus::Conflict,
    OutcomeStatus::Failed,
    OutcomeStatus::Unknown,
    OutcomeStatus::NotStarted,
];

/// The classes of answers, for the same reason.
const CLASSES: [&str; 7] = ["2xx", "4xx", "429", "5xx", "broken", "conflict", "other"];

/// The exposition of one run.
pub(super) struct Exposition {
    /// What all names begin with.
    prefix: &'static str,
    tenant: String,
    text: String,
}

/// The file's text. The numbers are the last apply's, so that they are gauges: they do not add up
/// over runs.
pub(super) fn text(ended: &Ended<'_>) -> String {
    let mut out = Exposition::new("cxform_apply", ended.tenant);
    let figures = ended.figures;
    let counted = counts(ended.outcomes);
    let changes = STATUSES.map(|status| {
        let count = counted.get(&status).copied().unwrap_or_default();
        (("status", status.word()), count.to_string())
    });
    out.family("changes", "gauge", "Changes of the last apply by what became of them.", &changes);
    let answers = CLASSES.map(|class| {
        let count = figures.classes.get(class).copied().unwrap_or_default();
        (("class", class), count.to_string())
    });
    out.family("answers", "gauge", "Answers of the tenant by class of status.", &answers);
    let second = |time: jiff::Timestamp| time.as_second().to_string();
    let is_complete = ended.result == "complete";
    for (name, help, value) in [
        ("requests", "Requests sent, retries included.", figures.requests.to_string()),
        ("retries", "Requests sent again.", figures.retries.to_string()),
        (
            "waited_seconds",
            "How long requests waited for the tenant's limit, in all.",
            figures.waited.as_secs_f64().to_string(),
        ),
        ("success", "Whether the last apply came to its end.", u8::from(is_complete).to_string()),
        ("start_timestamp_seconds", "When the last apply began.", second(ended.started)),
        ("end_timestamp_seconds", "When the last apply ended.", second(ended.ended)),
    ] {
        out.single(name, help, &value);
    }
    out.head("latency_seconds", "summary", "How long the tenant took to answer.");
    out.latency("read", &figures.reads);
    out.latency("write", &figures.writes);
    out.text
}

impl Exposition {
    /// Nothing yet.
    pub(super) fn new(prefix: &'static str, tenant: &str) -> Self {
        Self { prefix, tenant: escaped(tenant), text: String::new() }
    }

    /// All of it.
    pub(super) fn text(self) -> String {
        self.text
    }

    fn head(&mut self, name: &str, sort: &str, help: &str) {
        // Writing to memory does not fail.
        let prefix = self.prefix;
        let _ = writeln!(self.text, "# HELP {prefix}_{name} {help}");
        let _ = writeln!(self.text, "# TYPE {prefix}_{name} {sort}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: &str) {
        let _ = write!(self.text, "{}_{name}{{tenant=\"{}\"", self.prefix, self.tenant);
        for (label, value) in labels {
            let _ = write!(self.text, ",{label}=\"{}\"", escaped(value));
        }
        let _ = writeln!(self.text, "}} {value}");
    }

    /// A gauge of one value.
    pub(super) fn single(&mut self, name: &str, help: &str, value: &str) {
        self.head(name, "gauge", help);
        self.line(name, &[], value);
    }

    /// Values that a label tells apart.
    pub(super) fn family(
        &mut self,
        name: &str,
        sort: &str,
        help: &str,
        rows: &[((&str, &str), String)],
    ) {
        self.head(name, sort, help);
        for (label, value) in rows {
            self.line(name, &[*label], value);
        }
    }

    fn latency(&mut self, of: &str, latency: &Histogram) {
        let name = "latency_seconds";
        for percent in PERCENTILES {
            // A quantile of nothing is not a number.
            let value = latency
                .percentile(percent)
                .map_or_else(|| "NaN".to_owned(), |took| took.as_secs_f64().to_string());
            let quantile = format!("0.{percent}").replace("0.50", "0.5");
            self.line(name, &[("of", of), ("quantile", &quantile)], &value);
        }
        let sum = latency.sum().as_secs_f64().to_string();
        self.line(&format!("{name}_sum"), &[("of", of)], &sum);
        self.line(&format!("{name}_count"), &[("of", of)], &latency.count().to_string());
    }
}

/// A label's value between quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use jiff::Timestamp;

    use super::text;
    use crate::cli::events::line::tests::outcome;
    use crate::cli::report::Ended;
    use crate::plan::OutcomeStatus;
    use crate::tenant::Figures;

    /// A sample: its name, its labels, its value.
    type Sample = (String, BTreeMap<String, String>, f64);

    /// Reads labels, `a="b",c="d"`, and what follows them.
    fn labels(mut text: &str) -> (BTreeMap<String, String>, &str) {
        let mut labels = BTreeMap::new();
        loop {
            let (name, rest) = text.split_once("=\"").unwrap();
            let mut value = String::new();
            let mut chars = rest.char_indices();
            let end = loop {
                match chars.next().unwrap() {
                    (_, '\\') => match chars.next().unwrap() {
                        (_, 'n') => value.push('\n'),
                        (_, c @ ('\\' | '"')) => value.push(c),
                        other => panic!("no such escape: {other:?}"),
                    },
                    (at, '"') => break at + 1,
                    (_, c) => value.push(c),
                }
            };
            assert!(labels.insert(name.to_owned(), value).is_none(), "{name} twice");
            match rest[end..].strip_prefix(',') {
                Some(next) => text = next,
                None => return (labels, rest[end..].strip_prefix('}').unwrap()),
            }
        }
    }

    /// Reads the text format as a scraper does: each family has help and type once, before its
    /// samples, which stand together and are never repeated.
    fn scrape(text: &str) -> Vec<Sample> {
        let (mut samples, mut seen, mut families) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let (mut family, mut sort) = (String::new(), String::new());
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').unwrap();
                assert!(families.insert(name.to_owned()) && !help.is_empty(), "{line}");
                (family, sort) = (name.to_owned(), String::new());
            } else if let Some(told) = line.strip_prefix("# TYPE ") {
                let (name, told) = told.split_once(' ').unwrap();
                assert!(name == family && sort.is_empty(), "{line}");
                assert!(["gauge", "summary"].contains(&told), "{line}");
                told.clone_into(&mut sort);
            } else {
                let (name, rest) = line.split_once('{').unwrap();
                let base = match sort.as_str() {
                    "summary" => name.trim_end_matches("_sum").trim_end_matches("_count"),
                    _ => name,
                };
                assert!(base == family && is_name(name) && !sort.is_empty(), "{line}");
                let (labels, value) = labels(rest);
                let value = value.strip_prefix(' ').unwrap().parse().unwrap();
                assert!(seen.insert((name.to_owned(), labels.clone())), "{line}");
                samples.push((name.to_owned(), labels, value));
            }
        }
        assert!(text.ends_with('\n'));
        samples
    }

    #[test]
    fn a_scraper_reads_what_was_counted() {
        let mut figures = Figures { requests: 12, retries: 2, ..Figures::default() };
        figures.waited = Duration::from_millis(1500);
        figures.classes = [("2xx", 10), ("429", 2)].into_iter().collect();
        let outcomes =
            [outcome("queue/a", OutcomeStatus::Done), outcome("queue/b", OutcomeStatus::Failed)];
        let tenant = "a \"b\" \\ c\nd";
        let samples = scrape(&text(&Ended {
            run: "r",
            tenant,
            plan_hash: "sha256:p",
            result: "incomplete",
            stopped: None,
            started: Timestamp::from_second(100).unwrap(),
            ended: Timestamp::from_second(103).unwrap(),
            outcomes: &outcomes,
            figures: &figures,
            audit_head: None,
        }));
        assert!(samples.iter().all(|(_, labels, _)| labels["tenant"] == tenant));
        let check = |name: &str, label: Option<(&str, &str)>, expect: f64| {
            let fits = |(found, labels, _): &&Sample| {
                found.strip_prefix("cxform_apply_") == Some(name)
                    && label.is_none_or(|(label, value)| labels[label] == value)
            };
            let (.., value) = samples.iter().find(fits).unwrap();
            assert!((value - expect).abs() < 1e-9, "{name} {label:?}: {value}");
        };
        check("changes", Some(("status", "done")), 1.0);
        check("changes", Some(("status", "failed")), 1.0);
        check("changes", Some(("status", "not-started")), 0.0);
        check("answers", Some(("class", "429")), 2.0);
        check("requests", None, 12.0);
        check("retries", None, 2.0);
        check("waited_seconds", None, 1.5);
        check("success", None, 0.0);
        check("end_timestamp_seconds", None, 103.0);
        check("latency_seconds_count", Some(("of", "write")), 0.0);
        let quantiles: BTreeSet<_> =
            samples.iter().filter_map(|(_, labels, _)| labels.get("quantile")).collect();
        assert_eq!(quantiles.into_iter().collect::<Vec<_>>(), ["0.5", "0.95", "0.99"]);
    }
}
