use serde_json::{Value, json};

use super::{drift, project, there};
use crate::support::{cxform, root};

const POLICY: &str = "policy:
  leases: [{ address: 'queue/main', until: 2020-01-01, reason: rush, owner: Ana }]
";

#[test]
fn the_report_keeps_to_its_schema() {
    let schema = std::fs::read_to_string(root().join("schemas/drift.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = project(POLICY);
    there(&folder, 11);
    for more in [&["--format", "json"][..], &["--format", "json", "--after", "2"]] {
        let ran = drift(&folder, more);
        assert_eq!(ran.code, if more.len() == 2 { 2 } else { 0 }, "{ran:?}");
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let errors: Vec<String> = validator.iter_errors(&report).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{report}");
        assert_eq!(report["format_version"], "1.0");
        assert_eq!(report["counts"]["changed"], 1);
        assert_eq!(report["counts"]["unmanaged"], 1);
        assert_eq!(report["last_apply"], Value::Null);
        let item = report["items"].as_array().unwrap();
        let item = item.iter().find(|item| item["address"] == "queue/main").unwrap();
        let path = json!({"path": "/capacity", "declared": 10, "live": 11, "class": "changed"});
        assert_eq!(item["paths"], json!([path]));
        assert_eq!(item["lease"]["lapsed"], true);
        assert_eq!(item["source"]["file"], "desired/q.yaml");
        assert_eq!(item["alarm"], report["drift"]);
        assert!(report["manifests"].as_str().unwrap().contains("kind: Queue"), "{report}");
    }
    // A report that says less is none.
    assert!(!validator.is_valid(&json!({"format_version": "1.0"})));
}

#[test]
fn a_report_and_figures_are_written_on_failure_too() {
    let folder = project("");
    folder.put("tenant.yaml", "kind: Nothing\n");
    let told = |format: &str| {
        let ran = drift(&folder, &["--format", format, "--metrics", "drift.prom"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        let metrics = std::fs::read_to_string(folder.path().join("drift.prom")).unwrap();
        assert!(metrics.contains("cxform_drift_success{tenant=\"sim\"} 0\n"), "{metrics}");
        ran.out
    };
    let json: Value = serde_json::from_str(&told("json")).unwrap();
    assert_eq!(json["valid"], false, "{json}");
    assert!(told("markdown").starts_with("<!-- cxform:drift:sim -->\n### Drift is not known\n"));
    assert!(told("github").starts_with("::error title=drift is not known::"));
    let gitlab: Value = serde_json::from_str(&told("gitlab")).unwrap();
    assert_eq!(gitlab.as_array().unwrap().len(), 1, "{gitlab}");
    // Where not even the settings can be read.
    folder.put("cxform.yaml", "kind: Project\n");
    let ran = drift(&folder, &["--format", "json"]);
    assert_eq!(ran.code, 1);
    assert!(serde_json::from_str::<Value>(&ran.out).is_ok(), "{ran:?}");
}

#[test]
fn figures_count_every_class() {
    let folder = project("");
    there(&folder, 11);
    let ran = drift(&folder, &["--metrics", "drift.prom"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let metrics = std::fs::read_to_string(folder.path().join("drift.prom")).unwrap();
    for line in [
        "cxform_drift_resources{tenant=\"sim\",class=\"changed\"} 1\n",
        "cxform_drift_resources{tenant=\"sim\",class=\"unmanaged\"} 1\n",
        "cxform_drift_resources{tenant=\"sim\",class=\"missing\"} 0\n",
        "cxform_drift_success{tenant=\"sim\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[test]
fn an_issue_has_a_marker_fenced_texts_and_room_for_all() {
    let folder = project(POLICY);
    there(&folder, 11);
    let ran = drift(&folder, &["--format", "markdown"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.starts_with("<!-- cxform:drift:sim -->\n### Drift in `sim`\n"), "{}", ran.out);
    let last = ran.out.lines().last().unwrap();
    assert_eq!(last, "Drift: 1 changed, 0 missing, 0 pending. 1 unmanaged left alone.");
    // Tenant-made text stands in fences only.
    let mut fenced = false;
    for line in ran.out.lines() {
        fenced ^= line.starts_with("```");
        assert!(fenced || !line.contains("@all"), "{}", ran.out);
    }
    let queues: String = (0..500)
        .map(|n| format!("- {{ id: x-{n}, name: unmanaged number {n}, capacity: 1 }}\n"))
        .collect();
    let tenant = std::fs::read_to_string(folder.path().join("tenant.yaml")).unwrap();
    folder.put("tenant.yaml", &(tenant + &queues));
    cxform(folder.path(), &[], &["sim", "reset"]);
    for most in [2000, 4000, 200_000] {
        let ran = drift(&folder, &["--format", "markdown", "--max-bytes", &most.to_string()]);
        assert!(ran.out.len() <= most, "{}", ran.out.len());
        assert!(ran.out.contains("capacity: 11, declared 10"), "{}", ran.out);
        let is_cut = ran.out.contains("There was no room for");
        assert_eq!(is_cut, most < 200_000, "{}", ran.out);
    }
}

#[test]
fn a_page_says_texts_and_nothing_else() {
    let folder = project(POLICY);
    there(&folder, 11);
    let ran = drift(&folder, &["--format", "html"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("queue/&lt;b&gt;@all&lt;%2Fb&gt; `x`"), "{}", ran.out);
    assert!(ran.out.contains("<br>capacity: 11, declared 10<br>"), "{}", ran.out);
    assert!(!ran.out.contains("<script") && !ran.out.contains("<b>"), "{}", ran.out);
}

#[test]
fn a_step_of_github_gets_annotations_summary_and_outputs() {
    let folder = project(POLICY);
    there(&folder, 11);
    let variables = [("GITHUB_STEP_SUMMARY", "summary.md"), ("GITHUB_OUTPUT", "output")];
    let ran = cxform(folder.path(), &variables, &["drift", "--format", "github"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.out.starts_with(
            "::warning file=desired/q.yaml,line=3,col=19,title=changed::queue/main: changed: \
             capacity: 11, declared 10; the lease ended 2020-01-02T00:00:00Z: rush (Ana, "
        ),
        "{}",
        ran.out
    );
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("summary.md").contains("### Drift in `sim`"));
    let output = read("output");
    assert!(output.starts_with("drift<<cxform_end\ntrue\ncxform_end\nchanged<<"), "{output}");
    let gitlab = drift(&folder, &["--format", "gitlab"]);
    let gitlab: Value = serde_json::from_str(&gitlab.out).unwrap();
    assert_eq!(gitlab[0]["check_name"], "changed");
    assert_eq!(gitlab[0]["location"]["path"], "desired/q.yaml");
}
