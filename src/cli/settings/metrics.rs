//! Where the figures of the last apply go.

use std::path::{Path, PathBuf};

use super::{Origin, Setting};
use crate::cli::environment::Environment;
use crate::cli::project::Project;

const VARIABLE: &str = "CXFORM_METRICS_FILE";

/// The text file for Prometheus, where one is wanted.
pub(super) fn file(
    environment: &Environment,
    project: Option<&Project>,
    folder: &Path,
    cwd: &Path,
) -> Setting<Option<PathBuf>> {
    if let Some(file) = environment.get(VARIABLE) {
        return Setting::new(Some(cwd.join(file)), Origin::Environment(VARIABLE.to_owned()));
    }
    let file = project.and_then(|project| project.metrics.prometheus.as_ref());
    Setting::project_or(file.map(|file| Some(folder.join(file))), None)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::file;
    use crate::cli::project::Project;

    #[test]
    fn the_variable_wins_over_the_project_file() {
        let check = |variable: &str, project: &str, expect: Option<&str>| {
            let environment = [("CXFORM_METRICS_FILE", variable)].into_iter().collect();
            let metrics = serde_json::from_str::<serde_json::Value>(project).unwrap();
            let project: Project = serde_json::from_value(serde_json::json!({
                "apiVersion": "cxform/v1", "kind": "Project", "metrics": metrics,
            }))
            .unwrap();
            let file = file(&environment, Some(&project), Path::new("/p"), Path::new("/w"));
            assert_eq!(file.value.as_deref(), expect.map(Path::new));
        };
        check("", "{}", None);
        check("", r#"{"prometheus": "m.prom"}"#, Some("/p/m.prom"));
        check("w.prom", r#"{"prometheus": "/var/m.prom"}"#, Some("/w/w.prom"));
        check("/x/w.prom", "{}", Some("/x/w.prom"));
    }
}
