//! The writer of a run's journal and of the tenant's audit: one thread, many waiters, few syncs.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{AuditLog, StateError};
use crate::audit::Entry;

/// How many records may share one sync.
const GROUP: usize = 1024;
/// How long a record waits for others to share its sync: a sync costs more than that.
const GATHERING: Duration = Duration::from_micros(100);

/// Records that cannot be written; the run must send nothing more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the run cannot be recorded: {0}")]
pub struct RecordError(String);

/// Takes journal lines and audit entries, and tells when they are on the disk. After the first
/// failure every record fails. Shared by reference among lanes.
#[derive(Debug)]
pub struct Recorder {
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<Result<String, RecordError>>,
}

/// A record under way. Await it, or [`Synced::wait`]; it is written even if nobody does. Its value
/// is the audit's head after it.
#[derive(Debug)]
#[must_use = "a record is on the disk only when this has ended well"]
pub struct Synced(oneshot::Receiver<Result<String, RecordError>>);

struct Job {
    record: Record,
    done: oneshot::Sender<Result<String, RecordError>>,
}

enum Record {
    Journal(String),
    Audit(Box<Entry>),
}

impl Recorder {
    pub(super) fn start(
        journal: File,
        journal_path: PathBuf,
        audit: AuditLog,
    ) -> Result<Self, StateError> {
        let (jobs, queue) = mpsc::channel();
        let path = journal_path.clone();
        let mut writer = Writer { journal, journal_path, audit, failure: None };
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || writer.run(&queue))
            .map_err(StateError::file(&path))?;
        Ok(Self { jobs, thread })
    }

    /// Adds a line to the journal: an intent before its request leaves, an outcome after.
    pub fn journal(&self, record: &serde_json::Value) -> Synced {
        self.send(Record::Journal(record.to_string()))
    }

    /// Adds an entry to the audit.
    pub fn audit(&self, entry: Entry) -> Synced {
        self.send(Record::Audit(Box::new(entry)))
    }

    /// Waits until everything is written, and returns the audit's head. Blocks the thread.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn finish(self) -> Result<String, RecordError> {
        drop(self.jobs);
        self.thread.join().unwrap_or_else(|_| Err(stopped()))
    }

    fn send(&self, record: Record) -> Synced {
        let (done, synced) = oneshot::channel();
        // Where the writer is gone, `done` is dropped with the job, and the waiter told.
        let _ = self.jobs.send(Job { record, done });
        Synced(synced)
    }
}

impl Synced {
    /// Waits outside of async code.
    ///
    /// # Errors
    /// The record, or one before it, could not be written.
    pub fn wait(self) -> Result<String, RecordError> {
        self.0.blocking_recv().unwrap_or_else(|_| Err(stopped()))
    }
}

impl Future for Synced {
    type Output = Result<String, RecordError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|told| told.unwrap_or_else(|_| Err(stopped())))
    }
}

fn stopped() -> RecordError {
    RecordError("the writer has stopped".to_owned())
}

struct Writer {
    journal: File,
    journal_path: PathBuf,
    audit: AuditLog,
    failure: Option<RecordError>,
}

impl Writer {
    fn run(&mut self, queue: &mpsc::Receiver<Job>) -> Result<String, RecordError> {
        while let Ok(first) = queue.recv() {
            std::thread::sleep(GATHERING);
            let (mut records, mut waiters) = (Vec::new(), Vec::new());
            for job in std::iter::once(first).chain(queue.try_iter().take(GROUP - 1)) {
                records.push(job.record);
                waiters.push(job.done);
            }
            if self.failure.is_none() {
                self.failure = self.write(records).err();
            }
            for waiter in waiters {
                // A waiter may have gone: the record stands all the same.
                let _ = waiter.send(self.head());
            }
        }
        self.head()
    }

    fn head(&self) -> Result<String, RecordError> {
        self.failure.clone().map_or_else(|| Ok(self.audit.head().to_owned()), Err)
    }

