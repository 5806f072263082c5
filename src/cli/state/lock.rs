//! One run at a time: the operating system's lock, so that a dead holder's is free at once.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{StateError, appending};
use crate::cli::clock;
use crate::cli::environment::Environment;
use crate::cli::files;

/// How often a held lock is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// The lock of a state folder; free when this is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Who holds a lock: what the lock's file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// The machine, if its name is known.
    pub host: Option<String>,
    /// The user, if the environment tells.
    pub user: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

impl Holder {
    /// This process.
    #[must_use]
    pub fn of_process(environment: &Environment, now: Timestamp) -> Self {
        let first =
            |names: &[&str]| names.iter().find_map(|name| environment.get(name)).map(str::to_owned);
        let of_system = || {
            let text = files::read_text(Path::new("/etc/hostname")).ok()?;
            Some(text.trim().to_owned()).filter(|name| !name.is_empty())
        };
        Self {
            pid: std::process::id(),
            host: first(&["HOSTNAME", "COMPUTERNAME"]).or_else(of_system),
            user: first(&["USER", "LOGNAME", "USERNAME"]),
            since: now,
        }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}", self.pid)?;
        if let Some(user) = &self.user {
            write!(f, " of {user}")?;
        }
        if let Some(host) = &self.host {
            write!(f, " on {host}")?;
        }
        write!(f, " since {}", self.since)
    }
}

impl Lock {
    pub(super) fn acquire(
        dir: &Path,
        holder: &Holder,
        timeout: Duration,
    ) -> Result<Self, StateError> {
        let path = dir.join("lock");
        let began = clock::instant();
        let mut file = appending().open(&path).map_err(StateError::file(&path))?;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(cause)) => return Err(StateError::file(&path)(cause)),
                Err(TryLockError::WouldBlock) if began.elapsed() < timeout => {
                    std::thread::sleep(PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    let holder = told(&mut file);
                    return Err(StateError::Held { dir: dir.to_owned(), holder });
                }
            }
        }
        let text = serde_json::json!(holder).to_string();
        file.set_len(0)
            .and_then(|()| file.write_all(text.as_bytes()))
            .map_err(StateError::file(&path))?;
        Ok(Self { _file: file })
    }
}

/// What the lock's file says of its holder.
fn told(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    match read.ok().and_then(|_| serde_json::from_str::<Holder>(&text).ok()) {
        Some(holder) => holder.to_string(),
        None => "another run".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::Holder;
    use crate::cli::files::tests::Folder;
    use crate::cli::state::{StateError, StateFolder};

    #[test]
    fn a_second_run_is_told_who_holds_the_lock() {
        let folder = Folder::new("lock");
        let state = StateFolder::new(&folder.path().join("state"));
        let environment = [("USER", "ana"), ("HOSTNAME", "build-7")].into_iter().collect();
        let holder = Holder::of_process(&environment, Timestamp::UNIX_EPOCH);
        let lock = state.lock(&holder, Duration::ZERO).unwrap();
        let second = state.lock(&holder, Duration::from_millis(150)).unwrap_err();
        assert!(matches!(second, StateError::Held { .. }));
        let expect = format!(
            "is in use by process {} of ana on build-7 since 1970-01-01T00:00:00Z",
            std::process::id()
        );
        assert!(second.to_string().ends_with(&expect), "{second}");
        drop(lock);
        let again = Holder { user: None, ..holder };
        let _lock = state.lock(&again, Duration::ZERO).unwrap();
        assert!(!folder.get("state/lock").contains("ana"));
    }

    #[test]
    fn a_run_may_wait() {
        let folder = Folder::new("wait");
        let state = StateFolder::new(folder.path());
        let holder = Holder::of_process(&[("USER", "")].into_iter().collect(), Timestamp::MIN);
        let lock = state.lock(&holder, Duration::ZERO).unwrap();
        let waiting = std::thread::spawn({
            let (state, holder) = (state.clone(), holder.clone());
            move || state.lock(&holder, Duration::from_secs(20)).is_ok()
        });
        std::thread::sleep(Duration::from_millis(50));
        drop(lock);
        assert!(waiting.join().unwrap());
    }
}
