//! Doors: manifests to documents, rows to documents, changes to requests.

use serde_json::{Value, json};

use super::Queue;
use crate::http::Dialect;
use crate::kinds::{Action, Kind, Writing, declare, manifest_kinds};
use crate::manifest;
use crate::model::{Address, Document, Facts, Named, Names, Raw, Secrets};

fn facts() -> Facts {
    let named = |id: &str, name: &str| Named {
        id: Some(id.to_owned()),
        name: Some(name.to_owned()),
        email: None,
    };
    let mut facts = Facts::default();
    let skills = Names::new("skill", false, [named("s-1", "billing"), named("s-2", "sales")]);
    facts.names.insert("skill", skills);
    let queues = Names::new("queue", false, [named("q-1", "main"), named("q-2", "spill")]);
    facts.names.insert("queue", queues);
    facts
}

fn declared(spec: &str) -> Result<(String, String), String> {
    let text =
        format!("apiVersion: cxform/v1\nkind: Queue\nmetadata: {{name: main}}\nspec: {spec}\n");
    let (items, findings) =
        manifest::read(&manifest_kinds(), &[("q.yaml".to_owned(), text)], &|_, name| {
            Err(format!("{name} is not here"))
        });
    assert_eq!(findings, [], "{spec}");
    let (desired, findings) = declare(&items, Some(&facts()));
    if let Some(finding) = findings.first() {
        return Err(finding.message.clone());
    }
    let declared = desired.iter().next().unwrap().value;
    Ok((
        declared.document.as_str().to_owned(),
        declared.on_create.as_ref().unwrap().as_str().to_owned(),
    ))
}

