//! How the audit is kept, and the sinks that get it too.

use std::collections::BTreeSet;
use std::path::Path;

use super::headers::headers;
use super::{Origin, Row, SecretSource, Setting, url};
use crate::cli::exit::UsageError;
use crate::cli::project::{Project, Sink, SinkKind};
use crate::cli::state::AuditLog;

/// How many lines a request to a sink has, where nothing else is said.
const BATCH: usize = 500;

/// How the audit is kept, and who else gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSettings {
    /// From how many bytes on the audit goes on in a file of its own.
    pub rotate_at: Setting<u64>,
    /// Who else gets it; their names differ.
    pub sinks: Vec<SinkSettings>,
}

/// One sink. Its headers are not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkSettings {
    /// What it is called.
    pub name: String,
    /// Where lines are posted to. It may have a query, which is not shown.
    pub url: String,
    /// Names of headers, and where their values come from.
    pub headers: Vec<(String, SecretSource)>,
    /// How many lines a request has at most.
    pub batch: usize,
}

impl AuditSettings {
    pub(super) fn resolve(
        project: Option<&Project>,
        folder: &Path,
        cwd: &Path,
    ) -> Result<Self, UsageError> {
        let audit = project.map(|project| &project.audit);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is checked")]
        let bytes = |mib: f64| (mib * f64::from(1 << 20)) as u64;
        let rotate_at = audit.and_then(|audit| audit.rotate_mib).map(bytes);
        let sinks = audit.map(|audit| audit.sinks.as_slice()).unwrap_or_default();
        let sinks: Vec<SinkSettings> = sinks
            .iter()
            .enumerate()
            .map(|(index, sink)| SinkSettings::resolve(index, sink, folder, cwd))
            .collect::<Result<_, _>>()?;
        let mut names = BTreeSet::new();
        if let Some(twice) = sinks.iter().find(|sink| !names.insert(sink.name.as_str())) {
            let message = format!("audit.sinks: two of them are called {}", twice.name);
            return Err(UsageError::new(message).hint("give each a `name` of its own"));
        }
        Ok(Self { rotate_at: Setting::project_or(rotate_at, AuditLog::ROTATE_AT), sinks })
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        #[allow(clippy::cast_precision_loss, reason = "it is for people")]
        let size = self.rotate_at.value as f64 / f64::from(1 << 20);
        let rotation = Row {
            name: "audit rotation",
            value: format!("{} MiB", (size * 1000.0).round() / 1000.0),
            origin: self.rotate_at.origin.clone(),
        };
        let sink = |sink: &SinkSettings| {
            let headers = sink.headers.iter().map(|(name, source)| format!(", {name}: {source}"));
            Row {
                name: "audit sink",
                value: format!("{}{}", sink.name, headers.collect::<String>()),
                origin: Origin::Project,
            }
        };
        std::iter::once(rotation).chain(self.sinks.iter().map(sink)).collect()
    }
}

impl SinkSettings {
    fn resolve(index: usize, sink: &Sink, folder: &Path, cwd: &Path) -> Result<Self, UsageError> {
        let SinkKind::Http = sink.kind;
        let wrong = |why: String| UsageError::new(format!("audit.sinks[{index}].{why}"));
        let url = url::safe(&sink.url).map_err(|error| wrong(format!("url: {error}")))?;
        let host = || {
            let host = url.host_str().unwrap_or_default();
            url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
        };
        Ok(Self {
            name: sink.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(host),
            headers: headers(&sink.headers, folder, cwd).map_err(wrong)?,
            batch: sink.batch.map_or(BATCH, |batch| batch.get().try_into().unwrap_or(BATCH)),
            url: url.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::AuditSettings;
    use crate::cli::project::Project;

    fn resolve(audit: Value) -> Result<AuditSettings, String> {
        let project = json!({"apiVersion": "cxform/v1", "kind": "Project", "audit": audit});
        let project: Project = serde_json::from_value(project).map_err(|e| e.to_string())?;
        let root = Path::new("/");
        AuditSettings::resolve(Some(&project), root, root).map_err(|error| error.to_string())
    }

    fn told(audit: Value) -> Vec<String> {
        let rows = resolve(audit).unwrap().rows();
        rows.iter().map(|row| format!("{}: {} ({})", row.name, row.value, row.origin)).collect()
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        assert_eq!(told(json!({})), ["audit rotation: 64 MiB (default)"]);
        let sinks = json!([
            {"type": "http", "url": "https://SIEM.example:443/in?key=hunter2"},
            {"type": "http", "url": "http://127.0.0.1:99", "headers": {"x-key": {"env": "KEY"}}},
            {"type": "http", "url": "https://siem.example/b", "name": "b", "batch": 7},
        ]);
        assert_eq!(
            told(json!({"rotateMiB": 0.5, "sinks": sinks})),
            [
                "audit rotation: 0.5 MiB (project file)",
                "audit sink: siem.example (project file)",
                "audit sink: 127.0.0.1:99, x-key: variable KEY (project file)",
                "audit sink: b (project file)",
            ]
        );
        let settings = resolve(json!({"sinks": sinks})).unwrap();
        assert_eq!(settings.sinks.iter().map(|s| s.batch).collect::<Vec<_>>(), [500, 500, 7]);
        assert_eq!(settings.sinks[0].url, "https://siem.example/in?key=hunter2");
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let check = |sinks: Value, expect: &str| {
            let error = resolve(json!({ "sinks": sinks })).unwrap_err();
            assert!(error.contains(expect) && !error.contains("hunter2"), "{error}");
        };
        let sink = |url: &str| json!([{"type": "http", "url": url}]);
        check(sink("http://siem.example"), "audit.sinks[0].url: not an https url");
        check(sink("https://me:hunter2@siem.example"), "a user name or a password");
        check(sink("siem"), "audit.sinks[0].url: not a url");
        let same = json!({"type": "http", "url": "https://siem.example/a"});
        check(json!([same, same]), "audit.sinks: two of them are called siem.example");
        let header = |name: &str| json!([{"type": "http", "url": "https://x", "headers": {name: {"env": "A"}}}]);
        check(header("Content-Type"), "Content-Type is set by cxform itself");
        check(header("a b"), "a name is no header's name");
        check(header(""), "a name is no header's name");
    }
}
