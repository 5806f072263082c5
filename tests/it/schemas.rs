//! The committed schemas are those of the types, and the examples keep to them.

use cxform::cli::schema::{file_name, schemas, text};

use crate::support::root;

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let mut expected = Vec::new();
    for (kind, schema) in schemas() {
        let file = root().join("schemas").join(file_name(&kind));
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            committed,
            text(&schema).unwrap(),
            "{} is old: run `cargo run -- schema --out schemas`",
            file.display()
        );
        expected.push(file_name(&kind));
    }
    let committed = std::fs::read_dir(root().join("schemas")).unwrap();
    let mut committed: Vec<String> =
        committed.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    committed.sort();
    expected.sort();
    assert_eq!(committed, expected);
}
