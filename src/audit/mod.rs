//! The audit: one line for each thing that was done, each linked to the one before by its hash.
//!
//! Values in, values out: the files are in `cli::state`, the clock in `cli::clock`.

mod chain;
mod entry;
mod table;
mod verify;

pub use chain::{Chain, ChainError, GENESIS};
pub use entry::{
    Change, CheckRecord, Entry, Event, Figures, Override, RunEnd, RunStart, Torn, Updates,
};
pub use table::{COLUMNS, row};
pub use verify::{Extent, Fault, Problem, Verified, Verifier, begins_chain, verify};
