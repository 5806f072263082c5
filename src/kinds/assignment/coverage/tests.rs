//! Doors: who can serve each hour before and after some changes, and what the guard says.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::kinds::{Action, Checking, KINDS, Proposal};
use crate::model::{
    Address, Declared, Desired, Document, Facts, Floors, Limits, Link, Links, Named, Names,
    Observed, Place, Recurrence, Remote,
};

/// A Monday, ten minutes past an hour.
const NOW: &str = "2035-01-08T06:10:00Z";

/// A small tenant, and what would be done to it.
#[derive(Default)]
struct Stage {
    observed: Observed,
    desired: Desired,
    floors: Floors,
    zone: Option<&'static str>,
    changes: Vec<Owned>,
}

struct Owned {
    address: Address,
    action: Action,
    before: Option<Document>,
    after: Option<Document>,
    links: Links,
    held: bool,
}

fn link(sort: &str, name: &str) -> Arc<Link> {
    Link::new(Address::new(sort, &[name]), Some(name))
}

fn remote(document: &Value, links: Links) -> Remote {
    Remote { id: None, document: Document::of(document), raw: None, links }
}

/// `5 08-17` is level 5 from 08:00Z to 17:00Z that Monday; `5 ever` has no window.
fn cell(text: &str) -> Value {
    let (level, window) = text.split_once(' ').unwrap();
    let level: u8 = level.parse().unwrap();
    let Some((from, to)) = window.split_once('-') else { return json!({ "level": level }) };
    let at = |hour: &str| format!("2035-01-08T{hour}:00:00Z");
    json!({"level": level, "window": {"from": at(from), "to": at(to)}})
}

impl Stage {
    fn links(agent: &str, skill: &str) -> (Address, Links) {
        let links = Links::from([link("agent", agent), link("skill", skill)]);
        (Address::new("assignment", &[agent, skill]), links)
    }

    fn queue(mut self, name: &str, groups: &[&str]) -> Self {
        let document = json!({ "skillGroups": groups });
        let address = Address::new("queue", &[name]);
        self.observed.remotes.put(&address, remote(&document, Links::new()), |_, _| true);
        self
    }

    fn has(mut self, agent: &str, skill: &str, text: &str) -> Self {
        let (address, links) = Self::links(agent, skill);
        self.observed.remotes.put(&address, remote(&cell(text), links), |_, _| true);
        self
    }

    /// The cell is declared with a window that comes again.
    fn recurs(mut self, agent: &str, skill: &str, recurs: &Arc<Recurrence>) -> Self {
        self.declare(agent, skill, Some(Arc::clone(recurs)));
        self
    }

    fn declare(&mut self, agent: &str, skill: &str, recurs: Option<Arc<Recurrence>>) {
        let (address, links) = Self::links(agent, skill);
        let document = Document::of(&json!({}));
        let place = Place::default();
        let declared = Declared { document, on_create: None, absent: false, place, links, recurs };
        self.desired.put(&address, declared, |_, _| false);
    }

    fn change(mut self, agent: &str, skill: &str, text: Option<&str>) -> Self {
        let (address, links) = Self::links(agent, skill);
        let before = self.observed.remotes.get(&address).map(|remote| remote.document.clone());
        let after = text.map(|text| Document::of(&cell(text)));
        self.declare(agent, skill, None);
        let action = match (&before, &after) {
            (None, _) => Action::Create,
            (_, None) => Action::Delete,
            _ => Action::Update,
        };
        self.changes.push(Owned { address, action, before, after, links, held: false });
        self
    }

    fn change_queue(mut self, name: &str, groups: Option<&[&str]>) -> Self {
        let address = Address::new("queue", &[name]);
        let before = self.observed.remotes.get(&address).map(|remote| remote.document.clone());
        let after = groups.map(|groups| Document::of(&json!({ "skillGroups": groups })));
        let action = if after.is_some() { Action::Update } else { Action::Delete };
        let links = Links::new();
        self.changes.push(Owned { address, action, before, after, links, held: false });
        self
    }

    fn hold_last(mut self) -> Self {
        self.changes.last_mut().unwrap().held = true;
        self
    }

