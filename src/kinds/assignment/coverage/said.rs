//! What an assignment's document says about serving.

use jiff::Timestamp;

use crate::kinds::Proposal;
use crate::model::{Declared, Document, Memo};

/// Level and window, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) level: Option<u8>,
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
}

impl Said {
    fn of(document: &Document) -> Self {
        let value = document.value();
        let instant = |path: &str| value.pointer(path)?.as_str()?.parse().ok();
        let level = value.get("level").and_then(serde_json::Value::as_u64);
        Self {
            level: level.and_then(|level| u8::try_from(level).ok()),
            from: instant("/window/from"),
            to: instant("/window/to"),
        }
    }

    /// What is said, and where nothing is, what was said before.
    fn over(self, before: Self) -> Self {
        Self {
            level: self.level.or(before.level),
            from: self.from.or(before.from),
            to: self.to.or(before.to),
        }
    }
}

/// Reads documents, each once: a matrix has few different ones.
#[derive(Default)]
pub(super) struct Reading(Memo<Document, Said>);

impl Reading {
    pub(super) fn said(&mut self, document: &Document) -> Said {
        if let Some(said) = self.0.get(document) {
            return said;
        }
        let said = Said::of(document);
        self.0.put(document.clone(), said);
        said
    }

    /// Whether a document says the window that is declared.
    pub(super) fn is_same_window(&mut self, document: &Document, declared: &Declared) -> bool {
        let (own, wanted) = (self.said(document), self.said(&declared.document));
        (own.from, own.to) == (wanted.from, wanted.to)
    }

    /// What an assignment says; none for one that is not there.
    pub(super) fn before(&mut self, proposal: &Proposal<'_>) -> Option<Said> {
        proposal.before.map(|before| self.said(before))
    }

    /// What an assignment would say; none for one that would not be there.
    pub(super) fn after(&mut self, proposal: &Proposal<'_>) -> Option<Said> {
        let before = self.before(proposal).unwrap_or_default();
        proposal.after.map(|after| self.said(after).over(before))
    }
}
