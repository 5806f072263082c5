//! The world behind a real HTTP port, for clients of any make.

mod connection;
mod server;
#[cfg(test)]
mod tests;

pub use server::{Clock, Sim, SimHandle};
