//! References: how a text in a manifest finds the tenant's thing, exactly and never by guess.

use std::collections::BTreeMap;

/// One thing that the tenant lists: an agent, a skill or a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The tenant's identifier; none for what only the manifests declare as yet.
    pub id: Option<String>,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its e-mail address, where it has one.
    pub email: Option<String>,
}

/// A reference as it stands in a manifest: `billing`, `id:s-1` or `name:billing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// Matches an id, a name or an e-mail address.
    Bare(&'a str),
    /// Matches an id only.
    Id(&'a str),
    /// Matches a name only.
    Name(&'a str),
}

impl<'a> Reference<'a> {
    /// Reads the prefix.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        if let Some(id) = text.strip_prefix("id:") {
            Self::Id(id)
        } else if let Some(name) = text.strip_prefix("name:") {
            Self::Name(name)
        } else {
            Self::Bare(text)
        }
    }
}

/// What a reference found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The segment of its address: a unique name, else `id:…`; an id for agents.
    pub segment: String,
    /// The tenant's identifier; none for what the plan will create.
    pub id: Option<String>,
}

/// Why a reference found nothing, or too much.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing has that id, name or address.
    #[error("the tenant has no {kind} `{text}`")]
    Unknown {
        /// What was looked for: `skill`.
        kind: &'static str,
        /// The reference as written.
        text: String,
        /// A name that looks alike.
        similar: Option<String>,
    },
    /// Two different things match.
    #[error("`{text}` matches two {kind}s: {first} and {second}")]
    Ambiguous {
        /// What was looked for.
        kind: &'static str,
        /// The reference as written.
        text: String,
        /// One match.
        first: String,
        /// Another match.
        second: String,
    },
}

impl ReferenceError {
    /// The way out.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { similar: Some(similar), .. } => format!("did you mean `{similar}`?"),
            Self::Unknown { kind, .. } => {
                format!("a reference is the {kind}'s id, name or e-mail address, exactly")
            }
            Self::Ambiguous { .. } => "write `id:…` or `name:…` to say which".to_owned(),
        }
    }
}

/// All things of one sort that the tenant lists, found by any of their texts.
#[derive(Clone, Debug, Default)]
pub struct Names {
    kind: &'static str,
    keyed_by_id: bool,
    entries: Vec<Named>,
    by_id: BTreeMap<String, usize>,
    by_name: BTreeMap<String, Vec<usize>>,
    by_email: BTreeMap<String, Vec<usize>>,
}

impl Names {
    /// An index of `entries`; agents are keyed by id, since their names are not unique.
    #[must_use]
    pub fn new(
        kind: &'static str,
        keyed_by_id: bool,
        entries: impl IntoIterator<Item = Named>,
    ) -> Self {
        let mut names = Self { kind, keyed_by_id, ..Self::default() };
        for entry in entries {
            names.add(entry);
        }
        names
    }

    /// Adds one thing; one that has an id which is here already is the same thing.
    pub fn add(&mut self, entry: Named) {
        let index = self.entries.len();
        if let Some(id) = &entry.id {
            if self.by_id.contains_key(id) {
                return;
            }
            self.by_id.insert(id.clone(), index);
        }
        if let Some(name) = &entry.name {
            self.by_name.entry(name.clone()).or_default().push(index);
        }
        if let Some(email) = &entry.email {
            self.by_email.entry(email.clone()).or_default().push(index);
        }
        self.entries.push(entry);
    }

