//! What of the state folder is on the branch, and which of the two copies counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Blobs, HOLDER, Put, Relation, Seen, SharedError, SharedState};
use crate::cli::files::{self, Access};
use crate::cli::state::{RunFolder, StateError, create_folder, file_name};

/// How many runs the branch keeps. The audit is never cut.
const RUNS: usize = 20;
const JOURNAL: &str = "journal.jsonl";
const OUTCOME: &str = "outcome.json";
const PLAN: &str = "plan.json";
const TORN: &str = ".torn";
pub(super) const DRIFT: &str = "drift.json";
/// The journal of a run whose machine is gone: any change of its plan may have been sent.
const LOST: &[u8] = b"{\"type\":\"lost\"}\n";

impl SharedState {
    /// How the audit here stands to the branch's.
    pub(super) fn compare(&self, seen: &Seen) -> Result<Relation, SharedError> {
        let here = self.audit_parts()?;
        let there: BTreeMap<&str, &Blobs> = audit_parts_of(seen, &self.tenant).collect();
        let mut same = here.len() == there.len();
        for path in &here {
            let blobs = self.pushing(self.store.keep_file(path))?;
            same &= there.get(&*name_of(path)) == Some(&&blobs);
        }
        if same {
            return Ok(Relation::Same);
        }
        // What a crash left half written and was set aside is no part of the chain.
        let is_chain = |name: &str| !name.ends_with(TORN);
        let here = here.iter().filter(|path| is_chain(&name_of(path)));
        let read = |path: &PathBuf| files::read_bytes(path).map_err(StateError::from);
        let here: Vec<Vec<u8>> = here.map(read).collect::<Result<_, _>>()?;
        let there = there.iter().filter(|(name, _)| is_chain(name));
        let fetched = |(_, blobs): (_, &&Blobs)| self.fetching(self.store.read(blobs));
        let there: Vec<Vec<u8>> = there.map(fetched).collect::<Result<_, _>>()?;
        Ok(super::relation::relation(&here, &there))
    }

    /// Brings the branch's audit here where it goes on from the one here.
    pub(super) fn bring_audit(&self, seen: &Seen) -> Result<Relation, SharedError> {
        let relation = self.compare(seen)?;
        match relation {
            Relation::Same | Relation::Ahead => Ok(relation),
            Relation::Apart => Err(SharedError::Apart {
                file: self.state.audit_files(&self.tenant).current(),
                branch: self.branch.clone(),
            }),
            Relation::Behind => {
                for (name, blobs) in audit_parts_of(seen, &self.tenant) {
                    self.bring_file(blobs, &self.audit_folder().join(name))?;
                }
                Ok(Relation::Same)
            }
        }
    }

    /// Brings what is missing here of the branch's runs, and the last look at drift. A run that has
    /// no outcome is dead, since nobody holds the tenant; where its journal is lost with its
    /// machine, one is put in its place that says so.
    pub(super) fn bring_runs(
        &self,
        seen: &Seen,
        own: Option<&RunFolder>,
    ) -> Result<(), SharedError> {
        let marks = self.marks()?;
        for (name, run) in runs_of(seen) {
            if own.is_some_and(|own| own.name() == name) {
                continue;
            }
            let folder = self.state.run(name);
            let has_ended = run.contains_key(OUTCOME);
            let settled_elsewhere = has_ended && !folder.path().join(OUTCOME).exists();
            for (file, blobs) in &run {
                let path = folder.path().join(file);
                if settled_elsewhere || !path.exists() {
                    self.bring_file(blobs, &path)?;
                }
            }
            let journal = folder.path().join(JOURNAL);
            if !has_ended && !journal.exists() && !marks.iter().any(|mark| mark == name) {
                files::write(&journal, LOST, Access::Private).map_err(StateError::from)?;
            }
        }
        self.bring_cursors(seen)?;
        self.bring_drift(seen)
    }

    /// Brings what the last look at drift has seen and told.
    pub(super) fn bring_drift(&self, seen: &Seen) -> Result<(), SharedError> {
        match seen.files.get(DRIFT) {
            Some(blobs) => self.bring_file(blobs, &self.state.drift()),
            None => Ok(()),
        }
    }

