//! What `apply` and `rollback` share.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{DetailArg, Following, PlanFormat, Planning, RedactionArgs, Telling};

/// `apply`.
#[derive(Debug, Args)]
pub(in super::super) struct ApplyArgs {
    /// What shapes the plan.
    #[command(flatten)]
    pub(in super::super) planning: Planning,
    /// How it is applied.
    #[command(flatten)]
    pub(in super::super) applying: Applying,
    /// Apply exactly this saved plan
    #[arg(long, value_name = "FILE")]
    pub(in super::super) plan: Option<PathBuf>,
}

/// `rollback`.
#[derive(Debug, Args)]
pub(in super::super) struct RollbackArgs {
    /// The run to undo: its name, `last`, or the inverse.json of its folder
    #[arg(value_name = "RUN|last|FILE", default_value = "last")]
    pub(in super::super) run: PathBuf,
    /// Apply deletions (of what the run created) instead of holding them
    #[arg(long, overrides_with = "allow_delete")]
    pub(in super::super) allow_delete: bool,
    /// How much of the plan to show [default: changes]
    #[arg(long, value_enum)]
    pub(in super::super) detail: Option<DetailArg>,
    /// How to tell [default: text]
    #[arg(long, value_enum)]
    pub(in super::super) format: Option<PlanFormat>,
    /// How it is told, beside its format.
    #[command(flatten)]
    pub(in super::super) telling: Telling,
    /// How people are told.
    #[command(flatten)]
    pub(in super::super) redaction: RedactionArgs,
    /// How it is applied.
    #[command(flatten)]
    pub(in super::super) applying: Applying,
}

/// How a plan is applied.
#[derive(Clone, Debug, Args)]
pub(in super::super) struct Applying {
    /// Do not ask
    #[arg(long, overrides_with = "auto_approve")]
    pub(in super::super) auto_approve: bool,
    /// Apply only where the plan has this hash
    #[arg(long, value_name = "SHA256", value_parser = hash)]
    pub(in super::super) expect_hash: Option<String>,
    /// Lift a blocking rule for the plan with this hash only; needs --reason
    #[arg(long = "override", value_name = "RULE@HASH")]
    pub(in super::super) overrides: Vec<String>,
    /// Why a rule is lifted; goes into the audit
    #[arg(long, value_name = "TEXT", requires = "overrides")]
    pub(in super::super) reason: Option<String>,
    /// After a change that was not done: go on with the others, or start nothing more
    #[arg(long, value_enum, default_value_t = OnError::Continue)]
    pub(in super::super) on_error: OnError,
    /// Where somebody changed the same field meanwhile: report it, or overwrite it
    #[arg(long, value_enum, default_value_t = OnConflict::Report)]
    pub(in super::super) on_conflict: OnConflict,
    /// Requests at the same time, at most [default: the tenant's concurrency]
    #[arg(long, value_name = "N")]
    pub(in super::super) parallelism: Option<NonZeroU16>,
    /// How long to wait for another run to end: 30s, 5m, 2h
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = seconds)]
    pub(in super::super) lock_timeout: Duration,
    /// How it is followed.
    #[command(flatten)]
    pub(in super::super) following: Following,
}

/// What happens after a change that was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum OnError {
    /// The others are made all the same, but for those that need it
    Continue,
    /// What is under way is finished, nothing more is started
    Stop,
}

/// What happens where somebody changed the same field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum OnConflict {
    /// Their value stays, and the conflict is told
    Report,
    /// The reviewed value is written, and theirs is told
    Overwrite,
}

/// The hash of a plan, with or without `sha256:`. An empty one comes from a variable that is not set.
fn hash(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    match digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(text.to_ascii_lowercase()),
        false => {
            Err("a plan's hash is sha256: and 64 hexadecimal digits, as `plan` tells it".to_owned())
        }
    }
}

/// `30s`, `5m`, `2h` or a number of seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().find(|(_, c)| !c.is_ascii_digit()) {
        Some((at, _)) => text.split_at(at),
        None => (text, "s"),
    };
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("write it as 30s, 5m or 2h".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "write it as 30s, 5m or 2h".to_owned())?;
    Ok(Duration::from_secs(number.saturating_mul(factor)))
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn a_hash_is_whole_or_none() {
        let digits = "0a".repeat(32);
        for whole in [digits.clone(), format!("sha256:{digits}")] {
            assert_eq!(hash(&whole), Ok(whole.clone()));
        }
        assert_eq!(hash(&digits.to_uppercase()), Ok(digits.clone()));
        for wrong in ["", "sha256:", "1234", &digits[1..], &format!("{}g", &digits[1..])] {
            assert!(hash(wrong).is_err(), "{wrong}");
        }
    }
}
