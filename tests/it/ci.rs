//! The workflows that are ready to copy: every shell step of them is run against a bare remote and a
//! simulated tenant, with a `gh` and a CI that are scripts of these tests.

mod github;
mod init;
mod others;
mod rules;
mod runner;
mod scene;