    /// Brings the plans of runs that have ended and are not here.
    pub(super) fn bring_plans(&self, seen: &Seen) -> Result<(), SharedError> {
        for (name, run) in runs_of(seen).iter().filter(|(_, run)| run.contains_key(OUTCOME)) {
            let folder = self.state.run(name);
            for file in [PLAN, OUTCOME].iter().filter(|file| !folder.path().join(file).exists()) {
                if let Some(blobs) = run.get(file) {
                    self.bring_file(blobs, &folder.path().join(file))?;
                }
            }
        }
        Ok(())
    }

    /// Brings how far each sink has got, where another machine got further.
    fn bring_cursors(&self, seen: &Seen) -> Result<(), SharedError> {
        for (path, blobs) in &seen.files {
            let Some(name) = path.strip_prefix("audit/") else { continue };
            if !is_cursor(name, &self.tenant) {
                continue;
            }
            let here = self.audit_folder().join(name);
            let known = files::read_bytes(&here).ok().map_or(0, |text| delivered(&text));
            if delivered(&self.fetching(self.store.read(blobs))?) > known {
                self.bring_file(blobs, &here)?;
            }
        }
        Ok(())
    }

    /// What the branch is to get: the audit, the files of this run and of those that had not ended,
    /// and the older runs' end. Where both audits went on (the run was taken for dead and taken
    /// over), its lines go beside its journal.
    pub(super) fn outgoing(
        &self,
        seen: &Seen,
        run: &RunFolder,
        relation: Relation,
        starts: bool,
    ) -> Result<BTreeMap<String, Put>, SharedError> {
        let mut puts = BTreeMap::new();
        let mut add = |to: String, path: &Path| {
            let blobs = self.pushing(self.store.keep_file(path))?;
            puts.insert(to, Put::Content(blobs));
            Ok::<(), SharedError>(())
        };
        for path in self.audit_parts()? {
            match relation {
                Relation::Same | Relation::Ahead => {
                    add(format!("audit/{}", name_of(&path)), &path)?
                }
                Relation::Apart => add(format!("runs/{}/{}", run.name(), name_of(&path)), &path)?,
                Relation::Behind => {}
            }
        }
        for path in self.files_in(&self.audit_folder())? {
            if is_cursor(&name_of(&path), &self.tenant) {
                add(format!("audit/{}", name_of(&path)), &path)?;
            }
        }
        let marks = self.marks()?;
        let mut there = runs_of(seen);
        let ended = |run: &BTreeMap<&str, &Blobs>| run.contains_key(OUTCOME);
        let mut open: BTreeSet<&str> =
            there.iter().filter(|(_, run)| !ended(run)).map(|(name, _)| *name).collect();
        open.insert(run.name());
        let mut gone = Vec::new();
        for name in open {
            let folder = self.state.run(name);
            // It was claimed here and came to an end before its first intent: it did nothing.
            let idle = !folder.path().join(JOURNAL).exists()
                && marks.iter().any(|mark| mark == name)
                && !(starts && name == run.name());
            for path in self.files_in(folder.path())?.iter().filter(|_| !idle) {
                add(format!("runs/{name}/{}", name_of(path)), path)?;
            }
            if idle && let Some(files) = there.remove(name) {
                gone.extend(all_gone(name, &files));
            }
        }
        let drift = self.state.drift();
        if !seen.files.contains_key(DRIFT) && drift.exists() {
            add(DRIFT.to_owned(), &drift)?;
        }
        let ended = there.iter().filter(|(_, run)| ended(run)).rev().skip(RUNS - 1);
        for (name, files) in ended {
            gone.extend(all_gone(name, files));
        }
        puts.extend(gone);
        Ok(puts)
    }

    fn bring_file(&self, blobs: &Blobs, to: &Path) -> Result<(), SharedError> {
        let content = self.fetching(self.store.read(blobs))?;
        if let Some(folder) = to.parent() {
            create_folder(folder)?;
        }
        Ok(files::write(to, &content, Access::Private).map_err(StateError::from)?)
    }

    fn audit_folder(&self) -> PathBuf {
        self.state.path().join("audit")
    }

    fn audit_parts(&self) -> Result<Vec<PathBuf>, SharedError> {
        let mut parts = self.files_in(&self.audit_folder())?;
        parts.retain(|path| is_audit_part(&name_of(path), &self.tenant));
        Ok(parts)
    }

