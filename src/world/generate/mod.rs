//! An invented contact centre of any size: a tenant, and the manifests of what it should be. The
//! same parameters give the same bytes. Whatever an agent or a skill is like follows from the seed
//! and its own number, so nothing is held: files are written row by row, in any order.

mod manifests;
mod people;
mod queues;
mod random;
mod tenant;
#[cfg(test)]
mod tests;
mod words;

use std::io::{Result, Write};

use people::People;
use random::{Purpose, Random};
use words::{LANGUAGES, SITES, TOPICS};

/// How many agents a team has, at most.
const TEAM: usize = 50;

/// What a contact centre is generated from.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// How many agents there are.
    pub agents: usize,
    /// How many skills there are, each held by every agent; 1000 at most.
    pub skills: usize,
    /// The share of the assignments that differs between tenant and manifests, in percent.
    pub changed: f64,
    /// What everything is drawn from.
    pub seed: u64,
}

impl Parameters {
    /// How many assignments the manifests declare.
    #[must_use]
    pub fn assignments(&self) -> usize {
        self.agents * self.skills
    }

    /// How many of them differ in the tenant: the share, rounded, and at least one where there is
    /// a share.
    #[must_use]
    pub fn changed_assignments(&self) -> usize {
        let share = (self.assignments() as f64 * self.changed / 100.0).round() as usize;
        share.clamp(usize::from(self.changed > 0.0), self.assignments())
    }

    /// How many of those that differ are missing in the tenant.
    #[must_use]
    pub fn missing_assignments(&self) -> usize {
        self.changed_assignments() / 10
    }
}

/// A file of the generated project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// What seeds the simulated tenant.
    Tenant,
    /// The availability windows.
    Windows,
    /// The queues.
    Queues,
    /// The skill matrix of a team, numbered from 0.
    Team(usize),
    /// The project file.
    Project,
}

impl Output {
    /// Where it stands, from the project's folder.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::Tenant => "tenant.json".to_owned(),
            Self::Windows => "desired-state/windows.yaml".to_owned(),
            Self::Queues => "desired-state/queues.yaml".to_owned(),
            Self::Team(number) => format!("desired-state/teams/{}.yaml", team_name(number)),
            Self::Project => "cxform.yaml".to_owned(),
        }
    }
}

/// Writes the files of a contact centre.
#[derive(Debug)]
pub struct Generator {
    parameters: Parameters,
    people: People,
}

impl Generator {
    /// The contact centre of these parameters.
    #[must_use]
    pub fn new(parameters: Parameters) -> Self {
        Self { people: People::new(parameters.seed), parameters }
    }

    /// All files. The project file comes last: before it is there, nothing can be planned.
    pub fn outputs(&self) -> impl Iterator<Item = Output> + use<> {
        let teams = self.parameters.agents.div_ceil(TEAM);
        [Output::Tenant, Output::Windows, Output::Queues]
            .into_iter()
            .chain((0..teams).map(Output::Team))
            .chain([Output::Project])
    }

    /// Writes one file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, output: Output, to: &mut impl Write) -> Result<()> {
        match output {
            Output::Tenant => tenant::write(self, to),
            Output::Windows => manifests::windows(to),
            Output::Queues => manifests::queues(self, to),
            Output::Team(number) => manifests::team(self, number, to),
            Output::Project => manifests::project(&self.parameters, to),
        }
    }

    /// The level at which an agent holds a skill, as the manifests say: around the agent's usual
    /// one.
    fn level(&self, agent: usize, skill: usize) -> i64 {
        let seed = self.parameters.seed;
        let usual = Random::new(seed, Purpose::Seniority, agent).pick(&[1, 2, 3, 3, 3, 4, 4, 5]);
        let number = agent * skill_names() + skill;
        let offset = Random::new(seed, Purpose::Levels, number).pick(&[-2, -1, -1, 0, 0, 0, 0, 1]);
        i64::clamp(usual + offset, 1, 5)
    }
}

/// How many skills have names.
const fn skill_names() -> usize {
    TOPICS.len() * (1 + LANGUAGES.len())
}

/// The name of a skill: all topics come first, then each of them in each language.
fn skill_name(skill: usize) -> String {
    let topic = TOPICS[skill % TOPICS.len()];
    match (skill / TOPICS.len()).checked_sub(1) {
        None => topic.to_owned(),
        Some(language) => format!("{topic} ({})", LANGUAGES[language % LANGUAGES.len()]),
    }
}

fn skill_id(skill: usize) -> String {
    format!("s-{:04}", skill + 1)
}

/// The name of a team: its site, and its number there.
fn team_name(team: usize) -> String {
    format!("{}-{}", SITES[team % SITES.len()], team / SITES.len() + 1)
}

/// When an assignment holds.
#[derive(Clone, Copy, Debug)]
struct Window {
    name: &'static str,
    from: &'static str,
    to: &'static str,
}

/// The windows of all assignments.
const WINDOWS: &[Window] = &[
    Window { name: "permanent", from: "2026-01-01T00:00:00Z", to: "2036-01-01T00:00:00Z" },
    Window { name: "fixed-term", from: "2026-01-01T00:00:00Z", to: "2031-07-01T00:00:00Z" },
];

/// The window of a team: every fourth has a contract that ends.
fn window_of(team: usize) -> Window {
    WINDOWS[usize::from(team % 4 == 3)]
}
