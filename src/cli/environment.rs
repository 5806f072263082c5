//! The environment as a value: read once, then passed on.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;

use super::files::{self, FileError};

/// The variables of the process. `Debug` shows their names, never their values.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 are left out.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one home of the environment")]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { variables }
    }

    /// The value of a variable. An empty one counts as not set: CI systems pass secrets that they
    /// do not have as empty texts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a CI runs this, by what all or one of them set.
    #[must_use]
    pub fn is_ci(&self) -> bool {
        let is_set = |name| self.get(name).is_some_and(|value| value != "false");
        ["CI", "TF_BUILD", "JENKINS_URL"].into_iter().any(is_set)
    }

    /// The value of a secret: the variable `NAME`, else the content of the file that `NAME_FILE`
    /// names (from `cwd`), without one trailing line feed. None where neither is set.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn secret(&self, name: &str, cwd: &Path) -> Result<Option<SecretString>, FileError> {
        if let Some(value) = self.get(name) {
            return Ok(Some(value.into()));
        }
        let Some(file) = self.get(&file_variable(name)) else { return Ok(None) };
        let text = files::read_text(&cwd.join(file))?;
        Ok(Some(without_line_end(&text).into()))
    }

    /// Which variable holds the secret `name`: itself or `NAME_FILE`; none where neither is set.
    #[must_use]
    pub fn secret_variable(&self, name: &str) -> Option<String> {
        [name.to_owned(), file_variable(name)]
            .into_iter()
            .find(|variable| self.get(variable).is_some())
    }
}

/// A text without one trailing line end.
pub(super) fn without_line_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

fn file_variable(name: &str) -> String {
    format!("{name}_FILE")
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let pairs = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: pairs.collect() }
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::Environment;
    use crate::cli::files::tests::Folder;

    #[test]
    fn secrets_come_from_the_variable_before_the_file() {
        let folder = Folder::new("environment");
        folder.put("token", "from-file\n\n");
        let check = |variables: &[(&str, &str)], expect: Option<&str>| {
            let environment: Environment = variables.iter().copied().collect();
            let secret = environment.secret("T", folder.path()).unwrap();
            assert_eq!(secret.as_ref().map(|s| s.expose_secret()), expect, "{variables:?}");
        };
        check(&[], None);
        check(&[("T", "")], None);
        check(&[("T", "plain")], Some("plain"));
        check(&[("T_FILE", "token")], Some("from-file\n"));
        check(&[("T", "plain"), ("T_FILE", "token")], Some("plain"));
        check(&[("T", ""), ("T_FILE", "token")], Some("from-file\n"));

        let missing: Environment = [("T_FILE", "nowhere")].into_iter().collect();
        let error = missing.secret("T", folder.path()).unwrap_err().to_string();
        assert!(error.contains("nowhere"), "{error}");
    }

    #[test]
    fn a_ci_says_so() {
        let is_ci = |name: &str, value: &str| {
            let environment: Environment = [(name, value)].into_iter().collect();
            environment.is_ci()
        };
        assert!(is_ci("CI", "true") && is_ci("CI", "1") && is_ci("TF_BUILD", "True"));
        assert!(!is_ci("CI", "") && !is_ci("CI", "false") && !is_ci("TERM", "xterm"));
    }

    #[test]
    fn debug_shows_names_only() {
        let environment: Environment = [("CXONE_ACCESS_TOKEN", "hunter2")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), r#"{"CXONE_ACCESS_TOKEN"}"#);
    }
}
