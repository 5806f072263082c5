//! How a text in a manifest finds the tenant's thing: exactly, and never by guess.

use std::collections::BTreeMap;

use super::reference::{Reference, ReferenceError, closest};

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

/// What a reference found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The segment of its address: a unique name, else `id:…`; an id for agents.
    pub segment: String,
    /// The tenant's identifier; none for what the plan will create.
    pub id: Option<String>,
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
    /// What is renamed, by the new name.
    renamed: BTreeMap<String, Former>,
    /// What texts of other manifests call by another name than these do.
    aliases: BTreeMap<String, String>,
}

/// What a thing is called in the tenant before a manifest renames it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its address segment.
    pub segment: String,
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

    /// Gives the things with these ids new names. From here on they are found by these alone, and
    /// so is what names them: the tenant is seen as it will be called.
    pub fn rename<'n>(&mut self, renames: impl IntoIterator<Item = (&'n str, &'n str)>) {
        let mut renamed: Vec<(usize, &str, Former)> = Vec::new();
        for (id, name) in renames {
            if let Some(index) = self.by_id.get(id).copied() {
                let former = self.entries[index].name.clone();
                renamed.push((
                    index,
                    name,
                    Former { name: former, segment: self.key(index).segment },
                ));
            }
        }
        // All old names go before any new one comes: one may be both.
        for (index, _, former) in &renamed {
            if let Some(name) = &former.name
                && let Some(all) = self.by_name.get_mut(name)
            {
                all.retain(|other| other != index);
                if all.is_empty() {
                    self.by_name.remove(name);
                }
            }
        }
        for (index, name, former) in renamed {
            self.entries[index].name = Some(name.to_owned());
            self.by_name.entry(name.to_owned()).or_default().push(index);
            self.renamed.insert(name.to_owned(), former);
        }
    }

    /// What the thing with this new name is called in the tenant, where a manifest renames it.
    #[must_use]
    pub fn former(&self, name: &str) -> Option<&Former> {
        self.renamed.get(name)
    }

    /// A text that names `old` means what is called `new`: other manifests were written before it
    /// was renamed. What they say of it is no rename.
    pub fn alias(&mut self, old: &str, new: &str) {
        self.aliases.insert(old.to_owned(), new.to_owned());
        self.renamed.remove(new);
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

    /// The ids of all that have one.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Named> {
        self.entries.iter()
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
        let called =
            |name: &str| self.by_name.get(self.aliases.get(name).map_or(name, String::as_str));
        match Reference::parse(text) {
            Reference::Id(id) => found.extend(self.by_id.get(id)),
            Reference::Name(name) => extend(called(name)),
            Reference::Bare(bare) => {
                extend(called(bare));
                extend(self.by_email.get(bare));
                found.extend(self.by_id.get(bare));
            }
        }
        found.sort_unstable();
        found.dedup();
        match found[..] {
            [one] => Ok(self.key(one)),
            [] => Err(self.missing(text)),
            [first, second, ..] => Err(ReferenceError::Ambiguous {
                kind: self.kind,
                text: text.to_owned(),
                first: self.describe(first),
                second: self.describe(second),
            }),
        }
    }

    /// Why nothing has this name.
    fn missing(&self, text: &str) -> ReferenceError {
        let (kind, text) = (self.kind, text.to_owned());
        let name = match Reference::parse(&text) {
            Reference::Bare(name) | Reference::Name(name) => Some(name),
            Reference::Id(_) => None,
        };
        let is_former = |(_, former): &(&String, &Former)| former.name.as_deref() == name;
        match self.renamed.iter().find(is_former).filter(|_| name.is_some()) {
            Some((to, _)) => ReferenceError::Renamed { kind, to: to.clone(), text },
            None => ReferenceError::Unknown { kind, similar: self.similar(&text), text },
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
        assert_eq!(
            ["b", "c", "own", "a"].map(former),
            [Some("a"), Some("b"), Some("id:q-4"), None]
        );
    }

    #[test]
    fn agents_are_keyed_by_id() {
        let agents = Names::new("agent", true, [named("u-1", "Ana Ortiz", "ana@example.com")]);
        for text in ["u-1", "Ana Ortiz", "ana@example.com"] {
            assert_eq!(agents.resolve(text).unwrap().segment, "u-1");
        }
    }
}
