//! A simulated tenant behind a port in this process, and the built program as a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cxform::kinds::collections;
use cxform::sim::{Sim, SimHandle};
use cxform::world::{Logged, World};
use serde_json::Value;

use super::Ran;

/// The secret that the program is given.
pub(crate) const SECRET: &str = "s3cr3t-of-the-tests";

/// 2026-01-01T12:00:00Z in milliseconds.
const NOON: i64 = 1_767_268_800_000;

/// A tenant behind a port.
pub(crate) struct Port {
    sim: SimHandle,
    // Dropped last: what serves the port.
    _runtime: tokio::runtime::Runtime,
}

impl Port {
    /// Serves a `kind: Tenant` document. Its clock starts at some noon and runs like every other.
    pub(crate) fn serve(tenant: &Value) -> Self {
        let mut world = World::new(collections());
        world.seed(&serde_json::from_value(tenant.clone()).unwrap()).unwrap();
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let start = tokio::time::Instant::now();
        let now = move || NOON + i64::try_from(start.elapsed().as_millis()).unwrap();
        let sim = runtime.block_on(Sim::start(world, any, Arc::new(now))).unwrap();
        Self { sim, _runtime: runtime }
    }

    pub(crate) fn url(&self) -> String {
        self.sim.url()
    }

    /// Lets a test change the tenant by hand.
    pub(crate) fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.sim.world()
    }

    /// What was asked.
    pub(crate) fn log(&self) -> Vec<Logged> {
        self.sim.world().log().cloned().collect()
    }

    /// Waits until a request fits.
    pub(crate) fn wait_for(&self, fits: impl Fn(&Logged) -> bool) {
        for _ in 0..6000 {
            if self.log().iter().any(&fits) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("no such request came: {:?}", self.log());
    }

    /// The built program in a folder, with nothing but what reaches this port.
    pub(crate) fn program(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut program = program(folder, arguments);
        program
            .env("CXONE_BASE_URL", self.url())
            .env("CXONE_CLIENT_ID", "tests")
            .env("CXONE_CLIENT_SECRET", SECRET);
        program
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, folder: &Path, arguments: &[&str]) -> Ran {
        end(self.program(folder, arguments).spawn().unwrap())
    }
}

/// The built program in a folder, with an empty environment and no terminal.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cxform"));
    program
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

/// Waits for a process to end.
pub(crate) fn end(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("{output:?}"));
    Ran {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: code.try_into().unwrap(),
    }
}
