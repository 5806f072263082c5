//! The only place that prints, and the only one that asks.

mod text;

use std::io::{BufRead, BufWriter, ErrorKind, IsTerminal, Write};

use super::environment::Environment;
use super::files::Content;
use crate::model::{neutral, neutral_lines};

/// One of the two ways out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Why something could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The reader went away. Nobody is left to be told.
    #[error("the reader of the output went away")]
    BrokenPipe,
    /// The output cannot be written: its device is full, …
    #[error("{stream} cannot be written: {cause}")]
    Write {
        /// Which one.
        stream: &'static str,
        /// Why.
        cause: std::io::Error,
    },
    /// The answer to a question cannot be read.
    #[error("standard input cannot be read: {0}")]
    Read(std::io::Error),
}

/// Standard output, standard error and the person in front of them.
pub struct Console {
    out: Sink,
    err: Sink,
    input: Box<dyn BufRead + Send>,
    interactive: bool,
    /// Standard output belongs to somebody else.
    is_given: bool,
}

struct Sink {
    to: Box<dyn Write + Send>,
    name: &'static str,
    colour: bool,
    is_terminal: bool,
}

impl Console {
    /// The console of this process. Colour is on for a terminal, or where `CI` or `CLICOLOR_FORCE`
    /// is set, and off where `NO_COLOR` is.
    #[must_use]
    pub fn of_process(environment: &Environment) -> Self {
        let (out, err) = (std::io::stdout(), std::io::stderr());
        let input = std::io::stdin();
        Self {
            interactive: input.is_terminal() && err.is_terminal(),
            is_given: false,
            out: Sink {
                colour: is_coloured(environment, out.is_terminal()),
                is_terminal: out.is_terminal(),
                to: Box::new(BufWriter::new(out)),
                name: "standard output",
            },
            err: Sink {
                colour: is_coloured(environment, err.is_terminal()),
                is_terminal: err.is_terminal() && environment.get("TERM") != Some("dumb"),
                to: Box::new(BufWriter::new(err)),
                name: "standard error",
            },
            input: Box::new(std::io::BufReader::new(input)),
        }
    }

    /// A console of other streams, without colour: for tests. `answers` is what a person would
    /// type; none where there is no terminal.
    #[must_use]
    pub fn of_streams(
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
        answers: Option<&str>,
    ) -> Self {
        Self {
            interactive: answers.is_some(),
            is_given: false,
            out: Sink::plain(Box::new(out), "standard output"),
            err: Sink::plain(Box::new(err), "standard error"),
            input: Box::new(std::io::Cursor::new(answers.unwrap_or_default().to_owned())),
        }
    }

    /// Prints what a machine reads to standard output, as it is.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub fn data(&mut self, text: &str) -> Result<(), ConsoleError> {
        self.out.write(text)
    }

    /// Prints what a machine reads to standard output while it is made.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub fn stream(&mut self, content: Content<'_>) -> Result<(), ConsoleError> {
        let written = content(&mut self.out.to).and_then(|()| self.out.to.flush());
        written.map_err(|cause| self.out.error(cause))
    }

    /// Prints what a person reads, as [`Console::talk`] does, while it is made.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub fn talk_long(
        &mut self,
        stream: Stream,
        content: impl FnOnce(&mut dyn std::fmt::Write) -> std::fmt::Result,
    ) -> Result<(), ConsoleError> {
        let mut talker = Talker { console: self, stream, waiting: String::new(), error: None };
        let written = content(&mut talker);
        let rest = std::mem::take(&mut talker.waiting);
        match (talker.error.take(), written) {
            (Some(error), _) => Err(error),
            // Nothing but the talker itself can fail to be written to.
            (None, _) => self.talk(stream, &rest),
        }
    }

    /// Prints what a person reads: control characters and commands to CI become visible, then colour
    /// is added.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub fn talk(&mut self, stream: Stream, text: &str) -> Result<(), ConsoleError> {
        let sink = match stream {
            Stream::Out if !self.is_given => &mut self.out,
            Stream::Out | Stream::Err => &mut self.err,
        };
        let text = neutral_lines(text);
        if sink.colour { sink.write(&text::coloured(&text)) } else { sink.write(&text) }
    }

    /// Gives standard output away, to be a machine's alone; what people are told there comes on
    /// standard error from now on.
    pub fn hand_over_out(&mut self) -> Box<dyn Write + Send> {
        self.is_given = true;
        std::mem::replace(&mut self.out.to, Box::new(std::io::sink()))
    }

    /// How many characters a line of standard error, a terminal, takes.
    #[must_use]
    pub fn width(&self) -> usize {
        const USUAL: usize = 80;
        let size = terminal_size::terminal_size_of(std::io::stderr());
        size.map_or(USUAL, |(width, _)| usize::from(width.0))
    }

    /// Whether standard error has a line that can be written over.
    #[must_use]
    pub fn has_status(&self) -> bool {
        self.err.is_terminal
    }

    /// Writes over the last line of standard error, a terminal; an empty text takes it away.
    ///
    /// # Errors
    /// The stream cannot be written.
    pub fn status(&mut self, text: &str) -> Result<(), ConsoleError> {
        self.err.write(&format!("\r{}\u{1b}[K", neutral(text)))
    }

    /// Whether there is a person to ask: input and standard error are a terminal.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Asks on standard error. True where the answer is exactly `yes`; false without a terminal,
    /// where nothing is asked.
    ///
    /// # Errors
    /// The question cannot be printed, or the answer not read.
    pub fn confirm(&mut self, prompt: &str) -> Result<bool, ConsoleError> {
        if !self.interactive {
            return Ok(false);
        }
        self.talk(Stream::Err, prompt)?;
        let mut answer = String::new();
        self.input.read_line(&mut answer).map_err(ConsoleError::Read)?;
        Ok(answer.trim_end_matches(['\n', '\r']) == "yes")
    }
}

