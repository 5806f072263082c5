//! The workflows that are ready to copy: every shell step of them is run against a bare remote and a
//! simulated tenant, with a CI and its services that are scripts of these tests.

mod azure;
mod fetching;
mod github;
mod gitlab;
mod init;
mod rules;
mod runner;
mod scene;
mod stages;
