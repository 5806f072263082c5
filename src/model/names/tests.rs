//! Tables of references, and what they find.

use super::{Key, Named, Names};

fn named(id: &str, name: &str, email: &str) -> Named {
    let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
    Named { id: text(id), name: text(name), email: text(email) }
}

fn skills() -> Names {
    Names::new(
        "skill",
        false,
        [
            named("s-1", "billing", ""),
            named("s-2", "twin", ""),
            named("s-3", "twin", ""),
            named("s-4", "", ""),
            named("s-5", "s-1", ""),
        ],
    )
}

fn check(text: &str, expect: &str) {
    let answer = match skills().resolve(text) {
        Ok(Key { segment, .. }) => segment,
        Err(error) => error.to_string(),
    };
    assert_eq!(answer, expect);
}

#[test]
fn references() {
    check("billing", "billing");
    check("id:s-1", "billing");
    check("name:s-1", "s-1");
    check("s-1", "`s-1` matches two skills: `billing` (id:s-1) and `s-1` (id:s-5)");
    check("id:s-2", "id:s-2");
    check("s-4", "id:s-4");
    check("twin", "`twin` matches two skills: `twin` (id:s-2) and `twin` (id:s-3)");
    check("Billing", "the tenant has no skill `Billing`");
}

#[test]
fn what_there_is_instead_is_told() {
    let check = |names: &Names, text: &str, expect: &str| {
        assert_eq!(names.resolve(text).unwrap_err().hint(), expect);
    };
    check(&skills(), "telephony", "there are `billing`, `s-1`, `twin`");
    let mut queues = Names::new("queue", false, []);
    check(&queues, "telephony", "a reference is the queue's id or name, exactly");
    queues.declare("Main");
    check(&queues, "telephony", "there is only `Main`");
    for name in ["Night", "Day", "Vip", "Sales", "Claims", "Spill"] {
        queues.declare(name);
    }
    let expect = "there are `Claims`, `Day`, `Main`, `Night`, `Sales` and 2 more";
    check(&queues, "telephony", expect);
    let agents = Names::new("agent", true, [named("u-1", "Ana Ortiz", "ana@example.com")]);
    let expect = "a reference is the agent's id, name or e-mail address, exactly";
    check(&agents, "Somebody Else", expect);
}

#[test]
fn a_typo_is_told() {
    let error = skills().resolve("biling").unwrap_err();
    assert_eq!(error.hint(), "did you mean `billing`?");
}

#[test]
fn what_is_renamed_is_found_by_its_new_name() {
    let mut names = Names::new(
        "queue",
        false,
        [
            named("q-1", "a", ""),
            named("q-2", "b", ""),
            named("q-3", "twin", ""),
            named("q-4", "twin", ""),
        ],
    );
    names.rename([("q-1", "b"), ("q-2", "c"), ("q-4", "own"), ("q-9", "none")]);
    let check = |text: &str, expect: &str| {
        let told = match names.resolve(text) {
            Ok(key) => format!("{} {}", key.segment, key.id.unwrap()),
            Err(error) => format!("{error}; {}", error.hint()),
        };
        assert_eq!(told, expect, "{text}");
    };
    check("b", "b q-1");
    check("c", "c q-2");
    check("id:q-1", "b q-1");
    check("a", "the queue `a` is being renamed to `b`; write `b`");
    check("name:a", "the queue `name:a` is being renamed to `b`; write `b`");
    // Of two that shared a name, the one that keeps it is alone with it.
    check("twin", "twin q-3");
    check("own", "own q-4");
    let former = |name: &str| names.former(name).map(|former| former.segment.as_str());
    assert_eq!(["b", "c", "own", "a"].map(former), [Some("a"), Some("b"), Some("id:q-4"), None]);
}

#[test]
fn agents_are_keyed_by_id() {
    let agents = Names::new("agent", true, [named("u-1", "Ana Ortiz", "ana@example.com")]);
    for text in ["u-1", "Ana Ortiz", "ana@example.com"] {
        assert_eq!(agents.resolve(text).unwrap().segment, "u-1");
    }
}