    /// Writes a group, the journal first, and syncs each file once.
    fn write(&mut self, records: Vec<Record>) -> Result<(), RecordError> {
        let (mut journal, mut audit) = (String::new(), String::new());
        for record in records {
            match record {
                Record::Journal(line) => {
                    journal.push_str(&line);
                    journal.push('\n');
                }
                Record::Audit(entry) => {
                    let line = self.audit.line(*entry);
                    audit.push_str(&line.map_err(|error| RecordError(error.to_string()))?);
                }
            }
        }
        let failed = |path: &std::path::Path, cause: std::io::Error| {
            RecordError(format!("{}: {cause}", path.display()))
        };
        if !journal.is_empty() {
            self.journal
                .write_all(journal.as_bytes())
                .and_then(|()| self.journal.sync_data())
                .map_err(|cause| failed(&self.journal_path, cause))?;
        }
        if !audit.is_empty() {
            let written = self.audit.write(&audit);
            written.map_err(|cause| failed(self.audit.path(), cause))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use crate::audit::{Change, Entry, Event, RunStart, verify};
    use crate::cli::files::tests::Folder;
    use crate::cli::state::{StateError, StateFolder};

    fn entry(event: Event) -> Entry {
        Entry {
            time: Timestamp::UNIX_EPOCH,
            run: "r1".to_owned(),
            actor: "ana".to_owned(),
            tenant: "prod".to_owned(),
            commit: None,
            plan_hash: None,
            event,
        }
    }

    fn start() -> Entry {
        entry(Event::Start(RunStart::default()))
    }

    #[test]
    fn many_lanes_one_writer() {
        let folder = Folder::new("recorder");
        let state = StateFolder::new(folder.path());
        let run = state.create_run("r1").unwrap();
        let recorder = run.record(state.audit("prod").unwrap()).unwrap();
        recorder.audit(start()).wait().unwrap();
        std::thread::scope(|scope| {
            for lane in 0..8 {
                let recorder = &recorder;
                scope.spawn(move || {
                    for n in 0..20 {
                        recorder.journal(&json!({"lane": lane, "n": n})).wait().unwrap();
                        let address = format!("queue/{lane}-{n}");
                        let change = Change { address, ..Change::default() };
                        recorder.audit(entry(Event::Change(change))).wait().unwrap();
                    }
                });
            }
        });
        // One that nobody waits for is written all the same.
        drop(recorder.journal(&json!({"text": "a\nb"})));
        let head = recorder.finish().unwrap();
        let journal = run.journal().unwrap();
        assert_eq!(journal.len(), 161);
        assert_eq!(journal.last().map(String::as_str), Some(r#"{"text":"a\nb"}"#));
        let verified = verify(folder.get("audit/prod.jsonl").as_bytes(), Some(&head));
        assert!(verified.problems.is_empty(), "{:?}", verified.problems);
        assert_eq!((verified.lines, verified.expected_at), (161, Some((0, 161))));
    }

    #[tokio::test]
    async fn a_record_can_be_awaited() {
        let folder = Folder::new("await");
        let state = StateFolder::new(folder.path());
        let recorder = state.create_run("r1").unwrap().record(state.audit("p").unwrap()).unwrap();
        let head = recorder.audit(start()).await.unwrap();
        assert_eq!(recorder.journal(&json!({})).await, Ok(head.clone()));
        assert!(folder.get("audit/p.jsonl").contains(&head));
    }

    #[test]
    fn a_chain_goes_on_after_a_torn_line_and_tells() {
        let folder = Folder::new("torn");
        let state = StateFolder::new(folder.path());
        let write = |run: &str| {
            let run = state.create_run(run).unwrap();
            let recorder = run.record(state.audit("prod").unwrap()).unwrap();
            recorder.audit(start()).wait().unwrap();
            recorder.finish().unwrap()
        };
        write("r1");
        let whole = folder.get("audit/prod.jsonl");
        folder.put("audit/prod.jsonl", format!("{whole}{}", &whole[..whole.len() / 2]));
        write("r2");
        let head = write("r3");
        let audit = folder.get("audit/prod.jsonl");
        assert_eq!(verify(audit.as_bytes(), Some(&head)).problems, []);
        let torn: Vec<bool> = audit.lines().map(|line| line.contains(r#""torn":"#)).collect();
        assert_eq!(torn, [false, true, false]);
        assert_eq!(folder.get("audit/prod.jsonl.torn").trim_end(), &whole[..whole.len() / 2]);
    }

    #[test]
    fn an_altered_last_line_stops_the_run() {
        let folder = Folder::new("altered");
        folder.put("audit/prod.jsonl", "{\"seq\":1}\n");
        let error = StateFolder::new(folder.path()).audit("prod").unwrap_err();
        assert!(matches!(error, StateError::Audit { .. }), "{error}");
        assert!(error.to_string().contains("prod.jsonl cannot go on"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn after_a_failure_every_record_fails() {
        let folder = Folder::new("full");
        let state = StateFolder::new(folder.path());
        let run = state.create_run("r1").unwrap();
        std::os::unix::fs::symlink("/dev/full", run.path().join("journal.jsonl")).unwrap();
        let recorder = run.record(state.audit("prod").unwrap()).unwrap();
        recorder.audit(start()).wait().unwrap();
        let error = recorder.journal(&json!({})).wait().unwrap_err();
        assert!(error.to_string().contains("journal.jsonl: No space left"), "{error}");
        assert_eq!(recorder.audit(start()).wait(), Err(error.clone()));
        assert_eq!(recorder.finish(), Err(error));
        assert_eq!(folder.get("audit/prod.jsonl").lines().count(), 1);
    }
}
