//! A snapshot as JSON, read section by section and row by row: a large tenant is never held whole.

use std::io::Read;

/// How much is read at a time, in bytes.
const CHUNK: usize = 1 << 20;

/// Why a text is not a snapshot's JSON.
#[derive(Debug, thiserror::Error)]
pub enum SectionError {
    /// The file cannot be read.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// The text is not JSON, or not an object of lists.
    #[error("at byte {offset}: expected {expected}")]
    Syntax {
        /// The offset of what should not be there, from 0.
        offset: u64,
        /// What should.
        expected: &'static str,
    },
}

/// What to do with a section or go on with after a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Its rows, or its value where it is no list.
    Rows,
    /// Nothing of it.
    Nothing,
    /// Nothing more of the whole text.
    End,
}

/// Reads the sections of a snapshot. `wants` is asked before each; `take` is given each wanted
/// row, as JSON that need not be valid inside, with the name of its section.
///
/// # Errors
/// The text cannot be read, or is not an object.
pub fn sections(
    source: impl Read,
    mut wants: impl FnMut(&str) -> Wanted,
    mut take: impl FnMut(&str, &str),
) -> Result<(), SectionError> {
    let mut scanner = Scanner { source, buffer: Vec::new(), at: 0, before: 0, is_over: false };
    scanner.pass_mark()?;
    scanner.punctuation(b'{', "an object")?;
    let mut is_first = true;
    while scanner.goes_on(b'}', &mut is_first)? {
        let name = serde_json::from_str::<String>(scanner.value()?);
        let name = name.map_err(|_| scanner.expected("the name of a section"))?;
        scanner.punctuation(b':', "a colon")?;
        match (wants(&name), scanner.peek()?) {
            (Wanted::End, _) => return Ok(()),
            (Wanted::Nothing, _) => scanner.pass()?,
            (Wanted::Rows, Some(b'[')) => {
                scanner.punctuation(b'[', "a list")?;
                let mut is_first = true;
                while scanner.goes_on(b']', &mut is_first)? {
                    take(&name, scanner.value()?);
                }
            }
            (Wanted::Rows, _) => take(&name, scanner.value()?),
        }
    }
    match scanner.peek()? {
        None => Ok(()),
        Some(_) => Err(scanner.expected("the end")),
    }
}

/// Goes over JSON text that comes in chunks.
struct Scanner<R> {
    source: R,
    buffer: Vec<u8>,
    /// Where in the buffer it stands.
    at: usize,
    /// How many bytes came before the buffer.
    before: u64,
    is_over: bool,
}

impl<R: Read> Scanner<R> {
    /// Drops what was passed and reads on; false at the end of the text.
    fn read_on(&mut self) -> Result<bool, SectionError> {
        if self.is_over {
            return Ok(false);
        }
        self.buffer.drain(..self.at);
        self.before += self.at as u64;
        self.at = 0;
        let count = (&mut self.source).take(CHUNK as u64).read_to_end(&mut self.buffer)?;
        self.is_over = count == 0;
        Ok(count > 0)
    }

    /// Goes over a byte order mark.
    fn pass_mark(&mut self) -> Result<(), SectionError> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        while self.buffer.len() < MARK.len() && self.read_on()? {}
        if self.buffer.starts_with(MARK) {
            self.at = MARK.len();
        }
        Ok(())
    }

    /// The next byte that is no space; none at the end.
    fn peek(&mut self) -> Result<Option<u8>, SectionError> {
        loop {
            match self.buffer.get(self.at).copied() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(Some(byte)),
                None if self.read_on()? => {}
                None => return Ok(None),
            }
        }
    }

    fn punctuation(&mut self, mark: u8, what: &'static str) -> Result<(), SectionError> {
        if self.peek()? != Some(mark) {
            return Err(self.expected(what));
        }
        self.at += 1;
        Ok(())
    }

    /// Whether there is another member before the closing mark, which is passed.
    fn goes_on(&mut self, close: u8, is_first: &mut bool) -> Result<bool, SectionError> {
        let next = self.peek()?;
        if next == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::replace(is_first, false) {
            self.punctuation(b',', "a comma or the end of the list")?;
        }
        Ok(true)
    }

    /// The text of the next value.
    fn value(&mut self) -> Result<&str, SectionError> {
        let end = self.end_of_value(true)?;
        let (start, end) = (self.at, self.at + end);
        self.at = end;
        let value = self.buffer.get(start..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
        value.ok_or(SectionError::Syntax {
            offset: self.before + start as u64,
            expected: "a value in UTF-8",
        })
    }

    /// Goes over the next value.
    fn pass(&mut self) -> Result<(), SectionError> {
        let end = self.end_of_value(false)?;
        self.at += end;
        Ok(())
    }

    /// How far the next value goes from here; one that is not kept is dropped as it is passed.
    fn end_of_value(&mut self, is_kept: bool) -> Result<usize, SectionError> {
        if self.peek()?.is_none() {
            return Err(self.expected("a value"));
        }
        let mut inside = Inside::default();
        let mut length = 0;
        loop {
            if let Some(end) = inside.end(&self.buffer[self.at + length..]) {
                return match length + end {
                    0 => Err(self.expected("a value")),
                    whole => Ok(whole),
                };
            }
            length = self.buffer.len() - self.at;
            if !is_kept {
                self.at = self.buffer.len();
                length = 0;
            }
            if !self.read_on()? {
                return match inside.is_bare() && length > 0 {
                    true => Ok(length),
                    false => Err(self.expected("the end of a value")),
                };
            }
        }
    }

    fn expected(&self, expected: &'static str) -> SectionError {
        SectionError::Syntax { offset: self.before + self.at as u64, expected }
    }
}

