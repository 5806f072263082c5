//! The figures of a run: as people read them, as the audit and as reports keep them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::audit;
use crate::tenant::{Figures, Histogram};

/// The percentiles that are told.
pub(super) const PERCENTILES: [u64; 3] = [50, 95, 99];

/// The figures as a report has them.
#[derive(Debug, Serialize)]
pub(super) struct Reported {
    requests: u64,
    retries: u64,
    waited_ms: u64,
    latency: BTreeMap<&'static str, Latency>,
    errors: BTreeMap<&'static str, Share>,
}

/// How long answers took.
#[derive(Debug, Serialize)]
struct Latency {
    count: u64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
}

/// How many answers were of a class, and how many percent of all.
#[derive(Debug, Serialize)]
struct Share {
    count: u64,
    percent: f64,
}

/// The figures as a report has them.
pub(super) fn reported(figures: &Figures) -> Reported {
    let latency = |of: &Histogram| {
        let [p50_ms, p95_ms, p99_ms] =
            PERCENTILES.map(|percent| rounded(millis(of.percentile(percent)), 1000.0));
        Latency { count: of.count(), p50_ms, p95_ms, p99_ms }
    };
    let share = |(class, count)| {
        (class, Share { count, percent: rounded(percent(count, figures.requests), 100.0) })
    };
    Reported {
        requests: figures.requests,
        retries: figures.retries,
        waited_ms: whole_millis(figures.waited),
        latency: BTreeMap::from([
            ("all", latency(&figures.latency())),
            ("reads", latency(&figures.reads)),
            ("writes", latency(&figures.writes)),
        ]),
        errors: figures.errors().map(share).collect(),
    }
}

/// The figures as the audit has them.
pub(super) fn audited(figures: &Figures) -> audit::Figures {
    let latency = |of: &Histogram| {
        PERCENTILES.map(|percent| whole_millis(of.percentile(percent).unwrap_or_default()))
    };
    let ([p50_ms, p95_ms, p99_ms], updates) = (latency(&figures.latency()), &figures.writes);
    let of_updates = latency(updates);
    audit::Figures {
        requests: figures.requests,
        retries: figures.retries,
        waited_ms: whole_millis(figures.waited),
        p50_ms,
        p95_ms,
        p99_ms,
        updates: audit::Updates {
            count: updates.count(),
            p50_ms: of_updates[0],
            p95_ms: of_updates[1],
            p99_ms: of_updates[2],
        },
        errors: figures.errors().map(|(class, count)| (class.to_owned(), count)).collect(),
    }
}

/// Two lines for a person; none where nothing was asked.
pub(super) fn told(figures: &Figures) -> String {
    if figures.requests == 0 {
        return String::new();
    }
    let errors: Vec<String> = figures
        .errors()
        .map(|(class, count)| {
            let class = match class {
                "broken" => "broken connections",
                // Of a plan that is applied twice this is no mishap.
                "conflict" => "409 or 412 (there already, or changed since)",
                class => class,
            };
            format!("{class} {:.1} %", percent(count, figures.requests))
        })
        .collect();
    let errors = if errors.is_empty() { "none".to_owned() } else { errors.join(", ") };
    let latency = |of: &Histogram| {
        let told = PERCENTILES.map(|percent| in_millis(of.percentile(percent)));
        format!("{} ms", told.join("/"))
    };
    let mut latencies = latency(&figures.latency());
    if figures.writes.count() > 0 {
        latencies.push_str(&format!("; of writes {}", latency(&figures.writes)));
    }
    format!(
        "Requests: {}; sent again: {}; waited for the limit: {}; errors: {errors}\n\
         Latency p50/p95/p99: {latencies}\n",
        grouped(figures.requests),
        grouped(figures.retries),
        span(figures.waited)
    )
}

/// A number with its thousands apart: `12,345`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How long, for a person: `0.3 s`, `12 s`, `2 min 5 s`, `1 h 0 min`.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..=9) => format!("{:.1} s", duration.as_secs_f64()),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Milliseconds for a person: with a tenth where that is more than one percent.
fn in_millis(duration: Option<Duration>) -> String {
    match millis(duration) {
        millis if millis < 10.0 => format!("{millis:.1}"),
        millis => format!("{millis:.0}"),
    }
}

fn millis(duration: Option<Duration>) -> f64 {
    duration.unwrap_or_default().as_secs_f64() * 1000.0
}

/// Whole milliseconds, the nearest.
pub(super) fn whole_millis(duration: Duration) -> u64 {
    u64::try_from((duration.as_micros() + 500) / 1000).unwrap_or(u64::MAX)
}

#[allow(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
fn percent(count: u64, of: u64) -> f64 {
    100.0 * count as f64 / of.max(1) as f64
}

fn rounded(number: f64, to: f64) -> f64 {
    (number * to).round() / to
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{audited, grouped, in_millis, percent, reported, span, told};
    use crate::tenant::Figures;

    #[test]
    fn numbers_as_people_read_them() {
        for (number, expect) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), expect);
        }
        for (millis, expect) in [
            (0, "0.0 s"),
            (340, "0.3 s"),
            (9_900, "9.9 s"),
            (59_900, "59 s"),
            (125_000, "2 min 5 s"),
            (3_600_000, "1 h 0 min"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), expect);
        }
        for (micros, expect) in [(0, "0.0"), (440, "0.4"), (9_940, "9.9"), (10_600, "11")] {
            assert_eq!(in_millis(Some(Duration::from_micros(micros))), expect);
        }
    }

    #[test]
    fn the_same_figures_for_people_audit_and_reports() {
        let mut figures = Figures { requests: 1000, retries: 23, ..Figures::default() };
        assert_eq!(
            told(&figures),
            "Requests: 1,000; sent again: 23; waited for the limit: 0.0 s; errors: none\n\
             Latency p50/p95/p99: 0.0/0.0/0.0 ms\n"
        );
        figures.waited = Duration::from_millis(12_345);
        figures.classes = [("2xx", 978), ("429", 19), ("5xx", 3)].into_iter().collect();
        assert_eq!(
            told(&figures).lines().next(),
            Some(
                "Requests: 1,000; sent again: 23; waited for the limit: 12 s; \
                 errors: 429 1.9 %, 5xx 0.3 %"
            )
        );
        assert_eq!(told(&Figures::default()), "");
        figures.classes = [("conflict", 430)].into_iter().collect();
        assert!(
            told(&figures).contains("errors: 409 or 412 (there already, or changed since) 43.0 %")
        );
        figures.classes = [("2xx", 978), ("429", 19), ("5xx", 3)].into_iter().collect();
        let kept = audited(&figures);
        assert_eq!((kept.requests, kept.retries, kept.waited_ms), (1000, 23, 12_345));
        assert_eq!(kept.errors.len(), 2);
        let report = serde_json::json!(reported(&figures));
        let expect = serde_json::json!({
            "429": {"count": 19, "percent": 1.9}, "5xx": {"count": 3, "percent": 0.3},
        });
        assert_eq!(report["errors"], expect);
        assert_eq!(report["latency"]["writes"]["count"], 0);
        assert!((percent(1, 0) - 100.0).abs() < f64::EPSILON);
    }
}
