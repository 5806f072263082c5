//! Canonical JSON (RFC 8785) as bytes: no spaces, keys in one order. What two documents have in
//! common is found by walking both texts once, without making trees of them.

/// Whether `full` has every leaf of `mask`, with the same value.
pub(super) fn covers(full: &str, mask: &str) -> bool {
    if !(is_object(full) && is_object(mask)) {
        return full == mask;
    }
    let mut has = Entries::of(full);
    Entries::of(mask)
        .all(|(key, inner)| has.find(|(own, _)| *own == key).is_some_and(|(_, v)| covers(v, inner)))
}

/// Adds `full` cut down to the leaves of `mask`; one that it lacks is left out.
pub(super) fn project(full: &str, mask: &str, out: &mut String) {
    if !(is_object(full) && is_object(mask)) {
        out.push_str(full);
        return;
    }
    out.push('{');
    let mut wanted = Entries::of(mask).peekable();
    let start = out.len();
    for (key, value) in Entries::of(full) {
        // Both have their keys in the same order; what `full` lacks is passed over.
        while wanted.next_if(|(other, _)| precedes(other, key)).is_some() {}
        if let Some((_, inner)) = wanted.next_if(|(other, _)| *other == key) {
            if out.len() > start {
                out.push(',');
            }
            out.push_str(key);
            out.push(':');
            project(value, inner, out);
        }
    }
    out.push('}');
}

fn is_object(text: &str) -> bool {
    text.starts_with('{')
}

/// Whether a key, written as JSON, comes before another: by UTF-16 units, as RFC 8785 sorts.
fn precedes(key: &str, other: &str) -> bool {
    let plain = |key: &str| !key.contains('\\') && key.is_ascii();
    if plain(key) && plain(other) {
        // The closing quotes are no part of the keys.
        return key[..key.len() - 1] < other[..other.len() - 1];
    }
    let text = |key: &str| serde_json::from_str::<String>(key).unwrap_or_default();
    text(key).encode_utf16().lt(text(other).encode_utf16())
}

/// The entries of a canonical object: each key with its quotes, and the text of its value.
struct Entries<'a> {
    /// What comes after the opening brace or a comma; empty at the end.
    rest: &'a str,
}

impl<'a> Entries<'a> {
    fn of(object: &'a str) -> Self {
        let rest = object.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        Self { rest: rest.unwrap_or_default() }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, rest) = self.rest.split_at_checked(text_end(self.rest.as_bytes())?)?;
        let rest = rest.strip_prefix(':')?;
        let (value, rest) = rest.split_at_checked(value_end(rest.as_bytes()))?;
        self.rest = rest.strip_prefix(',').unwrap_or_default();
        Some((key, value))
    }
}

/// Where the text that begins here ends, after its closing quote; none where there is no text.
fn text_end(bytes: &[u8]) -> Option<usize> {
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Where the value that begins here ends.
fn value_end(bytes: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at += text_end(&bytes[at..]).unwrap_or(bytes.len() - at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' | b',' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{covers, project};

    fn check(full: &str, mask: &str, expect: &str) {
        let mut out = String::new();
        project(full, mask, &mut out);
        assert_eq!(out, expect, "{full} {mask}");
        assert_eq!(covers(full, mask), out == mask, "{full} {mask}");
    }

    #[test]
    fn only_what_the_mask_has_is_kept() {
        check(r#"{"a":1,"b":2}"#, r#"{"a":1}"#, r#"{"a":1}"#);
        check(r#"{"a":1,"b":2}"#, r#"{"a":2}"#, r#"{"a":1}"#);
        check(r#"{"a":1,"b":2}"#, r#"{"b":2,"c":3}"#, r#"{"b":2}"#);
        check(r#"{"b":2}"#, r#"{"a":1,"b":2}"#, r#"{"b":2}"#);
        check(r#"{"a":1}"#, "{}", "{}");
        check("{}", r#"{"a":1}"#, "{}");
        check(
            r#"{"a":{"x":1,"y":[1,{"q":"}"}]}}"#,
            r#"{"a":{"y":0}}"#,
            r#"{"a":{"y":[1,{"q":"}"}]}}"#,
        );
        check(r#"{"a":{"x":1}}"#, r#"{"a":7}"#, r#"{"a":{"x":1}}"#);
        check(r#"{"a":7}"#, r#"{"a":{"x":1}}"#, r#"{"a":7}"#);
        check(r#"{"a\"b":"c\\","d":null}"#, r#"{"d":null}"#, r#"{"d":null}"#);
        check(r#"{"a":1,"a-":2,"ab":3}"#, r#"{"a-":2,"ab":3}"#, r#"{"a-":2,"ab":3}"#);
        // U+1F600 sorts before U+FB33 by UTF-16 units, and after it by code points.
        check("{\"\u{1f600}\":1,\"\u{fb33}\":2}", "{\"\u{fb33}\":2}", "{\"\u{fb33}\":2}");
    }
}
