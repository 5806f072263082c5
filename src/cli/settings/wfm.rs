//! Who is told the assignments, and with which secrets.

use std::path::{Path, PathBuf};

use url::Url;

use super::headers::headers;
use super::{Origin, Row, SecretSource, url as urls};
use crate::cli::environment::Environment;
use crate::cli::exit::UsageError;
use crate::cli::project::{Identity, Project, Wfm, WfmMode};

/// What stands before the host of an SFTP server.
const SFTP: &str = "sftp://";

/// Who is told the assignments. No secret is read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WfmSettings {
    /// What each apply sends, and where to; none where it sends nothing.
    pub on_apply: Option<WfmMode>,
    /// Where they go, where that is said.
    pub to: Option<WfmTarget>,
    /// Names of headers, and where their values come from.
    pub headers: Vec<(String, SecretSource)>,
    /// The key of signatures.
    pub signing_secret: Option<SecretSource>,
    /// The private key for SFTP; none where the agent has it.
    pub identity: Option<SecretSource>,
    /// What that key is encrypted with.
    pub passphrase: Option<SecretSource>,
    /// The socket of the ssh-agent, where there is one.
    pub agent: Option<PathBuf>,
    /// The file that has the SFTP server's key.
    pub known_hosts: Option<PathBuf>,
    /// The fingerprint of that key.
    pub host_key: Option<String>,
}

/// Where assignments go. `Debug` and `Display` show of a `POST` the host alone: the rest of the url
/// may be secret.
#[derive(Clone, PartialEq, Eq)]
pub enum WfmTarget {
    /// Standard output.
    Output,
    /// A file.
    File(PathBuf),
    /// A `POST` to this url.
    Web(Url),
    /// A file on an SFTP server.
    Sftp {
        /// As it was written.
        url: Url,
        /// The server.
        host: String,
        /// Its port.
        port: u16,
        /// Whom it knows us as.
        user: String,
        /// The file; relative to the user's folder unless it begins with `/`.
        path: String,
    },
}

impl WfmTarget {
    /// Reads a FILE or URL; a file is seen from `folder`.
    ///
    /// # Errors
    /// It is a url that must not be used; the message does not repeat it.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        match text {
            "" => Err("it is empty: name a file or a url".to_owned()),
            "-" => Ok(Self::Output),
            text if text.starts_with(SFTP) => sftp(text),
            text if text.contains("://") => {
                urls::safe(text).map(Self::Web).map_err(|error| match error {
                    urls::UrlError::NoUrl => "not a url: expected https:// or sftp://".to_owned(),
                    error => error.to_string(),
                })
            }
            file => Ok(Self::File(folder.join(file))),
        }
    }

    /// What tells this target from others, without a word of what may be secret.
    #[must_use]
    pub fn key(&self) -> String {
        let whole = match self {
            Self::Output => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Web(url) | Self::Sftp { url, .. } => url.to_string(),
        };
        let digest = crate::model::digest_of(whole.as_bytes());
        let host = match self {
            Self::Output | Self::File(_) => "file".to_owned(),
            Self::Web(url) => url.host_str().unwrap_or_default().to_owned(),
            Self::Sftp { host, .. } => host.clone(),
        };
        format!("{host}-{}", digest.get(7..23).unwrap_or_default())
    }
}

fn sftp(text: &str) -> Result<WfmTarget, String> {
    let url = Url::parse(text).map_err(|_| "not a url: expected sftp://USER@HOST/PATH")?;
    if url.password().is_some() {
        return Err("the url carries a password: keys are settings of their own".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the url has a query or a fragment: only a path follows the host".to_owned());
    }
    let user = decoded(url.username());
    if user.is_empty() {
        return Err("the url names no user: expected sftp://USER@HOST/PATH".to_owned());
    }
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.ok_or("not a url: expected sftp://USER@HOST/PATH")?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let path = decoded(url.path());
    let path = path.strip_prefix("/~/").unwrap_or(&path).to_owned();
    if path.is_empty() || path.ends_with('/') || path.contains('\0') {
        return Err("the url names no file: expected sftp://USER@HOST/PATH".to_owned());
    }
    Ok(WfmTarget::Sftp { host, port: url.port().unwrap_or(22), user, path, url })
}

/// A part of a url without its percent signs.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let hex = more.get(..2).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl std::fmt::Display for WfmTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Output => f.write_str("standard output"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Web(url) => f.write_str(&url.origin().ascii_serialization()),
            Self::Sftp { url, .. } => f.write_str(url.as_str()),
        }
    }
}