    /// Declares a name that a manifest will create, unless the tenant has it.
    pub fn declare(&mut self, name: &str) {
        if !self.by_name.contains_key(name) {
            self.add(Named { name: Some(name.to_owned()), ..Named::default() });
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Everything that has this name.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Named> {
        self.by_name.get(name).into_iter().flatten().map(|index| &self.entries[*index])
    }

    /// The thing with this id.
    #[must_use]
    pub fn with_id(&self, id: &str) -> Option<&Named> {
        self.by_id.get(id).map(|index| &self.entries[*index])
    }

    /// The address segment of the thing with this id, whether the tenant lists it or not.
    #[must_use]
    pub fn segment_of(&self, id: &str) -> String {
        if self.keyed_by_id {
            return id.to_owned();
        }
        match self.by_id.get(id) {
            Some(index) => self.key(*index).segment,
            None => format!("id:{id}"),
        }
    }

    /// What a person would call the thing with this id: its name, else the id.
    #[must_use]
    pub fn label_of(&self, id: &str) -> String {
        self.with_id(id).and_then(|entry| entry.name.clone()).unwrap_or_else(|| id.to_owned())
    }

    /// Finds what a reference means.
    ///
    /// # Errors
    /// Nothing matches, or two different things do.
    pub fn resolve(&self, text: &str) -> Result<Key, ReferenceError> {
        let mut found: Vec<usize> = Vec::new();
        let mut extend = |indices: Option<&Vec<usize>>| {
            found.extend(indices.into_iter().flatten());
        };
        match Reference::parse(text) {
            Reference::Id(id) => found.extend(self.by_id.get(id)),
            Reference::Name(name) => extend(self.by_name.get(name)),
            Reference::Bare(bare) => {
                extend(self.by_name.get(bare));
                extend(self.by_email.get(bare));
                found.extend(self.by_id.get(bare));
            }
        }
        found.sort_unstable();
        found.dedup();
        match found[..] {
            [one] => Ok(self.key(one)),
            [] => Err(ReferenceError::Unknown {
                kind: self.kind,
                text: text.to_owned(),
                similar: self.similar(text),
            }),
            [first, second, ..] => Err(ReferenceError::Ambiguous {
                kind: self.kind,
                text: text.to_owned(),
                first: self.describe(first),
                second: self.describe(second),
            }),
        }
    }

    fn key(&self, index: usize) -> Key {
        let entry = &self.entries[index];
        let unique_name = entry
            .name
            .as_ref()
            .filter(|name| self.by_name.get(*name).is_some_and(|all| all.len() == 1));
        let segment = match (&entry.id, unique_name) {
            (Some(id), _) if self.keyed_by_id => id.clone(),
            (_, Some(name)) => name.clone(),
            (Some(id), None) => format!("id:{id}"),
            (None, None) => String::new(),
        };
        Key { segment, id: entry.id.clone() }
    }

    fn describe(&self, index: usize) -> String {
        let entry = &self.entries[index];
        let name = entry.name.as_deref().or(entry.email.as_deref()).unwrap_or("no name");
        match &entry.id {
            Some(id) => format!("`{name}` (id:{id})"),
            None => format!("`{name}` (declared in the manifests)"),
        }
    }

    fn similar(&self, text: &str) -> Option<String> {
        let texts = self.by_name.keys().chain(self.by_email.keys()).chain(self.by_id.keys());
        closest(text, texts.map(String::as_str))
    }
}

/// The longest text that a "did you mean" is looked for, in characters.
const LONGEST_HINT: usize = 100;

/// The candidate that is most like `text`, if any is like enough for a "did you mean".
#[must_use]
pub fn closest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let length = text.chars().count();
    let near = |candidate: &str| {
        let other = candidate.chars().count();
        length <= LONGEST_HINT && other.abs_diff(length) <= 1 + other / 4
    };
    candidates
        .into_iter()
        .filter(|candidate| near(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(text, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
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
    fn a_typo_is_told() {
        let error = skills().resolve("biling").unwrap_err();
        assert_eq!(error.hint(), "did you mean `billing`?");
    }

    #[test]
    fn agents_are_keyed_by_id() {
        let agents = Names::new("agent", true, [named("u-1", "Ana Ortiz", "ana@example.com")]);
        for text in ["u-1", "Ana Ortiz", "ana@example.com"] {
            assert_eq!(agents.resolve(text).unwrap().segment, "u-1");
        }
    }
}
