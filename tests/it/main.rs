//! All tests that need more than one module, in one binary: layers, schemas, scenarios, laws, and
//! the program over a real port.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and touches files, clock and environment itself"
)]

mod beginning;
#[cfg(feature = "browser-tests")]
mod browser;
mod cases;
mod ci;
mod docs;
mod drift;
mod exports;
mod formats;
mod generate;
mod html;
mod laws;
mod layers;
mod program;
mod scenarios;
mod schemas;
mod simulation;
mod sinks;
mod support;
mod wfm;
mod wire;
