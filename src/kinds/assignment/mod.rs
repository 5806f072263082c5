//! Skill assignments.

pub mod sim;