/// Where inside a value it stands.
#[derive(Default)]
struct Inside {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    has_begun: bool,
}

impl Inside {
    /// Whether the value is a number or a word, which ends where the text does.
    fn is_bare(&self) -> bool {
        self.depth == 0 && !self.in_text
    }

    /// Where in these bytes the value ends; none where it goes on after them.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if self.in_text {
                at = self.pass_text(bytes, at)?;
                if self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            match byte {
                b'"' if self.depth == 0 && self.has_begun => return Some(at),
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => return Some(at + 1),
                b'}' | b']' | b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if self.depth == 0 => {
                    return Some(at);
                }
                _ => {}
            }
            self.has_begun = true;
            at += 1;
        }
        None
    }

    /// Goes over a text to after its closing quote; none where it goes on after these bytes.
    fn pass_text(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        if std::mem::take(&mut self.is_escaped) {
            at += 1;
        }
        loop {
            at += bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            if bytes.get(at) == Some(&b'"') {
                self.in_text = false;
                return Some(at + 1);
            }
            if at + 1 == bytes.len() {
                self.is_escaped = true;
                return None;
            }
            at += 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{Wanted, sections};

    /// Gives so many bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn told(text: &str, chunk: usize) -> String {
        let mut told = Vec::new();
        let wants = |name: &str| match name {
            "skip" => Wanted::Nothing,
            "stop" => Wanted::End,
            _ => Wanted::Rows,
        };
        let slow = Slow(text.as_bytes(), chunk);
        match sections(slow, wants, |name, row| told.push(format!("{name}={row}"))) {
            Ok(()) => told.join(" "),
            Err(error) => error.to_string(),
        }
    }

    fn check(text: &str, expect: &str) {
        for chunk in [1, 2, 7, 1000] {
            assert_eq!(told(text, chunk), expect, "{text} by {chunk}");
        }
    }

    #[test]
    fn rows_come_one_by_one() {
        check("{}", "");
        check(r#" { "a" : [ ] , "b":[1 , 2]}"#, "b=1 b=2");
        check(r#"{"a":[{"x":"}\"]"},{"y":[[]]}],"k":"T"}"#, r#"a={"x":"}\"]"} a={"y":[[]]} k="T""#);
        check(r#"{"skip":[{"x":"]"},[1]],"n":17}"#, "n=17");
        check(r#"{"a":[1],"stop":[2],"b":[3]}"#, "a=1");
        check("{\"a\":[\"\u{e9}\u{1f600}\"]}\n", "a=\"\u{e9}\u{1f600}\"");
        check(r#"{"\u0061":true}"#, "a=true");
        check("\u{feff}{\"a\":1}", "a=1");
    }

    #[test]
    fn what_is_no_snapshot_is_told() {
        check("", "at byte 0: expected an object");
        check("[1]", "at byte 0: expected an object");
        check(r#"{"a" 1}"#, "at byte 5: expected a colon");
        check(r#"{"a":[1 2]}"#, "at byte 8: expected a comma or the end of the list");
        check(r#"{"a":[1,]}"#, "at byte 8: expected a value");
        check(r#"{"a":[{"x":1"#, "at byte 6: expected the end of a value");
        check(r#"{"a":1} {"#, "at byte 8: expected the end");
        check(r#"{7:1}"#, "at byte 2: expected the name of a section");
    }
}
