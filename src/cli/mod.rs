//! The program around the library: settings, files, the console, the state folder, exit codes and
//! one file for each command. The only layer with a clock, an environment and a disk.

pub mod clock;
pub mod console;
pub mod environment;
pub mod exit;
pub mod files;
pub mod project;
pub mod settings;
pub mod state;
