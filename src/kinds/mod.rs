//! One folder per kind of resource.

pub mod assignment;
pub mod queue;
