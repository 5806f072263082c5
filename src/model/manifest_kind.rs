//! What a kind of manifest is, as far as a reader needs to know.

/// One value of a manifest's `kind:` and the shape of its `spec`.
#[derive(Clone, Copy, Debug)]
pub struct ManifestKind {
    /// The word after `kind:`.
    pub kind: &'static str,
    /// What it declares, in one sentence.
    pub description: &'static str,
    /// The JSON Schema of `spec`.
    pub spec_schema: fn() -> schemars::Schema,
    /// Whether the manifest may say `state: absent`.
    pub absent_allowed: bool,
}
