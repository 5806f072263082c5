use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Class, Counts, Ignored, Item, Known, Lease, Seen, Tolerance, drift};
use crate::http::Dialect;
use crate::model::{
    Address, Declared, Desired, Document, Facts, Links, Observed, Pattern, Place, Remote,
};
use crate::plan::draft;

fn at(day: i8) -> Timestamp {
    format!("2035-01-{day:02}T00:00:00Z").parse().unwrap()
}

/// Queues by their names; `false` is declared absent.
fn desired(queues: &[(&str, Value)]) -> Desired {
    let mut desired = Desired::default();
    for (name, fields) in queues {
        let absent = *fields == Value::Bool(false);
        let fields = if absent { json!({}) } else { fields.clone() };
        let declared = Declared {
            document: Document::of(&fields),
            on_create: None,
            absent,
            place: Place::default(),
            links: Links::new(),
            recurs: None,
        };
        desired.put(&Address::new("queue", &[name]), declared, |_, _| false);
    }
    desired
}

fn observed(queues: &[(&str, Value)]) -> Observed {
    let mut observed = Observed::default();
    for (name, fields) in queues {
        let document = Document::of(fields);
        let remote = Remote { id: None, document, raw: None, links: Links::new() };
        observed.remotes.put(&Address::new("queue", &[name]), remote, |_, _| false);
    }
    observed
}

fn told(desired: &Desired, observed: &Observed, known: &Known, tolerance: &Tolerance) -> Vec<Item> {
    let facts = Facts::default();
    let (draft, _) = draft(desired, None, observed, &facts, Dialect::V2, false);
    drift(draft, &Seen { desired, observed, facts: &facts, known, tolerance })
}

fn words(items: &[Item]) -> String {
    let word = |item: &Item| {
        let alarm = if item.alarm { "!" } else { "" };
        format!("{}{alarm} {}", item.address.segment(0), item.class.word())
    };
    items.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_difference_is_told_as_what_it_is() {
    let capacity = |capacity: u32| json!({ "capacity": capacity });
    let head = desired(&[
        ("changed", capacity(10)),
        ("gone", capacity(10)),
        ("grown", capacity(20)),
        ("new", capacity(10)),
        ("same", capacity(10)),
        ("unwanted", Value::Bool(false)),
    ]);
    let tenant = observed(&[
        ("changed", capacity(11)),
        ("grown", capacity(10)),
        ("other", capacity(1)),
        ("same", capacity(10)),
        ("unwanted", capacity(1)),
    ]);
    let check = |known: &Known, expect: &str| {
        assert_eq!(words(&told(&head, &tenant, known, &Tolerance::default())), expect);
    };
    let base = desired(&[
        ("changed", capacity(10)),
        ("gone", capacity(10)),
        ("grown", capacity(10)),
        ("same", capacity(10)),
        ("unwanted", capacity(1)),
    ]);
    check(
        &Known { base: Some(base.clone()), left: BTreeMap::new() },
        "changed! changed, gone! missing, grown! pending, new! pending, other unmanaged, \
         unwanted! pending",
    );
    check(
        &Known::default(),
        "changed! changed, gone! missing, grown! changed, new! missing, other unmanaged, \
         unwanted! changed",
    );
    // What runs did and did not do counts more than what their manifests said.
    let left = |name: &str, fields: Option<Value>| {
        (Address::new("queue", &[name]), fields.map(|fields| Document::of(&fields)))
    };
    let left = BTreeMap::from([
        left("changed", Some(capacity(11))),
        left("gone", None),
        left("grown", Some(capacity(20))),
        left("new", Some(capacity(10))),
        left("unwanted", None),
    ]);
    check(
        &Known { base: Some(base), left },
        "changed! pending, gone! pending, grown! changed, new! missing, other unmanaged, \
         unwanted! changed",
    );
}

#[test]
fn what_is_tolerated_is_no_alarm() {
    let head = desired(&[("main", json!({"capacity": 10}))]);
    let tenant = observed(&[("main", json!({"capacity": 9})), ("other", json!({}))]);
    let lease = |pattern: &str, day: i8| Lease {
        pattern: Pattern::parse(pattern).unwrap(),
        until: at(day),
        reason: "rush".to_owned(),
        owner: "ana".to_owned(),
        place: Place::default(),
    };
    let check = |leases: Vec<Lease>, ignore: &[&str], expect: &str, lapsed: Option<bool>| {
        let pattern = |text: &&str| Pattern::parse(text).unwrap();
        let own = |text| Ignored { pattern: pattern(text), place: Place::default() };
        let tolerance =
            Tolerance { leases, ignored: ignore.iter().map(own).collect(), now: at(10) };
        let items = told(&head, &tenant, &Known::default(), &tolerance);
        assert_eq!(words(&items), expect);
        assert_eq!(items[0].lease.as_ref().map(|lease| lease.lapsed), lapsed, "{expect}");
        assert_eq!(items[0].difference, Class::Changed);
    };
    check(vec![], &[], "main! changed, other unmanaged", None);
    check(vec![lease("queue/*", 11)], &[], "main leased, other unmanaged", Some(false));
    // Until, and no longer.
    check(vec![lease("queue/*", 10)], &[], "main! changed, other unmanaged", Some(true));
    let two = vec![lease("queue/main", 12), lease("**", 9)];
    check(two, &[], "main leased, other unmanaged", Some(false));
    check(vec![lease("queue/x", 11)], &[], "main! changed, other unmanaged", None);
    check(vec![lease("queue/*", 11)], &["queue/m*"], "main ignored, other unmanaged", None);
    check(vec![], &["**"], "main ignored, other ignored", None);
}

#[test]
fn counts_are_of_classes() {
    let head = desired(&[("a", json!({"c": 1})), ("b", json!({"c": 1}))]);
    let items =
        told(&head, &observed(&[("x", json!({}))]), &Known::default(), &Tolerance::default());
    let counts = Counts::of(&items);
    assert_eq!((counts.missing, counts.unmanaged, counts.changed), (2, 1, 0));
    assert_eq!(Class::ALL.iter().map(|class| counts.of_class(*class)).sum::<usize>(), 3);
}
