//! Who can serve each hour before and after a plan's changes, as a small chart.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::fields::one_line;
use super::plan::Detail;
use crate::model::{Coverage, Covered, Levels, Span};

/// How many queues and skills are told before the rest is counted.
const TOLD: usize = 12;
/// How many rows of one are told before the rest is counted.
const ROWS: usize = 10;
/// How wide a bar is at most.
const WIDEST: u32 = 24;
/// How many levels of a row are told one by one.
const LEVELS: usize = 3;
/// How many days of a row are told before the rest is counted.
const DAYS: usize = 8;
/// What is so in every hour of the seven days.
const ALL: &str = "all of the time";

/// Hours that are alike on several days: a row of the chart.
struct Row<'c> {
    when: String,
    before: &'c Levels,
    after: &'c Levels,
    is_short: bool,
}

/// Writes what changes; nothing where nothing does.
///
/// # Errors
/// The writer's own.
pub(super) fn coverage(out: &mut dyn Write, coverage: &Coverage, detail: Detail) -> fmt::Result {
    let zone = TimeZone::get(&coverage.timezone).unwrap_or(TimeZone::UTC);
    let told = coverage.resources.iter().filter(|covered| !is_told(covered, coverage));
    let mut changing: Vec<&Covered> = told.filter(|covered| !covered.spans.is_empty()).collect();
    changing.sort_by_key(|covered| std::cmp::Reverse(gravity(covered)));
    if !changing.is_empty() {
        let (zone, agents) = (one_line(&coverage.timezone), count(coverage.agents));
        writeln!(out, "Coverage of the next 7 days ({zone}): who can serve, of {agents}")?;
    }
    let most = if detail == Detail::Full { usize::MAX } else { TOLD };
    for covered in changing.iter().take(most) {
        let rows = rows(covered, coverage, &zone);
        let (label, touched) = (one_line(&covered.address.to_string()), touched(covered));
        writeln!(out, "    {label}{touched}")?;
        let most = if detail == Detail::Full { usize::MAX } else { ROWS };
        chart(out, &rows[..rows.len().min(most)], detail)?;
        more(out, rows.len(), most, "rows")?;
    }
    more(out, changing.len(), most, "queues and skills")?;
    later(out, coverage, !changing.is_empty(), &zone)?;
    radius(out, coverage)
}

/// Hours in which fewer can serve than before.
pub(super) struct Fall {
    pub(super) address: String,
    pub(super) when: String,
    pub(super) before: u32,
    pub(super) after: u32,
    /// Whether the guard complains about these hours.
    pub(super) is_short: bool,
}

/// Where fewer can serve than before, the gravest first.
pub(super) fn falls(coverage: &Coverage) -> Vec<Fall> {
    let zone = TimeZone::get(&coverage.timezone).unwrap_or(TimeZone::UTC);
    let told = coverage.resources.iter().filter(|covered| !is_told(covered, coverage));
    let mut falling: Vec<&Covered> = told.collect();
    falling.sort_by_key(|covered| std::cmp::Reverse(gravity(covered)));
    let mut falls = Vec::new();
    for covered in falling {
        let rows = rows(covered, coverage, &zone).into_iter();
        falls.extend(rows.filter(|row| row.after.total() < row.before.total()).map(|row| Fall {
            address: covered.address.to_string(),
            when: row.when,
            before: row.before.total(),
            after: row.after.total(),
            is_short: row.is_short,
        }));
    }
    falls.sort_by_key(|fall| !fall.is_short);
    falls
}

/// A level of which few are left or none.
pub(super) struct Loss {
    pub(super) address: String,
    pub(super) level: u8,
    pub(super) when: String,
    pub(super) before: u32,
    pub(super) after: u32,
}

/// The levels that run out or more than halve, the gravest first; each where it is worst. Those whose
/// agents rise are no loss, and where nearly all agents go that is told as a fall.
pub(super) fn losses(coverage: &Coverage) -> Vec<Loss> {
    let zone = TimeZone::get(&coverage.timezone).unwrap_or(TimeZone::UTC);
    let mut losses = Vec::new();
    for covered in coverage.resources.iter().filter(|covered| !is_told(covered, coverage)) {
        let mut worst: BTreeMap<u8, Loss> = BTreeMap::new();
        for row in rows(covered, coverage, &zone) {
            for loss in lost(covered, &row) {
                let known = worst.get(&loss.level).map(Loss::weight);
                if known.is_none_or(|known| known > loss.weight()) {
                    worst.insert(loss.level, loss);
                }
            }
        }
        losses.extend(worst.into_values().rev());
    }
    losses.sort_by_key(Loss::weight);
    losses
}

impl Loss {
    /// The less, the graver.
    fn weight(&self) -> (bool, std::cmp::Reverse<u32>) {
        (self.after > 0, std::cmp::Reverse(self.before.saturating_sub(self.after)))
    }
}

