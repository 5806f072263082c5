//! New drift goes to a webhook, once. Its url may be secret: no message has more than its host.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::watch;
use tokio::time::Instant;

use super::memory::Memory;
use super::telling::Shown;
use crate::cli::clock;
use crate::cli::context::Context;
use crate::cli::exit::UsageError;
use crate::cli::handover::{Ending, hand_over};
use crate::cli::planning::runtime;
use crate::cli::settings::WfmTarget;
use crate::plan::drift::{Drift, Item};
use crate::render::Chat;
use crate::tenant::Poster;

/// What stands before the name of a variable that has the url.
const VARIABLE: &str = "env:";
/// How long a receiver may take, tries included.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who is told.
pub(super) struct Receiver {
    poster: Poster,
    chat: Chat,
    /// What tells it from others, without a word of what may be secret.
    key: String,
    /// What people know it by.
    shown: String,
}

impl Receiver {
    /// Everybody who is to be told.
    pub(super) fn all(context: &Context<'_>, said: &[SecretString]) -> anyhow::Result<Vec<Self>> {
        said.iter().map(|text| Self::of(context, text)).collect()
    }

    fn of(context: &Context<'_>, said: &SecretString) -> anyhow::Result<Self> {
        let wrong = |why: String| {
            UsageError::new(format!("--notify: {why}"))
                .hint("name a webhook as https://…, or as env:NAME where NAME has its url")
        };
        let url = match said.expose_secret().strip_prefix(VARIABLE) {
            None => said.clone(),
            Some(name) => context
                .environment
                .secret(name, &context.cwd)?
                .ok_or_else(|| wrong(format!("the variable {name} is not set")))?,
        };
        let target = WfmTarget::parse(url.expose_secret(), &context.cwd);
        let target = target.map_err(wrong)?;
        let WfmTarget::Web(url) = &target else {
            return Err(wrong("not an https url".to_owned()).into());
        };
        let poster = Poster::new(url.as_str(), "application/json", &[]);
        Ok(Self {
            poster: poster.map_err(|why| anyhow::anyhow!("--notify: {why}"))?,
            chat: Chat::of_host(url.host_str().unwrap_or_default()),
            key: target.key(),
            shown: target.to_string(),
        })
    }

    /// Tells what is new to it. What cannot be delivered is a warning, and new the next time too.
    pub(super) fn notify(
        &self,
        context: &mut Context<'_>,
        drift: &Drift,
        shown: &Shown<'_>,
        memory: &mut Memory<'_>,
    ) -> anyhow::Result<()> {
        let alarms = drift.items.iter().filter(|item| item.alarm);
        let new: Vec<&Item> = alarms.filter(|item| !memory.was_told(item, &self.key)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let told = shown.items(&new);
        let told: Vec<&Item> = told.iter().map(|item| &**item).collect();
        let text = self.chat.notice(&shown.drift, &told);
        match runtime()?.block_on(self.send(&text)) {
            Ok(()) => new.into_iter().for_each(|item| memory.tell(item, &self.key)),
            Err(why) => context.note(&format!(
                "warning: drift was not told to {}: {why}; the next run tells it\n",
                self.shown
            ))?,
        }
        Ok(())
    }

    async fn send(&self, text: &str) -> Result<(), String> {
        let ending = Ending { deadline: Some(Instant::now() + PATIENCE) };
        let (_ends, mut ending) = watch::channel(Some(ending));
        let post = || self.poster.post(text.to_owned(), &[], clock::now().as_second());
        hand_over(post, &mut ending).await
    }
}
