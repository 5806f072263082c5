//! How the workflows fetch the program: the archive that is released, and no other.

use super::runner::yaml;
use super::scene::{FETCHING, Scene, placeholders};
use crate::support::root;

#[test]
fn only_the_archive_that_was_reviewed_is_taken() {
    for (ci, file) in FETCHING {
        let template = std::fs::read_to_string(root().join("examples/ci").join(ci).join(file));
        let (url, zeros) = placeholders(&template.unwrap());
        // As `dist/build.sh` names it.
        let name = format!("cxform-{}-x86_64-unknown-linux-musl.tar.gz", env!("CARGO_PKG_VERSION"));
        assert!(url.ends_with(&format!(".example.com/{name}")), "{ci}: {url}");
        assert_eq!(zeros, "0".repeat(64), "{ci}");

        let Some(scene) = Scene::new(ci) else { return };
        let document = yaml(&scene.clone("fetch").join(file));
        let (script, variables) = match ci {
            "github" => {
                let step = &document["runs"]["steps"][0];
                (&step["run"], &step["env"])
            }
            "gitlab" => (&document["default"]["before_script"][0], &document["variables"]),
            _ => (&document["steps"][0]["bash"], &document["steps"][0]["env"]),
        };
        let said = |name: &str| variables[name].as_str().unwrap().to_owned();
        let run = |folder: &str, sum: String| {
            let folder = scene.store.path().join(folder).display().to_string();
            let variables = [
                ("RUNNER_TEMP", folder.clone()),
                ("GITHUB_PATH", format!("{folder}/path")),
                ("AGENT_TEMPDIRECTORY", folder.clone()),
                ("TMPDIR", folder.clone()),
                ("CXFORM_URL", said("CXFORM_URL")),
                ("CXFORM_SHA256", sum),
            ];
            std::fs::create_dir_all(&folder).unwrap();
            scene.bash("fetch", script.as_str().unwrap(), &variables, None)
        };
        let good = run("good", said("CXFORM_SHA256"));
        let version = format!("cxform {}", env!("CARGO_PKG_VERSION"));
        assert!(good.code == 0 && good.out.contains(&version), "{ci}: {good:?}");
        for (folder, sum) in [("wrong", "0".repeat(64)), ("missing", String::new())] {
            let bad = run(folder, sum);
            assert!(bad.code != 0 && !bad.out.contains(&version), "{ci} {folder}: {bad:?}");
            assert!(!bad.out.contains("##vso[task.prependpath]"), "{bad:?}");
            assert!(!scene.store.path().join(folder).join("path").exists(), "{ci}");
        }
    }
}
