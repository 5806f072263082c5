//! The kinds of resource that cxform manages, one folder each, and the traits that the rest of the
//! house sees them through. Adding a kind is one folder and one line in [`KINDS`].

pub mod assignment;
mod checking;
mod declaring;
pub mod export;
mod impact;
mod observing;
pub mod queue;
mod wfm;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

pub use checking::{Check, Checking, Needs, Proposal};
pub use declaring::Declaring;
pub use impact::{Breach, Impact};
use jiff::Timestamp;
pub use observing::Observing;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
pub use wfm::WfmRow;
pub use wire::{Action, Basis, Decode, Look, Wire, Writing};

use crate::facts;
use crate::http::Dialect;
use crate::model::{
    Address, Declared, Desired, Document, Facts, Finding, Item, Leaf, Links, ManifestKind, Names,
    Node, Place, References, Remote, Roster,
};
use crate::world::Collection;

/// All kinds, in no particular order: what depends on what is said by the references.
pub const KINDS: &[&dyn Kind] = &[&queue::Queue, &assignment::Assignment, &export::Export];

/// One kind of resource.
pub trait Kind: Sync {
    /// Its name, the first word of its addresses: `queue`.
    fn name(&self) -> &'static str;

    /// The manifests that declare it.
    fn manifests(&self) -> &'static [ManifestKind];

    /// The sorts of names that these manifests need to be understood: `skill`, `queue`, `agent`.
    fn needs(&self, items: &[Item]) -> BTreeSet<&'static str>;

    /// Enters what the manifests make of the names that the tenant tells: those that they create,
    /// and new ones of what they rename. What this tenant makes impossible is a finding.
    fn enter_names(&self, items: &[Item], names: &mut Names) -> Vec<Finding> {
        let _ = (items, names);
        Vec::new()
    }

    /// Gives what earlier manifests declare (`base`) the names by which these manifests (`items`)
    /// call the same, and enters what they mean by their texts.
    fn follow(&self, base: &mut [Item], items: &[Item], names: &mut Names) {
        let _ = (base, items, names);
    }

    /// Declares what the manifests say, from manifest form to canonical documents. Without facts
    /// (offline) a reference stands for itself.
    fn declare(&self, items: &[Item], declaring: &mut Declaring<'_>);

    /// What a manifest writes in the place of a resource's one value (at the path ``) to say that it
    /// should not be there; none where no value says so.
    fn absence(&self) -> Option<&'static str> {
        None
    }

    /// How the values at `path` are written that the manifests declare at these places
    /// ([`Declared::place`]), each by the place of its declaration. Those that are not written by
    /// themselves are left out.
    fn written(
        &self,
        items: &[Item],
        path: &str,
        declared: &BTreeSet<&Place>,
    ) -> BTreeMap<Place, Node> {
        let _ = (items, path, declared);
        BTreeMap::new()
    }

    /// Why a value at `path` is not written by itself, and the way out; none where nothing more can
    /// be said.
    fn unwritten(&self, path: &str) -> Option<(&'static str, &'static str)> {
        let _ = path;
        None
    }

    /// A document's value at `path` as a manifest says it that has `written` there now: what both
    /// have keeps its spelling and its place.
    fn spelled(&self, path: &str, written: &Value, to: &Value, facts: &Facts) -> Value {
        let _ = (path, written, facts);
        to.clone()
    }

    /// Why the resource that people call `label` cannot be created as declared, and the way out;
    /// none where it can.
    fn lacks(&self, declared: &Declared, label: &str) -> Option<(String, String)>;

    /// The variables that hold the secrets which the manifests name, each with where it is named.
    fn secrets(&self, items: &[Item]) -> Vec<(String, Place)> {
        let _ = items;
        Vec::new()
    }

    /// The variables that hold the secrets which are needed to write a document.
    fn secrets_of(&self, document: &Document) -> BTreeSet<String> {
        let _ = document;
        BTreeSet::new()
    }

    /// What a person calls a resource: the queue's name, or agent and skill.
    fn label(&self, address: &Address, links: &Links, facts: &Facts) -> String {
        let _ = (links, facts);
        address.segment(0)
    }

    /// The leaf by which a resource as it is names `target`, and the value by which it would not;
    /// none where it does not, or cannot be without. For resources that name each other and shall
    /// all be deleted.
    fn unlink(&self, document: &Document, target: &Address) -> Option<Leaf> {
        let _ = (document, target);
        None
    }

