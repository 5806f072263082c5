//! Sinks of the audit, over a real port: down and up again, in order, at least once, in batches,
//! and never with a word of what is secret.

use std::path::Path;
use std::time::Duration;

use crate::support::siem::Siem;
use crate::support::{Folder, Ran, cxform};

const SECRET: &str = "Splunk s3cr3t-of-the-siem";

/// A project with a simulated tenant, three queues to create, and a sink at this port.
fn project(port: u16, more: &str) -> Folder {
    let folder = Folder::new("sinks");
    folder.put(
        "cxform.yaml",
        &format!(
            "apiVersion: cxform/v1\nkind: Project\nmanifests: [desired]\n\
             tenants: {{ sim: {{ url: 'sim:tenant.yaml', requestsPerSecond: 10000 }} }}\n\
             audit:\n  sinks:\n  - {{ name: siem, type: http, \
             url: 'http://127.0.0.1:{port}/in?key=k3y', \
             headers: {{ Authorization: {{ env: SIEM_TOKEN }} }}{more} }}\n"
        ),
    );
    folder.put("tenant.yaml", "apiVersion: cxform/v1\nkind: Tenant\n");
    wish(&folder, 5);
    folder
}

/// Three queues of that capacity.
fn wish(folder: &Folder, capacity: usize) {
    let queue = |name: &str| {
        format!(
            "apiVersion: cxform/v1\nkind: Queue\nmetadata: {{ name: {name} }}\n\
             spec: {{ capacity: {capacity} }}\n"
        )
    };
    let queues: Vec<String> = ["a", "b", "c"].map(queue).to_vec();
    folder.put("desired/all.yaml", &queues.join("---\n"));
}

fn run(folder: &Folder, arguments: &[&str]) -> Ran {
    let ran = cxform(folder.path(), &[("SIEM_TOKEN", SECRET)], arguments);
    for told in [&ran.out, &ran.err] {
        assert!(!told.contains("s3cr3t") && !told.contains("k3y"), "{told}");
    }
    ran
}

fn apply(folder: &Folder) -> Ran {
    let ran = run(folder, &["apply", "--auto-approve"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

fn audit(folder: &Folder) -> String {
    std::fs::read_to_string(folder.path().join(".cxform/audit/sim.jsonl")).unwrap()
}

#[test]
fn a_run_delivers_its_lines_in_order_and_in_batches() {
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[]);
    let folder = project(port, ", batch: 2");
    let applied = apply(&folder);
    assert!(!applied.err.contains("warning: "), "{applied:?}");
    assert_eq!(siem.taken(), audit(&folder));
    let posts = siem.posts();
    assert!(posts.len() >= 3, "{posts:?}");
    for post in &posts {
        assert!(post.body.lines().count() <= 2, "{post:?}");
        assert_eq!(post.header("authorization"), Some(SECRET));
        assert_eq!(post.header("content-type"), Some("application/x-ndjson"));
    }
    wish(&folder, 6);
    apply(&folder);
    assert_eq!(siem.taken(), audit(&folder), "nothing comes twice where nothing went wrong");
    assert_no_secret(&folder.path().join(".cxform"));
}

#[test]
fn what_a_sink_that_was_down_has_not_got_waits_for_it() {
    let port = Siem::free_port();
    let folder = project(port, "");
    let told = |ran: &Ran, count: usize| {
        let expect = format!("warning: audit sink siem: {count} lines not delivered: it cannot be");
        assert!(ran.err.contains(&expect), "{ran:?}");
    };
    told(&apply(&folder), 5);
    wish(&folder, 6);
    told(&apply(&folder), 10);
    let failed = run(&folder, &["audit", "export", "--sinks"]);
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.err.contains("error: audit sink siem: 10 lines not delivered"), "{failed:?}");
    let siem = Siem::listen(port, &[]);
    let exported = run(&folder, &["audit", "export", "--sinks"]);
    assert_eq!((exported.code, &*exported.out), (0, "siem: 10 lines delivered\n"));
    assert_eq!(siem.taken(), audit(&folder));
    let again = run(&folder, &["audit", "export", "--sinks"]);
    assert_eq!((again.code, &*again.out), (0, "siem: 0 lines delivered\n"));
    // It goes down and comes back, and the next run brings what it missed.
    drop(siem);
    wish(&folder, 7);
    told(&apply(&folder), 5);
    let siem = Siem::listen(port, &[]);
    wish(&folder, 8);
    apply(&folder);
    assert!(audit(&folder).ends_with(&siem.taken()));
    assert_eq!(siem.taken().lines().count(), 10);
    assert_no_secret(&folder.path().join(".cxform"));
}

#[test]
fn a_batch_comes_again_until_it_is_taken() {
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[503, 429]);
    let folder = project(port, "");
    let applied = apply(&folder);
    assert!(!applied.err.contains("warning: "), "{applied:?}");
    assert_eq!(siem.taken(), audit(&folder));
    let posts = siem.posts();
    assert!(posts[0].body == posts[1].body && posts[1].body == posts[2].body, "{posts:?}");
}

