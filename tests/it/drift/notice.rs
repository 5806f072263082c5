use serde_json::Value;

use super::{drift, project, there};
use crate::support::siem::Siem;
use crate::support::{Folder, Ran, cxform};

/// What nothing may ever show.
const SECRET: &str = "s3cr3t-of-the-hook";

fn night(folder: &Folder, receivers: &[&str]) -> Ran {
    let mut arguments = vec!["drift"];
    receivers.iter().for_each(|receiver| arguments.extend(["--notify", receiver]));
    let ran = cxform(folder.path(), &[("HOOK", receivers[0])], &arguments);
    assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "{ran:?}");
    let memory = folder.path().join(".cxform/drift.json");
    assert!(!std::fs::read_to_string(memory).unwrap().contains(SECRET));
    ran
}

fn hook(port: u16) -> String {
    format!("http://127.0.0.1:{port}/hook/{SECRET}?key={SECRET}")
}

/// The addresses that each post told, with the capacity that the tenant had.
fn told(siem: &Siem) -> Vec<String> {
    let posts = siem.posts();
    let news = posts.iter().filter(|post| post.answered == 200).map(|post| {
        assert_eq!(post.header("content-type"), Some("application/json"));
        let notice: Value = serde_json::from_str(&post.body).unwrap();
        assert_eq!(notice["tenant"]["name"], "sim");
        let new = notice["new"].as_array().unwrap().clone();
        let new = new.iter().map(|item| format!("{} {}", item["address"], item["live"]));
        new.collect::<Vec<_>>().join(", ")
    });
    news.collect()
}

#[test]
fn each_drift_is_told_once() {
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[]);
    let folder = project("");
    assert_eq!(night(&folder, &[&hook(port)]).code, 0);
    assert_eq!(told(&siem), [""; 0]);
    there(&folder, 11);
    for _ in 0..3 {
        let ran = night(&folder, &[&hook(port)]);
        assert_eq!((ran.code, &*ran.err), (2, ""), "{ran:?}");
    }
    let once = r#""queue/main" {"capacity":11}"#;
    assert_eq!(told(&siem), [once]);
    // A mere look tells nobody, and forgets nothing.
    assert_eq!(drift(&folder, &[]).code, 2);
    assert_eq!(night(&folder, &[&hook(port)]).code, 2);
    // Another value is new; what went away and came back is too.
    there(&folder, 12);
    night(&folder, &[&hook(port)]);
    there(&folder, 10);
    assert_eq!(night(&folder, &[&hook(port)]).code, 0);
    there(&folder, 12);
    night(&folder, &[&hook(port)]);
    let other = r#""queue/main" {"capacity":12}"#;
    assert_eq!(told(&siem), [once, other, other]);
}

#[test]
fn who_was_not_reached_is_told_the_next_night() {
    let (port, other) = (Siem::free_port(), Siem::free_port());
    let siem = Siem::listen(port, &[404]);
    let steady = Siem::listen(other, &[]);
    let folder = project("");
    there(&folder, 11);
    let both = [&*hook(port), &*hook(other)];
    let ran = night(&folder, &both);
    assert_eq!(ran.code, 2, "{ran:?}");
    let why = format!("warning: drift was not told to http://127.0.0.1:{port}: it answered 404;");
    assert!(ran.err.starts_with(&why), "{ran:?}");
    night(&folder, &both);
    night(&folder, &both);
    assert_eq!((told(&siem).len(), told(&steady).len()), (1, 1));
    // The same one by the variable that has its url.
    night(&folder, &[&hook(port)]);
    let ran = cxform(folder.path(), &[("HOOK", &hook(port))], &["drift", "--notify", "env:HOOK"]);
    assert_eq!((ran.code, &*ran.err, told(&siem).len()), (2, "", 1), "{ran:?}");
}

#[test]
fn only_what_stays_is_told() {
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[]);
    let folder = project("");
    there(&folder, 11);
    let night = || drift(&folder, &["--after", "3", "--notify", &hook(port)]).code;
    assert_eq!([night(), night(), night(), night()], [0, 0, 2, 2]);
    assert_eq!(told(&siem).len(), 1);
}

#[test]
fn what_is_leased_is_told_when_the_lease_has_ended() {
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[]);
    let folder = project(
        "policy:\n  leases: [{ address: 'queue/*', until: 2035-01-01, reason: r, owner: o }]\n",
    );
    there(&folder, 11);
    let night = |at: &str| drift(&folder, &["--notify", &hook(port), "--at", at]).code;
    assert_eq!(night("2034-12-31T12:00:00Z"), 0);
    assert_eq!(told(&siem).len(), 0);
    assert_eq!(night("2035-01-02T12:00:00Z"), 2);
    assert_eq!(night("2035-01-03T12:00:00Z"), 2);
    assert_eq!(told(&siem).len(), 1);
}

#[test]
fn a_lease_that_ends_is_news_each_time() {
    let port = Siem::free_port();
    let siem = Siem::listen(port, &[]);
    let folder = project("");
    there(&folder, 11);
    let project = std::fs::read_to_string(folder.path().join("cxform.yaml")).unwrap();
    // The day, until when a lease holds, and how many were told by then.
    let night = |day: u8, until: Option<u8>, code: u8, posts: usize| {
        let lease = until.map(|until| {
            format!(
                "policy: {{ leases: [{{ address: 'queue/*', until: 2035-01-{until:02}T00:00:00Z, \
                 reason: r, owner: o }}] }}\n"
            )
        });
        folder.put("cxform.yaml", &format!("{project}{}", lease.unwrap_or_default()));
        let at = format!("2035-01-{day:02}T12:00:00Z");
        let ran = drift(&folder, &["--notify", &hook(port), "--at", &at]);
        assert_eq!((ran.code, told(&siem).len()), (code, posts), "day {day}: {ran:?}");
    };
    night(1, None, 2, 1);
    night(2, None, 2, 1);
    night(3, Some(5), 0, 1);
    night(6, Some(5), 2, 2);
    night(7, Some(5), 2, 2);
    // Renewed, and ended again.
    night(8, Some(10), 0, 2);
    night(9, Some(10), 0, 2);
    night(11, Some(10), 2, 3);
    night(12, Some(10), 2, 3);
    // Renewed and ended between two nights; then taken out of the project.
    night(15, Some(14), 2, 4);
    night(16, None, 2, 4);
    night(17, Some(14), 2, 4);
    // Ended as before, though it was longer meanwhile.
    night(18, Some(20), 0, 4);
    night(19, Some(14), 2, 5);
}

#[test]
fn a_receiver_that_cannot_be_meant_is_refused_without_its_url() {
    let folder = project("");
    let check = |url: &str, expect: &str| {
        let ran = drift(&folder, &["--notify", url]);
        assert_eq!(ran.code, 64, "{ran:?}");
        assert!(ran.err.contains(expect) && !ran.err.contains(SECRET), "{ran:?}");
    };
    check(&format!("http://hooks.example/{SECRET}"), "--notify: not an https url");
    check(&format!("https://me:{SECRET}@hooks.example/"), "the url carries a user name");
    check(&format!("sftp://me@host/{SECRET}"), "--notify: not an https url");
    check(SECRET, "--notify: not an https url");
    check("env:NOBODY", "--notify: the variable NOBODY is not set");
    assert!(!folder.path().join(".cxform/drift.json").exists());
}