    /// The spans by resource, then what the guard says.
    fn told(mut self) -> (String, Vec<String>) {
        self.changes.sort_by(|a, b| a.address.cmp(&b.address));
        let place = Place::default();
        let all: Vec<Proposal<'_>> =
            self.changes.iter().map(|own| proposal_of(own, &place)).collect();
        let own: Vec<Proposal<'_>> =
            all.iter().filter(|p| p.address.kind() == "assignment").cloned().collect();
        let mut facts = Facts { now: Some(NOW.parse().unwrap()), ..Facts::default() };
        if let Some(zone) = self.zone {
            facts.timezone = TimeZone::get(zone).unwrap();
        }
        let named = |id: &str| Named {
            id: Some(id.to_owned()),
            name: Some(id.to_uppercase()),
            email: None,
        };
        let names = Names::new("agent", true, ["ana", "bo", "cy"].map(named));
        facts.names.insert("agent", names);
        facts.names.insert("queue", Names::new("queue", false, []));
        let checking = Checking {
            proposals: &own,
            all: &all,
            observed: &self.observed,
            desired: &self.desired,
            facts: &facts,
            limits: &Limits::default(),
            floors: &self.floors,
        };
        let Some(impact) = KINDS.iter().find_map(|kind| kind.impact(&checking)) else {
            return (String::new(), Vec::new());
        };
        let mut told = String::new();
        for covered in &impact.coverage.resources {
            let _ = writeln!(told, "{} {} of {}", covered.address, covered.touched, covered.agents);
            for span in &covered.spans {
                let time = |time: jiff::Timestamp| {
                    facts.timezone.to_datetime(time).strftime("%a %H").to_string()
                };
                let to = span.to.map_or("ever".to_owned(), time);
                let levels = |levels: &crate::model::Levels| {
                    let each = levels.known().map(|level| format!("{}x{level}", levels.at(level)));
                    format!("{} [{}]", levels.total(), each.collect::<Vec<_>>().join(" "))
                };
                let short = if span.floor.is_some() { " short" } else { "" };
                let (before, after) = (levels(&span.before), levels(&span.after));
                let _ = writeln!(told, "  {}-{to} {before} -> {after}{short}", time(span.from));
            }
        }
        let breaches = impact.breaches.into_iter().map(|breach| {
            let causes: Vec<String> = breach.causes.iter().map(Address::to_string).collect();
            format!("{} | {}", breach.finding.message, causes.join(" "))
        });
        (told, breaches.collect())
    }
}

fn proposal_of<'a>(own: &'a Owned, place: &'a Place) -> Proposal<'a> {
    Proposal {
        address: &own.address,
        action: own.action,
        before: own.before.as_ref(),
        after: own.after.as_ref(),
        place,
        links: &own.links,
        held: own.held,
    }
}

fn check(stage: Stage, expect: &str, breaches: &[&str]) {
    let (told, said) = stage.told();
    assert_eq!(told.trim_end(), expect.trim_end(), "{said:?}");
    assert_eq!(said, breaches);
}

fn two() -> Stage {
    Stage::default()
        .queue("Billing", &["billing"])
        .has("ana", "billing", "5 08-17")
        .has("bo", "billing", "3 08-12")
}

#[test]
fn only_what_changes_is_told() {
    check(two(), "", &[]);
    check(
        two().change("bo", "billing", Some("4 08-12")),
        "queue/Billing 1 of 2\n  Mon 08-Mon 12 2 [1x3 1x5] -> 2 [1x4 1x5]\n\
         skill/billing 1 of 2\n  Mon 08-Mon 12 2 [1x3 1x5] -> 2 [1x4 1x5]\n",
        &[],
    );
    check(two().change("bo", "billing", Some("4 08-12")).hold_last(), "", &[]);
    check(
        two().change("cy", "sales", Some("1 09-10")),
        "skill/sales 1 of 1\n  Mon 09-Mon 10 0 [] -> 1 [1x1]\n",
        &[],
    );
}

const NOBODY: &str = "the queue `Billing` would have 0 of at least 1 agent (1 now) on Mon \
                      2035-01-08 12:00-17:00 (UTC); missing: ANA; 2 agents counted; the \
                      floor is the default of policy.coverage.minAgents";

