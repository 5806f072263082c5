use serde_json::{Value, json};

use super::api_v2::V2;
use super::{Export, address};
use crate::http::Dialect;
use crate::kinds::{Action, Kind, Wire, Writing, declare, manifest_kinds};
use crate::manifest;
use crate::model::{Address, Document, Facts, Item, Named, Names, Raw, Secrets};

const TOKEN: &str = "hunter2";

fn secrets() -> Secrets {
    [("TOKEN".to_owned(), TOKEN.into())].into_iter().collect()
}

/// A tenant with these queues and exports, each an id and a name.
fn facts(queues: &[(&str, &str)], exports: &[(&str, &str)]) -> Facts {
    let names = |sort: &'static str, all: &[(&str, &str)]| {
        let named = all.iter().map(|(id, name)| Named {
            id: Some((*id).to_owned()),
            name: Some((*name).to_owned()),
            email: None,
        });
        Names::new(sort, false, named)
    };
    let mut facts = Facts { secrets: secrets(), ..Facts::default() };
    facts.names.insert("queue", names("queue", queues));
    facts.names.insert("export", names("export", exports));
    facts
}

fn items(spec: &Value) -> Vec<Item> {
    let manifest = json!({
        "apiVersion": "cxform/v1", "kind": "EventStreamExport", "metadata": {"name": "ops"},
        "spec": spec,
    });
    let texts = [("a.yaml".to_owned(), manifest.to_string())];
    let (items, findings) =
        manifest::read(&manifest_kinds(), &texts, &|_, _| Err("no table".to_owned()));
    assert!(findings.is_empty(), "{findings:?}");
    items
}

fn spec(patch: &Value) -> Value {
    let mut spec = json!({
        "queues": ["Main"], "events": ["QUEUE_UPDATED", "QUEUE_CREATED"],
        "destination": {"url": "https://x.example/in", "headers": {
            "X-Team": "routing", "Authorization": {"env": "TOKEN"},
        }},
    });
    for (key, value) in patch.as_object().unwrap() {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                spec[key][name] = value.clone();
            }),
            value => spec[key] = value.clone(),
        }
    }
    spec
}

/// What is declared of a spec, by address; or what is wrong.
fn declared(patch: &Value) -> String {
    let facts = facts(&[("q-1", "Main"), ("q-2", "A/B")], &[]);
    let (desired, findings) = declare(&items(&spec(patch)), Some(&facts));
    match findings.first() {
        Some(finding) => format!("{}: {}", finding.rule, finding.message),
        None => desired.iter().map(|e| format!("{} ", e.address())).collect(),
    }
}

#[test]
fn each_queue_has_an_export_of_its_own() {
    let check = |patch: Value, expect: &str| assert_eq!(declared(&patch), expect, "{patch}");
    check(json!({}), "export/ops/Main ");
    check(json!({"queues": "all"}), "export/ops ");
    check(json!({"queues": ["id:q-2", "Main"]}), "export/ops/A%2FB export/ops/Main ");
    check(json!({"queues": ["Maim"]}), "unknown-reference: the tenant has no queue `Maim`");
}

#[test]
fn what_could_give_a_secret_away_is_refused() {
    let check = |destination: Value, expect: &str| {
        assert_eq!(declared(&json!({"destination": destination})), expect);
    };
    check(json!({"url": "http://127.0.0.1:8080/in"}), "export/ops/Main ");
    check(
        json!({"url": "http://x.example"}),
        "export-url: what is sent there could be read on the way",
    );
    check(json!({"url": "x.example"}), "export-url: it is no URL");
    check(json!({"url": "https://a:b@x.example"}), "export-url: it has a user or a password in it");
    check(
        json!({"headers": {"X-Api-Key": "abc"}}),
        "literal-secret: the value of `X-Api-Key` may be a secret, and stands in a file",
    );
    check(json!({"headers": {"A B": "abc"}}), "export-header: `A B` is no name of a header");
    check(
        json!({"headers": {"X-A": "b", "x-a": "c"}}),
        "export-header: `x-a` and `X-A` are the same header",
    );
}

/// The body that is sent for a document, and the one that may be seen.
fn sent(document: &Document, secrets: &Secrets) -> Result<(Value, Value), String> {
    let own = address("ops", Some("Main"));
    let id_of = |address: &Address| (address.to_string() == "queue/Main").then(|| "q-1".to_owned());
    let write = V2.write(&Writing {
        address: &own,
        id: None,
        action: Action::Create,
        document,
        paths: &[],
        raw: None,
        id_of: &id_of,
        secrets,
    })?;
    assert!(!format!("{write:?}").contains(TOKEN));
    let json = |raw: Option<Raw>| serde_json::from_str(raw.unwrap().as_str()).unwrap();
    Ok((json(write.body), json(write.masked)))
}

