//! The kinds of resource that cxform manages, one folder each, and the traits that the rest of the
//! house sees them through. Adding a kind is one folder and one line in [`KINDS`].

pub mod assignment;
mod declaring;
pub mod export;
mod impact;
mod observing;
pub mod queue;
mod wfm;

use std::collections::{BTreeMap, BTreeSet};

pub use declaring::Declaring;
pub use impact::{Breach, Impact};
use jiff::Timestamp;
pub use observing::Observing;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
pub use wfm::WfmRow;

use crate::facts;
use crate::http::{Dialect, Read, Write};
use crate::model::{
    Address, Declared, Desired, Document, Facts, Finding, Floors, Item, Leaf, Level, Limits, Links,
    ManifestKind, Named, Names, Observed, Place, Raw, Remote, Secrets,
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

    /// Declares what the manifests say, from manifest form to canonical documents. Without facts
    /// (offline) a reference stands for itself.
    fn declare(&self, items: &[Item], declaring: &mut Declaring<'_>);

    /// Where the values at `path` are written that the manifests declare at these places
    /// ([`Declared::place`]), each by the place of its declaration. Those that are not written by
    /// themselves are left out.
    fn written(
        &self,
        items: &[Item],
        path: &str,
        declared: &BTreeSet<&Place>,
    ) -> BTreeMap<Place, Place> {
        let _ = (items, path, declared);
        BTreeMap::new()
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

    /// How changes of this kind are grouped for readers: the address segments by which, and for
    /// whom; none where each stands alone.
    fn grouped_by(&self) -> Option<Grouping> {
        None
    }
}

/// From when, and to when; none where it has no beginning or no end.
pub type Holds = (Option<Timestamp>, Option<Timestamp>);

/// How like changes are shown together.
#[derive(Clone, Copy, Debug)]
pub struct Grouping {
    /// The index of the segment that heads the group: an assignment's skill.
    pub head: usize,
    /// What a member of the group is called: `agent`.
    pub member: &'static str,
}

/// How a dialect spells a kind: values in, values out.
pub trait Wire: Sync {
    /// Writes of one lane go one after the other and hand on its version.
    fn lane(&self, address: &Address) -> Address;

    /// The list of the whole tenant, where there is one.
    fn list(&self) -> Option<Read>;

    /// The list of a snapshot that holds its entities: `queues`.
    fn section(&self) -> &'static str;

    /// What a listed entity is called by references.
    fn named(&self, row: &str) -> Option<Named>;

    /// The sort of what its lanes are, where it is not listed as a whole but lane by lane: `agent`.
    fn lanes(&self) -> Option<&'static str> {
        None
    }

    /// The read of one lane's entities, where it is told lane by lane.
    fn part(&self, lane: &Address) -> Option<Read> {
        let _ = lane;
        None
    }

    /// An entity of a lane with all that it needs to stand without it, in a snapshot.
    fn alone(&self, row: &Raw, lane: &Address) -> Raw {
        let _ = lane;
        row.clone()
    }

    /// A listed entity as a snapshot may have it: without what is secret in it.
    fn shown(&self, row: Raw) -> Raw {
        row
    }

    /// Whether a snapshot is of use without its entities, where the token may not read them.
    fn is_spared(&self) -> bool {
        false
    }

    /// Whether nothing of it can be changed: an update makes it anew, and then deletes the one that
    /// was there. Such resources are told by a list alone, and several may have one name.
    fn replaces(&self) -> bool {
        false
    }

    /// Whether an entity says of itself that cxform made it.
    fn is_ours(&self, raw: &Raw) -> bool {
        let _ = raw;
        false
    }

    /// What reads entities, one after the other.
    fn decoder<'f>(&self, facts: &'f Facts) -> Box<dyn Decode + Send + 'f>;

    /// What a change starts from.
    fn basis(&self, action: Action) -> Basis;

    /// How to read one resource again: before a write, after a conflict, after a lost answer.
    fn look(&self, address: &Address, id: Option<&str>) -> Look;

    /// The request that a change becomes.
    ///
    /// # Errors
    /// What is missing: the id of a reference or of the resource itself.
    fn write(&self, change: &Writing<'_>) -> Result<Write, String>;

    /// The fields of a `Remote`'s raw form that no document has: they cannot be made anew.
    fn unknown(&self, raw: &Raw) -> Vec<String>;

    /// The id that the tenant's answer to a create tells.
    fn created_id(&self, answer: &Raw) -> Option<String>;

    /// The scopes that reading needs.
    fn read_scopes(&self) -> &'static [&'static str];

    /// The scope that an action needs.
    fn write_scope(&self, action: Action) -> &'static str;
}

