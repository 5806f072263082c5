//! The command that would make and apply a plan again, for people to copy.

use std::ffi::OsStr;
use std::path::Path;

use super::args::{Global, Planning, RedactionArgs};
use crate::render::Commands;

/// A command line that grows word by word, each quoted for a shell where it must be.
#[derive(Clone)]
pub(super) struct CommandText {
    text: String,
    /// The command that shows all of the same plan, where there is one.
    whole: Option<String>,
}

impl CommandText {
    /// `cxform COMMAND` with the flags that go with all commands.
    pub(super) fn new(global: &Global, command: &str) -> Self {
        let mut text = Self { text: "cxform".to_owned(), whole: None };
        let Global { config, chdir, tenant, state_dir, log: _ } = global;
        text.flag("--config", config.as_deref());
        text.flag("--chdir", chdir.as_deref());
        text.flag("--tenant", tenant.as_deref());
        text.flag("--state-dir", state_dir.as_deref());
        text.word(command);
        text
    }

    /// `cxform apply` of a plan that was made now: of the saved file, where it was saved.
    pub(super) fn apply(global: &Global, planning: &Planning) -> Self {
        if let Some(out) = planning.out.as_deref().filter(|out| *out != Path::new("-")) {
            return Self::apply_saved(global, out, planning.redaction);
        }
        let mut whole = Self::planned(global, "plan", planning);
        whole.flag("--live", planning.live.as_deref());
        whole.flag(
            "--timeline",
            planning.timing.timeline.map(|ahead| format!("{}h", ahead.0.as_hours())),
        );
        whole.flag("--detail", Some("full"));
        Self { whole: Some(whole.text), ..Self::planned(global, "apply", planning) }
    }

    /// A command with the flags that shape a plan.
    fn planned(global: &Global, command: &str, planning: &Planning) -> Self {
        let mut text = Self::new(global, command);
        planning.paths.iter().for_each(|path| text.word(path));
        for (flag, patterns) in [("--only", &planning.only), ("--exclude", &planning.exclude)] {
            patterns.iter().for_each(|pattern| text.flag(flag, Some(pattern.to_string())));
        }
        if planning.allow_delete {
            text.word("--allow-delete");
        }
        if planning.all {
            text.word("--all");
        }
        text.flag("--base", planning.since.base.as_deref());
        text.flag("--at", planning.timing.at.as_ref().map(ToString::to_string));
        text.redacting(planning.redaction);
        text
    }

    /// `cxform apply` of a saved plan.
    pub(super) fn apply_saved(global: &Global, file: &Path, redaction: RedactionArgs) -> Self {
        let mut whole = Self::new(global, "show");
        whole.word(file);
        whole.redacting(redaction);
        whole.flag("--format", Some("html"));
        let mut text = Self::new(global, "apply");
        text.flag("--plan", Some(file));
        text.redacting(redaction);
        Self { whole: Some(format!("{} > plan.html", whole.text)), ..text }
    }

    /// People stay unnamed in what it shows.
    pub(super) fn redacting(&mut self, redaction: RedactionArgs) {
        if redaction.redact_agents {
            self.word("--redact-agents");
        }
    }

    /// The same with other words after a flag. It can no longer be copied.
    pub(super) fn with(&self, flag: &str, from: &str, to: &str) -> Self {
        let [from, to] = [from, to].map(|word| format!(" {flag} {} ", quoted(word)));
        // Two side by side share a blank, and the end has none.
        let mut text = format!("{} ", self.text).replace(&from, &to).replace(&from, &to);
        text.pop();
        let whole = self.whole.clone().filter(|_| text == self.text);
        Self { text, whole }
    }

    /// Adds a word.
    pub(super) fn word(&mut self, word: impl AsRef<OsStr>) {
        self.text.push(' ');
        self.text.push_str(&quoted(&word.as_ref().to_string_lossy()));
    }

    fn flag(&mut self, name: &str, value: Option<impl AsRef<OsStr>>) {
        if let Some(value) = value {
            self.word(name);
            self.word(value);
        }
    }

