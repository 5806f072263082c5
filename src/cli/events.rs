//! `--events`: what happens in an apply, line by line as it happens, in the shape of terraform's
//! machine-readable UI. A thread of its own writes: whoever reads slowly, or goes away, never holds
//! up the apply.

pub(super) mod line;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::clock;
use super::console::Console;
use super::context::report;
use super::files::{self, FileError};
use super::report::Ended;
use crate::plan::{Change, Outcome, Plan};
use crate::tenant::{Retry, Watching};
use line::{Hook, Line};

/// How often a change that takes long is told of.
const STILL: Duration = Duration::from_secs(10);
/// How many lines may share one flush.
const GROUP: usize = 256;

/// A stream of events that is being written.
pub(super) struct Events {
    teller: Arc<Teller>,
    thread: JoinHandle<Option<std::io::Error>>,
    name: String,
}

/// Hands events to the thread that writes them.
struct Teller(mpsc::Sender<Job>);

enum Job {
    Line(String),
    /// A change is begun.
    Begun(Hook, Instant),
    /// It has ended, with these lines.
    Over(String, String),
    /// Nothing follows.
    End,
}

impl Events {
    /// Opens the stream; `-` is standard output, which then belongs to the events alone.
    pub(super) fn open(file: &Path, cwd: &Path, console: &mut Console) -> Result<Self, FileError> {
        let out: Box<dyn Write + Send> = match file == Path::new("-") {
            true => console.hand_over_out(),
            false => Box::new(files::create(&cwd.join(file))?),
        };
        let name = match file == Path::new("-") {
            true => "standard output".to_owned(),
            false => file.display().to_string(),
        };
        let events = Self::start(out, name, STILL);
        events.map_err(|cause| FileError::Write { path: file.to_owned(), cause })
    }

    fn start(
        out: Box<dyn Write + Send>,
        name: String,
        still: Duration,
    ) -> Result<Self, std::io::Error> {
        let (jobs, queue) = mpsc::channel();
        let writer = Writer { out, begun: BTreeMap::new(), still, failure: None };
        let thread = std::thread::Builder::new()
            .name("events".to_owned())
            .spawn(move || writer.run(&queue))?;
        let events = Self { teller: Arc::new(Teller(jobs)), thread, name };
        events.teller.tell(Line::version());
        Ok(events)
    }

    /// Who is to be told what happens in the tenant.
    pub(super) fn watching(&self) -> Arc<dyn Watching> {
        self.teller.clone()
    }

    /// What is planned, and what the rules say of it.
    pub(super) fn planned(&self, plan: &Plan) {
        let changes = plan.resource_changes.iter().filter_map(Line::planned);
        changes.for_each(|line| self.teller.tell(line));
        plan.checks.iter().for_each(|check| self.teller.tell(Line::check(check)));
        self.teller.tell(Line::plan_summary(&plan.summary));
    }

    /// The run goes no further.
    pub(super) fn stopped(&self, error: &anyhow::Error) {
        let report: Value = serde_json::from_str(&report(error)).unwrap_or_default();
        let diagnostics = report["diagnostics"].as_array().into_iter().flatten();
        diagnostics.for_each(|told| self.teller.tell(Line::diagnostic(told)));
    }

    /// The run has come to its end, whichever.
    pub(super) fn ended(&self, ended: &Ended<'_>, held: usize) {
        if let Some(why) = ended.stopped {
            self.stopped(&anyhow::anyhow!(why.to_owned()));
        }
        let is_complete = ended.result == "complete";
        self.teller.tell(Line::apply_summary(ended.outcomes, held, is_complete));
        if let Some(head) = ended.audit_head {
            self.teller.tell(Line::audit_head(ended.run, head));
        }
    }

    /// Waits until all is written; a warning where that cannot be done.
    pub(super) fn finish(self) -> Option<String> {
        self.teller.send(Job::End);
        let failure = self.thread.join().ok()??;
        Some(format!("the events did not all get through: {}: {failure}", self.name))
    }
}

impl Teller {
    fn tell(&self, line: Line) {
        self.send(Job::Line(line.text(clock::precise())));
    }

    fn send(&self, job: Job) {
        // The thread takes all until its end, after which nothing happens any more.
        let _ = self.0.send(job);
    }
}

impl Watching for Teller {
    fn started(&self, change: &Change) {
        let hook = Hook::of(change);
        self.tell(hook.start());
        self.send(Job::Begun(hook, clock::instant()));
    }