impl std::fmt::Debug for WfmTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WfmTarget({self})")
    }
}

impl WfmSettings {
    pub(super) fn resolve(
        environment: &Environment,
        project: Option<&Project>,
        folder: &Path,
        cwd: &Path,
    ) -> Result<Self, UsageError> {
        let nothing = Wfm::default();
        let wfm = project.map_or(&nothing, |project| &project.wfm);
        let wrong = |why: String| UsageError::new(format!("wfm.{why}"));
        let to = wfm.to.as_deref().map(|to| WfmTarget::parse(to, folder)).transpose();
        let to = to.map_err(|why| wrong(format!("to: {why}")))?;
        if to == Some(WfmTarget::Output) {
            return Err(wrong("to: standard output is for people".to_owned())
                .hint("name a file or a url, or run `cxform wfm export`"));
        }
        if wfm.on_apply && to.is_none() {
            return Err(wrong("onApply: there is no `to`".to_owned())
                .hint("say in `wfm.to` where each apply sends the assignments"));
        }
        let source = |what, from| SecretSource::of_project(what, from, folder, cwd);
        let identity = match &wfm.sftp.identity {
            Identity::Agent => None,
            Identity::Key(from) => Some(source("private key", from)),
        };
        let signing = wfm.signing_secret.as_ref();
        let passphrase = wfm.sftp.passphrase.as_ref();
        Ok(Self {
            on_apply: wfm.on_apply.then_some(wfm.mode),
            to,
            headers: headers(&wfm.headers, folder, cwd).map_err(wrong)?,
            signing_secret: signing.map(|from| source("signing secret", from)),
            identity,
            passphrase: passphrase.map(|from| source("passphrase", from)),
            agent: environment.get("SSH_AUTH_SOCK").map(|socket| cwd.join(socket)),
            known_hosts: wfm.sftp.known_hosts.as_ref().map(|file| folder.join(file)),
            host_key: wfm.sftp.host_key.clone(),
        })
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let Some(to) = &self.to else { return Vec::new() };
        let mut value = to.to_string();
        match self.on_apply {
            Some(WfmMode::Whole) => value.push_str(", whole after each apply"),
            Some(WfmMode::Delta) => value.push_str(", what changed after each apply"),
            None => {}
        }
        for (name, source) in &self.headers {
            value.push_str(&format!(", {name}: {source}"));
        }
        for source in [&self.signing_secret, &self.identity, &self.passphrase].into_iter().flatten()
        {
            value.push_str(&format!(", {}: {source}", source.what()));
        }
        vec![Row { name: "wfm", value, origin: Origin::Project }]
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::{WfmSettings, WfmTarget};
    use crate::cli::environment::Environment;
    use crate::cli::project::Project;

    fn resolve(wfm: Value) -> Result<WfmSettings, String> {
        let project = json!({"apiVersion": "cxform/v1", "kind": "Project", "wfm": wfm});
        let project: Project = serde_json::from_value(project).map_err(|e| e.to_string())?;
        let environment: Environment = [("SSH_AUTH_SOCK", "agent.sock")].into_iter().collect();
        let (folder, cwd) = (Path::new("/p"), Path::new("/w"));
        let settings = WfmSettings::resolve(&environment, Some(&project), folder, cwd);
        settings.map_err(|error| error.to_string())
    }

    #[test]
    fn a_target_is_a_file_or_a_url() {
        let check = |text: &str, expect: &str| {
            let told = match WfmTarget::parse(text, Path::new("/p")) {
                Ok(WfmTarget::Sftp { host, port, user, path, .. }) => {
                    format!("{user} at {host} {port}: {path}")
                }
                Ok(target) => format!("{target:?}"),
                Err(why) => why,
            };
            assert_eq!(told, expect, "{text}");
        };
        check("-", "WfmTarget(standard output)");
        check("out/wfm.csv", "WfmTarget(/p/out/wfm.csv)");
        check("/out/{time}.csv", "WfmTarget(/out/{time}.csv)");
        check("https://WFM.example/in?key=hunter2", "WfmTarget(https://wfm.example)");
        check("http://127.0.0.1:8/in", "WfmTarget(http://127.0.0.1:8)");
        check("sftp://me@Host.example/in/a.csv", "me at host.example 22: /in/a.csv");
        check("sftp://m%40e@[::1]:2222/in/%7Btime%7D.csv", "m@e at ::1 2222: /in/{time}.csv");
        check("sftp://me@host/in/{time}.csv", "me at host 22: /in/{time}.csv");
        check("sftp://me@host/~/a b.csv", "me at host 22: a b.csv");
        check("sftp://me@host/%C3%9C%2.csv", "me at host 22: /Ü%2.csv");
        check("", "it is empty: name a file or a url");
        check("ftp://host/x", "not an https url: http:// is for loopback addresses only");
        check("http://wfm.example/x", "not an https url: http:// is for loopback addresses only");
        check("://", "not a url: expected https:// or sftp://");
        let secret =
            "the url carries a user name or a password: credentials are settings of their own";
        check("https://me:hunter2@wfm.example", secret);
        check(
            "sftp://me:hunter2@host/a",
            "the url carries a password: keys are settings of their own",
        );
        check("sftp://host/a", "the url names no user: expected sftp://USER@HOST/PATH");
        check("sftp://me@host/in/", "the url names no file: expected sftp://USER@HOST/PATH");
        check("sftp://me@host", "the url names no file: expected sftp://USER@HOST/PATH");
        check("sftp://me@/a", "not a url: expected sftp://USER@HOST/PATH");
        check(
            "sftp://me@host/a?b",
            "the url has a query or a fragment: only a path follows the host",
        );
    }

    #[test]
    fn targets_have_keys_of_their_own_without_secrets() {
        let key = |text: &str| WfmTarget::parse(text, Path::new("/p")).unwrap().key();
        let one = key("https://wfm.example/in?key=hunter2");
        assert!(one.starts_with("wfm.example-") && one.len() == 28, "{one}");
        assert!(one != key("https://wfm.example/in?key=other"));
        assert!(key("sftp://me@host/a") != key("sftp://me@host/b"));
        assert!(key("a.csv").starts_with("file-"));
    }

    #[test]
    fn settings_are_told_without_secrets() {
        let nothing = resolve(json!({})).unwrap();
        assert!(nothing.rows().is_empty() && nothing.on_apply.is_none());
        assert_eq!(nothing.agent.as_deref(), Some(Path::new("/w/agent.sock")));
        let settings = resolve(json!({
            "onApply": true, "mode": "delta", "to": "https://wfm.example/in?key=hunter2",
            "headers": {"Authorization": {"env": "WFM_TOKEN"}}, "signingSecret": {"file": "key"},
            "sftp": {"identity": "id", "knownHosts": "known", "hostKey": "SHA256:x"},
        }))
        .unwrap();
        assert_eq!(
            settings.rows()[0].value,
            "https://wfm.example, what changed after each apply, Authorization: variable \
             WFM_TOKEN, signing secret: file /p/key, private key: file /p/id"
        );
        assert_eq!(settings.known_hosts.as_deref(), Some(Path::new("/p/known")));
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let check = |wfm: Value, expect: &str| {
            let error = resolve(wfm).unwrap_err();
            assert!(error.contains(expect) && !error.contains("hunter2"), "{error}");
        };
        check(json!({"onApply": true}), "wfm.onApply: there is no `to`");
        check(json!({"to": "-"}), "wfm.to: standard output is for people");
        check(json!({"to": "http://wfm.example/hunter2"}), "wfm.to: not an https url");
        let header = |name: &str| json!({"headers": {name: {"env": "A"}}});
        check(header("X-Cxform-Signature"), "X-Cxform-Signature is set by cxform itself");
        check(header("Content-Type"), "wfm.headers: Content-Type is set by cxform itself");
        check(header("a b"), "a name is no header's name");
    }
}