impl Sink {
    fn plain(to: Box<dyn Write + Send>, name: &'static str) -> Self {
        Self { to, name, colour: false, is_terminal: false }
    }

    fn write(&mut self, text: &str) -> Result<(), ConsoleError> {
        let written = self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush());
        written.map_err(|cause| self.error(cause))
    }

    fn error(&self, cause: std::io::Error) -> ConsoleError {
        match cause.kind() {
            ErrorKind::BrokenPipe => ConsoleError::BrokenPipe,
            _ => ConsoleError::Write { stream: self.name, cause },
        }
    }
}

/// Collects lines, and prints them when there are enough of them.
struct Talker<'c> {
    console: &'c mut Console,
    stream: Stream,
    waiting: String,
    error: Option<ConsoleError>,
}

impl std::fmt::Write for Talker<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        const ENOUGH: usize = 64 << 10;
        self.waiting.push_str(text);
        // Colour goes by whole lines.
        if self.waiting.len() < ENOUGH || !self.waiting.ends_with('\n') {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.waiting);
        self.console.talk(self.stream, &lines).map_err(|error| {
            self.error = Some(error);
            std::fmt::Error
        })
    }
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("interactive", &self.interactive).finish_non_exhaustive()
    }
}

fn is_coloured(environment: &Environment, is_terminal: bool) -> bool {
    if environment.get("NO_COLOR").is_some() {
        return false;
    }
    let forced = environment.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    forced || is_terminal || environment.get("CI").is_some()
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Write};
    use std::sync::{Arc, Mutex};

    use super::{Console, ConsoleError, Stream, is_coloured};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Shared {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn data_is_as_it_is_and_talk_is_neutral() {
        let (out, err) = (Shared::default(), Shared::default());
        let mut console = Console::of_streams(out.clone(), err.clone(), None);
        console.data("{\"a\":\"\u{9b}\"}\n").unwrap();
        console.talk(Stream::Err, "\u{1b}[2Jgone\n").unwrap();
        assert_eq!(out.text(), "{\"a\":\"\u{9b}\"}\n");
        assert_eq!(err.text(), "\\u{1b}[2Jgone\n");
    }

    #[test]
    fn who_is_given_standard_output_has_it_alone() {
        let (out, err) = (Shared::default(), Shared::default());
        let mut console = Console::of_streams(out.clone(), err.clone(), None);
        console.talk(Stream::Out, "before\n").unwrap();
        let mut given = console.hand_over_out();
        console.talk(Stream::Out, "after\n").unwrap();
        given.write_all(b"{}\n").unwrap();
        assert_eq!((out.text().as_str(), err.text().as_str()), ("before\n{}\n", "after\n"));
    }

    #[test]
    fn only_yes_is_yes() {
        let check = |answers: Option<&str>, expect: bool, asked: &str| {
            let err = Shared::default();
            let mut console = Console::of_streams(Vec::new(), err.clone(), answers);
            assert_eq!(console.confirm("Apply? ").unwrap(), expect, "{answers:?}");
            assert_eq!(err.text(), asked, "{answers:?}");
        };
        check(Some("yes\n"), true, "Apply? ");
        check(Some("yes\r\n"), true, "Apply? ");
        check(Some("y\n"), false, "Apply? ");
        check(Some("Yes\n"), false, "Apply? ");
        check(Some(" yes\n"), false, "Apply? ");
        check(Some("no\nyes\n"), false, "Apply? ");
        check(Some(""), false, "Apply? ");
        check(None, false, "");
    }

    #[test]
    fn a_broken_pipe_is_told_apart_from_a_full_device() {
        let mut pipe = Console::of_streams(Failing(ErrorKind::BrokenPipe), Vec::new(), None);
        assert!(matches!(pipe.data("x"), Err(ConsoleError::BrokenPipe)));
        let mut full = Console::of_streams(Failing(ErrorKind::StorageFull), Vec::new(), None);
        let error = full.talk(Stream::Out, "x").unwrap_err().to_string();
        assert!(error.starts_with("standard output cannot be written: "), "{error}");
    }

    #[test]
    fn when_there_is_colour() {
        let check = |variables: &[(&str, &str)], terminal: bool, expect: bool| {
            let environment = variables.iter().copied().collect();
            assert_eq!(is_coloured(&environment, terminal), expect, "{variables:?} {terminal}");
        };
        check(&[], false, false);
        check(&[], true, true);
        check(&[("CI", "true")], false, true);
        check(&[("CLICOLOR_FORCE", "1")], false, true);
        check(&[("CLICOLOR_FORCE", "0")], false, false);
        check(&[("NO_COLOR", "1"), ("CI", "1"), ("CLICOLOR_FORCE", "1")], true, false);
        check(&[("NO_COLOR", "")], true, true);
    }
}
