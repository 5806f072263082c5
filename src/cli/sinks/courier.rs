//! Brings what waits to one sink: in order, each batch until it is taken or the time is over.

use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::watch;

use super::spool::Spool;
use crate::cli::clock;
use crate::cli::context::causes;
use crate::cli::environment::Environment;
use crate::cli::handover::{Ending, hand_over};
use crate::cli::settings::SinkSettings;
use crate::cli::state::AuditFiles;
use crate::tenant::Poster;

/// What a batch is.
const LINES: &str = "application/x-ndjson";
/// How long lines are gathered while a run goes on.
const GATHERING: Duration = Duration::from_secs(1);

/// Everything that brings lines to one sink.
pub(super) struct Courier {
    pub(super) sink: SinkSettings,
    pub(super) environment: Environment,
    pub(super) audit: AuditFiles,
    /// The number of the last line that is on the disk.
    pub(super) synced: watch::Receiver<u64>,
    pub(super) ending: watch::Receiver<Option<Ending>>,
}

/// What a sink has got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) sink: String,
    pub(super) delivered: u64,
    /// The number of the last line that it has; none where that is not known.
    pub(super) last: Option<u64>,
    /// Why something waits still.
    pub(super) why: Option<String>,
    /// Whether all of the audit was delivered again.
    pub(super) is_anew: bool,
}

impl Courier {
    /// Delivers until the run has ended and nothing waits any more, or the time is over.
    pub(super) async fn run(mut self) -> Report {
        let mut report = Report { sink: self.sink.name.clone(), ..Report::default() };
        let ended = match Spool::open(&self.audit, &self.sink.name) {
            Ok(mut spool) => {
                report.is_anew = spool.is_anew;
                let ended = self.deliver(&mut spool, &mut report).await;
                report.last = Some(spool.delivered());
                ended
            }
            Err(error) => Err(causes(&error)),
        };
        report.why = ended.err();
        report
    }

    async fn deliver(&mut self, spool: &mut Spool, report: &mut Report) -> Result<(), String> {
        let poster = Poster::new(&self.sink.url, LINES, &self.headers()?)?;
        loop {
            // What was on the disk when the run ended is what is to be delivered.
            let has_ended = self.ending.borrow_and_update().is_some();
            let upto = *self.synced.borrow_and_update();
            let next = |spool: &mut Spool| {
                spool.next(self.sink.batch, upto).map_err(|error| causes(&error))
            };
            let mut waiting = next(spool)?;
            while let Some(batch) = waiting {
                let post = || poster.post(batch.lines.clone(), &[], clock::now().as_second());
                hand_over(post, &mut self.ending).await?;
                report.delivered += batch.count;
                spool.taken(batch).map_err(|error| error.to_string())?;
                waiting = next(spool)?;
            }
            if has_ended {
                return Ok(());
            }
            // While a batch was on its way the end may have been seen, which is told only once.
            if self.ending.borrow().is_some() {
                continue;
            }
            tokio::select! {
                // The run broke off: nobody waits for this any more.
                told = self.ending.changed() => told.map_err(|_| "the run broke off".to_owned())?,
                () = gathered(&mut self.synced) => {}
            }
        }
    }

    fn headers(&self) -> Result<Vec<(String, SecretString)>, String> {
        let read = |(name, source): &(String, crate::cli::settings::SecretSource)| {
            let secret = source.read(&self.environment);
            Ok((name.clone(), secret.map_err(|error| format!("{name}: {error}"))?))
        };
        self.sink.headers.iter().map(read).collect()
    }
}

/// Returns when new lines have had time to become many.
async fn gathered(synced: &mut watch::Receiver<u64>) {
    if synced.changed().await.is_err() {
        return std::future::pending().await;
    }
    tokio::time::sleep(GATHERING).await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::watch;

    use super::Courier;
    use crate::cli::environment::Environment;
    use crate::cli::files::tests::Folder;
    use crate::cli::handover::Ending;
    use crate::cli::settings::SinkSettings;
    use crate::cli::state::StateFolder;

    #[tokio::test]
    async fn a_run_that_ends_while_a_batch_is_on_its_way_ends_the_delivery() {
        let folder = Folder::new("courier");
        folder.put("audit/t.jsonl", "{\"seq\":1,\"prev\":\"\",\"hash\":\"h\"}\n");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let (ending, ends) = watch::channel(None);
        let (_last, synced) = watch::channel(1);
        let courier = Courier {
            sink: SinkSettings { name: "siem".to_owned(), url, headers: Vec::new(), batch: 9 },
            environment: Environment::default(),
            audit: StateFolder::new(folder.path()).audit_files("t"),
            synced,
            ending: ends,
        };
        let delivery = tokio::spawn(courier.run());
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        ending.send_replace(Some(Ending { deadline: None }));
        // The courier has seen the end before the answer comes.
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        let report = tokio::time::timeout(Duration::from_secs(20), delivery).await;
        let report = report.expect("the delivery ends").unwrap();
        assert_eq!((report.delivered, report.last, report.why), (1, Some(1), None));
    }
}