#[test]
fn a_manifest_manages_the_leaves_that_it_names() {
    let check = |spec: &str, expect: &str| assert_eq!(declared(spec).unwrap().0, expect, "{spec}");
    check("{capacity: 10}", r#"{"capacity":10}"#);
    check("{overflow: {target: id:q-2}}", r#"{"overflow":{"target":"spill"}}"#);
    check("{overflow: {target: null}}", r#"{"overflow":{"target":null}}"#);
    check("{skillGroups: [sales, s-1, billing]}", r#"{"skillGroups":["billing","sales"]}"#);
    check("{skillGroups: [], description: ''}", r#"{"description":"","skillGroups":[]}"#);
    check(
        "{routingRules: [{type: b, value: 2}, {type: a, value: x}]}",
        r#"{"routingRules":[{"type":"b","value":2},{"type":"a","value":"x"}]}"#,
    );
}

#[test]
fn a_later_manifest_restates_field_by_field() {
    let manifest = |metadata: &str, spec: &str| {
        format!("apiVersion: cxform/v1\nkind: Queue\nmetadata: {metadata}\nspec: {spec}\n")
    };
    let check = |overlay: &str, expect: &str| {
        let below =
            "{capacity: 10, overflow: {target: spill, threshold: 70}, skillGroups: [sales]}";
        let files = [
            ("base.yaml".to_owned(), manifest("{name: main}", below)),
            ("prod.yaml".to_owned(), overlay.to_owned()),
        ];
        let no_table = |_: &str, name: &str| Err(format!("{name} is not here"));
        let (items, findings) = manifest::read(&manifest_kinds(), &files, &no_table);
        assert_eq!(findings, [], "{overlay}");
        let (desired, findings) = declare(&items, Some(&facts()));
        let told: Vec<&str> = match findings.first() {
            Some(finding) => vec![&finding.message],
            None => desired.iter().map(|entry| entry.value.document.as_str()).collect(),
        };
        assert_eq!(told.join("\n"), expect, "{overlay}");
    };
    check(
        &manifest(
            "{name: main, overlay: true}",
            "{capacity: 99, overflow: {threshold: 50}, skillGroups: []}",
        ),
        r#"{"capacity":99,"overflow":{"target":"spill","threshold":50},"skillGroups":[]}"#,
    );
    check(
        &manifest("{name: other, overlay: true}", "{capacity: 99}"),
        "no earlier manifest declares the queue `other`",
    );
    check(&manifest("{name: main}", "{capacity: 99}"), "declared twice, differently");
}

#[test]
fn what_cannot_be_is_told() {
    let check =
        |spec: &str, expect: &str| assert_eq!(declared(spec).unwrap_err(), expect, "{spec}");
    check("{overflow: {target: main}}", "a queue cannot overflow into itself");
    check("{overflow: {target: gone}}", "the tenant has no queue `gone`");
    check("{skillGroups: [Billing]}", "the tenant has no skill `Billing`");
}

#[test]
fn a_create_fills_in_the_contracts_defaults() {
    let (_, on_create) = declared("{capacity: 10, priority: 2}").unwrap();
    let expect = json!({
        "capacity": 10, "description": "", "priority": 2, "type": "standard", "skillGroups": [],
        "overflow": {"type": "queue", "target": null, "threshold": 80},
        "routingRules": [{"type": "priority", "value": 2}, {"type": "capacity", "value": 10}],
    });
    assert_eq!(on_create, Document::of(&expect).as_str());
}

#[test]
fn rows_are_read_whatever_they_lack() {
    let check = |row: Value, expect: Option<Value>| {
        let wire = Queue.wire(Dialect::V2).unwrap();
        let facts = facts();
        let decoded = wire.decoder(&facts).decode(&row.to_string(), None);
        assert_eq!(decoded.map(|(_, remote)| remote.document.value()), expect, "{row}");
    };
    let bare = json!({
        "description": "", "overflow": {"target": null}, "skillGroups": [], "routingRules": [],
    });
    check(json!({"id": "q-1"}), Some(bare.clone()));
    check(
        json!({"id": "q-1", "overflow": null, "skillGroups": null, "capacity": null}),
        Some(bare),
    );
    check(json!({"name": "no id"}), None);
    check(
        json!({"id": "q-1", "type": "x", "capacity": 10.0, "priority": 1, "region": {"a": 1},
            "overflow": {"overflowTargetId": "q-77", "overflowThreshold": 5},
            "skillGroups": ["s-2", "s-1", "s-1"], "routingRules": [{"type": "t", "value": 1}]}),
        Some(json!({"type": "x", "capacity": 10, "priority": 1, "description": "",
            "overflow": {"target": "id:q-77", "threshold": 5},
            "skillGroups": ["billing", "sales"], "routingRules": [{"type": "t", "value": 1}]})),
    );
}

#[test]
fn a_rule_keeps_what_the_tenant_adds_to_it() {
    let wire = Queue.wire(Dialect::V2).unwrap();
    let row = r#"{"id":"q-1","routingRules":[{"type":"a","value":1,"id":"r-1"},{"value":2,"type":"b","id":"r-2"}]}"#;
    let facts = facts();
    let (_, remote) = wire.decoder(&facts).decode(row, None).unwrap();
    let row = Raw::parse(row).unwrap();
    let rules = json!([{"type": "a", "value": 1}, {"type": "b", "value": 2}]);
    assert_eq!(remote.document.value()["routingRules"], rules);
    let wanted = json!([{"type": "b", "value": 2}, {"type": "c", "value": 3}]);
    let write = wire.write(&Writing {
        address: &Address::new("queue", &["main"]),
        id: Some("q-1"),
        action: Action::Update,
        document: &Document::of(&json!({"routingRules": wanted})),
        paths: &["/routingRules".to_owned()],
        raw: Some(&row),
        id_of: &|_| None,
        secrets: &Secrets::default(),
    });
    assert_eq!(
        write.unwrap().body.unwrap().as_str(),
        r#"{"id":"q-1","routingRules":[{"value":2,"type":"b","id":"r-2"},{"type":"c","value":3}]}"#
    );
}

#[test]
fn an_update_sends_back_what_it_does_not_manage() {
    let wire = Queue.wire(Dialect::V2).unwrap();
    let row = r#"{"id":"q-1","name":"main","capacity":10,"share":1.10,"overflow":{"overflowThreshold":80,"x":9007199254740993}}"#;
    let document = Document::of(&json!({"capacity": 20, "overflow": {"target": "spill"}}));
    let paths = ["/capacity".to_owned(), "/overflow/target".to_owned()];
    let write = wire
        .write(&Writing {
            address: &Address::new("queue", &["main"]),
            id: Some("q/1 ä"),
            action: Action::Update,
            document: &document,
            paths: &paths,
            raw: Raw::parse(row).as_ref(),
            id_of: &|address| (address.to_string() == "queue/spill").then(|| "q-2".to_owned()),
            secrets: &Secrets::default(),
        })
        .unwrap();
    assert_eq!(write.path, "/api/v2/queues/q%2F1%20%C3%A4");
    assert_eq!(
        write.body.unwrap().as_str(),
        r#"{"capacity":20,"id":"q-1","name":"main","overflow":{"overflowTargetId":"q-2","overflowThreshold":80,"x":9007199254740993},"share":1.10}"#
    );
}
