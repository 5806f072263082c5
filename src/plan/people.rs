//! Which people a plan's messages name, and where: whole words of a text, the longest first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{CheckResult, Inputs};
use crate::facts::PEOPLE;
use crate::kinds::KINDS;
use crate::model::{Address, Desired, Facts, Observed};

/// Texts that name people, by the segment that each has in addresses.
pub type People = BTreeMap<String, BTreeSet<String>>;

/// Who can be meant by a text.
pub(super) type Meant = BTreeSet<Arc<str>>;

/// Texts that may stand in others, by the word or the sign that each begins with.
#[derive(Debug, Default)]
pub(super) struct Texts(BTreeMap<String, BTreeMap<String, Meant>>);

/// A piece of a text.
pub(super) enum Piece<'t> {
    /// What names nobody.
    Plain(&'t str),
    /// What names somebody, or may.
    Named(&'t str, &'t Meant),
}

/// The people whom messages name, by all that the tenant calls them.
pub(super) fn named_in(results: &[CheckResult], inputs: &Inputs<'_>) -> People {
    let mut people = People::new();
    let messages = || results.iter().flat_map(said);
    if messages().next().is_none() {
        return people;
    }
    let texts = Texts::of(inputs.desired, inputs.observed, inputs.facts);
    for piece in messages().flat_map(|message| texts.pieces(message)) {
        if let Piece::Named(text, meant) = piece {
            for person in meant {
                people.entry(person.to_string()).or_default().insert(text.to_owned());
            }
        }
    }
    people
}

/// What a rule said in words.
pub(super) fn said(result: &CheckResult) -> impl Iterator<Item = &String> {
    result.message.iter().chain(&result.hint)
}

impl Texts {
    /// All that is known of people: who is listed, and who is there or declared all the same.
    pub(super) fn of(desired: &Desired, observed: &Observed, facts: &Facts) -> Self {
        let mut texts = Self::default();
        let names = facts.of(PEOPLE);
        for (names, named) in names.iter().flat_map(|names| names.all().map(|one| (*names, one))) {
            let Some(id) = &named.id else { continue };
            let person: Arc<str> = names.segment_of(id).into();
            for text in [Some(id), named.name.as_ref(), named.email.as_ref()].into_iter().flatten()
            {
                texts.add(text, &person);
            }
        }
        for kind in KINDS.iter().filter(|kind| kind.person() == Some(0)) {
            let there = observed.remotes.heads(kind.name());
            for head in there.chain(desired.heads(kind.name())) {
                texts.add_person(&Address::of_parts(head, None).segment(0));
            }
        }
        texts
    }

    /// Adds a text that means a person, as it is and as addresses spell it.
    pub(super) fn add(&mut self, text: &str, person: &Arc<str>) {
        let spelled = Address::new("", &[text]).to_string();
        let spelled = spelled.trim_start_matches('/');
        for text in [text, spelled].into_iter().filter(|text| !text.is_empty()) {
            let texts = self.0.entry(start(text).to_owned()).or_default();
            texts.entry(text.to_owned()).or_default().insert(Arc::clone(person));
        }
    }

    /// Adds the person that has this segment in addresses.
    pub(super) fn add_person(&mut self, segment: &str) {
        self.add(segment, &Arc::from(segment));
    }

    /// A text in pieces.
    pub(super) fn pieces<'t>(&'t self, text: &'t str) -> Vec<Piece<'t>> {
        let mut pieces = Vec::new();
        let (mut plain, mut at) = (0, 0);
        while let Some(first) = text[at..].chars().next() {
            let before = &text[..at];
            let begins = !first.is_alphanumeric() || !before.ends_with(char::is_alphanumeric);
            match self.longest(before, &text[at..]).filter(|_| begins) {
                Some((found, meant)) => {
                    pieces.push(Piece::Plain(&text[plain..at]));
                    pieces.push(Piece::Named(found, meant));
                    at += found.len();
                    plain = at;
                }
                None => at += first.len_utf8(),
            }
        }
        pieces.push(Piece::Plain(&text[plain..]));
        pieces
    }

    /// The longest text with which `rest` begins, as a whole word.
    fn longest<'t>(&'t self, before: &str, rest: &'t str) -> Option<(&'t str, &'t Meant)> {
        let texts = self.0.get(start(rest))?;
        let fits = |(text, _): &(&String, &Meant)| {
            let Some(after) = rest.strip_prefix(text.as_str()) else { return false };
            let is_cut =
                text.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric);
            !is_cut && (!is_number(text) || is_a_name(before, after))
        };
        let found = texts.iter().filter(fits).max_by_key(|(text, _)| text.len());
        found.map(|(text, meant)| (&rest[..text.len()], meant))
    }
}

/// The word with which a text begins, or the sign.
fn start(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    let sign = || text.chars().next().map_or(0, char::len_utf8);
    &text[..if end > 0 { end } else { sign() }]
}

fn is_number(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit())
}

/// Whether a number between these is what somebody is called, and no count: it is quoted, part of
/// an address, or an item of a list.
fn is_a_name(before: &str, after: &str) -> bool {
    let item = before.strip_suffix(' ').unwrap_or(before);
    let begins = before.ends_with(['`', '/', ':']) || item.ends_with([':', ',']);
    let ends = after.starts_with(['`', '/', ',', ';']) || after.starts_with(" and ");
    begins && (ends || after.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Piece, Texts};

    fn texts() -> Texts {
        let mut texts = Texts::default();
        for (person, names) in [
            ("u-1", vec!["u-1", "Ann", "ann@example.com"]),
            ("u-10", vec!["u-10", "Ann Lee", "=cmd|' /C"]),
            ("u/2", vec!["u/2", "Ünal"]),
            ("17", vec!["17", "Ann"]),
        ] {
            names.iter().for_each(|name| texts.add(name, &Arc::from(person)));
        }
        texts
    }

    #[test]
    fn people_are_found_as_whole_words_the_longest_first() {
        let check = |text: &str, expect: &str| {
            let texts = texts();
            let told = |piece: Piece<'_>| match piece {
                Piece::Plain(text) => text.to_owned(),
                Piece::Named(text, meant) => {
                    let meant: Vec<&str> = meant.iter().map(|person| &**person).collect();
                    format!("[{text}={}]", meant.join("|"))
                }
            };
            let all: String = texts.pieces(text).into_iter().map(told).collect();
            assert_eq!(all, expect, "{text}");
        };
        check("Annex, Joann and Ann", "Annex, Joann and [Ann=17|u-1]");
        check("`Ann Lee`, Ann Leeds", "`[Ann Lee=u-10]`, [Ann=17|u-1] Leeds");
        check("u-10 u-1 u-100 u-1-2", "[u-10=u-10] [u-1=u-1] u-100 [u-1=u-1]-2");
        check("ann@example.com.", "[ann@example.com=u-1].");
        check("a/u%2F2/b and u/2", "a/[u%2F2=u/2]/b and [u/2=u/2]");
        check("Ünal Günal", "[Ünal=u/2] Günal");
        check("x=cmd|' /C y", "x[=cmd|' /C=u-10] y");
        check("17 of 17: 17 > 3", "17 of 17: 17 > 3");
        check(
            "`17` a/17/b; missing: 17, 17 and 3 more; 17 counted",
            "`[17=17]` a/[17=17]/b; missing: [17=17], [17=17] and 3 more; 17 counted",
        );
        check("", "");
    }
}