/// Reads the entities of one kind; keeps what many of them share.
pub trait Decode {
    /// Reads one entity, as JSON; none where it cannot be addressed (it lacks an id, say). Without
    /// a lane, the entity itself tells what it belongs to.
    fn decode(&mut self, row: &str, lane: Option<&Address>) -> Option<(Address, Remote)>;
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It does not exist and will.
    Create,
    /// It exists and changes.
    Update,
    /// It exists and will not.
    Delete,
}

impl Action {
    /// The action in a word, as plans, audits and reports have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// What a change starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A read right before it: that gives the version, and the fields to send back.
    Read,
    /// The version of its lane; a read where the lane has none.
    Lane,
    /// Nothing: there is nothing yet.
    Nothing,
}

/// How one resource is read again.
#[derive(Clone, Debug)]
pub enum Look {
    /// One read answers the resource, or 404.
    One(Read),
    /// The resource is one of a paged list.
    Listed(Read),
}

/// One write, as [`Wire::write`] sees it.
#[derive(Clone, Copy)]
pub struct Writing<'a> {
    /// The resource.
    pub address: &'a Address,
    /// The tenant's id of it; none for a create.
    pub id: Option<&'a str>,
    /// What is done.
    pub action: Action,
    /// Every leaf that is known, with the reviewed changes laid over it.
    pub document: &'a Document,
    /// The leaves that were reviewed and change.
    pub paths: &'a [String],
    /// What goes back untouched.
    pub raw: Option<&'a Raw>,
    /// The id of anything that the change names, where it is known.
    pub id_of: &'a dyn Fn(&Address) -> Option<String>,
    /// The secrets that documents name by their variables.
    pub secrets: &'a Secrets,
}

/// One named rule about changes.
pub struct Check {
    /// The rule's name: `licence`.
    pub rule: &'static str,
    /// What a failure does, unless the policy says otherwise.
    pub level: Level,
    /// Which facts it needs.
    pub needs: Needs,
    /// The findings about the proposed changes of this kind.
    pub run: fn(&Checking<'_>) -> Vec<Finding>,
}

/// Facts that a rule needs beyond those that the manifests needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// None.
    Nothing,
    /// The routing strategies.
    Strategies,
    /// The licences of the agents whose assignments change.
    Licences,
    /// Which changes are withheld: the rule is about what will be, so that it is asked when that
    /// is known, whatever the kind of the changes.
    Held,
}

/// One proposed change, as checks see it.
#[derive(Clone, Debug)]
pub struct Proposal<'a> {
    /// The resource.
    pub address: &'a Address,
    /// What would be done.
    pub action: Action,
    /// Every leaf that is known of it now; none for a create.
    pub before: Option<&'a Document>,
    /// The managed leaves as they would be; none for a deletion.
    pub after: Option<&'a Document>,
    /// Where the manifest says so.
    pub place: &'a Place,
    /// What it names.
    pub links: &'a Links,
    /// Whether it is withheld, as far as that is known by now.
    pub held: bool,
}

/// What a rule looks at.
pub struct Checking<'a> {
    /// The proposed changes of the rule's kind, by address.
    pub proposals: &'a [Proposal<'a>],
    /// Those of all kinds.
    pub all: &'a [Proposal<'a>],
    /// What was read.
    pub observed: &'a Observed,
    /// What should be.
    pub desired: &'a Desired,
    /// What the tenant says and we do not manage.
    pub facts: &'a Facts,
    /// How much a change may do.
    pub limits: &'a Limits,
    /// The fewest agents that may be left.
    pub floors: &'a Floors,
}

impl<'a> Checking<'a> {
    /// The proposed change of a resource; where there are two, the last one.
    #[must_use]
    pub fn proposal(&self, address: &Address) -> Option<&'a Proposal<'a>> {
        let end = self.all.partition_point(|proposal| proposal.address <= address);
        self.all.get(..end)?.last().filter(|proposal| proposal.address == address)
    }
}

/// The kind of an address.
#[must_use]
pub fn kind_of(address: &Address) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|kind| kind.name() == address.kind())
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
