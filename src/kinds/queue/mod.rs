//! Queues.

pub mod sim;
