//! What opens, ends and expires, a line each.

use std::fmt::{self, Write};

use jiff::civil::DateTime;

use super::fields::one_line;
use crate::kinds::KINDS;
use crate::plan::{Event, Moment, Timeline};

/// Writes a timeline.
///
/// # Errors
/// The writer's own.
pub(super) fn timeline(out: &mut dyn Write, timeline: &Timeline) -> fmt::Result {
    let (from, to) = (short(&timeline.from), short(&timeline.to));
    if timeline.moments.is_empty() {
        return writeln!(out, "Nothing opens, ends or expires from {from} to {to}.\n");
    }
    writeln!(out, "From {from} to {to}:")?;
    for moment in &timeline.moments {
        line(out, moment)?;
    }
    writeln!(out)
}

fn line(out: &mut dyn Write, moment: &Moment) -> fmt::Result {
    let member = KINDS.iter().find(|kind| kind.name() == moment.kind);
    let member = member.and_then(|kind| kind.grouped_by());
    let member = member.map_or(moment.kind.as_str(), |grouping| grouping.member);
    let plural = if moment.count == 1 { "" } else { "s" };
    let (event, also) = match (moment.event, &moment.ends, &moment.next) {
        (Event::Opens, Some(ends), _) => ("opens", format!("until {}", short(ends))),
        (Event::Opens, None, _) => ("opens", "without an end".to_owned()),
        (Event::Ends, _, Some(next)) => ("ends", format!("and opens again {}", short(next))),
        (Event::Ends, ..) => ("ends", "and opens again".to_owned()),
        (Event::Expires, ..) => ("expires", "without a successor".to_owned()),
    };
    let mut names = moment.names.iter().map(|name| one_line(name)).collect::<Vec<_>>().join(", ");
    if let more @ 1.. = moment.count.saturating_sub(moment.names.len()) {
        names.push_str(&format!(" and {more} more"));
    }
    let (at, head, count) = (short(&moment.at), one_line(&moment.head), moment.count);
    writeln!(out, "    {at}  {head} {event} for {count} {member}{plural} {also}: {names}")
}

/// `2026-11-23T08:00:00+01:00` as `Mon 2026-11-23 08:00 +01:00`.
fn short(text: &str) -> String {
    let local = text.split_at_checked(19).and_then(|(local, offset)| {
        let local: DateTime = local.parse().ok()?;
        let seconds = if local.second() == 0 { "" } else { ":%S" };
        Some(format!("{} {offset}", local.strftime(&format!("%a %F %H:%M{seconds}"))))
    });
    local.unwrap_or_else(|| one_line(text))
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn times_are_told_with_their_day() {
        let check = |text: &str, expect: &str| assert_eq!(short(text), expect);
        check("2026-11-23T08:00:00+01:00", "Mon 2026-11-23 08:00 +01:00");
        check("2026-11-23T08:00:30-03:30", "Mon 2026-11-23 08:00:30 -03:30");
        check("2026-11-23T08:00:00Z", "Mon 2026-11-23 08:00 Z");
        check("soon\n", "soon\\n");
    }
}
