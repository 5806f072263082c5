//! Credentials: where they come from, and reading them when they are needed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::SecretString;

use super::Origin;
use crate::cli::environment::{Environment, without_line_end};
use crate::cli::files::{self, FileError};
use crate::cli::project::{ProjectTenant, SecretFrom};

/// What a tenant is to be shown, not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// An OAuth client: id and secret are exchanged for a token.
    ClientCredentials {
        /// The client's id.
        id: SecretSource,
        /// The client's secret.
        secret: SecretSource,
    },
    /// A token that somebody else obtained; it cannot be renewed.
    AccessToken(SecretSource),
}

/// Credentials that were read. `Debug` shows none of them.
#[derive(Clone, Debug)]
pub enum Keys {
    /// An OAuth client.
    ClientCredentials {
        /// The client's id.
        id: SecretString,
        /// The client's secret.
        secret: SecretString,
    },
    /// A token.
    AccessToken(SecretString),
}

/// Where one secret comes from. `Debug` shows a command without its arguments.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretSource {
    /// What it is: `client secret`.
    what: &'static str,
    from: From,
    /// Whether the environment, the project file or nobody said so.
    pub origin: Origin,
}

#[derive(Clone, PartialEq, Eq)]
enum From {
    /// A variable or its `…_FILE`; the folder that a relative file is seen from.
    Variable(String, PathBuf),
    File(PathBuf),
    /// Program and arguments, and the folder that it runs in.
    Command(Vec<String>, PathBuf),
}

/// Why a secret cannot be read. No message tells a part of one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("the {what} is not known: {variable} is not set")]
    Missing {
        /// What the secret is.
        what: &'static str,
        /// The variable.
        variable: String,
    },
    /// The file cannot be read.
    #[error("the {what} is not known: {cause}")]
    File {
        /// What the secret is.
        what: &'static str,
        /// Why.
        cause: FileError,
    },
    /// The program failed. What it printed is not shown.
    #[error("the {what} is not known: the command `{program}` {why}")]
    Command {
        /// What the secret is.
        what: &'static str,
        /// The program, without its arguments.
        program: String,
        /// How it failed.
        why: String,
    },
    /// There is nothing in it.
    #[error("the {what} is empty ({from})")]
    Empty {
        /// What the secret is.
        what: &'static str,
        /// Where it comes from.
        from: String,
    },
}

impl SecretError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { variable, .. } => {
                Some(format!("set {variable} or {variable}_FILE, or a token in CXONE_ACCESS_TOKEN"))
            }
            Self::Command { .. } => Some("run it by hand to see what it says".to_owned()),
            Self::File { .. } | Self::Empty { .. } => None,
        }
    }
}

impl Credentials {
    /// Which credentials a tenant takes: `CXONE_ACCESS_TOKEN`, else client id and secret, each from
    /// the environment, else as the project file says.
    pub(super) fn choose(
        environment: &Environment,
        project: Option<(&ProjectTenant, &Path)>,
        cwd: &Path,
    ) -> Self {
        let source = |what, variable: &str, from: Option<&SecretFrom>, folder: &Path| match (
            environment.secret_variable(variable),
            from,
        ) {
            (None, Some(from)) => SecretSource::of_project(what, from, folder, cwd),
            (held_by, _) => SecretSource {
                what,
                from: From::Variable(variable.to_owned(), cwd.to_owned()),
                origin: held_by.map_or(Origin::Default, Origin::Environment),
            },
        };
        if environment.secret_variable("CXONE_ACCESS_TOKEN").is_some() {
            return Self::AccessToken(source("access token", "CXONE_ACCESS_TOKEN", None, cwd));
        }
        let (id, secret, folder) = match project {
            Some((tenant, folder)) => {
                (tenant.client_id.as_ref(), tenant.client_secret.as_ref(), folder)
            }
            None => (None, None, cwd),
        };
        Self::ClientCredentials {
            id: source("client id", "CXONE_CLIENT_ID", id, folder),
            secret: source("client secret", "CXONE_CLIENT_SECRET", secret, folder),
        }
    }

    /// Where each of them comes from.
    #[must_use]
    pub fn sources(&self) -> Vec<&SecretSource> {
        match self {
            Self::ClientCredentials { id, secret } => vec![id, secret],
            Self::AccessToken(token) => vec![token],
        }
    }

    /// Reads them: from the environment, files, or by running a program.
    ///
    /// # Errors
    /// One of them is not there, cannot be read, or is empty.
    pub fn read(&self, environment: &Environment) -> Result<Keys, SecretError> {
        Ok(match self {
            Self::ClientCredentials { id, secret } => Keys::ClientCredentials {
                id: id.read(environment)?,
                secret: secret.read(environment)?,
            },
            Self::AccessToken(token) => Keys::AccessToken(token.read(environment)?),
        })
    }
}

impl SecretSource {
    /// As the project file says, whose folder is `folder`.
    pub(super) fn of_project(
        what: &'static str,
        from: &SecretFrom,
        folder: &Path,
        cwd: &Path,
    ) -> Self {
        let from = match from {
            SecretFrom::Env(name) => From::Variable(name.clone(), cwd.to_owned()),
            SecretFrom::File(path) => From::File(folder.join(path)),
            SecretFrom::Command(words) => From::Command(words.clone(), folder.to_owned()),
        };
        Self { what, from, origin: Origin::Project }
    }