fn document() -> Document {
    let facts = facts(&[("q-1", "Main")], &[]);
    let (desired, _) = declare(&items(&spec(&json!({}))), Some(&facts));
    desired.iter().next().unwrap().value.document.clone()
}

#[test]
fn what_is_sent_reads_back_as_what_was_declared() {
    let document = document();
    assert!(!document.as_str().contains(TOKEN));
    let (mut body, seen) = sent(&document, &secrets()).unwrap();
    assert_eq!(body["destination"]["headers"]["Authorization"], TOKEN);
    assert_eq!(seen["destination"]["headers"]["Authorization"], "***");
    assert!(!seen.to_string().contains(TOKEN));
    assert_eq!(body["name"], "ops/Main");
    assert_eq!(body["filter"], json!({"path": "queueId", "operator": "EQUALS", "value": "q-1"}));
    body["id"] = "e-1".into();
    for headers in [json!({"authorization": "***", "X-Team": "***"}), json!({}), Value::Null] {
        body["destination"]["headers"] = headers;
        let facts = facts(&[("q-1", "Main")], &[("e-1", "ops/Main")]);
        let (own, remote) = V2.decoder(&facts).decode(&body.to_string(), None).unwrap();
        assert_eq!(own.to_string(), "export/ops/Main");
        assert_eq!(remote.document, document);
        assert!(V2.is_ours(remote.raw.as_ref().unwrap()));
    }
    // Whoever made it with other headers did not make it as the description says.
    body["destination"]["headers"] = json!({"X-Other": "***"});
    assert!(!V2.is_ours(&Raw::of(&body)));
}

#[test]
fn a_secret_that_the_plan_did_not_see_is_not_sent() {
    let other: Secrets = [("TOKEN".to_owned(), "hunter3".into())].into_iter().collect();
    let error = sent(&document(), &other).unwrap_err();
    assert!(error.starts_with("the value of TOKEN is not the one"), "{error}");
    assert!(!error.contains("hunter"));
    assert_eq!(sent(&document(), &Secrets::default()).unwrap_err(), "TOKEN is not set");
    let broken: Secrets = [("TOKEN".to_owned(), "a\r\nX-Evil: b".into())].into_iter().collect();
    let without = document().with([("/secrets", None)]);
    let error = sent(&without, &broken).unwrap_err();
    assert_eq!(error, "the value of TOKEN has a line end, and cannot be a header's");
}

#[test]
fn names_are_addresses() {
    let check = |row: Value, expect: &str| {
        let mut queues = facts(&[("q-1", "Main"), ("q-2", "A/B")], &[]);
        queues.names.get_mut("queue").unwrap().rename([("q-1", "New")]);
        let (own, _) = V2.decoder(&queues).decode(&row.to_string(), None).unwrap();
        assert_eq!(own.to_string(), expect, "{row}");
    };
    let of = |id: &str| json!({"path": "queueId", "operator": "EQUALS", "value": id});
    check(json!({"id": "e-1", "name": "ops"}), "export/ops");
    check(json!({"id": "e-1", "name": "ops/A/B", "filter": of("q-2")}), "export/ops/A%2FB");
    check(json!({"id": "e-1", "name": "ops/Main", "filter": of("q-1")}), "export/ops/New");
    check(json!({"id": "e-1", "name": "ops/Main", "filter": of("q-2")}), "export/ops/Main");
    for name in [json!(null), json!(""), json!("/Main"), json!("ops/")] {
        check(json!({"id": "e-1", "name": name}), "export/id:e-1");
    }
}

#[test]
fn a_snapshot_has_no_values() {
    let row = json!({"id": "e-1", "destination": {"headers": {"A": TOKEN}, "type": "http"}});
    let shown = V2.shown(Raw::of(&row));
    let shown: Value = serde_json::from_str(shown.as_str()).unwrap();
    assert_eq!(shown["destination"], json!({"headers": {"A": "***"}, "type": "http"}));
}

#[test]
fn headers_that_nobody_knows_cannot_be_made_anew() {
    let facts = facts(&[], &[]);
    let row = json!({"id": "e-1", "name": "ops", "description": "by hand"}).to_string();
    let (_, remote) = Export.wire(Dialect::V2).unwrap().decoder(&facts).decode(&row, None).unwrap();
    assert!(sent(&remote.document, &secrets()).unwrap_err().starts_with("the headers"));
}
