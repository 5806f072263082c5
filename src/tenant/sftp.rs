//! Putting a file on an SFTP server: the only user of SSH. Nothing is said to a server whose key is
//! not the known one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{AuthResult, Config, Handle, Handler, Msg, connect_stream};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{
    Algorithm, EcdsaCurve, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate,
    decode_secret_key,
};
use russh::{AlgorithmKind, Channel, ChannelMsg, Disconnect, Preferred};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::deliver::Posted;
use super::known_hosts::KnownHosts;
use super::upload::upload;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long the two may take to know each other.
const HELLO: Duration = Duration::from_secs(30);
/// How many keys of an agent are tried: servers hang up after six.
const KEYS: usize = 5;
/// The sorts of host keys that can be verified, the one that is liked best first.
const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
];

/// An SFTP server, who we are for it, and how it is known.
#[derive(Clone, Debug)]
pub struct Sftp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whom it knows us as.
    pub user: String,
    /// What proves it.
    pub identity: SshIdentity,
    /// Its own keys.
    pub known: KnownHosts,
}

/// What proves to a server who we are. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub enum SshIdentity {
    /// A private key.
    Key {
        /// Its text.
        text: SecretString,
        /// What it is encrypted with.
        passphrase: Option<SecretString>,
    },
    /// The keys of the ssh-agent behind this socket.
    Agent(PathBuf),
}

/// Why a file was not put.
#[derive(Debug)]
pub(super) enum Failed {
    /// It may be tried again.
    Again(String),
    /// It would be refused again.
    Never(String),
}

/// Looks at the server's key.
struct Guard {
    host: String,
    port: u16,
    known: KnownHosts,
}

type Session = Handle<Guard>;

impl Sftp {
    /// Puts a file: under a temporary name beside it, that has `tag` in it, which then becomes its
    /// own. A relative `path` is seen from the user's folder.
    pub async fn put(&self, path: &str, content: &[u8], tag: &str) -> Posted {
        match self.try_put(path, content, tag).await {
            Ok(()) => Posted::Taken,
            Err(Failed::Again(why)) => Posted::Again(why, None),
            Err(Failed::Never(why)) => Posted::Refused(why),
        }
    }

    async fn try_put(&self, path: &str, content: &[u8], tag: &str) -> Result<(), Failed> {
        // What is wrong here is told before anything is sent.
        let key = self.key()?;
        let hello = async {
            let mut session = self.connect().await?;
            match key {
                Some(key) => self.show(&mut session, key).await?,
                None => self.show_agent(&mut session).await?,
            }
            let channel = with_sftp(&session).await?;
            Ok::<_, Failed>((session, channel))
        };
        let late = |_| Failed::Again("it did not answer in time".to_owned());
        let (session, channel) = timeout(HELLO, hello).await.map_err(late)??;
        upload(channel.into_stream(), path, content, tag).await?;
        // The file is there: what becomes of the connection does not matter any more.
        let _ = session.disconnect(Disconnect::ByApplication, "", "en").await;
        Ok(())
    }

    /// The private key; none where the agent has it.
    fn key(&self) -> Result<Option<Arc<PrivateKey>>, Failed> {
        let SshIdentity::Key { text, passphrase } = &self.identity else { return Ok(None) };
        let passphrase = passphrase.as_ref().map(|passphrase| passphrase.expose_secret());
        match decode_secret_key(text.expose_secret(), passphrase) {
            Ok(key) => Ok(Some(Arc::new(key))),
            Err(russh::keys::Error::KeyIsEncrypted) => Err(Failed::Never(
                "the private key is encrypted: say in `wfm.sftp.passphrase` with what".to_owned(),
            )),
            // What is wrong with it might tell of it.
            Err(_) => Err(Failed::Never(
                "the private key cannot be read: it is no Ed25519 or ECDSA key, or the passphrase \
                 is another one; other keys may be in an ssh-agent"
                    .to_owned(),
            )),
        }
    }