/// The losses of a row.
fn lost(covered: &Covered, row: &Row<'_>) -> Vec<Loss> {
    let halves = |before: u32, after: u32| after.saturating_mul(2) < before;
    if halves(row.before.total(), row.after.total()) {
        return Vec::new();
    }
    let is_lost = |level: &u8| {
        let (before, after) = (row.before.at(*level), row.after.at(*level));
        // Who is at a higher level now is not lost.
        let gone = row.before.at_least(*level).saturating_sub(row.after.at_least(*level));
        *level > 0 && halves(before, after) && gone.saturating_mul(2) >= before
    };
    let levels = row.before.known().filter(is_lost);
    let loss = |level| Loss {
        address: covered.address.to_string(),
        level,
        when: row.when.clone(),
        before: row.before.at(level),
        after: row.after.at(level),
    };
    levels.map(loss).collect()
}

/// What is worse comes first: where too few are left, then by the share that is lost.
pub(super) fn gravity(covered: &Covered) -> (bool, u64) {
    let lost = |span: &Span| {
        let (before, after) = (u64::from(span.before.total()), u64::from(span.after.total()));
        before.saturating_sub(after) * 1000 / before.max(1)
    };
    let is_short = covered.spans.iter().any(|span| span.floor.is_some());
    (is_short, covered.spans.iter().map(lost).max().unwrap_or_default())
}

/// A skill that one queue alone asks for, and nothing else, is told with the queue.
pub(super) fn is_told(covered: &Covered, coverage: &Coverage) -> bool {
    let only = std::slice::from_ref(&covered.address);
    let same = |other: &&Covered| other.by == only && other.spans.len() == covered.spans.len();
    covered.by.is_empty() && coverage.resources.iter().any(|other| same(&other))
}

fn touched(covered: &Covered) -> String {
    let Covered { touched, agents, .. } = covered;
    match touched {
        0 => String::new(),
        touched => {
            let share = percent(*touched, *agents);
            let agents = count(*agents);
            format!("  (touches {touched} of {agents}, {share})")
        }
    }
}

fn count(agents: usize) -> String {
    format!("{agents} agent{}", if agents == 1 { "" } else { "s" })
}

fn percent(part: usize, whole: usize) -> String {
    format!("{} %", (part * 100 + whole / 2) / whole.max(1))
}

/// The spans, those that are alike on several days together.
fn rows<'c>(covered: &'c Covered, coverage: &Coverage, zone: &TimeZone) -> Vec<Row<'c>> {
    type Key<'c> = (String, &'c Levels, &'c Levels, bool);
    let mut order: Vec<Key<'c>> = Vec::new();
    let mut days: BTreeMap<Key<'c>, Vec<DateTime>> = BTreeMap::new();
    for span in &covered.spans {
        let hours = hours(span, coverage, zone);
        let key = (hours, &span.before, &span.after, span.floor.is_some());
        if !days.contains_key(&key) {
            order.push(key.clone());
        }
        days.entry(key).or_default().push(zone.to_datetime(span.from));
    }
    let row = |key: Key<'c>| {
        let on = days.get(&key).map(|days| told_days(days)).unwrap_or_default();
        let (hours, before, after, is_short) = key;
        let when = if hours == ALL { hours } else { format!("{on} {hours}") };
        Row { when, before, after, is_short }
    };
    order.into_iter().map(row).collect()
}

/// The hours of a span that are told beside its days; of one that is long, both ends.
fn hours(span: &Span, coverage: &Coverage, zone: &TimeZone) -> String {
    let from = zone.to_datetime(span.from);
    if (span.from, span.to) == (coverage.from, Some(coverage.to)) {
        return ALL.to_owned();
    }
    let begin = from.strftime("%H:%M");
    let Some(to) = span.to.map(|to| zone.to_datetime(to)) else {
        return format!("{begin} on, without an end");
    };
    let is_next = from.date().tomorrow().is_ok_and(|next| next == to.date());
    match () {
        () if to.date() == from.date() => format!("{begin}-{}", to.strftime("%H:%M")),
        () if is_next && to.time() == Time::midnight() => format!("{begin}-24:00"),
        () if is_next && to.time() <= from.time() => {
            format!("{begin}-{} (next day)", to.strftime("%H:%M"))
        }
        () => format!("{begin} to {}", to.strftime("%a %Y-%m-%d %H:%M")),
    }
}

/// `Mon 2035-01-08 Tue Wed`: what is a week or more after a date is told with its own.
fn told_days(days: &[DateTime]) -> String {
    let mut dated: Option<Date> = None;
    let mut told = Vec::new();
    for day in days.iter().take(DAYS) {
        let day = day.date();
        let is_near = dated.is_some_and(|dated| (day - dated).get_days() < 7);
        told.push(day.strftime(if is_near { "%a" } else { "%a %Y-%m-%d" }).to_string());
        dated = dated.filter(|_| is_near).or(Some(day));
    }
    match days.len().saturating_sub(DAYS) {
        0 => {}
        more => told.push(format!("and {more} more")),
    }
    told.join(" ")
}

