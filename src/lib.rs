//! cxform: a declarative reconciler for contact centres on NICE CXone.
//!
//! Manifests in YAML say which queues and which agent-skill assignments a tenant should have. The
//! crate reads them, reads the tenant, plans the difference as a plain value, and applies exactly
//! that plan. ARCHITECTURE.md tells how the house is built.
//!
//! The order of the modules below is the order of the layers: each may use those above it and none
//! below. `tests/it/layers.rs` reads this list and holds it.

pub mod model;

pub mod http;

pub mod world;

pub mod facts;

pub mod kinds;

pub mod manifest;

pub mod plan;

pub mod audit;

pub mod advice;

pub mod render;

pub mod tenant;

pub mod sim;

pub mod cli;
