//! The webhook, over real TLS.

use sha2::{Digest as _, Sha256};

use super::{TENANT, project, rows, run, waiting, wish};
use crate::support::siem::{Post, Siem};
use crate::support::tls::Authority;
use crate::support::{Folder, Ran};

const SIGNING: &str = "s3cr3t-of-the-hook";
const TOKEN: &str = "Bearer t0ken-of-the-hook";
const APPLY: [&str; 2] = ["apply", "--auto-approve"];
const SEND: [&str; 3] = ["wfm", "export", "--send"];

/// A project whose webhook is at a free port, and who is trusted.
struct Hook {
    folder: Folder,
    port: u16,
    authority: Authority,
}

impl Hook {
    fn new(more: &str) -> Self {
        let port = Siem::free_port();
        let folder = project(&format!(
            "wfm:\n  to: 'https://127.0.0.1:{port}/in?key=k3y'\n  \
             headers: {{ Authorization: {{ env: HOOK_TOKEN }} }}\n  \
             signingSecret: {{ env: HOOK_SECRET }}\n{more}"
        ));
        let authority = Authority::new();
        folder.put("authority.pem", &authority.pem);
        Self { folder, port, authority }
    }

    fn listen(&self, answers: &[u16]) -> Siem {
        Siem::listen_tls(self.port, answers, &self.authority.server)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let trusted = self.folder.path().join("authority.pem");
        let variables = [
            ("SSL_CERT_FILE", trusted.to_str().unwrap()),
            ("HOOK_SECRET", SIGNING),
            ("HOOK_TOKEN", TOKEN),
        ];
        run(&self.folder, &variables, arguments)
    }

    fn told(&self, what: &str) -> String {
        format!("{what} to https://127.0.0.1:{}", self.port)
    }
}

