//! A file or folder that the project names and that is not there.

use std::path::Path;

use crate::model::{Finding, Node, closest};

/// Where the project names this path, which is not there, and what may have been meant; `siblings`
/// are what stands beside it. None where the project does not name it.
#[must_use]
pub fn missing(root: &Node, folder: &Path, path: &Path, siblings: &[String]) -> Option<Finding> {
    let lists = [root].into_iter().chain(tenants(root)).filter_map(|node| node.get("manifests"));
    let listed = lists.flat_map(Node::items).map(|node| ("manifests", node));
    let seeds = tenants(root).filter_map(|tenant| Some(("url", tenant.get("url")?)));
    let named = listed.chain(seeds).find(|(key, node)| {
        let text = node.as_str().unwrap_or_default();
        let text = if *key == "url" { text.strip_prefix("sim:") } else { Some(text) };
        text.is_some_and(|text| folder.join(text) == path)
    });
    let (key, node) = named?;
    let text = node.as_str().unwrap_or_default();
    let message = format!("{key}: `{text}` is not there");
    let finding = Finding::error("missing-file", &node.place, message);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Some(match closest(&name, siblings.iter().map(String::as_str)) {
        Some(similar) => finding.hint(format!("did you mean `{}`?", text.replace(&name, &similar))),
        None if key == "url" => finding.hint(
            "the tenant's snapshot is looked for beside cxform.yaml; `cxform snapshot --out FILE` and \
             `cxform sim generate` write one",
        ),
        None => finding.hint("folders and files of manifests are looked for beside cxform.yaml"),
    })
}

fn tenants(root: &Node) -> impl Iterator<Item = &Node> {
    root.get("tenants").into_iter().flat_map(Node::entries).map(|(_, tenant)| tenant)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::missing;
    use crate::manifest;

    #[test]
    fn what_is_not_there_has_its_place() {
        let text = "manifests: [desired-stat, more]\ntenants:\n  sim: { url: 'sim:tenant.yml' }\n  \
                    prod: { url: 'https://api.example.com', manifests: [../prod] }\n";
        let (nodes, _) = manifest::parse("cxform.yaml", text);
        let check = |path: &str, siblings: &[&str], expect: Option<&str>| {
            let siblings: Vec<String> = siblings.iter().map(|name| (*name).to_owned()).collect();
            let found = missing(&nodes[0], Path::new("/p"), Path::new(path), &siblings);
            let told = found.map(|found| {
                let hint = found.hint.unwrap();
                format!("{} {} ({hint})", found.place.unwrap(), found.message)
            });
            assert_eq!(told.as_deref(), expect);
        };
        check(
            "/p/desired-stat",
            &["cxform.yaml", "desired-state"],
            Some(
                "cxform.yaml:1:13 manifests: `desired-stat` is not there (did you mean `desired-state`?)",
            ),
        );
        check(
            "/p/../prod",
            &[],
            Some(
                "cxform.yaml:4:55 manifests: `../prod` is not there (folders and files of manifests are \
                 looked for beside cxform.yaml)",
            ),
        );
        check(
            "/p/tenant.yml",
            &["tenant.yaml"],
            Some(
                "cxform.yaml:3:15 url: `sim:tenant.yml` is not there (did you mean `sim:tenant.yaml`?)",
            ),
        );
        check("/p/else", &[], None);
    }
}