/// The rows, aligned: `#` for who stays, `-` for who is lost, `+` for who is won.
fn chart(out: &mut dyn Write, rows: &[Row<'_>], detail: Detail) -> fmt::Result {
    let width = rows.iter().map(|row| row.when.chars().count()).max().unwrap_or_default();
    let totals = rows.iter().map(|row| row.before.total().max(row.after.total()));
    let most = totals.max().unwrap_or_default();
    let digits = most.to_string().len();
    let per_mark = most.div_ceil(WIDEST).max(1);
    for row in rows {
        let (before, after) = (row.before.total(), row.after.total());
        let marks = |count: u32| count.div_ceil(per_mark) as usize;
        let stay = marks(before.min(after));
        let (sign, differ) =
            if after < before { ("-", marks(before)) } else { ("+", marks(after)) };
        let bar = format!("{}{}", "#".repeat(stay), sign.repeat(differ.saturating_sub(stay)));
        let levels = levels(row, detail);
        let short = if row.is_short { "  ! too few" } else { "" };
        let line = format!(
            "        {:<width$}  {before:>digits$} -> {after:>digits$}  {bar}{levels}{short}",
            row.when
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// What changes level by level: `  level 3: 2 -> 1`; of many the largest losses.
fn levels(row: &Row<'_>, detail: Detail) -> String {
    let mut told = levels_moved(row.before, row.after);
    let more = match told.len().saturating_sub(LEVELS) {
        more @ 1.. if detail != Detail::Full => {
            told.sort_by_key(|(won, _)| *won);
            told.truncate(LEVELS);
            format!(" and {more} more")
        }
        _ => String::new(),
    };
    let told: Vec<String> = told.into_iter().map(|(_, told)| told).collect();
    if told.is_empty() { String::new() } else { format!("  {}{more}", told.join(", ")) }
}

/// How many there are of each level of which there are more or fewer.
pub(super) fn levels_that_differ(before: &Levels, after: &Levels) -> Vec<String> {
    levels_moved(before, after).into_iter().map(|(_, told)| told).collect()
}

/// The same, each with how many are won.
fn levels_moved(before: &Levels, after: &Levels) -> Vec<(i64, String)> {
    let mut known: Vec<u8> = before.known().chain(after.known()).collect();
    known.sort_unstable();
    known.dedup();
    let differs = known.into_iter().filter(|level| before.at(*level) != after.at(*level));
    let told = differs.map(|level| {
        let name = if level == 0 { "no level".to_owned() } else { format!("level {level}") };
        let (before, after) = (before.at(level), after.at(level));
        (i64::from(after) - i64::from(before), format!("{name}: {before} -> {after}"))
    });
    told.collect()
}

fn more(out: &mut dyn Write, count: usize, told: usize, what: &str) -> fmt::Result {
    match count.saturating_sub(told) {
        0 => Ok(()),
        more => writeln!(out, "        and {more} more {what} (--detail full tells them)"),
    }
}

/// What changes after the week, of which nothing is told.
fn later(out: &mut dyn Write, coverage: &Coverage, is_told: bool, zone: &TimeZone) -> fmt::Result {
    if let Some(later) = coverage.later {
        let day = zone.to_datetime(later);
        let when = day.strftime("%a %Y-%m-%d %H:%M");
        let also = if is_told { "also changes" } else { "changes" };
        let at = day.strftime("%Y-%m-%dT%H:%M");
        writeln!(out, "Coverage {also} from {when} on, later than in 7 days: see --at {at}")?;
    }
    if is_told || coverage.later.is_some() { writeln!(out) } else { Ok(()) }
}

/// The share of each queue's agents and of each team that is touched, where it is not told yet.
fn radius(out: &mut dyn Write, coverage: &Coverage) -> fmt::Result {
    let is_silent = |covered: &&Covered| {
        !covered.by.is_empty() && covered.spans.is_empty() && covered.touched > 0
    };
    let silent = coverage.resources.iter().filter(is_silent);
    let silent = silent.map(|c| (one_line(&c.address.to_string()), c.touched, c.agents));
    let teams = coverage.teams.iter();
    let teams =
        teams.map(|team| (format!("team {}", one_line(&team.name)), team.touched, team.agents));
    let all: Vec<String> = silent
        .chain(teams)
        .map(|(name, part, whole)| format!("{name} {part} of {whole} ({})", percent(part, whole)))
        .collect();
    if all.is_empty() {
        return Ok(());
    }
    let more = match all.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named: Vec<&str> = all.iter().take(TOLD).map(String::as_str).collect();
    writeln!(out, "Agents touched: {}{more}\n", named.join(", "))
}
