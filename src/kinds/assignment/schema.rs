//! The shapes of `SkillMatrix`, `AgentGroup` and `AvailabilityWindow`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::kinds::schema_of;
use crate::model::{Day, ManifestKind};

/// The manifest of a matrix.
pub(super) const MATRIX: &str = "SkillMatrix";
/// The manifest of a group of agents.
pub(super) const GROUP: &str = "AgentGroup";
/// The manifest of a window.
pub(super) const WINDOW: &str = "AvailabilityWindow";

/// The manifests that declare assignments.
pub(super) const KINDS: &[ManifestKind] = &[
    ManifestKind {
        kind: MATRIX,
        description: "Which agents hold which skills, at which level and when. Assignments that \
                      no manifest declares are left alone, unless `scope` says otherwise.",
        spec_schema: schema_of::<MatrixSpec>,
        metadata_schema: None,
        absent_allowed: false,
        table: Some(("table", "agents")),
    },
    ManifestKind {
        kind: GROUP,
        description: "Agents that a matrix can name together, as `group:NAME`.",
        spec_schema: schema_of::<GroupSpec>,
        metadata_schema: None,
        absent_allowed: false,
        table: None,
    },
    ManifestKind {
        kind: WINDOW,
        description: "When an assignment holds: from one instant to a later one, or again and again \
                      on days of the week.",
        spec_schema: schema_of::<WindowSpec>,
        metadata_schema: None,
        absent_allowed: false,
        table: None,
    },
];

/// Agents, their skills and levels.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("anyOf" = [{"required": ["agents"]}, {"required": ["table"]}]))]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct MatrixSpec {
    /// A row an agent (name, id or e-mail address) or `group:NAME`; in it a level a skill.
    agents: Option<BTreeMap<String, BTreeMap<String, Cell>>>,
    /// A CSV file instead of `agents`, beside this one: the first column is the agent, then a
    /// column a skill; a cell is `4`, `4@window`, `none` or empty.
    #[schemars(length(min = 1))]
    table: Option<String>,
    /// The `AvailabilityWindow` of cells that name none.
    #[schemars(length(min = 1))]
    window: Option<String>,
    /// What becomes of assignments of these agents that no manifest declares: `additive` (unless
    /// said) leaves them alone, `exclusive` deletes them.
    scope: Option<Scope>,
}

/// What a matrix does about its agents' assignments that no manifest declares.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
enum Scope {
    /// They are left alone.
    Additive,
    /// They are deleted.
    Exclusive,
}

/// `4`, `{level: 4, window: early}` or `none`.
struct Cell;

impl JsonSchema for Cell {
    fn schema_name() -> Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A level from 1 to 5, `{level, window}`, or `none`: not assigned.",
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": 5},
                {"enum": ["none"]},
                {
                    "type": "object",
                    "properties": {
                        "level": {
                            "description": "Proficiency: 1 is the lowest, 5 the best.",
                            "type": "integer", "minimum": 1, "maximum": 5
                        },
                        "window": {
                            "description": "The name of an AvailabilityWindow.",
                            "type": "string", "minLength": 1
                        }
                    },
                    "required": ["level"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

/// A group of agents.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct GroupSpec {
    /// Agents: names, ids or e-mail addresses.
    #[schemars(inner(length(min = 1)))]
    members: Vec<String>,
}

/// A window between two instants, or one that comes again on days of the week.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "the shape is the schema; values are read from the node, with places")]
struct WindowSpec {
    /// When it opens: `2035-01-08T08:00:00Z`, or a local time with `timezone`; with `days` a time of
    /// day, `08:00`.
    from: String,
    /// When it ends, after `from`; with `days` a time of day: one that is not after `from` is of the
    /// day after.
    to: String,
    /// The IANA zone of local times: `Europe/Berlin`.
    #[schemars(length(min = 1))]
    timezone: Option<String>,
    /// The days of the week on which it opens. A plan takes the window that holds the plan's time, or
    /// the next one.
    #[schemars(length(min = 1))]
    days: Option<Vec<Day>>,
    /// Dates on which it does not open although it is such a day, holidays say: `2035-12-25`.
    except: Option<Vec<String>>,
}
