//! The files of one tenant's audit: the parts that are closed, and the one that grows.

use std::path::{Path, PathBuf};

use super::{StateError, file_name};

/// Where a tenant's audit is: `TENANT.000001.jsonl` and so on, then `TENANT.jsonl`. All of them
/// are one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFiles {
    dir: PathBuf,
    stem: String,
}

impl AuditFiles {
    /// The audit of a tenant whose name is `stem`, safe as a file's.
    pub(super) fn new(dir: &Path, stem: &str) -> Self {
        // A tenant `a.000001` must not have the name of a part of the tenant `a`.
        let stem = match stem.rsplit_once('.') {
            Some((before, end)) if number(end).is_some() => format!("{before}%2E{end}"),
            _ => stem.to_owned(),
        };
        Self { dir: dir.to_owned(), stem }
    }

    /// The folder of all audits.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file that grows.
    #[must_use]
    pub fn current(&self) -> PathBuf {
        self.dir.join(format!("{}.jsonl", self.stem))
    }

    /// Where it is kept how far a sink has got.
    #[must_use]
    pub fn cursor(&self, sink: &str) -> PathBuf {
        self.dir.join(format!("{}.sink-{}.json", self.stem, file_name(sink)))
    }

    /// The parts that are there, in their order.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn parts(&self) -> Result<Vec<PathBuf>, StateError> {
        Ok(self.numbers()?.into_iter().map(|number| self.part(number)).collect())
    }

    /// The parts and the file that grows, in their order; that file alone where there is none.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn all(&self) -> Result<Vec<PathBuf>, StateError> {
        let mut files = self.parts()?;
        if files.is_empty() || self.current().exists() {
            files.push(self.current());
        }
        Ok(files)
    }

    /// The parts that should be there, as the numbers of others say, and are not; of many in a row
    /// the first hundred.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn missing(&self) -> Result<Vec<PathBuf>, StateError> {
        let mut missing = Vec::new();
        let mut expected = 1;
        for number in self.numbers()? {
            missing.extend((expected..number).take(100).map(|number| self.part(number)));
            expected = number.saturating_add(1);
        }
        Ok(missing)
    }

    /// The name of the next part.
    pub(super) fn next_part(&self) -> Result<PathBuf, StateError> {
        let last = self.numbers()?.pop().unwrap_or(0);
        Ok(self.part(last.saturating_add(1)))
    }

    fn part(&self, number: u32) -> PathBuf {
        self.dir.join(format!("{}.{number:06}.jsonl", self.stem))
    }

    fn numbers(&self) -> Result<Vec<u32>, StateError> {
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StateError::file(&self.dir))?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry.map_err(StateError::file(&self.dir))?.file_name();
            let name = name.to_string_lossy();
            let rest = name.strip_prefix(&self.stem).and_then(|rest| rest.strip_prefix('.'));
            numbers.extend(rest.and_then(|rest| number(rest.strip_suffix(".jsonl")?)));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }
}

/// The number of a part: six digits, or more once there are so many.
fn number(text: &str) -> Option<u32> {
    let number = text.parse().ok()?;
    (number > 0 && format!("{number:06}") == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::AuditFiles;
    use crate::cli::files::tests::Folder;

    fn names(paths: &[std::path::PathBuf]) -> Vec<String> {
        paths.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn parts_come_before_the_file_that_grows_and_missing_ones_are_told() {
        let folder = Folder::new("parts");
        let files = AuditFiles::new(folder.path(), "a");
        assert_eq!(names(&files.all().unwrap()), ["a.jsonl"]);
        for name in [
            "a.jsonl",
            "a.jsonl.torn",
            "a.sink-x.json",
            "a.000010.jsonl",
            "a.000002.jsonl",
            "a.1000000.jsonl",
            "a.00003.jsonl",
            "a.0000004.jsonl",
            "a.b.000001.jsonl",
            "aa.000001.jsonl",
        ] {
            folder.put(name, "");
        }
        let all = files.all().unwrap();
        assert_eq!(names(&all), ["a.000002.jsonl", "a.000010.jsonl", "a.1000000.jsonl", "a.jsonl"]);
        assert_eq!(names(&[files.next_part().unwrap()]), ["a.1000001.jsonl"]);
        std::fs::remove_file(folder.path().join("a.1000000.jsonl")).unwrap();
        let missing = names(&files.missing().unwrap());
        assert_eq!(
            (missing.len(), &*missing[0], &*missing[7]),
            (8, "a.000001.jsonl", "a.000009.jsonl")
        );
    }

    #[test]
    fn no_tenant_has_the_name_of_a_part_of_another() {
        let folder = Folder::new("stems");
        let check = |stem: &str, expect: &str| {
            let current = AuditFiles::new(folder.path(), stem).current();
            assert_eq!(names(&[current]), [expect]);
        };
        check("a", "a.jsonl");
        check("a.000001", "a%2E000001.jsonl");
        check("a.b.1000000", "a.b%2E1000000.jsonl");
        check("a.1", "a.1.jsonl");
        check("a.000000", "a.000000.jsonl");
    }
}
