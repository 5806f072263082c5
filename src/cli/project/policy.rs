//! `policy:` of the project file: what the checks do, how much a plan may do, what is protected.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::coverage::Coverage;
use super::leases::{Lease, Leased, ignored, leases};
use crate::kinds::KINDS;
use crate::model::{
    AtMost, Finding, Floors, Level, Limit, Limits, Node, Pattern, Percent, Place, closest,
};
use crate::plan::drift::Ignored;
use crate::plan::{self, Protected};

/// What the checks do, how much a plan may do, and whether deletions are applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// What each check does where it fails: `licence`, `strategy`, `capacity`, `deletePercent`, ….
    #[serde(default)]
    pub checks: BTreeMap<String, CheckLevel>,
    /// Whether deletions are applied rather than held. Default: no.
    #[serde(default)]
    pub allow_delete: Option<bool>,
    /// How many percent of a kind's resources a plan may delete, once there are 10: of those that
    /// exist in the tenant and that a manifest declares. Default: 30.
    #[serde(default)]
    #[schemars(schema_with = "percent_schema")]
    pub delete_percent: Option<Value>,
    /// How many percent of a kind's resources a plan may change or delete, once there are 10.
    /// Default: any.
    #[serde(default)]
    #[schemars(schema_with = "percent_schema")]
    pub change_percent: Option<Value>,
    /// How many resources a plan may delete: a number for the whole plan, or `20 %` of a kind's.
    /// Default: any.
    #[serde(default)]
    #[schemars(schema_with = "amount_schema")]
    pub deletes: Option<Value>,
    /// How many resources a plan may change or delete: a number for the whole plan, or `20 %` of a
    /// kind's. Default: any.
    #[serde(default)]
    #[schemars(schema_with = "amount_schema")]
    pub changes: Option<Value>,
    /// How many steps a proficiency level may move at once. Default: any.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub level_jump: Option<Value>,
    /// The fewest agents that may be left to serve a queue in an hour.
    #[serde(default)]
    pub coverage: Coverage,
    /// Addresses that are never deleted; `*` stands for any text within a segment, `**` across
    /// segments: `queue/Emergency*`.
    #[serde(default)]
    pub protect: Vec<String>,
    /// Drift that is tolerated until a time, and then told. It means nothing to plan and apply.
    #[serde(default)]
    pub leases: Vec<Lease>,
    /// Addresses that others own: `drift` does not count them. It means nothing to plan and apply.
    #[serde(default)]
    pub ignore: Vec<String>,
}

/// What a check does where it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckLevel {
    /// The plan cannot be applied.
    Block,
    /// The change is withheld, the rest goes on.
    Hold,
    /// It is told, nothing is stopped.
    Warn,
    /// It is not made.
    Off,
}

/// How much a plan may do and what is protected, with the places that say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guards {
    /// How much a plan may do.
    pub limits: Limits,
    /// The fewest agents that may be left.
    pub floors: Floors,
    /// What is never deleted.
    pub protect: Vec<Protected>,
    /// What drift is tolerated for some time.
    pub leases: Vec<Leased>,
    /// What drift is none.
    pub ignore: Vec<Ignored>,
}

impl Policy {
    /// What the policy means; `root` is the whole project file.
    ///
    /// # Errors
    /// A check that does not exist or lacks its number, a limit that is none, a pattern that
    /// matches nothing; each with its place.
    pub fn guards(&self, root: &Node) -> Result<Guards, Vec<Finding>> {
        let mut guards = Guards::default();
        let mut findings = Vec::new();
        for (rule, value) in [
            ("deletePercent", &self.delete_percent),
            ("changePercent", &self.change_percent),
            ("deletes", &self.deletes),
            ("changes", &self.changes),
            ("levelJump", &self.level_jump),
        ] {
            let Some(value) = value else { continue };
            let place = root.nearest(&format!("/policy/{rule}")).place.clone();
            match at_most(rule, value) {
                Some(at_most) => guards.limits.set(rule, Limit { at_most, place: Some(place) }),
                None => findings.push(no_limit(rule, value, &place)),
            }
        }
        match self.coverage.floors(root) {
            Ok(floors) => guards.floors = floors,
            Err(found) => findings.extend(found),
        }
        for (index, text) in self.protect.iter().enumerate() {
            let place = root.nearest(&format!("/policy/protect/{index}")).place.clone();
            match pattern("protect", text, &place) {
                Ok(pattern) => guards.protect.push(Protected { pattern, place }),
                Err(finding) => findings.push(*finding),
            }
        }
        guards.leases = leases(&self.leases, root, &mut findings);
        guards.ignore = ignored(&self.ignore, root, &mut findings);
        findings.extend(self.checks.iter().filter_map(|(rule, level)| {
            let place = root.nearest("/policy/checks").key_place(rule);
            let place = place.unwrap_or(&root.nearest("/policy/checks").place);
            wrong_check(rule, *level, &guards.limits, place)
        }));
        if findings.is_empty() { Ok(guards) } else { Err(findings) }
    }
}

