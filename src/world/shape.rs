//! The habits of a tenant's answers: how a row is spelled, and in which order rows come.

use serde_json::{Value, json};

use super::{Behaviour, instant};

/// The fields of the contract that hold a time.
const TIMES: &[&str] = &["availableFrom", "availableTo", "lastModified"];

/// Spells a row as the tenant does.
pub(super) fn shape(row: &mut Value, behaviour: &Behaviour, optional: &[&str]) {
    let Value::Object(fields) = row else { return };
    if behaviour.nulls {
        for name in optional {
            fields.entry(*name).or_insert(Value::Null);
        }
    }
    if behaviour.extra_fields {
        fields.entry("xRegion").or_insert_with(|| json!({"cell": "us-1", "shard": 7}));
    }
    if !behaviour.offsets {
        for name in TIMES {
            let Some(time) = fields.get(*name).and_then(Value::as_str).and_then(instant) else {
                continue;
            };
            let local = time.to_string().trim_end_matches('Z').to_owned();
            fields.insert((*name).to_owned(), local.into());
        }
    }
}

/// Where an id comes in a shuffled list (FNV-1a over the seed and the id).
pub(super) fn place(id: &str, seed: u64) -> u64 {
    let bytes = seed.to_le_bytes();
    bytes.iter().chain(id.as_bytes()).fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Behaviour, shape};

    fn check(behaviour: Behaviour, expect: Value) {
        let mut row = json!({"id": "a", "availableFrom": "2026-01-01T08:00:00+01:00"});
        shape(&mut row, &behaviour, &["id", "availableTo"]);
        assert_eq!(row, expect);
    }

    #[test]
    fn habits() {
        let plain = Behaviour::default();
        check(plain.clone(), json!({"id": "a", "availableFrom": "2026-01-01T08:00:00+01:00"}));
        check(
            Behaviour { offsets: false, ..plain.clone() },
            json!({"id": "a", "availableFrom": "2026-01-01T07:00:00"}),
        );
        check(
            Behaviour { offsets: false, nulls: true, ..plain },
            json!({"id": "a", "availableFrom": "2026-01-01T07:00:00", "availableTo": null}),
        );
    }
}
