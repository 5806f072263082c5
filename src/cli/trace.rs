//! Logging: only ours, since libraries may log what is secret; and neutralised like all output.

use std::io::Write;

use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use super::environment::Environment;
use super::exit::UsageError;
use crate::model::neutral;

/// Starts logging to standard error where a level is asked for.
///
/// # Errors
/// `CXFORM_LOG` names no level.
pub(super) fn start(flag: Option<Level>, environment: &Environment) -> Result<(), UsageError> {
    let Some(level) = level(flag, environment)? else { return Ok(()) };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_target(false)
        .with_writer(Neutral)
        .finish();
    let ours = Ours(subscriber);
    // A second start, as tests may make, keeps the first.
    let _ = tracing::subscriber::set_global_default(ours);
    Ok(())
}

/// The level that is asked for, if one is.
///
/// # Errors
/// `CXFORM_LOG` names no level.
pub(super) fn level(
    flag: Option<Level>,
    environment: &Environment,
) -> Result<Option<Level>, UsageError> {
    match (flag, environment.get("CXFORM_LOG")) {
        (Some(level), _) => Ok(Some(level)),
        (None, Some(text)) => text.parse().map(Some).map_err(|_| {
            UsageError::new(format!("CXFORM_LOG={text}: no such level"))
                .hint("the levels are error, warn, info, debug and trace")
        }),
        (None, None) => Ok(None),
    }
}

/// Lets through what this crate says, and nothing of any library's.
struct Ours<S>(S);

impl<S: tracing::Subscriber> tracing::Subscriber for Ours<S> {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("cxform") && self.0.enabled(metadata)
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        self.0.new_span(span)
    }

    fn record(&self, span: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        self.0.record(span, values);
    }

    fn record_follows_from(&self, span: &tracing::span::Id, follows: &tracing::span::Id) {
        self.0.record_follows_from(span, follows);
    }

    fn event(&self, event: &tracing::Event<'_>) {
        self.0.event(event);
    }

    fn enter(&self, span: &tracing::span::Id) {
        self.0.enter(span);
    }

    fn exit(&self, span: &tracing::span::Id) {
        self.0.exit(span);
    }
}

struct Neutral;

impl MakeWriter<'_> for Neutral {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

impl Write for Neutral {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        std::io::stderr().write_all(neutral(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