    async fn connect(&self) -> Result<Session, Failed> {
        let unreachable = |why: String| Failed::Again(format!("it cannot be reached: {why}"));
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let stream = timeout(CONNECT, connecting).await;
        let stream = stream.map_err(|_| unreachable("it did not answer in time".to_owned()))?;
        let stream = stream.map_err(|error| unreachable(error.to_string()))?;
        let algorithms = self.known.algorithms(&self.host, self.port, &ALGORITHMS);
        let preferred = Preferred { key: algorithms.into(), ..Preferred::default() };
        let config = Config { preferred, nodelay: true, ..Config::default() };
        let guard = Guard { host: self.host.clone(), port: self.port, known: self.known.clone() };
        connect_stream(Arc::new(config), stream, guard).await
    }

    async fn show(&self, session: &mut Session, key: Arc<PrivateKey>) -> Result<(), Failed> {
        let shown = format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256));
        let key = PrivateKeyWithHashAlg::new(key, None);
        match session.authenticate_publickey(&self.user, key).await? {
            AuthResult::Success => Ok(()),
            AuthResult::Failure { .. } => Err(self.unwelcome(&format!("the key {shown}"))),
        }
    }

    async fn show_agent(&self, session: &mut Session) -> Result<(), Failed> {
        let SshIdentity::Agent(socket) = &self.identity else { return Ok(()) };
        let silent = |error| Failed::Never(format!("the ssh-agent does not answer: {error}"));
        let mut agent = AgentClient::connect_uds(socket).await.map_err(silent)?;
        let keys = agent.request_identities().await.map_err(silent)?;
        let rsa_hash = session.best_supported_rsa_hash().await?.flatten();
        let mut tried = 0;
        for key in keys {
            let AgentIdentity::PublicKey { key, .. } = key else { continue };
            if tried == KEYS {
                break;
            }
            tried += 1;
            let hash = rsa_hash.filter(|_| key.algorithm().is_rsa());
            let shown = session.authenticate_publickey_with(&self.user, key, hash, &mut agent);
            // A key that the agent does not sign with is not the last one.
            if matches!(shown.await, Ok(AuthResult::Success)) {
                return Ok(());
            }
        }
        Err(match tried {
            0 => Failed::Never("the ssh-agent has no key".to_owned()),
            _ => self.unwelcome(&format!("any of the ssh-agent's first {tried} keys")),
        })
    }

    fn unwelcome(&self, shown: &str) -> Failed {
        Failed::Never(format!("it does not let {} in with {shown}", self.user))
    }
}

/// A channel on which SFTP is spoken.
async fn with_sftp(session: &Session) -> Result<Channel<Msg>, Failed> {
    let mut channel = session.channel_open_session().await?;
    channel.request_subsystem(true, "sftp").await?;
    loop {
        match channel.wait().await {
            Some(ChannelMsg::Success) => return Ok(channel),
            Some(ChannelMsg::Failure) => return Err(Failed::Never("it has no SFTP".to_owned())),
            Some(_) => {}
            None => return Err(russh::Error::HUP.into()),
        }
    }
}

impl Handler for Guard {
    type Error = Failed;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Failed> {
        match self.known.refuse(&self.host, self.port, &key.public_key()) {
            None => Ok(true),
            Some(why) => Err(Failed::Never(format!(
                "the host key of {}:{} is not trusted: {why}; nothing was sent; `wfm.sftp.hostKey` \
                 or `wfm.sftp.knownHosts` says which key it has",
                self.host, self.port
            ))),
        }
    }
}

impl From<russh::Error> for Failed {
    fn from(error: russh::Error) -> Self {
        match error {
            russh::Error::NoCommonAlgo { kind: AlgorithmKind::Key, .. } => Self::Never(
                "it has no host key that can be verified, Ed25519 or ECDSA; nothing was sent"
                    .to_owned(),
            ),
            error @ (russh::Error::NoCommonAlgo { .. } | russh::Error::Version) => {
                Self::Never(format!("it does not speak as we do: {error}"))
            }
            error => Self::Again(format!("the connection broke: {error}")),
        }
    }
}