    /// What a resource names by its address alone, with the ids that are known of that.
    fn names(&self, address: &Address, known: &References) -> Links {
        let _ = (address, known);
        Links::new()
    }

    /// From when to when a resource with these fields holds, where it does not hold always.
    fn holds(&self, document: &Document) -> Option<Holds> {
        let _ = document;
        None
    }

    /// Whether a resource that differs from what is declared only has another occurrence of what
    /// comes again. `before` has the declared leaves as they are.
    fn is_due(&self, declared: &Declared, before: &Document) -> bool {
        let _ = (declared, before);
        false
    }

    /// The rules that its changes are checked against.
    fn checks(&self) -> &'static [Check];

    /// What the changes do to who can serve the tenant's queues; none where this kind has nothing
    /// to do with that, or the changes do not touch it.
    fn impact(&self, checking: &Checking<'_>) -> Option<Impact> {
        let _ = checking;
        None
    }

    /// Who could serve each queue in the next seven days, if the changes were applied; none where
    /// this kind has nothing to do with that.
    fn roster(&self, checking: &Checking<'_>) -> Option<Roster> {
        let _ = checking;
        None
    }

    /// The kinds of resources that matter for [`Kind::impact`], whether a manifest speaks of them
    /// or not.
    fn looks_at(&self) -> &'static [&'static str] {
        &[]
    }

    /// How a dialect spells it, or none where the dialect cannot carry it.
    fn wire(&self, dialect: Dialect) -> Option<&'static dyn Wire>;

    /// How the simulated tenant keeps and serves it.
    fn collections(&self) -> &'static [Collection];

    /// Whether a change of one leaf is for the better; none where that cannot be said.
    fn is_better(&self, path: &str, before: i64, after: i64) -> Option<bool> {
        let _ = (path, before, after);
        None
    }

    /// What workforce management is told of a resource that the tenant has; none where it is
    /// told nothing.
    fn wfm_row(&self, remote: &Remote) -> Option<WfmRow> {
        let _ = remote;
        None
    }

    /// Which segment of its addresses is a person: an agent, whom readers may be told by a pseudonym
    /// (`--redact-agents`). Nothing else of a resource says who it is: neither its fields, but for
    /// texts that people wrote, nor a label that was made of its address alone.
    fn person(&self) -> Option<usize> {
        None
    }

    /// The manifests that would declare these resources as the tenant has them, in their order.
    fn as_manifests(&self, remotes: &[(Address, &Remote)]) -> Vec<Pasted> {
        let _ = remotes;
        Vec::new()
    }

    /// How changes of this kind are grouped for readers: the address segments by which, and for
    /// whom; none where each stands alone.
    fn grouped_by(&self) -> Option<Grouping> {
        None
    }
}

/// A manifest to paste, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Pasted {
    /// What stands above it as a comment, on one line.
    pub note: Option<String>,
    /// The manifest; none where no manifest can say it.
    pub document: Option<Value>,
}

impl From<Value> for Pasted {
    fn from(document: Value) -> Self {
        Self { note: None, document: Some(document) }
    }
}

/// From when, and to when; none where it has no beginning or no end.
pub type Holds = (Option<Timestamp>, Option<Timestamp>);

/// How like changes are shown together.
#[derive(Clone, Copy, Debug)]
pub struct Grouping {
    /// The index of the segment that heads the group: an assignment's skill.
    pub head: usize,
    /// What heads a group: `skill`.
    pub heads: &'static str,
    /// What a member of the group is called: `agent`.
    pub member: &'static str,
}

/// The kind of an address.
#[must_use]
pub fn kind_of(address: &Address) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|kind| kind.name() == address.kind())
}

/// Which segment of the addresses of a kind, or of a sort of names, is a person; none where none is.
#[must_use]
pub fn person_of(kind: &str) -> Option<usize> {
    if kind == facts::PEOPLE {
        return Some(0);
    }
    KINDS.iter().find(|own| own.name() == kind).and_then(|kind| kind.person())
}

/// The manifests of all kinds.
#[must_use]
pub fn manifest_kinds() -> Vec<&'static ManifestKind> {
    KINDS.iter().flat_map(|kind| kind.manifests()).collect()
}

