//! A plan read back: what many changes have in common is kept once again.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserializer;
use serde::de::{SeqAccess, Visitor};

use super::{Change, PathChange};
use crate::model::{Document, Memo};

/// So many different sets of paths are kept for others to share.
const MOST: usize = 4096;

/// Reads the list of changes, one after the other.
pub(super) fn changes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Change>, D::Error> {
    struct Changes;

    impl<'de> Visitor<'de> for Changes {
        type Value = Vec<Change>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of changes")
        }

        fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
            let mut sharing = Sharing::default();
            let mut changes = Vec::new();
            while let Some(mut change) = seq.next_element::<Change>()? {
                sharing.share(&mut change);
                changes.push(change);
            }
            Ok(changes)
        }
    }

    deserializer.deserialize_seq(Changes)
}

/// What was met before. Everything is compared before it is shared.
#[derive(Default)]
struct Sharing {
    texts: Memo<Arc<str>, Arc<str>>,
    documents: Memo<Document, Document>,
    paths: BTreeMap<Between, Arc<[PathChange]>>,
}

/// What was and what will be.
type Between = (Option<Document>, Option<Document>);

impl Sharing {
    fn share(&mut self, change: &mut Change) {
        self.text(&mut change.kind);
        change.precondition.digest.iter_mut().for_each(|digest| self.text(digest));
        change.precondition.etag.iter_mut().for_each(|etag| self.text(etag));
        self.text(&mut change.source.file);
        let delta = &mut change.change;
        for document in [&mut delta.before, &mut delta.after].into_iter().flatten() {
            *document = self.documents.get_or(document.clone(), Document::clone);
        }
        if let Some(carry) = &mut change.carry {
            carry.fields = self.documents.get_or(carry.fields.clone(), Document::clone);
        }
        let between = (delta.before.clone(), delta.after.clone());
        match self.paths.get(&between) {
            Some(known) if *known == delta.paths => delta.paths = Arc::clone(known),
            Some(_) => {}
            None if self.paths.len() < MOST => {
                self.paths.insert(between, Arc::clone(&delta.paths));
            }
            None => {}
        }
    }

    fn text(&mut self, text: &mut Arc<str>) {
        *text = self.texts.get_or(Arc::clone(text), Arc::clone);
    }
}
