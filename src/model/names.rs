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
            None => ReferenceError::Unknown { kind, hint: self.instead(&text), text },
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

    /// What to write where nothing has this name.
    fn instead(&self, text: &str) -> String {
        const NAMED: usize = 5;
        let kind = self.kind;
        if let Some(similar) = self.similar(text) {
            return format!("did you mean `{similar}`?");
        }
        // Of people there are many, and whoever reads this need not know them.
        if self.keyed_by_id {
            let email =
                if self.by_email.is_empty() { " or name" } else { ", name or e-mail address" };
            return format!("a reference is the {kind}'s id{email}, exactly");
        }
        let named: Vec<String> =
            self.by_name.keys().take(NAMED).map(|name| format!("`{name}`")).collect();
        let others = match self.by_name.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        match &named[..] {
            [] => format!("a reference is the {kind}'s id or name, exactly"),
            [only] => format!("there is only {only}"),
            _ => format!("there are {}{others}", named.join(", ")),
        }
    }

    fn similar(&self, text: &str) -> Option<String> {
        let texts = self.by_name.keys().chain(self.by_email.keys()).chain(self.by_id.keys());
        closest(text, texts.map(String::as_str))
    }
}

#[cfg(test)]
mod tests;
