//! The simulated tenant inside this process: seeded from a snapshot, its state in the state folder.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::context::{Wrong, source_of};
use super::files::{self, Access, relative};
use super::state::StateFolder;
use crate::http::encode;
use crate::kinds::collections;
use crate::manifest;
use crate::model::{Hasher, digest_of};
use crate::sim::{Clock, Sim, SimHandle};
use crate::tenant::Credentials;
use crate::world::{Snapshot, State, World};

/// A simulated tenant that is being served.
pub(super) struct Embedded {
    handle: SimHandle,
    /// Where its state is kept; none where it is served afresh and forgotten.
    file: Option<PathBuf>,
    seed_digest: String,
    /// The revision that is on the disk.
    saved: u64,
    /// The digest of the state that this process read or wrote last; none where there was no file.
    on_disk: Option<String>,
    /// Something that a person should know.
    pub(super) warning: Option<String>,
}

/// What the state folder keeps of a simulated tenant.
#[derive(Serialize, Deserialize)]
struct Kept<'w> {
    seed_digest: String,
    state: State<'w>,
}

/// Where the state of a simulated tenant is kept.
pub(super) fn state_file(state: &StateFolder, tenant: &str) -> PathBuf {
    state.path().join("sim").join(format!("{}.json", encode(tenant)))
}

impl Embedded {
    /// Serves the tenant of `seed` at a port of this machine; 0 takes a free one. With a state
    /// file it goes on from there.
    pub(super) async fn start(
        seed: &Path,
        file: Option<PathBuf>,
        port: u16,
        cwd: &Path,
    ) -> anyhow::Result<Self> {
        let text = files::read_text(seed)?;
        let seed_digest = digest_of(text.as_bytes());
        let mut world = World::new(collections());
        let mut warning = None;
        let mut on_disk = None;
        match file.as_deref().filter(|file| file.exists()) {
            Some(file) => {
                let text = files::read_text(file)?;
                on_disk = Some(digest_of(text.as_bytes()));
                let kept = kept(file, &text)?;
                if kept.seed_digest != seed_digest {
                    warning = Some(format!(
                        "{} has changed since the simulated tenant was made from it; \
                         `cxform sim reset` starts it afresh",
                        relative(seed, cwd)
                    ));
                }
                world.restore(kept.state);
            }
            None => world.seed(&snapshot(&relative(seed, cwd), &text)?)?,
        }
        let saved = world.revision();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let handle = Sim::start(world, address, clock()).await?;
        Ok(Self { handle, file, seed_digest, saved, on_disk, warning })
    }

    /// Its base URL.
    pub(super) fn url(&self) -> String {
        self.handle.url()
    }

    /// The client that it lets in.
    pub(super) fn credentials(&self) -> Credentials {
        let world = self.handle.world();
        let (id, secret) = match &world.behaviour.credentials {
            Some(client) => (client.client_id.clone(), client.client_secret.clone()),
            None => ("simulated".to_owned(), "simulated-client".to_owned()),
        };
        Credentials::Client { id: SecretString::from(id), secret: SecretString::from(secret) }
    }

    /// Writes its state down, where there is something new.
    pub(super) fn save(&mut self) -> anyhow::Result<()> {
        let world = self.handle.world();
        let Some(file) = self.file.as_ref().filter(|_| world.revision() != self.saved) else {
            return Ok(());
        };
        let kept = Kept { seed_digest: self.seed_digest.clone(), state: world.save() };
        let digest = std::cell::RefCell::new(Hasher::default());
        files::create_folder_of(file)?;
        files::write_with(
            file,
            &|out| {
                let digest = &mut *digest.borrow_mut();
                Ok(serde_json::to_writer(Both(out, digest), &kept)?)
            },
            Access::Private,
        )?;
        (self.saved, self.on_disk) = (world.revision(), Some(digest.into_inner().digest()));
        Ok(())
    }

    /// Ends it, and writes its state down.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        self.handle.shutdown().await;
        self.save()
    }

    /// Ends it for a command that does not hold the lock: what another process has written
    /// meanwhile stays, and the faults that struck here are not counted.
    pub(super) async fn end_unlocked(mut self) -> anyhow::Result<()> {
        self.handle.shutdown().await;
        let now = self.file.as_deref().map(digest_on_disk).transpose()?.flatten();
        if now == self.on_disk { self.save() } else { Ok(()) }
    }
}

/// Writes to two places at once.
struct Both<'a>(&'a mut dyn Write, &'a mut Hasher);

impl Write for Both<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.0.write(bytes)?;
        self.1.add(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn digest_on_disk(file: &Path) -> anyhow::Result<Option<String>> {
    if !file.exists() {
        return Ok(None);
    }
    Ok(Some(digest_of(files::read_text(file)?.as_bytes())))
}

fn kept(file: &Path, text: &str) -> anyhow::Result<Kept<'static>> {
    serde_json::from_str(text).map_err(|error| {
        anyhow::anyhow!(
            "the state of the simulated tenant, {}, cannot be read: {error}; \
             `cxform sim reset` starts it afresh",
            file.display()
        )
    })
}

fn snapshot(name: &str, text: &str) -> anyhow::Result<Snapshot> {
    // A large one is JSON, and its rows need no places where nothing is wrong with them.
    if text.trim_start().starts_with('{')
        && let Ok(snapshot) = serde_json::from_str(text)
    {
        return Ok(snapshot);
    }
    let (snapshot, _) = manifest::read_document::<Snapshot>(name, text, &super::schema::tenant())
        .map_err(|found| Wrong::new(&found, &source_of(name, text)))?;
    Ok(snapshot)
}

fn clock() -> Clock {
    Arc::new(|| {
        let since = super::clock::system().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
