//! The page that `--format html` makes: the same from a plan and from its file, harmless whatever
//! names say, and small for many changes.

use serde_json::Value;

use crate::support::{Folder, Ran, cxform};

/// A queue's name that wants to be markup, a mention and a command.
pub(crate) const QUEUE: &str = "</details><img src=x onerror=alert(1)>@everyone | `rm`";

/// A project in which a tenant's and a manifest's names are hostile; the plan adds, changes, holds
/// and lowers something.
pub(crate) fn hostile() -> Folder {
    let folder = Folder::new("html");
    folder.put(
        "cxform.yaml",
        "apiVersion: cxform/v1\nkind: Project\nmanifests: [desired]\ndefaultTenant: sim\n\
         tenants: { sim: { dialect: v2, url: 'sim:tenant.yaml', requestsPerSecond: 10000 } }\n",
    );
    folder.put(
        "tenant.yaml",
        &r#"apiVersion: cxform/v1
kind: Tenant
skills: [{ id: s-1, name: billing }, { id: s-2, name: "</script><script>alert(2)</script>" }]
strategies: [{ id: r-1, name: inbound, status: active, skills: [s-1, s-2] }]
agents:
  - { id: u-1, name: "=cmd|' /C calc'!A0", email: a@x.org, licenses: [{ licenseType: agent, status: active }] }
  - { id: u-2, name: "Bo\e[2J\n\u202eRTL<img src=x onerror=alert(3)>", email: b@x.org, licenses: [{ licenseType: agent, status: active }] }
queues:
  - { id: q-1, name: "QUEUE", capacity: 10, description: "<svg onload=alert(4)>", skillGroups: [s-1] }
  - { id: q-2, name: Old, capacity: 5 }
assignments:
  - { id: a-1, userId: u-1, skillId: s-1, level: 4, availableFrom: "2035-01-08T08:00:00Z", availableTo: "2035-01-12T16:00:00Z" }
  - { id: a-2, userId: u-2, skillId: s-1, level: 2, availableFrom: "2035-01-08T08:00:00Z", availableTo: "2035-01-12T16:00:00Z" }
"#
        .replace("QUEUE", QUEUE),
    );
    folder.put(
        "desired/m.yaml",
        &r#"apiVersion: cxform/v1
kind: Queue
metadata: { name: "QUEUE" }
spec: { description: "<img src=x onerror=alert(5)>" }
---
apiVersion: cxform/v1
kind: Queue
metadata: { name: Old }
state: absent
---
apiVersion: cxform/v1
kind: AvailabilityWindow
metadata: { name: week }
spec: { from: 2035-01-08T08:00, to: 2035-01-12T16:00, timezone: UTC }
---
apiVersion: cxform/v1
kind: SkillMatrix
metadata: { name: team }
spec:
  agents:
    u-1: { billing: 3, "</script><script>alert(2)</script>": { level: 5, window: week } }
    u-2: { billing: 4 }
"#
        .replace("QUEUE", QUEUE),
    );
    folder
}

/// A project of a thousand agents with this many skills, all of whose assignments change.
pub(crate) fn large(skills: &str) -> Folder {
    let folder = Folder::new("html-large");
    let size = ["--agents", "1000", "--skills", skills, "--changed", "100"];
    let made =
        cxform(folder.path(), &[], &[&["sim", "generate", "--out", "big"], &size[..]].concat());
    assert_eq!(made.code, 0, "{made:?}");
    folder
}

/// What the page's script gets.
fn data(page: &str) -> Value {
    let begin = page.split_once(r#"<script type="application/json" id="plan">"#).unwrap().1;
    serde_json::from_str(begin.split_once("</script>").unwrap().0).unwrap()
}

fn run(folder: &Folder, arguments: &[&str]) -> Ran {
    let ran = cxform(folder.path(), &[], arguments);
    assert!(matches!(ran.code, 0 | 2 | 3), "{ran:?}");
    ran
}

#[test]
fn names_are_data_and_a_saved_plan_makes_the_same_page() {
    let folder = hostile();
    let page = run(&folder, &["plan", "--out", "p.json", "--format", "html"]).out;
    assert_eq!(run(&folder, &["show", "p.json", "--format", "html"]).out, page);
    for raw in ["<img", "<svg", "</details>", "<script>alert", "\u{1b}", "\u{202e}"] {
        assert!(!page.contains(raw), "{raw:?}");
    }
    assert_eq!((page.matches("<script").count(), page.matches("</script>").count()), (2, 2));
    assert!(page.contains("default-src 'none'") && !page.contains("http://"));
    let data = data(&page);
    let changes = data["changes"].as_array().unwrap();
    let of = |text: &str| {
        let is = |change: &&Value| change["address"].as_str().unwrap().contains(text);
        changes.iter().find(is).unwrap_or_else(|| panic!("{text}: {data:#}"))
    };
    assert_eq!(of("%2Fdetails><img")["action"], "update");
    assert_eq!((&of("queue/Old")["held"], &of("queue/Old")["symbol"]), (&true.into(), &"!".into()));
    assert_eq!(of("<script>alert(2)")["action"], "create");
    let members = data["members"].to_string();
    assert!(
        members.contains("=cmd|' /C calc'!A0")
            && members.contains(r"Bo\\u{1b}[2J\\n\\u{202e}RTL<img"),
        "{members}"
    );
}

#[test]
fn ten_thousand_changes_fit_five_mebibytes() {
    let folder = large("10");
    let page = run(&folder, &["--chdir", "big", "plan", "--format", "html"]).out;
    assert_eq!(data(&page)["changes"].as_array().unwrap().len(), 10_000);
    assert!(page.len() < 5 << 20, "{}", page.len());
}

#[test]
fn two_do_not_share_standard_output() {
    let folder = hostile();
    let both = cxform(folder.path(), &[], &["plan", "--out", "-", "--format", "html"]);
    assert_eq!((both.code, &*both.out), (64, ""), "{both:?}");
}
