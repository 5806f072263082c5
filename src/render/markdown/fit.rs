//! What fits: sections that can be told at more or less length, and the bytes that there are.

/// A part of the text, at several lengths.
#[derive(Default)]
pub(super) struct Section {
    /// The longest first.
    variants: Vec<Variant>,
    taken: usize,
    /// What even the longest leaves out.
    beside: String,
}

/// One length of a section.
#[derive(Clone)]
struct Variant {
    text: String,
    /// What is left out, in words; nothing where that is nothing.
    cut: String,
}

impl Section {
    /// A section that says everything.
    #[must_use]
    pub(super) fn of(text: String) -> Self {
        Self { variants: vec![Variant { text, cut: String::new() }], ..Self::default() }
    }

    /// What even the longest leaves out.
    #[must_use]
    pub(super) fn leaving_out(self, what: String) -> Self {
        Self { beside: what, ..self }
    }

    /// Another length, and what it leaves out; the same as before where it is no shorter.
    #[must_use]
    pub(super) fn or(mut self, text: String, cut: impl Into<String>) -> Self {
        let shorter = Variant { text, cut: cut.into() };
        let is_shorter = |last: &&Variant| shorter.text.len() >= last.text.len();
        let last = self.variants.last().filter(is_shorter).cloned();
        self.variants.push(last.unwrap_or(shorter));
        self
    }

    /// Says this instead, whatever it said.
    pub(super) fn replace(&mut self, text: String, cut: impl Into<String>) {
        self.variants = vec![Variant { text, cut: cut.into() }];
        self.taken = 0;
    }

    /// What it says at its present length.
    #[must_use]
    pub(super) fn text(&self) -> &str {
        self.variants.get(self.taken).map_or("", |variant| &variant.text)
    }

    /// What it leaves out at its present length.
    #[must_use]
    pub(super) fn cut(&self) -> &str {
        self.variants.get(self.taken).map_or("", |variant| &variant.cut)
    }

    /// What is left out whether there is room or not.
    #[must_use]
    pub(super) fn left_out(&self) -> &str {
        if self.cut().is_empty() { &self.beside } else { "" }
    }

    fn can_shrink(&self, to: usize) -> bool {
        self.taken < to && to < self.variants.len()
    }
}

/// Shortens sections in this order (a section, and to which of its lengths) until they fit, then lets
/// those grow again for which there is room after all. `size` tells how many bytes all of it takes.
pub(super) fn fit(
    sections: &mut [Section],
    order: &[(usize, usize)],
    budget: usize,
    size: impl Fn(&[Section]) -> usize,
) {
    shrink(sections, order, budget, &size);
    if size(sections) > budget {
        return;
    }
    for (index, _) in order.iter().rev() {
        let taken = sections.get(*index).map_or(0, |section| section.taken);
        for longer in 0..taken {
            sections[*index].taken = longer;
            if size(sections) <= budget {
                break;
            }
            sections[*index].taken = taken;
        }
    }
}

fn shrink(
    sections: &mut [Section],
    order: &[(usize, usize)],
    budget: usize,
    size: impl Fn(&[Section]) -> usize,
) {
    for (section, to) in order {
        if size(sections) <= budget {
            return;
        }
        if let Some(section) = sections.get_mut(*section).filter(|s| s.can_shrink(*to)) {
            section.taken = *to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Section, fit};

    fn told(budget: usize) -> String {
        let long = |letter: &str| letter.repeat(10);
        let mut sections = [
            Section::of(long("a")).or("aaa".into(), "a"),
            Section::of(long("b")).or("bbbbb".into(), "b").or(String::new(), "all of b"),
        ];
        fit(&mut sections, &[(1, 1), (0, 1), (1, 2)], budget, |sections| {
            sections.iter().map(|section| section.text().len()).sum()
        });
        let texts: Vec<&str> = sections.iter().map(Section::text).collect();
        let cuts: Vec<&str> = sections.iter().map(Section::cut).collect();
        format!("{} {}", texts.concat(), cuts.join(","))
    }

    #[test]
    fn what_matters_less_goes_first() {
        let check = |budget: usize, expect: &str| assert_eq!(told(budget), expect, "{budget}");
        check(20, "aaaaaaaaaabbbbbbbbbb ,");
        check(19, "aaaaaaaaaabbbbb ,b");
        check(14, "aaabbbbbbbbbb a,");
        check(12, "aaabbbbb a,b");
        check(7, "aaa a,all of b");
        check(0, "aaa a,all of b");
    }
}