    /// What the secret is: `client secret`.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// Reads the secret, without one trailing line end.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is empty.
    pub fn read(&self, environment: &Environment) -> Result<SecretString, SecretError> {
        let what = self.what;
        let unreadable = |cause| SecretError::File { what, cause };
        let secret = match &self.from {
            From::Variable(name, cwd) => environment
                .secret(name, cwd)
                .map_err(unreadable)?
                .ok_or_else(|| SecretError::Missing { what, variable: name.clone() })?,
            From::File(path) => {
                without_line_end(&files::read_text(path).map_err(unreadable)?).into()
            }
            From::Command(words, folder) => self.run(words, folder)?,
        };
        if secrecy::ExposeSecret::expose_secret(&secret).is_empty() {
            return Err(SecretError::Empty { what, from: self.to_string() });
        }
        Ok(secret)
    }

    /// Runs a program without a shell, input or standard error; its output is the secret.
    fn run(&self, words: &[String], folder: &Path) -> Result<SecretString, SecretError> {
        let program = words.first().map(String::as_str).unwrap_or_default();
        let failed = |why: String| SecretError::Command {
            what: self.what,
            program: program.to_owned(),
            why,
        };
        let output = Command::new(program)
            .args(words.iter().skip(1))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .map_err(|cause| failed(format!("cannot be run: {cause}")))?;
        if !output.status.success() {
            return Err(failed(format!("failed ({})", output.status)));
        }
        match String::from_utf8(output.stdout) {
            Ok(text) => Ok(without_line_end(&text).into()),
            Err(_) => Err(failed("printed something that is not UTF-8".to_owned())),
        }
    }
}

impl std::fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretSource({} from {self}, {})", self.what, self.origin)
    }
}

impl std::fmt::Display for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.from {
            From::Variable(name, _) => write!(f, "variable {name}"),
            From::File(path) => write!(f, "file {}", path.display()),
            From::Command(words, _) => {
                write!(f, "command {}", words.first().map(String::as_str).unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use secrecy::ExposeSecret as _;

    use super::{Credentials, Keys};
    use crate::cli::environment::Environment;
    use crate::cli::files::tests::Folder;
    use crate::cli::project::ProjectTenant;

    /// What is read with a project's `clientSecret` and an environment: `id/secret` or the token.
    fn read(secret: Option<serde_json::Value>, variables: &[(&str, &str)], at: &Path) -> String {
        let mut tenant = serde_json::json!({"url": "https://x"});
        if let Some(secret) = secret {
            tenant["clientSecret"] = secret;
        }
        let tenant: ProjectTenant = serde_json::from_value(tenant).unwrap();
        let environment: Environment = variables.iter().copied().collect();
        let credentials = Credentials::choose(&environment, Some((&tenant, at)), at);
        let keys = credentials.read(&environment);
        assert!(!format!("{credentials:?}{keys:?}").contains("hunter2"));
        match keys {
            Ok(Keys::AccessToken(token)) => token.expose_secret().to_owned(),
            Ok(Keys::ClientCredentials { id, secret }) => {
                format!("{}/{}", id.expose_secret(), secret.expose_secret())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_environment_comes_before_the_project() {
        let folder = Folder::new("secrets");
        folder.put("file", "file-hunter2\n");
        let check = |secret: &str, variables: &[(&str, &str)], expect: &str| {
            let secret = (!secret.is_empty()).then(|| serde_json::from_str(secret).unwrap());
            assert_eq!(read(secret, variables, folder.path()), expect);
        };
        let id = ("CXONE_CLIENT_ID", "me");
        let secret = ("CXONE_CLIENT_SECRET", "hunter2");
        check("", &[id, secret], "me/hunter2");
        check(r#"{"env":"OTHER"}"#, &[id, ("OTHER", "other-hunter2")], "me/other-hunter2");
        check(r#"{"env":"OTHER"}"#, &[id, secret, ("OTHER", "x")], "me/hunter2");
        check(r#"{"env":"OTHER"}"#, &[id, ("OTHER_FILE", "file")], "me/file-hunter2");
        check(r#"{"file":"file"}"#, &[id], "me/file-hunter2");
        check("", &[id, ("CXONE_CLIENT_SECRET_FILE", "file")], "me/file-hunter2");
        check("", &[id, secret, ("CXONE_ACCESS_TOKEN", "t-hunter2")], "t-hunter2");
        check("", &[("CXONE_ACCESS_TOKEN_FILE", "file")], "file-hunter2");
        check("", &[id], "the client secret is not known: CXONE_CLIENT_SECRET is not set");
        check("", &[secret], "the client id is not known: CXONE_CLIENT_ID is not set");
        check(r#"{"env":"OTHER"}"#, &[id], "the client secret is not known: OTHER is not set");
    }

    #[cfg(unix)]
    #[test]
    fn a_command_is_run_without_a_shell_and_its_output_is_never_shown() {
        let check = |command: &str, expect: &str| {
            let secret = serde_json::from_str(command).unwrap();
            let answer = read(Some(secret), &[("CXONE_CLIENT_ID", "me")], Path::new("/"));
            assert_eq!(answer, expect);
        };
        check(r#"{"command":["echo","$HOME;"]}"#, "me/$HOME;");
        check(r#"{"command":["pwd"]}"#, "me//");
        let failed = "the client secret is not known: the command `sh` failed (exit status: 3)";
        check(r#"{"command":["sh","-c","echo hunter2; echo hunter2 >&2; exit 3"]}"#, failed);
        check(r#"{"command":["true"]}"#, "the client secret is empty (command true)");
        check(
            r#"{"command":["no-such-program"]}"#,
            "the client secret is not known: the command `no-such-program` cannot be run: \
             No such file or directory (os error 2)",
        );
    }
}