    /// The whole of it.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// What a renderer is told of it.
    pub(super) fn commands(&self) -> Commands<'_> {
        Commands { apply: &self.text, whole: self.whole.as_deref() }
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser as _;

    use super::super::args::{Command, CommandLine, RedactionArgs};
    use super::CommandText;

    #[test]
    fn what_was_asked_for_is_asked_for_again() {
        let check = |line: &[&str], expect: &str| {
            let CommandLine { global, command } = CommandLine::parse_from(line);
            let Command::Plan(args) = command else { panic!("{line:?}") };
            assert_eq!(CommandText::apply(&global, &args.planning).as_str(), expect);
        };
        check(&["cxform", "plan"], "cxform apply");
        check(
            &["cxform", "plan", "--allow-delete", "a", "it's b", "--detail", "full"],
            r"cxform apply a 'it'\''s b' --allow-delete",
        );
        check(
            &["cxform", "--chdir", "x y", "plan", "--tenant", "prod", "--allow-delete", "--out=p"],
            "cxform --chdir 'x y' --tenant prod apply --plan p",
        );
        check(
            &["cxform", "plan", "--at", "2026-11-23 08:00", "--timeline", "7d"],
            "cxform apply --at '2026-11-23 08:00'",
        );
        check(
            &["cxform", "plan", "--base", "main~1", "--at", "2026-11-23T08:00Z"],
            "cxform apply --base 'main~1' --at 2026-11-23T08:00Z",
        );
        check(
            &["cxform", "plan", "--only", "queue/M*", "--redact-agents"],
            "cxform apply --only 'queue/M*' --redact-agents",
        );
        check(
            &["cxform", "plan", "--out=p", "--redact-agents"],
            "cxform apply --plan p --redact-agents",
        );
        check(&["cxform", "plan", "--allow-delete", "--out=-"], "cxform apply --allow-delete");
        check(
            &["cxform", "plan", "--only", "queue/M*", "--only", "queue/a", "--exclude", "**/b"],
            "cxform apply --only 'queue/M*' --only queue/a --exclude '**/b'",
        );
        let CommandLine { global, .. } =
            CommandLine::parse_from(["cxform", "--config", "c.yaml", "--state-dir", "s", "doctor"]);
        assert_eq!(
            CommandText::apply_saved(&global, Path::new("p$"), RedactionArgs::default()).as_str(),
            "cxform --config c.yaml --state-dir s apply --plan 'p$'"
        );
        let mut again = CommandText::new(&global, "apply");
        again.flag("--only", Some("a/u-1*"));
        again.flag("--exclude", Some("a/u-1*"));
        assert_eq!(
            again.with("--only", "a/u-1*", "a/x").as_str(),
            "cxform --config c.yaml --state-dir s apply --only a/x --exclude 'a/u-1*'"
        );
        for pattern in ["a/u", "a/u", "a/u-1", "a/u"] {
            again.flag("--only", Some(pattern));
        }
        let all = again.with("--only", "a/u", "a/x");
        assert!(all.as_str().ends_with(" --only a/x --only a/x --only a/u-1 --only a/x"));
    }

    #[test]
    fn the_whole_is_shown_by_a_command_that_works() {
        let check = |line: &[&str], expect: &str| {
            let CommandLine { global, command } = CommandLine::parse_from(line);
            let Command::Plan(args) = command else { panic!("{line:?}") };
            let again = CommandText::apply(&global, &args.planning);
            assert_eq!(again.commands().whole, Some(expect));
            // With other words than the files' it would show nothing.
            let other = again.with("--only", "a/x", "a/y");
            assert_eq!(other.commands().whole.is_none(), again.as_str().contains("a/x"));
        };
        check(
            &["cxform", "--chdir=d", "plan", "--live", "t.json", "--timeline=7d", "--only", "a/x"],
            "cxform --chdir d plan --only a/x --live t.json --timeline 168h --detail full",
        );
        check(
            &["cxform", "plan", "--only", "a/x", "--out=p", "--redact-agents"],
            "cxform show p --redact-agents --format html > plan.html",
        );
    }
}
