//! How much a plan may do: numbers and parts of a hundred that a project sets.

use std::collections::BTreeMap;
use std::fmt;

use super::Place;

/// The rules that need a number to be asked at all.
const NUMBERED: [&str; 5] = ["deletePercent", "changePercent", "deletes", "changes", "levelJump"];

/// A part of a hundred, exact to a thousandth of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent {
    thousandths: u32,
}

/// The most that may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtMost {
    /// So many.
    Count(u64),
    /// Such a part.
    Percent(Percent),
}

/// A limit, and where it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The most that may be.
    pub at_most: AtMost,
    /// Where the project says so; none for a default.
    pub place: Option<Place>,
}

/// The limits of a project, by the rules that hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits(BTreeMap<&'static str, Limit>);

impl Default for Limits {
    /// At most 30 % of a kind's resources may be deleted; nothing else is limited.
    fn default() -> Self {
        let at_most = AtMost::Percent(Percent { thousandths: 30_000 });
        Self(BTreeMap::from([("deletePercent", Limit { at_most, place: None })]))
    }
}

impl Limits {
    /// Sets the limit of a rule; a rule that has none is left alone.
    pub fn set(&mut self, rule: &str, limit: Limit) {
        if let Some(rule) = NUMBERED.into_iter().find(|known| *known == rule) {
            self.0.insert(rule, limit);
        }
    }

    /// The limit of a rule, where one is set.
    #[must_use]
    pub fn of(&self, rule: &str) -> Option<&Limit> {
        self.0.get(rule)
    }

    /// All limits that are set, by their rules.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Limit)> {
        self.0.iter().map(|(rule, limit)| (*rule, limit))
    }

    /// Whether a rule needs a limit and has none.
    #[must_use]
    pub fn is_missing(&self, rule: &str) -> bool {
        NUMBERED.contains(&rule) && !self.0.contains_key(rule)
    }
}

impl Percent {
    /// Reads `30`, `12.5`, `30%` or `30 %`, from 0 to 100 with up to three decimals.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%').map_or(text, str::trim_end);
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |digits: &str, most: usize| {
            (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(whole, 3) || !is_number(part, 3) {
            return None;
        }
        let thousandths = format!("{whole}{part:0<3}").parse().ok()?;
        (thousandths <= 100_000).then_some(Self { thousandths })
    }

    /// Whether `count` of `total` is more than this part of it.
    #[must_use]
    pub fn is_exceeded_by(self, count: u64, total: u64) -> bool {
        u128::from(count) * 100_000 > u128::from(total) * u128::from(self.thousandths)
    }

    /// `8 of 11 = 72.7 %`, with as many decimals as it takes to see that it is more than this.
    #[must_use]
    pub fn compared(self, count: u64, total: u64) -> String {
        let part = |decimals: u32| {
            let scale = 10_u128.pow(decimals);
            let (count, total) = (u128::from(count) * 100 * scale, u128::from(total.max(1)));
            ((count + total / 2) / total, scale)
        };
        let is_seen = |decimals: &u32| {
            let (rounded, scale) = part(*decimals);
            rounded * 1000 > u128::from(self.thousandths) * scale
        };
        let decimals = (1..=6).find(is_seen).unwrap_or(1);
        let (rounded, scale) = part(decimals);
        let width = decimals as usize;
        format!("{count} of {total} = {}.{:0width$} %", rounded / scale, rounded % scale)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.thousandths / 1000, self.thousandths % 1000);
        match part {
            0 => write!(f, "{whole} %"),
            part => write!(f, "{whole}.{} %", format!("{part:03}").trim_end_matches('0')),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at_most {
            AtMost::Count(count) => write!(f, "{count}"),
            AtMost::Percent(percent) => write!(f, "{percent}"),
        }
    }
}

impl Limit {
    /// Where the limit of `rule` is set, in words.
    #[must_use]
    pub fn origin(&self, rule: &str) -> String {
        match &self.place {
            Some(Place { file, line: 0, .. }) => format!("policy.{rule} in {file}"),
            Some(Place { file, line, .. }) => format!("policy.{rule} in {file}:{line}"),
            None => format!("the default of policy.{rule}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AtMost, Limit, Limits, Percent};
    use crate::model::Place;

    #[test]
    fn percents_are_read_exactly() {
        let check = |text: &str, expect: Option<&str>| {
            let told = Percent::parse(text).map(|percent| percent.to_string());
            assert_eq!(told.as_deref(), expect, "{text:?}");
        };
        check("30", Some("30 %"));
        check("30%", Some("30 %"));
        check("30 %", Some("30 %"));
        check("12.5", Some("12.5 %"));
        check("0.125 %", Some("0.125 %"));
        check("33.05", Some("33.05 %"));
        check("0", Some("0 %"));
        check("100", Some("100 %"));
        for wrong in ["", "%", "100.1", "101", "-1", "1e2", "5.", ".5", "0.0001", "ten", "٣"] {
            check(wrong, None);
        }
    }

    #[test]
    fn more_than_a_part_is_seen_in_the_numbers() {
        let check = |count, total, most: &str, expect: Option<&str>| {
            let percent = Percent::parse(most).unwrap();
            let exceeded = percent.is_exceeded_by(count, total);
            let told = exceeded.then(|| format!("{} > {percent}", percent.compared(count, total)));
            assert_eq!(told.as_deref(), expect);
        };
        check(30, 40, "30", Some("30 of 40 = 75.0 % > 30 %"));
        check(8, 11, "30", Some("8 of 11 = 72.7 % > 30 %"));
        check(3, 10, "30", None);
        check(4, 10, "30", Some("4 of 10 = 40.0 % > 30 %"));
        check(0, 10, "0", None);
        check(1, 500_000, "0", Some("1 of 500000 = 0.0002 % > 0 %"));
        check(3001, 10_000, "30", Some("3001 of 10000 = 30.01 % > 30 %"));
        check(333, 1000, "33.3", None);
        check(1, 3, "33.333", Some("1 of 3 = 33.3333 % > 33.333 %"));
        check(40, 40, "100", None);
    }

    #[test]
    fn a_limit_knows_where_it_is_set() {
        let limits = Limits::default();
        let by_default = limits.of("deletePercent").unwrap();
        assert_eq!(by_default.to_string(), "30 %");
        assert_eq!(by_default.origin("deletePercent"), "the default of policy.deletePercent");
        let place = Place { line: 7, ..Place::of_file("cxform.yaml") };
        let set = Limit { at_most: AtMost::Count(9), place: Some(place) };
        assert_eq!(set.origin("deletes"), "policy.deletes in cxform.yaml:7");
        for (rule, expect) in [("deletes", true), ("deletePercent", false), ("licence", false)] {
            assert_eq!(limits.is_missing(rule), expect, "{rule}");
        }
        let mut limits = limits;
        limits.set("deletes", set.clone());
        assert_eq!((limits.of("deletes"), limits.is_missing("deletes")), (Some(&set), false));
    }
}
