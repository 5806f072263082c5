//! The tenant's figures about agents and queues. Only `recommend` and `snapshot --analytics` ask for
//! them.

use serde_json::{Value, json};

use crate::http::{Dialect, Query, Report, lenient};
use crate::model::Raw;

/// How many days every query looks back.
pub const DAYS: usize = 7;

/// What the tenant tells of an agent's last days. A metric that is missing, null or no number is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AgentFigures {
    /// The time spent talking, in milliseconds.
    pub talk: Option<f64>,
    /// The time spent on calls, in milliseconds.
    pub handle: Option<f64>,
    /// The share of calls whose matter was resolved.
    pub resolution: Option<f64>,
}

/// What the tenant tells of one day of a queue. A metric that is missing, null or no number is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueDay {
    /// How long calls waited, in milliseconds.
    pub wait: Option<f64>,
    /// The share of calls whose callers hung up.
    pub abandon: Option<f64>,
    /// How many calls were handled.
    pub calls: Option<f64>,
    /// How long all of them took, in milliseconds.
    pub handle_sum: Option<f64>,
    /// How long one of them took on average, in milliseconds.
    pub handle_average: Option<f64>,
}

/// One sort of figures, as a snapshot has them.
pub struct Figures {
    /// Of what sort of thing.
    pub sort: &'static str,
    /// The list of a snapshot that names those things.
    pub of: &'static str,
    /// The list of its section `analytics` that has the figures.
    pub section: &'static str,
    /// Asks for one thing's figures.
    pub ask: fn(Dialect, &str) -> Query,
    /// What is kept of an answer's rows, which stand alone then.
    pub row: fn(&str, &[Raw]) -> Vec<Raw>,
    report: Report,
}

impl Figures {
    /// The scope that they need.
    #[must_use]
    pub fn scope(&self) -> &'static str {
        self.report.scope()
    }
}

/// All sorts of figures.
pub const FIGURES: &[Figures] = &[
    Figures {
        sort: "agent",
        of: "agents",
        section: "users",
        ask: ask_agent,
        row: agent_rows,
        report: Report::Agents,
    },
    Figures {
        sort: "queue",
        of: "queues",
        section: "queues",
        ask: ask_queue,
        row: queue_rows,
        report: Report::Queues,
    },
];

/// An agent's rows, each with the id that it need not say.
fn agent_rows(id: &str, rows: &[Raw]) -> Vec<Raw> {
    let whole = |row: &Raw| {
        let mut fields = row.fields()?;
        let own = fields.entry("userId".to_owned()).or_insert_with(|| Raw::of(id));
        if own.as_str() == "null" {
            *own = Raw::of(id);
        }
        Some(Raw::object(&fields))
    };
    rows.iter().filter_map(whole).collect()
}

/// A queue's days in one row; none where there is no day.
fn queue_rows(id: &str, rows: &[Raw]) -> Vec<Raw> {
    let row = Raw::of(&json!({"queueId": id})).fields().map(|mut fields| {
        fields.insert("rows".to_owned(), Raw::of(rows));
        Raw::object(&fields)
    });
    row.filter(|_| !rows.is_empty()).into_iter().collect()
}

/// Asks for an agent's figures.
#[must_use]
pub fn ask_agent(dialect: Dialect, id: &str) -> Query {
    match dialect {
        Dialect::V2 => {
            let filter = json!({"dimension": "userId", "operator": "eq", "value": id});
            let body = json!({
                "interval": format!("P{DAYS}D"),
                "groupBy": ["userId"],
                "metrics": ["talkTime", "handleTime", "resolutionRate"],
                "filters": [filter],
            });
            let mut query = Query::new(Report::Agents, Raw::of(&body));
            query.query.push(("pageSize", "1".to_owned()));
            query
        }
    }
}

/// Asks for a queue's figures, a row a day.
#[must_use]
pub fn ask_queue(dialect: Dialect, id: &str) -> Query {
    match dialect {
        Dialect::V2 => {
            let filter = json!({"path": "queueId", "operator": "EQUALS", "value": id});
            let body = json!({
                "dateFrom": format!("P{DAYS}D"),
                "dateTo": "NOW",
                "interval": "DAILY",
                "groupBy": ["queueId"],
                "filter": filter,
                "metrics": ["waitTime", "abandonRate", "handleTime", "callsHandled"],
            });
            Query::new(Report::Queues, Raw::of(&body))
        }
    }
}

/// The agent's figures in the rows of an answer; none where no row is about the agent. A row need not
/// say whom it is about.
#[must_use]
pub fn agent_figures<'r>(
    id: &str,
    mut rows: impl Iterator<Item = &'r str>,
) -> Option<AgentFigures> {
    rows.find_map(|row| {
        let row: Value = serde_json::from_str(row).ok().filter(Value::is_object)?;
        let told = lenient::as_text(&row["userId"]);
        told.is_none_or(|told| told == id).then(|| AgentFigures {
            talk: row["talkTime"].as_f64(),
            handle: row["handleTime"].as_f64(),
            resolution: row["resolutionRate"].as_f64(),
        })
    })
}

/// One day of a queue; a row without any metric is a day of which nothing is told.
#[must_use]
pub fn queue_day(row: &str) -> QueueDay {
    let row: Value = serde_json::from_str(row).unwrap_or_default();
    let metric = |name: &str, of: &str| row["metrics"][name][of].as_f64();
    QueueDay {
        wait: metric("waitTime", "sum"),
        abandon: metric("abandonRate", "average"),
        calls: metric("callsHandled", "sum"),
        handle_sum: metric("handleTime", "sum"),
        handle_average: metric("handleTime", "average"),
    }
}

#[cfg(test)]
mod tests {
    use super::{AgentFigures, QueueDay, agent_figures, queue_day};

    #[test]
    fn figures_of_an_agent() {
        let check = |rows: &[&str], expect: Option<(Option<f64>, Option<f64>, Option<f64>)>| {
            let expect =
                expect.map(|(talk, handle, resolution)| AgentFigures { talk, handle, resolution });
            assert_eq!(agent_figures("u-1", rows.iter().copied()), expect, "{rows:?}");
        };
        let full = r#"{"userId":"u-1","talkTime":80,"handleTime":100.5,"resolutionRate":0.7}"#;
        check(&[full], Some((Some(80.0), Some(100.5), Some(0.7))));
        check(
            &[r#"{"userId":"u-2","talkTime":1}"#, full],
            Some((Some(80.0), Some(100.5), Some(0.7))),
        );
        check(&[r#"{"userId":"u-2","talkTime":1}"#], None);
        check(&[r#"{"talkTime":null,"handleTime":"9"}"#], Some((None, None, None)));
        check(&[r#"{"userId":null,"talkTime":5}"#], Some((Some(5.0), None, None)));
        check(&["[]"], None);
        check(&[], None);
    }

    #[test]
    fn a_day_of_a_queue() {
        let day = queue_day(
            r#"{"metrics":{"waitTime":{"sum":9},"abandonRate":{"average":0.1},
            "handleTime":{"average":180000},"callsHandled":{"sum":12}}}"#,
        );
        let expect = QueueDay {
            wait: Some(9.0),
            abandon: Some(0.1),
            calls: Some(12.0),
            handle_sum: None,
            handle_average: Some(180_000.0),
        };
        assert_eq!(day, expect);
        for row in [r#"{"metrics":{"waitTime":null}}"#, r#"{"metrics":null}"#, "{}", "7"] {
            assert_eq!(queue_day(row), QueueDay::default(), "{row}");
        }
    }
}