    /// The files of a folder, sorted; none where it is missing. Half-written ones begin with a dot.
    fn files_in(&self, folder: &Path) -> Result<Vec<PathBuf>, SharedError> {
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StateError::file(folder))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(StateError::file(folder))?.path();
            if path.is_file() && is_safe(&name_of(&path)) {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

/// The end of a run's files.
fn all_gone(name: &str, files: &BTreeMap<&str, &Blobs>) -> Vec<(String, Put)> {
    let gone =
        |(file, blobs): (&&str, &&Blobs)| (format!("runs/{name}/{file}"), Put::Gone(blobs.len()));
    files.iter().map(gone).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a name is one that the state folder would give: what comes from the branch leads nowhere
/// else.
fn is_safe(name: &str) -> bool {
    file_name(name) == name
}

/// `TENANT.jsonl`, and what was rotated or set aside: `TENANT.000001.jsonl`, `TENANT.jsonl.torn`.
fn is_audit_part(name: &str, tenant: &str) -> bool {
    let Some(rest) = name.strip_prefix(&*file_name(tenant)) else { return false };
    let middle = rest.strip_suffix(TORN).unwrap_or(rest).strip_suffix(".jsonl");
    middle.is_some_and(|middle| {
        middle.is_empty()
            || middle.strip_prefix(['.', '-']).is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            })
    })
}

/// `TENANT.sink-NAME.json`: how far a sink has got.
fn is_cursor(name: &str, tenant: &str) -> bool {
    let rest = name.strip_prefix(&*file_name(tenant)).and_then(|rest| rest.strip_prefix(".sink-"));
    is_safe(name) && rest.is_some_and(|rest| rest.ends_with(".json"))
}

/// The number of the last line that a sink has got, as its cursor says.
fn delivered(cursor: &[u8]) -> u64 {
    let cursor: Option<serde_json::Value> = serde_json::from_slice(cursor).ok();
    cursor.and_then(|cursor| cursor.get("seq")?.as_u64()).unwrap_or_default()
}

fn audit_parts_of<'a>(
    seen: &'a Seen,
    tenant: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Blobs)> {
    seen.files.iter().filter_map(move |(path, blobs)| {
        let name = path.strip_prefix("audit/")?;
        is_audit_part(name, tenant).then_some((name, blobs))
    })
}

/// The branch's runs, sorted by their names and so by time, each with its files.
fn runs_of(seen: &Seen) -> BTreeMap<&str, BTreeMap<&str, &Blobs>> {
    let mut runs: BTreeMap<&str, BTreeMap<&str, &Blobs>> = BTreeMap::new();
    for (path, blobs) in seen.files.iter().filter(|(path, _)| *path != HOLDER) {
        let Some((run, file)) = path.strip_prefix("runs/").and_then(|path| path.split_once('/'))
        else {
            continue;
        };
        if is_safe(run) && is_safe(file) {
            runs.entry(run).or_default().insert(file, blobs);
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Seen, is_audit_part, runs_of};

    #[test]
    fn a_tenants_audit_has_parts() {
        let check = |name: &str, expect: bool| {
            assert_eq!(is_audit_part(name, "prod"), expect, "{name}");
        };
        check("prod.jsonl", true);
        check("prod.jsonl.torn", true);
        check("prod.000001.jsonl", true);
        check("prod-20260101.jsonl", true);
        check("prod.eu.jsonl", false);
        check("prod-eu.jsonl", false);
        check("prod..jsonl", false);
        check("production.jsonl", false);
        check("prod.jsonl.tmp", false);
        check("live.jsonl", false);
    }

    #[test]
    fn what_comes_from_the_branch_stays_in_its_folder() {
        let paths = ["runs/r1/plan.json", "runs/r1/../x", "runs/../x", "runs/r2", "runs/.a/b", "x"];
        let files = paths.iter().map(|path| ((*path).to_owned(), Vec::new())).collect();
        let seen = Seen { tip: None, files, holder: None };
        let found: Vec<_> = runs_of(&seen).into_keys().collect();
        assert_eq!(found, ["r1"]);
        assert_eq!(runs_of(&seen)["r1"], BTreeMap::from([("plan.json", &Vec::new())]));
    }
}
