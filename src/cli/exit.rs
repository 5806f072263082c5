//! Exit codes, and the one place that gives an error its code.

use super::console::ConsoleError;
use super::files::FileError;

/// How the program ends; scripts and CI depend on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; no changes.
    Done,
    /// An error.
    Error,
    /// Changes (`plan --detailed-exitcode`) or drift (`drift`).
    Changes,
    /// A check blocks the plan.
    Blocked,
    /// Somebody else changed the same fields, or the plan is not the one that was expected.
    Conflict,
    /// Something was done, and something was not.
    Partial,
    /// Wrong usage: flags, variables or settings that contradict each other.
    Usage,
    /// Interrupted from the keyboard (SIGINT).
    Interrupted,
    /// Asked to end (SIGTERM).
    Terminated,
}

impl Exit {
    /// The number that the program ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Changes => 2,
            Self::Blocked => 3,
            Self::Conflict => 4,
            Self::Partial => 5,
            Self::Usage => 64,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The code of an error that ended a command: [`Exit::Usage`] where the chain of causes has a
    /// [`UsageError`], else [`Exit::Error`].
    #[must_use]
    pub fn of(error: &anyhow::Error) -> Self {
        match error.chain().any(<dyn std::error::Error>::is::<UsageError>) {
            true => Self::Usage,
            false => Self::Error,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Whether an error is to end the program without a word: nobody reads what it prints any more.
#[must_use]
pub fn is_silent(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let console = match cause.downcast_ref() {
            Some(FileError::Console(console)) => Some(console),
            _ => cause.downcast_ref(),
        };
        matches!(console, Some(ConsoleError::BrokenPipe))
    })
}

/// Flags, variables or settings that cannot be used together: exit 64.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UsageError {
    /// What is wrong: a lower-case fragment that names the place and the rule.
    pub message: String,
    /// The way out, if one can be told.
    pub hint: Option<String>,
}

impl UsageError {
    /// An error without a hint.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same error with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::{Exit, UsageError, is_silent};
    use crate::cli::console::ConsoleError;
    use crate::cli::files::FileError;

    fn check(error: anyhow::Error, expect: Exit, silent: bool) {
        assert_eq!(Exit::of(&error), expect, "{error:#}");
        assert_eq!(is_silent(&error), silent, "{error:#}");
    }

    #[test]
    fn an_errors_kind_sets_the_code() {
        check(anyhow::anyhow!("x"), Exit::Error, false);
        check(UsageError::new("x").into(), Exit::Usage, false);
        let wrapped: Result<(), _> = Err(UsageError::new("x")).context("while planning");
        check(wrapped.unwrap_err(), Exit::Usage, false);
        check(ConsoleError::BrokenPipe.into(), Exit::Error, true);
        check(FileError::Console(ConsoleError::BrokenPipe).into(), Exit::Error, true);
    }
}
