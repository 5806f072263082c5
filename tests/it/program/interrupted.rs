//! An apply that does not come to its end, and one that comes beside another.

use std::process::Command;

use cxform::http::Method;
use cxform::world::Logged;
use serde_json::json;

use super::{APPLY, many_queues, tenant};
use crate::support::port::{Port, end};

fn is_create(logged: &Logged) -> bool {
    logged.method == Method::Post && logged.path == "/api/v2/queues"
}

fn slow_writes() -> serde_json::Value {
    json!({"faults": [{"method": "POST", "path": "/api/v2/queues", "times": "forever",
        "what": {"delay": {"ms": 200}}}]})
}

#[test]
fn an_interrupted_apply_ends_what_it_began_and_the_next_one_does_the_rest() {
    let (port, folder) = (Port::serve(&tenant(slow_writes())), many_queues(40));
    let apply = port.program(folder.path(), &APPLY).spawn().unwrap();
    port.wait_for(is_create);
    let sent = Command::new("kill").args(["-INT", &apply.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let ran = end(apply);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.out.contains("Apply incomplete: "), "{ran:?}");
    let done = port.world().table("queues").len() - 1;
    assert!((1..40).contains(&done), "{done}");
    port.world().behaviour.faults.clear();
    let rest = port.run(folder.path(), &APPLY);
    assert_eq!(rest.code, 0, "{rest:?}");
    assert!(rest.out.contains(&format!("Resources: {} added,", 40 - done)), "{done} {rest:?}");
    assert_eq!(port.log().iter().filter(|logged| is_create(logged)).count(), 40);
    let verified = port.run(folder.path(), &["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn of_two_applies_at_once_the_second_is_told_who_holds_the_state() {
    let (port, folder) = (Port::serve(&tenant(slow_writes())), many_queues(40));
    let mut first = port.program(folder.path(), &APPLY).spawn().unwrap();
    port.wait_for(is_create);
    let second = port.run(folder.path(), &APPLY);
    assert_eq!(second.code, 1, "{second:?}");
    let holder = format!("is in use by process {}", first.id());
    assert!(second.err.contains(&holder), "{second:?}");
    // A killed holder's lock is free at once, and the next run does the rest.
    first.kill().unwrap();
    first.wait().unwrap();
    port.world().behaviour.faults.clear();
    let third = port.run(folder.path(), &APPLY);
    assert_eq!(third.code, 0, "{third:?}");
    assert_eq!(port.world().table("queues").len(), 41);
}

#[test]
fn a_ci_that_cancels_with_both_signals_gets_the_end_of_the_run_and_who_asks_twice_does_not_wait() {
    let signals = |sent: [&str; 2]| {
        let (port, folder) = (Port::serve(&tenant(slow_writes())), many_queues(40));
        let apply = port.program(folder.path(), &APPLY).spawn().unwrap();
        port.wait_for(is_create);
        for signal in sent {
            let sent = Command::new("kill").args([signal, &apply.id().to_string()]).status();
            assert!(sent.unwrap().success());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let ran = end(apply);
        (ran.code, ran.out.contains("Apply incomplete: "))
    };
    assert_eq!(signals(["-INT", "-TERM"]), (130, true));
    assert_eq!(signals(["-TERM", "-INT"]), (143, true));
    assert_eq!(signals(["-TERM", "-TERM"]), (143, false));
}