#[test]
fn a_queue_is_not_left_alone() {
    check(
        two().change("ana", "billing", None),
        "queue/Billing 1 of 2\n  Mon 08-Mon 12 2 [1x3 1x5] -> 1 [1x3]\n  \
         Mon 12-Mon 17 1 [1x5] -> 0 [] short\n\
         skill/billing 1 of 2\n  Mon 08-Mon 12 2 [1x3 1x5] -> 1 [1x3]\n  \
         Mon 12-Mon 17 1 [1x5] -> 0 []\n",
        &[&format!("{NOBODY} | assignment/ana/billing")],
    );
    // A window that shrinks takes hours away, and one that moves does too.
    let (_, said) = two().change("ana", "billing", Some("5 08-16")).told();
    assert!(said[0].contains("on Mon 2035-01-08 16:00-17:00 (UTC); missing: ANA"), "{said:?}");
    // Somebody who comes in makes up for it, if for all of it.
    let filled = |cell| two().change("ana", "billing", None).change("cy", "billing", Some(cell));
    assert_eq!(filled("1 12-17").told().1, [""; 0]);
    assert_eq!(filled("1 12-16").told().1.len(), 1);
    // Who is there for a part of an hour does not serve it, before or after.
    let (told, said) = two().has("cy", "billing", "2 17-18").told();
    assert_eq!((told.as_str(), said.len()), ("", 0));
}

#[test]
fn who_holds_one_of_its_groups_serves_a_queue_once_and_as_well_as_he_can() {
    let stage = || {
        Stage::default()
            .queue("Desk", &["billing", "sales"])
            .has("ana", "billing", "2 08-12")
            .has("ana", "sales", "4 10-14")
    };
    check(
        stage().change("ana", "sales", None),
        "queue/Desk 1 of 1\n  Mon 10-Mon 12 1 [1x4] -> 1 [1x2]\n  Mon 12-Mon 14 1 [1x4] -> 0 [] short\n\
         skill/sales 1 of 1\n  Mon 10-Mon 14 1 [1x4] -> 0 []\n",
        &["the queue `Desk` would have 0 of at least 1 agent (1 now) on Mon 2035-01-08 \
           12:00-14:00 (UTC); missing: ANA; 1 agent counted; the floor is the default of \
           policy.coverage.minAgents | assignment/ana/sales"],
    );
    assert_eq!(stage().change("ana", "billing", None).told().1.len(), 1);
}

#[test]
fn a_queue_that_asks_for_others_is_looked_at_too() {
    let told = |groups| two().change_queue("Billing", groups).told();
    assert_eq!(told(Some(&["billing"])), (String::new(), Vec::new()));
    let (spans, said) = told(Some(&["sales"]));
    assert!(spans.contains("Mon 12-Mon 17 1 [1x5] -> 0 [] short"), "{spans}");
    assert!(said[0].contains("; missing: ANA, BO; "), "{said:?}");
    assert!(spans.starts_with("queue/Billing 2 of 2"), "{spans}");
    assert!(said[0].ends_with("| queue/Billing"), "{said:?}");
    // What is deleted needs nobody.
    assert_eq!(told(None).1, [""; 0]);
    // Whoever is there far ahead is looked at as well.
    let mut far = Stage::default().queue("Billing", &["billing"]);
    let (address, links) = Stage::links("ana", "billing");
    let window = json!({"from": "2035-06-01T00:00:00Z", "to": "2035-06-02T00:00:00Z"});
    let ana = remote(&json!({"level": 3, "window": window}), links);
    far.observed.remotes.put(&address, ana, |_, _| true);
    let said = far.change_queue("Billing", Some(&["sales"])).told().1;
    assert!(said[0].contains("from Fri 2035-06-01 00:00 to Sat 2035-06-02 00:00"), "{said:?}");
}

#[test]
fn a_bad_hour_may_be_made_better() {
    let floors = || Floors { fewest: 3, ..Floors::default() };
    let better = Stage { floors: floors(), ..two() }.change("cy", "billing", Some("1 08-12"));
    assert_eq!(better.told().1, [""; 0]);
    let worse = Stage { floors: floors(), ..two() }.change("bo", "billing", None);
    assert!(worse.told().1[0].contains("would have 1 of at least 3 agents (2 now)"));
    let off = Stage { floors: Floors { fewest: 0, ..Floors::default() }, ..two() };
    assert_eq!(off.change("ana", "billing", None).told().1, [""; 0]);
}

