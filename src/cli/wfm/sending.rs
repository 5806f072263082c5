//! Brings what waits to its receiver: in order, each until it is taken or the time is over.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::watch;
use tokio::time::Instant;

use super::counted;
use crate::cli::clock;
use crate::cli::context::Context;
use crate::cli::environment::Environment;
use crate::cli::files::{self, Access};
use crate::cli::handover::{Ending, hand_over};
use crate::cli::settings::{SecretSource, Settings, WfmSettings, WfmTarget};
use crate::cli::state::{Outbox, StateError};
use crate::model::digest_of;
use crate::tenant::{KnownHosts, Posted, Poster, Sftp, SshIdentity, signature};

/// What is sent.
const CSV: &str = "text/csv";

/// What became of what waited.
pub(super) struct Sent {
    pub(super) delivered: usize,
    waiting: usize,
    folder: PathBuf,
    /// Why something waits still.
    pub(super) why: Option<String>,
}

/// A way to a receiver, with its secrets.
enum Way {
    File(PathBuf),
    Web { poster: Poster, secret: Option<SecretString> },
    Sftp { sftp: Box<Sftp>, path: String },
}

impl Sent {
    /// What waits, and what sends it.
    pub(super) fn rest(&self, again: &str) -> String {
        let (waits, goes) = if self.waiting == 1 { ("waits", "goes") } else { ("wait", "go") };
        let (count, folder) = (counted(self.waiting, "CSV file"), self.folder.display());
        format!("{count} {waits} in {folder} and {goes} out before the next one: {again}")
    }
}

/// Sends what waits, as long as the receiver takes it and at most so long.
pub(super) async fn send(
    context: &Context<'_>,
    settings: &Settings,
    target: &WfmTarget,
    outbox: &Outbox,
    patience: Duration,
) -> Sent {
    let mut delivered = 0;
    let done = each(&context.environment, settings, target, outbox, patience, &mut delivered).await;
    let waiting = outbox.waiting().map_or(0, |waiting| waiting.len());
    let folder = files::relative(outbox.path(), &context.cwd).into();
    Sent { delivered, waiting, folder, why: done.err() }
}

async fn each(
    environment: &Environment,
    settings: &Settings,
    target: &WfmTarget,
    outbox: &Outbox,
    patience: Duration,
    delivered: &mut usize,
) -> Result<(), String> {
    let told = |error: StateError| error.to_string();
    let tenant = settings.tenant().map_err(|error| error.to_string())?.name.value.clone();
    let way = Way::to(target, &settings.wfm, environment)?;
    // The run is over: this is its rest.
    let ending = Ending { deadline: Some(Instant::now() + patience) };
    let (_ends, mut ending) = watch::channel(Some(ending));
    for waiting in outbox.waiting().map_err(told)? {
        let text = outbox.text(&waiting).map_err(told)?;
        hand_over(|| way.send(&text, &tenant, &waiting.time), &mut ending).await?;
        outbox.taken(&waiting).map_err(told)?;
        *delivered += 1;
    }
    Ok(())
}

impl Way {
    /// The way to a target; its secrets are read.
    fn to(
        target: &WfmTarget,
        settings: &WfmSettings,
        environment: &Environment,
    ) -> Result<Self, String> {
        let read =
            |source: &SecretSource| source.read(environment).map_err(|error| error.to_string());
        match target {
            WfmTarget::Output => Err("standard output takes no deliveries".to_owned()),
            WfmTarget::File(path) => Ok(Self::File(path.clone())),
            WfmTarget::Web(url) => {
                let header = |(name, source): &(String, SecretSource)| {
                    let value = read(source).map_err(|why| format!("{name}: {why}"))?;
                    Ok::<_, String>((name.clone(), value))
                };
                let headers: Vec<_> =
                    settings.headers.iter().map(header).collect::<Result<_, _>>()?;
                let secret = settings.signing_secret.as_ref().map(read).transpose()?;
                Ok(Self::Web { poster: Poster::new(url.as_str(), CSV, &headers)?, secret })
            }
            WfmTarget::Sftp { host, port, user, path, .. } => {
                let identity = match &settings.identity {
                    Some(source) => SshIdentity::Key {
                        // A key's last line has an end.
                        text: format!("{}\n", read(source)?.expose_secret()).into(),
                        passphrase: settings.passphrase.as_ref().map(read).transpose()?,
                    },
                    None => SshIdentity::Agent(settings.agent.clone().ok_or(
                        "there is no private key: name one as `wfm.sftp.identity`, or start an \
                         ssh-agent (SSH_AUTH_SOCK)",
                    )?),
                };
                let file = settings.known_hosts.as_deref().map(files::read_text).transpose();
                let known = KnownHosts {
                    file: file.map_err(|error| error.to_string())?,
                    fingerprint: settings.host_key.clone(),
                };
                let (host, user) = (host.clone(), user.clone());
                let sftp = Sftp { host, port: *port, user, identity, known };
                Ok(Self::Sftp { sftp: Box::new(sftp), path: path.clone() })
            }
        }
    }

    /// Sends a text once.
    async fn send(&self, text: &str, tenant: &str, time: &str) -> Posted {
        match self {
            Self::File(path) => {
                let path = with_places(&path.to_string_lossy(), tenant, time);
                match files::write(path.as_ref(), text.as_bytes(), Access::Shared) {
                    Ok(()) => Posted::Taken,
                    Err(error) => Posted::Refused(error.to_string()),
                }
            }
            Self::Web { poster, secret } => {
                let now = clock::now().as_second();
                // The same text twice is the same delivery.
                let mut own = vec![("x-cxform-delivery", digest_of(text.as_bytes()))];
                own.extend(secret.iter().flat_map(|secret| signature(secret, text, now)));
                poster.post(text.to_owned(), &own, now).await
            }
            Self::Sftp { sftp, path } => {
                let tag = format!("cxform-{}", std::process::id());
                sftp.put(&with_places(path, tenant, time), text.as_bytes(), &tag).await
            }
        }
    }
}

/// A path with its `{time}` and `{tenant}` filled in; a tenant's name stays one segment.
pub(super) fn with_places(path: &str, tenant: &str, time: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let tenant: String = tenant.trim_start_matches('.').chars().map(safe).collect();
    path.replace("{time}", time).replace("{tenant}", &tenant)
}

#[cfg(test)]
mod tests {
    use super::with_places;

    #[test]
    fn places_in_a_path_are_filled_in() {
        let check = |path: &str, tenant: &str, expect: &str| {
            assert_eq!(with_places(path, tenant, "20350108T080000Z"), expect);
        };
        check("/in/wfm.csv", "prod", "/in/wfm.csv");
        check("/in/{tenant}-{time}.csv", "prod", "/in/prod-20350108T080000Z.csv");
        check("{tenant}.csv", "../eu/prod 1", "-eu-prod-1.csv");
        check("{user}.csv", "prod", "{user}.csv");
    }
}