    fn finished(&self, outcome: &Outcome, id: Option<&str>) {
        let hook = Hook::ended(outcome, id);
        let now = clock::precise();
        let lines = hook.end(outcome).into_iter().map(|line| line.text(now)).collect();
        self.send(Job::Over(hook.address().to_owned(), lines));
    }

    fn retried(&self, retry: &Retry<'_>) {
        self.tell(Line::retry(retry));
    }

    fn held_back(&self, wait: Duration) {
        self.tell(Line::rate_limited(wait));
    }
}

/// What the thread knows.
struct Writer {
    out: Box<dyn Write + Send>,
    /// The changes under way: since when, and when they are to be told of next.
    begun: BTreeMap<String, (Hook, Instant, Instant)>,
    still: Duration,
    failure: Option<std::io::Error>,
}

impl Writer {
    /// Writes until the end; tells why it could not, if so.
    fn run(mut self, queue: &mpsc::Receiver<Job>) -> Option<std::io::Error> {
        let mut is_over = false;
        while !is_over {
            let first = match queue.recv_timeout(self.still / 10) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Job::End),
            };
            let mut text = String::new();
            for job in first.into_iter().chain(queue.try_iter().take(GROUP)) {
                match job {
                    Job::Line(line) => text.push_str(&line),
                    Job::Begun(hook, since) => {
                        let next = since + self.still;
                        self.begun.insert(hook.address().to_owned(), (hook, since, next));
                    }
                    Job::Over(address, lines) => {
                        self.begun.remove(&address);
                        text.push_str(&lines);
                    }
                    Job::End => is_over = true,
                }
            }
            self.still_under_way(&mut text);
            self.write(&text);
        }
        self.failure
    }

    fn still_under_way(&mut self, text: &mut String) {
        let at = clock::instant();
        for (hook, since, next) in self.begun.values_mut().filter(|(.., next)| *next <= at) {
            *next = at + self.still;
            text.push_str(&hook.progress(at.duration_since(*since)).text(clock::precise()));
        }
    }

    /// After the first failure nothing more is tried: half a line would be followed by a whole one.
    fn write(&mut self, text: &str) {
        if self.failure.is_none() && !text.is_empty() {
            let written = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
            self.failure = written.err();
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use serde_json::Value;

    use super::line::tests::change;
    use super::{Events, Hook, Job, clock};

    /// A stream that keeps what is written to it.
    #[derive(Clone, Default)]
    pub(in crate::cli) struct Shared(pub(in crate::cli) Arc<Mutex<String>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Takes so many writes, then its reader is gone.
    struct Gone(u32);

    impl Write for Gone {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(std::io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn start(out: impl Write + Send + 'static) -> Events {
        let still = Duration::from_millis(20);
        Events::start(Box::new(out), "events.jsonl".to_owned(), still).unwrap()
    }

    fn begun(address: &str) -> Job {
        Job::Begun(Hook::of(&change(address)), clock::instant())
    }

    fn wait_until(is_so: impl Fn() -> bool) {
        let start = clock::instant();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(20), "it never came");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn a_change_that_takes_long_is_told_of_until_it_ends() {
        let out = Shared::default();
        let events = start(out.clone());
        let told = || out.0.lock().unwrap().matches("\"apply_progress\"").count();
        events.teller.send(begun("queue/slow"));
        wait_until(|| told() >= 2);
        events.teller.send(Job::Over("queue/slow".to_owned(), "{\"type\":\"over\"}\n".to_owned()));
        wait_until(|| out.0.lock().unwrap().contains("over"));
        let before = told();
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(events.finish(), None);
        assert_eq!(told(), before);
        let text = out.0.lock().unwrap().clone();
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["type"], "version");
        assert_eq!(lines[1]["hook"]["resource"]["addr"], "queue/slow");
        let message = lines[1]["@message"].as_str().unwrap();
        assert!(message.starts_with("queue/slow: Still modifying... ["), "{message}");
    }

    #[test]
    fn a_reader_that_goes_away_is_told_once_and_stops_nothing() {
        let events = start(Gone(1));
        for _ in 0..1000 {
            events.stopped(&anyhow::anyhow!("no"));
        }
        let warning = events.finish().unwrap();
        assert!(
            warning.starts_with("the events did not all get through: events.jsonl: "),
            "{warning}"
        );
    }
}