#[test]
fn a_sink_that_refuses_is_not_pressed() {
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[401; 9]);
    let folder = project(port, "");
    let applied = apply(&folder);
    assert!(
        applied.err.contains("it answered 401: check its headers; the next run"),
        "{applied:?}"
    );
    assert_eq!(siem.posts().len(), 1);
}

#[test]
fn a_run_waits_for_a_silent_sink_only_so_long() {
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[0]);
    let folder = project(port, "");
    let start = tokio::time::Instant::now();
    let applied = apply(&folder);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(
        applied.err.contains("5 lines not delivered: it did not answer in time"),
        "{applied:?}"
    );
    let exported = run(&folder, &["audit", "export", "--sinks"]);
    assert_eq!(exported.out, "siem: 5 lines delivered\n", "{exported:?}");
    assert_eq!(siem.taken(), audit(&folder));
}

#[test]
fn a_secret_that_is_not_there_is_told_and_stops_nothing() {
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[]);
    let folder = project(port, "");
    let ran = cxform(folder.path(), &[], &["apply", "--auto-approve"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let why = "5 lines not delivered: Authorization: the header's value is not known: SIEM_TOKEN";
    assert!(ran.err.contains(why), "{ran:?}");
    assert_eq!(siem.posts().len(), 0);
}

#[test]
fn an_export_for_spreadsheets_has_a_row_a_line_and_no_formula() {
    let folder = project(Siem::free_port(), "");
    let variables = [("USER", "=cmd()|x"), ("SIEM_TOKEN", SECRET)];
    let applied = cxform(folder.path(), &variables, &["apply", "--auto-approve"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    let exported = run(&folder, &["audit", "export", "--format", "csv"]);
    assert_eq!(exported.code, 0, "{exported:?}");
    let header = "\"seq\",\"time\",\"run\",\"actor\",\"tenant\",\"commit\",\"plan_hash\",\"address\",\
                  \"action\",\"before_digest\",\"after_digest\",\"payload_hash\",\"result\",\"status\",\
                  \"attempts\",\"duration_ms\",\"request_id\",\"prev\",\"hash\",";
    assert!(exported.out.starts_with(header), "{}", exported.out);
    let mut table = csv::Reader::from_reader(exported.out.as_bytes());
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(exported.out.matches("\r\n").count(), rows.len() + 1);
    let seqs: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(seqs, ["1", "2", "3", "4", "5"]);
    assert!(rows.iter().all(|row| &row[3] == "'=cmd()|x"), "{rows:?}");
    assert_eq!(rows[1][7].split('/').next(), Some("queue"));
    assert_eq!((&rows[1][8], &rows[1][12], &rows[4][12]), ("create", "done", "complete"));
    let lines = run(&folder, &["audit", "export", "--run", &rows[0][2]]);
    assert_eq!(lines.out, audit(&folder));
}

fn assert_no_secret(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_no_secret(&path);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains("s3cr3t") && !text.contains("k3y"), "{}", path.display());
        }
    }
}
