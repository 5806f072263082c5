//! A plan says what differs, in whatever order it was told.

use serde_json::{Value, json};

use super::random::Random;
use super::stage::{Stage, law, make, read};
use super::yaml;

#[test]
fn a_plan_does_not_depend_on_the_order_of_files_rows_or_pages() {
    law(50, |seed| async move {
        let stage = Stage::of(seed).await;
        let plan = stage.plan().await;
        let random = &mut Random::new(seed, 9);
        let items = read(&yaml::files(&stage.desired.manifests, random));
        {
            let behaviour = &mut stage.sim.world().behaviour;
            let order = ["sorted", "reversed", "shuffled"];
            behaviour.order = serde_json::from_value(json!(random.pick(&order))).unwrap();
            behaviour.shuffle_seed = random.below(1_000_000).try_into().unwrap();
            behaviour.total = !behaviour.total;
            behaviour.strategy_skills = serde_json::from_value(json!("skillId")).unwrap();
        }
        let other = make(&stage.reader, &items).await.unwrap();
        assert_eq!(plan.hash, other.hash);
        let [one, other] = [&plan, &other].map(|plan| without_places(&json!(plan)));
        assert_eq!(one, other);
    });
}

/// A plan without where its manifests stand, and without the digest over that.
fn without_places(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !["source", "integrity"].contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), without_places(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_places).collect(),
        other => other.clone(),
    }
}