#[test]
fn hours_far_ahead_are_told_where_the_guard_names_them() {
    let far = |agent: &str, from: &str, to: &str| {
        let (address, links) = Stage::links(agent, "billing");
        let document = json!({"level": 3, "window": {"from": from, "to": to}});
        (address, remote(&document, links))
    };
    let mut stage = Stage::default().queue("Billing", &["billing"]);
    let (address, ana) = far("ana", "2035-06-01T00:00:00Z", "2036-01-01T00:00:00Z");
    stage.observed.remotes.put(&address, ana, |_, _| true);
    let (told, said) = stage.change("ana", "billing", None).told();
    assert!(told.contains("  Fri 00-Tue 00 1 [1x3] -> 0 [] short"), "{told}");
    let hours = "from Fri 2035-06-01 00:00 to Tue 2036-01-01 00:00 (UTC); missing: ANA";
    assert!(said[0].contains(hours), "{said:?}");
    let endless = Stage::default().queue("Billing", &["billing"]).has("ana", "billing", "4 ever");
    let (told, said) = endless.change("ana", "billing", None).told();
    assert!(told.contains("  Mon 07-ever 1 [1x4] -> 0 [] short"), "{told}");
    assert!(said[0].contains(" from Mon 2035-01-08 07:00 (UTC) on; missing: ANA"), "{said:?}");
}

#[test]
fn a_window_that_comes_again_covers_each_of_its_days() {
    let zone = TimeZone::UTC;
    let days = [Weekday::Monday, Weekday::Tuesday];
    let at = |hour| jiff::civil::time(hour, 0, 0, 0);
    let except = Default::default();
    let recurs = Arc::new(Recurrence::new(zone, days, at(8), at(12), except));
    // Tuesday's occurrence follows Monday's: nothing changes.
    let due = two().recurs("bo", "billing", &recurs).change("bo", "billing", Some("3 08-12"));
    assert_eq!(due.told(), (String::new(), Vec::new()));
    let (told, said) = two().recurs("bo", "billing", &recurs).change("bo", "billing", None).told();
    assert!(told.contains("  Tue 08-Tue 12 1 [1x3] -> 0 [] short"), "{told}");
    assert!(said[0].contains("on Tue 2035-01-09 08:00-12:00 (UTC); missing: BO"), "{said:?}");
    // What the tenant has is no occurrence: it is there once.
    let other = two().recurs("ana", "billing", &recurs).change("ana", "billing", None);
    assert!(!other.told().0.contains("Tue"));
}

#[test]
fn hours_are_the_tenants() {
    let stage = Stage { zone: Some("America/New_York"), ..two() };
    let (told, said) = stage.change("ana", "billing", None).told();
    assert!(told.contains("  Mon 07-Mon 12 1 [1x5] -> 0 [] short"), "{told}");
    assert!(said[0].contains("on Mon 2035-01-08 07:00-12:00 (America/New_York)"), "{said:?}");
}

#[test]
fn teams_that_are_touched_are_told() {
    let mut stage = two();
    for agent in ["ana", "bo", "cy"] {
        let head = Address::new("assignment", &[agent]);
        stage.desired.join("crew", head.head());
        stage.desired.join("others", Address::new("assignment", &["dee"]).head());
    }
    let stage = stage.change("ana", "billing", Some("4 08-17"));
    let place = Place::default();
    let all: Vec<Proposal<'_>> = stage.changes.iter().map(|own| proposal_of(own, &place)).collect();
    let checking = Checking {
        proposals: &all,
        all: &all,
        observed: &stage.observed,
        desired: &stage.desired,
        facts: &Facts { now: Some(NOW.parse().unwrap()), ..Facts::default() },
        limits: &Limits::default(),
        floors: &stage.floors,
    };
    let impact = super::impact(&checking).unwrap();
    let told: Vec<_> =
        impact.coverage.teams.iter().map(|t| (&*t.name, t.touched, t.agents)).collect();
    assert_eq!(told, [("crew", 1, 3)]);
}
