//! The flags of `recommend`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::At;

/// `recommend`.
#[derive(Debug, Args)]
pub(in super::super) struct RecommendArgs {
    /// What to advise on
    #[arg(value_enum)]
    pub(in super::super) topic: TopicArg,
    /// Folders and files with manifests, instead of the project's
    #[arg(value_name = "PATH")]
    pub(in super::super) paths: Vec<PathBuf>,
    /// What decides
    #[arg(long, value_enum, default_value_t = ModelArg::Source)]
    pub(in super::super) model: ModelArg,
    /// How to tell
    #[arg(long, value_enum, default_value_t = AdviceFormat::Text)]
    pub(in super::super) format: AdviceFormat,
    /// Write what is proposed into the manifests, for review: the values and nothing beside them
    #[arg(long)]
    pub(in super::super) write: bool,
    /// Look at coverage from this time on instead of now: 2026-11-23T08:00:00+01:00, or
    /// 2026-11-23T08:00 in the tenant's zone
    #[arg(long, value_name = "TIME", value_parser = At::parse)]
    pub(in super::super) at: Option<At>,
    /// What an Erlang model assumes.
    #[command(flatten)]
    pub(in super::super) assuming: Assuming,
}

/// What an Erlang model assumes.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Erlang models")]
pub(in super::super) struct Assuming {
    /// PERCENT/SECONDS: this share of calls is to be answered within this time [default: 80/20]
    #[arg(long, value_name = "80/20", value_parser = service_level)]
    pub(in super::super) service_level: Option<(f64, f64)>,
    /// The share of their paid time in which agents take no calls [default: 30%]
    #[arg(long, value_name = "PERCENT", value_parser = below_all)]
    pub(in super::super) shrinkage: Option<f64>,
    /// The share of their time that agents may be busy with calls [default: 85%]
    #[arg(long, value_name = "PERCENT", value_parser = above_none)]
    pub(in super::super) max_occupancy: Option<f64>,
    /// How many hours of a day its calls come in, evenly spread [default: 8]
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    pub(in super::super) hours_per_day: Option<f64>,
    /// How long callers wait before they hang up, such as 60s or 2m; from the figures unless said
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub(in super::super) patience: Option<f64>,
}

impl Assuming {
    /// The first of these flags that was said.
    pub(in super::super) fn said(&self) -> Option<&'static str> {
        let flags = [
            ("--service-level", self.service_level.is_some()),
            ("--shrinkage", self.shrinkage.is_some()),
            ("--max-occupancy", self.max_occupancy.is_some()),
            ("--hours-per-day", self.hours_per_day.is_some()),
            ("--patience", self.patience.is_some()),
        ];
        flags.into_iter().find_map(|(flag, is_said)| is_said.then_some(flag))
    }
}

/// What is advised on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum TopicArg {
    /// Agents' proficiency levels
    Levels,
    /// Queues' capacities, and the agents that they need
    Capacity,
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum ModelArg {
    /// The sources' own rules
    Source,
    /// Agents for a service level, where all callers wait
    ErlangC,
    /// Agents for a service level, where callers hang up after a while
    ErlangA,
}

/// How advice is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum AdviceFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// The same as YAML
    Yaml,
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// `30%`, or `0.3`.
fn share(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0),
        None => number(text),
    }
}

fn below_all(text: &str) -> Result<f64, String> {
    let share = share(text).filter(|share| *share < 1.0);
    share.ok_or_else(|| "it must be a share from 0 % to below 100 %, such as 30%".to_owned())
}

fn above_none(text: &str) -> Result<f64, String> {
    let share = share(text).filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "it must be a share from above 0 % to 100 %, such as 85%".to_owned())
}

fn hours(text: &str) -> Result<f64, String> {
    let hours = number(text).filter(|hours| *hours > 0.0 && *hours <= 24.0);
    hours.ok_or_else(|| "it must be a number of hours up to 24, such as 8".to_owned())
}

/// `80/20` as the share and the seconds.
fn service_level(text: &str) -> Result<(f64, f64), String> {
    let parts = text.split_once('/').and_then(|(percent, time)| {
        let share = number(percent.trim_end_matches('%'))? / 100.0;
        Some((share, number(time.trim_end_matches('s'))?))
    });
    let level = parts.filter(|(share, time)| *share > 0.0 && *share < 1.0 && *time <= 3600.0);
    level.ok_or_else(|| "it must be PERCENT/SECONDS, such as 80/20".to_owned())
}

/// `60s`, `2m`, or a number of seconds.
fn seconds(text: &str) -> Result<f64, String> {
    let told = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(seconds), _) => number(seconds),
        (None, Some(minutes)) => number(minutes).map(|minutes| minutes * 60.0),
        (None, None) => number(text),
    };
    let seconds = told.filter(|seconds| (1.0..=86_400.0).contains(seconds));
    seconds.ok_or_else(|| "it must be a time from 1s to a day, such as 60s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{above_none, below_all, hours, seconds, service_level};

    #[test]
    fn assumptions_are_read() {
        assert_eq!(service_level("80/20"), Ok((0.8, 20.0)));
        assert_eq!(service_level("90%/15s"), Ok((0.9, 15.0)));
        for wrong in ["80", "0/20", "100/20", "80/", "80/-1", "80/NaN", "x/20"] {
            assert!(service_level(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            (below_all("30%"), below_all("0.3"), below_all("0")),
            (Ok(0.3), Ok(0.3), Ok(0.0))
        );
        assert!(
            below_all("100%").is_err() && below_all("30").is_err() && below_all("-1%").is_err()
        );
        assert_eq!((above_none("85%"), above_none("1")), (Ok(0.85), Ok(1.0)));
        assert!(above_none("0").is_err() && above_none("101%").is_err());
        assert_eq!((hours("8"), hours("7.5")), (Ok(8.0), Ok(7.5)));
        assert!(hours("0").is_err() && hours("25").is_err());
        assert_eq!((seconds("60s"), seconds("2m"), seconds("90")), (Ok(60.0), Ok(120.0), Ok(90.0)));
        assert!(seconds("0s").is_err() && seconds("soon").is_err());
    }
}
