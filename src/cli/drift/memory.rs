//! What earlier looks at drift have seen and told: `drift.json` of the state folder. Only `--after`
//! and `--notify` need it: a mere look leaves nothing behind.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cli::context::{Context, causes};
use crate::cli::files::{self, Access, FileError};
use crate::cli::settings::Settings;
use crate::cli::sharing;
use crate::cli::state::StateFolder;
use crate::model::{Desired, digest_of};
use crate::plan::drift::{Class, Drift, Item};

const FORMAT_VERSION: &str = "1.0";

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    format_version: String,
    /// By the tenants' names.
    tenants: BTreeMap<String, BTreeMap<String, Seen>>,
}

/// What was seen at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    /// Of the address and what the tenant had.
    fingerprint: String,
    /// In how many runs in a row.
    runs: u32,
    /// Who was told of it.
    #[serde(default)]
    told: Vec<String>,
    /// When the last lease ended that tolerated it and was seen to have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
}

impl Seen {
    /// That a lease has ended is news each time: who was told of the difference is told again.
    fn follow(&mut self, item: &Item) {
        let ended = item.lease.as_ref().filter(|lease| lease.lapsed).map(|lease| &lease.until);
        if item.class == Class::Leased || (ended.is_some() && ended != self.ended.as_ref()) {
            self.told.clear();
        }
        if ended.is_some() {
            self.ended = ended.cloned();
        }
    }
}

/// What is remembered of one tenant.
pub(super) struct Memory<'s> {
    settings: &'s Settings,
    path: PathBuf,
    tenant: String,
    content: Content,
}

impl<'s> Memory<'s> {
    /// Opens it. A file that cannot be understood is told, and forgotten.
    pub(super) fn open(context: &mut Context<'_>, settings: &'s Settings) -> anyhow::Result<Self> {
        let path = StateFolder::new(&settings.state_dir.value).drift();
        let tenant = settings.tenant()?.name.value.clone();
        let read = match files::read_text(&path) {
            Err(FileError::Read { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                None
            }
            read => Some(read?),
        };
        let understood = read.map(|text| understood(&text));
        if let Some(Err(why)) = &understood {
            let file = files::relative(&path, &context.cwd);
            context.note(&format!("warning: {file} is forgotten: {why}\n"))?;
        }
        let content = understood.and_then(Result::ok).unwrap_or_default();
        Ok(Self { settings, path, tenant, content })
    }

    /// Counts this run, and says of each alarm whether it was there in enough runs in a row.
    pub(super) fn count(&mut self, drift: &mut Drift, desired: &Desired, after: Option<u32>) {
        let is_partial = self.settings.listed.is_some();
        let before = std::mem::take(self.seen());
        let tracked = drift.items.iter_mut().filter(|item| is_tracked(item));
        let mut now = BTreeMap::new();
        for item in tracked {
            let address = item.address.to_string();
            let fingerprint = fingerprint(item);
            let fresh = Seen { fingerprint, runs: 0, told: Vec::new(), ended: None };
            let known = before.get(&address).filter(|seen| seen.fingerprint == fresh.fingerprint);
            let mut seen = known.cloned().unwrap_or(fresh);
            seen.runs = seen.runs.saturating_add(1);
            seen.follow(item);
            item.seen = Some(seen.runs);
            item.alarm &= after.is_none_or(|after| seen.runs >= after);
            now.insert(address, seen);
        }
        if is_partial {
            // Of what was not looked at nothing is known.
            let looked: std::collections::BTreeSet<String> =
                desired.iter().map(|entry| entry.address().to_string()).collect();
            let others = before.into_iter().filter(|(address, _)| !looked.contains(address));
            for (address, seen) in others {
                now.entry(address).or_insert(seen);
            }
        }
        *self.seen() = now;
        drift.after = after;
        drift.drift = drift.items.iter().any(|item| item.alarm);
    }

    /// Whether a receiver was told of an item as it is.
    pub(super) fn was_told(&mut self, item: &Item, receiver: &str) -> bool {
        let seen = self.seen().get(&item.address.to_string());
        seen.is_some_and(|seen| seen.told.iter().any(|told| told == receiver))
    }

    /// A receiver was told of an item as it is.
    pub(super) fn tell(&mut self, item: &Item, receiver: &str) {
        if let Some(seen) = self.seen().get_mut(&item.address.to_string()) {
            seen.told.push(receiver.to_owned());
        }
    }

    /// Writes it.
    pub(super) fn save(&mut self) -> anyhow::Result<()> {
        FORMAT_VERSION.clone_into(&mut self.content.format_version);
        let text = serde_json::to_string_pretty(&self.content)? + "\n";
        files::create_folder_of(&self.path)?;
        Ok(files::write(&self.path, text.as_bytes(), Access::Private)?)
    }

    /// Writes it, and gives it to the state branch where there is one.
    pub(super) fn close(mut self, context: &mut Context<'_>) -> anyhow::Result<()> {
        self.save()?;
        let state = StateFolder::new(&self.settings.state_dir.value);
        if let Err(error) = sharing::keep_drift(context, self.settings, &state) {
            let error = causes(&error);
            context.note(&format!(
                "warning: {error}; another machine may tell the same drift again\n"
            ))?;
        }
        Ok(())
    }

    fn seen(&mut self) -> &mut BTreeMap<String, Seen> {
        self.content.tenants.entry(self.tenant.clone()).or_default()
    }
}

fn understood(text: &str) -> Result<Content, String> {
    let content: Content = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    match major(&content.format_version) == major(FORMAT_VERSION) {
        true => Ok(content),
        false => Err(format!("its format is {}", content.format_version)),
    }
}

/// Whether it is, or may become, an alarm.
fn is_tracked(item: &Item) -> bool {
    match item.difference {
        Class::Changed | Class::Missing | Class::Pending => item.class != Class::Ignored,
        Class::Unmanaged => item.exclusive && item.class != Class::Ignored,
        Class::Leased | Class::Ignored | Class::Due => false,
    }
}

/// What tells a difference from another one at the same address: what the tenant has.
fn fingerprint(item: &Item) -> String {
    let live = item.live.as_ref().map(ToString::to_string).unwrap_or_default();
    digest_of(format!("{}\n{live}", item.address).as_bytes())
}
