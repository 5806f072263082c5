//! All tests that need more than one module, in one binary: layers, schemas, scenarios, laws, and
//! the program over a real port.

mod laws;
mod layers;
mod program;
mod scenarios;
mod schemas;
mod support;
mod wire;
