//! The files that `init` writes.

use crate::cli::args::Ci;

/// A file as it is written: where, and its text.
pub(super) type Template = (&'static str, &'static str);

/// One of the repository's examples, which is written under its name there.
macro_rules! example {
    ($folder:literal, $name:literal) => {
        ($name, include_str!(concat!("../../../examples/", $folder, "/", $name)))
    };
}

const TENANT: Template = example!("init", "tenant.yaml");
const MANIFEST: Template = example!("init", "desired-state/billing.yaml");

/// The project as one person tries it.
const PROJECT: &[Template] = &[example!("init", "cxform.yaml"), TENANT, MANIFEST];

/// The project as a CI applies it: a real tenant is the one that is meant, so that no run pretends.
const CI_PROJECT: &[Template] = &[example!("init-ci", "cxform.yaml"), TENANT, MANIFEST];

const GITHUB: &[Template] = &[
    example!("ci/github", ".github/actions/cxform/action.yml"),
    example!("ci/github", ".github/workflows/cxform-plan.yml"),
    example!("ci/github", ".github/workflows/cxform-apply.yml"),
    example!("ci/github", ".github/workflows/cxform-drift.yml"),
];

const GITLAB: &[Template] = &[example!("ci/gitlab", ".gitlab-ci.yml")];

const AZURE: &[Template] =
    &[example!("ci/azure", ".azure/cxform.yml"), example!("ci/azure", "azure-pipelines.yml")];

/// The project's own files.
pub(super) fn project_of(ci: Option<Ci>) -> &'static [Template] {
    if ci.is_some() { CI_PROJECT } else { PROJECT }
}

/// The workflows of a CI.
pub(super) fn workflows(ci: Ci) -> &'static [Template] {
    match ci {
        Ci::Github => GITHUB,
        Ci::Gitlab => GITLAB,
        Ci::Azure => AZURE,
    }
}

/// The place of a project that is not at the git root, as the examples have it in a comment.
const ELSEWHERE: &str = "team/cxform.yaml";

/// A workflow for a project in a folder below the git root: the comment that says so is none any
/// more, and the state folder is there.
pub(super) fn in_subfolder(text: &str, folder: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_comment = |line: &&str| line.trim_start().starts_with("# ");
    let mut told = String::new();
    for block in lines.chunk_by(|a, b| is_comment(a) == is_comment(b)) {
        let names_it = block.iter().any(|line| line.contains(ELSEWHERE));
        for line in block {
            match names_it && is_comment(line) {
                true => {
                    let line = line.replacen("# ", "", 1);
                    told += &line.replace(ELSEWHERE, &format!("{folder}/cxform.yaml"));
                }
                false => {
                    told += &line
                        .replace(" .cxform/", &format!(" {folder}/.cxform/"))
                        .replace("[.cxform/", &format!("[{folder}/.cxform/"))
                }
            }
            told.push('\n');
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::in_subfolder;

    #[test]
    fn a_project_below_the_root_is_named() {
        let text = "# A workflow.\non: push\n\n# env:\n#   CXFORM_CONFIG: team/cxform.yaml  # where\n\n\
                    a:\n  paths: [.cxform/audit, .cxform/runs]\n  path: .cxform/audit\n  # more\n";
        let expect = "# A workflow.\non: push\n\nenv:\n  CXFORM_CONFIG: a/b/cxform.yaml  # where\n\n\
                      a:\n  paths: [a/b/.cxform/audit, a/b/.cxform/runs]\n  path: a/b/.cxform/audit\n  # more\n";
        assert_eq!(in_subfolder(text, "a/b"), expect);
    }
}
