//! The names of people beside their ids, in manifests that are made of what the tenant has: whoever
//! reviews them has to know who is meant.

use std::collections::BTreeMap;

use crate::kinds::Kind;
use crate::manifest;
use crate::model::{Address, Facts, Remote, neutral};

/// Who the keys of people are, by the lines that such a key makes.
pub(super) fn people(
    kind: &dyn Kind,
    own: &[(Address, &Remote)],
    facts: &Facts,
) -> anyhow::Result<BTreeMap<String, String>> {
    let (Some(segment), Some(names)) = (kind.person(), facts.of(crate::facts::PEOPLE)) else {
        return Ok(BTreeMap::new());
    };
    let mut people = BTreeMap::new();
    for (address, _) in own {
        let key = address.segment(segment);
        let Some(person) = names.with_id(&key) else { continue };
        let told: Vec<&str> =
            person.name.as_deref().into_iter().chain(person.email.as_deref()).collect();
        let line = format!("{}:", manifest::to_yaml(&key)?.trim_end());
        people.insert(line, neutral(&told.join(", ")).replace('\n', " "));
    }
    Ok(people)
}

/// The text with a comment on each line that is a person's key.
pub(super) fn named(yaml: &str, people: &BTreeMap<String, String>) -> String {
    let told = yaml.lines().map(|line| match people.get(line.trim_start()) {
        Some(person) if !person.is_empty() => format!("{line}  # {person}\n"),
        _ => format!("{line}\n"),
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::named;

    #[test]
    fn only_the_keys_of_people_are_commented() {
        let who = |line: &str, who: &str| (line.to_owned(), who.to_owned());
        let people =
            BTreeMap::from([who("u-1:", "Ana, ana@x"), who("\"7\":", "Ben"), who("u-3:", "")]);
        let yaml = "spec:\n  agents:\n    u-1:\n      u-1: 4\n    \"7\":\n    u-3:\n    u-11:\n";
        let expect = "spec:\n  agents:\n    u-1:  # Ana, ana@x\n      u-1: 4\n    \"7\":  # Ben\n    u-3:\n    u-11:\n";
        assert_eq!(named(yaml, &people), expect);
    }
}