/// HMAC-SHA256 as RFC 2104 has it, in hexadecimal digits.
fn hmac(key: &str, text: &str) -> String {
    let pad = |with: u8| -> Vec<u8> {
        let key = key.bytes().chain(std::iter::repeat(0)).take(64);
        key.map(|byte| byte ^ with).collect()
    };
    let inner = Sha256::digest([pad(0x36), text.as_bytes().to_vec()].concat());
    let outer = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The rows of a post, which is ours and was signed just now.
fn signed(post: &Post) -> Vec<String> {
    assert_eq!(post.header("content-type"), Some("text/csv"));
    assert_eq!(post.header("authorization"), Some(TOKEN));
    let time = post.header("x-cxform-timestamp").unwrap();
    let signature = hmac(SIGNING, &format!("{time}.{}", post.body));
    assert_eq!(post.header("x-cxform-signature"), Some(&*format!("sha256={signature}")));
    let age = jiff::Timestamp::now().as_second() - time.parse::<i64>().unwrap();
    assert!((0..60).contains(&age), "{age}");
    rows(&post.body)
}

fn posted(siem: &Siem) -> Vec<Vec<String>> {
    siem.posts().iter().filter(|post| post.answered == 200).map(signed).collect()
}

#[test]
fn a_webhook_gets_what_the_tenant_has_with_a_signature() {
    let hook = Hook::new("");
    let siem = hook.listen(&[]);
    let ran = hook.run(&SEND);
    assert_eq!((ran.code, ran.out), (0, hook.told("Delivered 1 row") + "\n"), "{}", ran.err);
    assert_eq!(posted(&siem), [["u-1,s-2,2"]]);
    assert!(waiting(&hook.folder).is_empty());
    assert_eq!(hook.run(&["wfm", "export", "--send", "--log", "trace"]).code, 0);
    // The same with the url on the command line.
    let url = format!("https://127.0.0.1:{}/in?key=k3y", hook.port);
    assert_eq!(hook.run(&["wfm", "export", "--out", &url]).code, 0);
    assert_eq!(posted(&siem).len(), 3);
}

#[test]
fn who_is_not_trusted_gets_nothing() {
    let hook = Hook::new("");
    let siem = hook.listen(&[]);
    hook.folder.put("authority.pem", &Authority::new().pem);
    let ran = hook.run(&SEND);
    assert_eq!(ran.code, 1, "{ran:?}");
    let expect = hook.told("error: not delivered") + ": it cannot be reached: ";
    assert!(ran.err.starts_with(&expect) && ran.err.contains("certificate"), "{ran:?}");
    assert!(ran.err.contains("; 1 CSV file waits in .cxform/wfm/sim/127.0.0.1-"), "{ran:?}");
    assert_eq!((siem.posts().len(), waiting(&hook.folder).len()), (0, 1));
}

#[test]
fn what_is_refused_for_now_comes_again() {
    let hook = Hook::new("");
    let siem = hook.listen(&[503, 429]);
    let ran = hook.run(&SEND);
    assert_eq!(ran.code, 0, "{ran:?}");
    let posts = siem.posts();
    let told: Vec<_> =
        posts.iter().map(|post| (&post.body, post.header("x-cxform-delivery").unwrap())).collect();
    assert!(told.len() == 3 && told[0] == told[1] && told[1] == told[2], "{posts:?}");
    posts.iter().for_each(|post| drop(signed(post)));
    // What is refused for good is not pressed, and waits.
    drop(siem);
    let siem = hook.listen(&[401; 9]);
    let ran = hook.run(&SEND);
    assert!(ran.code == 1 && ran.err.contains(": it answered 401: check its headers; 1 CSV file"));
    assert_eq!((siem.posts().len(), waiting(&hook.folder).len()), (1, 1));
}

#[test]
fn what_could_not_be_delivered_goes_out_first_and_in_order() {
    let hook = Hook::new("");
    assert_eq!(hook.run(&SEND).code, 1);
    assert_eq!(hook.run(&APPLY).code, 0, "an apply tells nobody unless it should");
    assert_eq!(hook.run(&SEND).code, 1);
    assert_eq!(waiting(&hook.folder).len(), 2);
    wish(&hook.folder, 5);
    assert_eq!(hook.run(&APPLY).code, 0);
    let siem = hook.listen(&[]);
    let ran = hook.run(&SEND);
    let expect = hook.told("Delivered 3 rows");
    assert_eq!(ran.out, format!("{expect}; before them 2 CSV files that had waited\n"), "{ran:?}");
    let whole = |level| vec![format!("u-1,s-1,{level}"), "u-1,s-2,2".into(), "u-2,s-1,4".into()];
    assert_eq!(posted(&siem), [vec!["u-1,s-2,2".to_owned()], whole(3), whole(5)]);
    assert!(waiting(&hook.folder).is_empty());
}

#[test]
fn each_apply_sends_the_whole_and_its_end_stays_as_it_is() {
    let hook = Hook::new("  onApply: true\n");
    let ran = hook.run(&APPLY);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.ends_with("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.\n"));
    let expect = hook.told("warning: wfm: not delivered") + ": it cannot be reached: ";
    assert!(ran.err.contains(&expect), "{ran:?}");
    let rest = " and goes out before the next one: `cxform wfm export --send`\n";
    assert!(ran.err.contains("; 1 CSV file waits in .cxform/wfm/sim/") && ran.err.contains(rest));
    let siem = hook.listen(&[]);
    wish(&hook.folder, 5);
    let ran = hook.run(&APPLY);
    assert!(ran.code == 0 && !ran.err.contains("warning"), "{ran:?}");
    let whole = |level| vec![format!("u-1,s-1,{level}"), "u-1,s-2,2".into(), "u-2,s-1,4".into()];
    assert_eq!(posted(&siem), [whole(3), whole(5)]);
    let ran = hook.run(&["rollback", "--auto-approve"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(posted(&siem)[2..], [whole(3)]);
    // An apply of a part of the manifests tells the whole all the same.
    let queue =
        "apiVersion: cxform/v1\nkind: Queue\nmetadata: { name: q }\nspec: { capacity: 5 }\n";
    hook.folder.put("part/queue.yaml", queue);
    let ran = hook.run(&["apply", "part", "--auto-approve"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(posted(&siem)[3..], [whole(3)]);
    // Without its secrets nothing is sent, and nothing else is different.
    wish(&hook.folder, 4);
    let ran = run(&hook.folder, &[], &APPLY);
    assert_eq!(ran.code, 0, "{ran:?}");
    let expect = hook.told("warning: wfm: not delivered");
    let why = ": Authorization: the header's value is not known: HOOK_TOKEN is not set; 1 CSV file";
    assert!(ran.err.contains(&(expect + why)), "{ran:?}");
    assert_eq!(posted(&siem).len(), 4);
}

#[test]
fn a_delta_is_what_the_run_has_really_changed() {
    let hook = Hook::new("  onApply: true\n  mode: delta\n");
    let fault = "behaviour: { faults: [{ method: POST, \
                 path: /api/v2/users/u-2/skill-assignments, what: { status: { code: 400 } } }] }\n";
    hook.folder.put("tenant.yaml", &format!("{TENANT}{fault}"));
    let siem = hook.listen(&[]);
    let ran = hook.run(&APPLY);
    assert_eq!(ran.code, 5, "one of two has failed: {ran:?}");
    assert_eq!(posted(&siem), [["u-1,s-1,3"]]);
    wish(&hook.folder, 5);
    assert_eq!(hook.run(&APPLY).code, 0);
    assert_eq!(posted(&siem)[1..], [["u-1,s-1,5", "u-2,s-1,4"]]);
    // Where nothing changes there is nothing to tell.
    assert_eq!(hook.run(&APPLY).code, 0);
    assert_eq!(siem.posts().len(), 2);
}