/// The JSON Schema (draft 2020-12) of a manifest's part, with nothing to look up elsewhere.
#[must_use]
pub(crate) fn schema_of<T: JsonSchema>() -> Schema {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    SchemaGenerator::new(settings).into_root_schema_for::<T>()
}

/// Everything that the simulated tenant keeps and serves.
pub fn collections() -> impl Iterator<Item = &'static Collection> {
    facts::sim::COLLECTIONS.iter().chain(KINDS.iter().flat_map(|kind| kind.collections()))
}

/// The sorts of names that manifests need to be understood.
#[must_use]
pub fn needs(items: &[Item]) -> BTreeSet<&'static str> {
    KINDS.iter().flat_map(|kind| kind.needs(items)).collect()
}

/// All sorts of names, for looking at a whole tenant; but for those that many a token may not read.
#[must_use]
pub fn everything(dialect: Dialect) -> BTreeSet<&'static str> {
    let sources = facts::SOURCES.iter().map(|source| source.sort);
    let is_read = |kind: &&&dyn Kind| kind.wire(dialect).is_some_and(|wire| !wire.is_spared());
    sources.chain(KINDS.iter().filter(is_read).map(|kind| kind.name())).collect()
}

/// The kinds that matter for the staffing of what is told agent by agent, where the manifests need
/// the agents and do not speak of these kinds.
#[must_use]
pub fn looked_at(needs: &BTreeSet<&'static str>, dialect: Dialect) -> BTreeSet<&'static str> {
    let lanes = |kind: &&dyn Kind| kind.wire(dialect).and_then(|wire| wire.lanes());
    let told = |kind: &&&dyn Kind| lanes(*kind).is_some_and(|sort| needs.contains(sort));
    let wanted = KINDS.iter().filter(told).flat_map(|kind| kind.looks_at()).copied();
    wanted.filter(|kind| !needs.contains(kind)).collect()
}

/// The kinds that matter for the staffing of what changes of these ones touch.
#[must_use]
pub fn looked_at_for(changing: &BTreeSet<&str>) -> BTreeSet<&'static str> {
    let touches = |kind: &&&dyn Kind| {
        changing.contains(kind.name())
            || kind.looks_at().iter().any(|other| changing.contains(other))
    };
    KINDS.iter().filter(touches).flat_map(|kind| kind.looks_at()).copied().collect()
}

/// The sorts of names by which such kinds are told whose staffing these ones matter for.
#[must_use]
pub fn staffed_by(needs: &BTreeSet<&'static str>, dialect: Dialect) -> BTreeSet<&'static str> {
    let matters = |kind: &&&dyn Kind| kind.looks_at().iter().any(|other| needs.contains(other));
    let lanes = |kind: &&dyn Kind| kind.wire(dialect).and_then(|wire| wire.lanes());
    KINDS.iter().filter(matters).filter_map(lanes).collect()
}

/// The variables that hold the secrets which manifests name, each with where it is named first.
#[must_use]
pub fn secrets(items: &[Item]) -> BTreeMap<String, Place> {
    let mut named: BTreeMap<String, Place> = BTreeMap::new();
    for (variable, place) in KINDS.iter().flat_map(|kind| kind.secrets(items)) {
        let known = named.entry(variable).or_insert_with(|| place.clone());
        if place < *known {
            *known = place;
        }
    }
    named
}

/// Declares all manifests. Without facts, references stand for themselves.
#[must_use]
pub fn declare(items: &[Item], facts: Option<&Facts>) -> (Desired, Vec<Finding>) {
    let mut declaring = Declaring::new(facts);
    for kind in KINDS {
        kind.declare(items, &mut declaring);
    }
    declaring.finish()
}

/// Declares what manifests said before (`base`), in the names that these manifests (`items`) and the
/// tenant give it now. What the tenant does not have any more is left out.
#[must_use]
pub fn declare_base(base: &mut [Item], items: &[Item], facts: &mut Facts) -> Desired {
    let mut kept = Vec::new();
    for kind in KINDS {
        if let Some(names) = facts.names.get_mut(kind.name()) {
            kept.push((kind.name(), names.clone()));
            kind.follow(base, items, names);
        }
    }
    let (desired, _) = declare(base, Some(facts));
    facts.names.extend(kept);
    desired
}
