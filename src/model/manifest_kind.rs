//! A sort of manifest document, as data: what `kind: Queue` is called and what may stand in it.

/// One sort of manifest. The kinds keep theirs in static slices; `manifest` makes the whole
/// document's JSON Schema of it and checks documents against that.
#[derive(Clone, Copy, Debug)]
pub struct ManifestKind {
    /// The text of `kind`, `Queue`.
    pub kind: &'static str,
    /// What it declares, in one sentence; shown by editors.
    pub description: &'static str,
    /// The schema of `spec`: usually `|| schemars::schema_for!(QueueSpec)`.
    pub spec_schema: fn() -> schemars::Schema,
    /// What `metadata` may hold beside `name`: the schema of a struct with those keys alone.
    pub metadata_schema: Option<fn() -> schemars::Schema>,
    /// Whether `state: absent` may be written, and `spec` left out then.
    pub absent_allowed: bool,
    /// A key of `spec` that names a CSV file, and the key that the file's rows stand for.
    pub table: Option<(&'static str, &'static str)>,
}
