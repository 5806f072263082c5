//! The `cxform` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cxform::cli::run()
}