fn at_most(rule: &str, value: &Value) -> Option<AtMost> {
    let is_part = rule.ends_with("Percent");
    match value {
        Value::Number(number) if is_part => {
            Percent::parse(&number.to_string()).map(AtMost::Percent)
        }
        Value::Number(number) => number.as_u64().map(AtMost::Count),
        Value::String(text) if is_part || text.trim_end().ends_with('%') => {
            Percent::parse(text.trim()).map(AtMost::Percent)
        }
        Value::String(text) => text.trim().parse().ok().map(AtMost::Count),
        _ => None,
    }
}

fn no_limit(rule: &str, value: &Value, place: &Place) -> Finding {
    let hint = match rule.ends_with("Percent") {
        true => "write a number from 0 to 100 with up to three decimals, such as 30 or 12.5",
        false => "write a whole number, or a part such as \"20 %\"",
    };
    Finding::error("limit", place, format!("policy.{rule}: {value} is no limit")).hint(hint)
}

/// A pattern of `policy.KEY`.
pub(super) fn pattern(key: &str, text: &str, place: &Place) -> Result<Pattern, Box<Finding>> {
    let wrong = |message: String| Finding::error("pattern", place, message);
    let pattern =
        Pattern::parse(text).map_err(|error| Box::new(wrong(format!("policy.{key}: {error}"))))?;
    let kinds = || KINDS.iter().map(|kind| kind.name());
    match pattern.kind().filter(|own| !kinds().any(|kind| kind == *own)) {
        None => Ok(pattern),
        Some(own) => {
            let hint = match closest(own, kinds()) {
                Some(similar) => format!("did you mean `{similar}`?"),
                None => format!("the kinds are {}", kinds().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("policy.{key}: `{text}` matches nothing: no kind is `{own}`");
            Err(Box::new(wrong(message).hint(hint)))
        }
    }
}

/// A name under `checks` that is none, or whose check lacks its number.
fn wrong_check(rule: &str, level: CheckLevel, limits: &Limits, place: &Place) -> Option<Finding> {
    let of_kinds = KINDS.iter().flat_map(|kind| kind.checks());
    let of_kinds = of_kinds.filter(|check| check.level != Level::Error).map(|check| check.rule);
    let known: Vec<&str> = of_kinds.chain(plan::guards()).collect();
    if !known.contains(&rule) {
        let hint = match closest(rule, known.iter().copied()) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => format!("the checks are {}", known.join(", ")),
        };
        let message = format!("policy.checks: there is no check `{rule}`");
        return Some(Finding::error("unknown-check", place, message).hint(hint));
    }
    (level != CheckLevel::Off && limits.is_missing(rule)).then(|| {
        let message = format!("policy.checks: `{rule}` has no limit, so that nothing is checked");
        Finding::error("limit", place, message).hint(format!("set policy.{rule} too"))
    })
}

fn percent_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        { "type": "number", "minimum": 0, "maximum": 100 },
        { "type": "string" },
    ]})
}

fn amount_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string" },
    ]})
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::at_most;
    use crate::model::{AtMost, Percent};

    #[test]
    fn limits_are_numbers_or_parts() {
        let check = |rule: &str, value: Value, expect: Option<AtMost>| {
            assert_eq!(at_most(rule, &value), expect, "{rule}: {value}");
        };
        let percent = |text: &str| Percent::parse(text).map(AtMost::Percent);
        check("deletePercent", json!(30), percent("30"));
        check("deletePercent", json!(12.5), percent("12.5"));
        check("changePercent", json!("30 %"), percent("30"));
        check("changePercent", json!("30"), percent("30"));
        check("deletes", json!(50), Some(AtMost::Count(50)));
        check("deletes", json!("50"), Some(AtMost::Count(50)));
        check("changes", json!("20%"), percent("20"));
        check("changes", json!(" 20 % "), percent("20"));
        check("levelJump", json!(2), Some(AtMost::Count(2)));
        for wrong in [json!(-1), json!(1.5), json!("many"), json!("120 %"), json!([1]), json!("")] {
            check("deletes", wrong, None);
        }
        for wrong in [json!(101), json!(0.0001), json!("ten"), json!(-3)] {
            check("deletePercent", wrong, None);
        }
    }
}
