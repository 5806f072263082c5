//! Assignments as workforce management takes them: a table with fixed columns.

use jiff::Timestamp;

use crate::kinds::WfmRow;
use crate::model::inert;

/// The columns, for ever.
const COLUMNS: [&str; 6] =
    ["userId", "skillId", "level", "availableFrom", "availableTo", "exportTimestamp"];

/// CSV (RFC 4180): the columns, and a row for each assignment by user and skill. `at` is when it
/// was read. A cell that a spreadsheet would run as a formula begins with `'`.
#[must_use]
pub fn wfm(mut rows: Vec<WfmRow>, at: Timestamp) -> String {
    rows.sort();
    let at = at.to_string();
    let mut table = String::with_capacity(64 + rows.len() * 100);
    line(&mut table, COLUMNS);
    for row in &rows {
        let time = |time: &'_ Option<String>| time.clone().unwrap_or_default();
        let (from, to) = (time(&row.from), time(&row.to));
        line(&mut table, [&*row.user, &*row.skill, &*row.level, &*from, &*to, &*at]);
    }
    table
}

fn line(table: &mut String, cells: [&str; 6]) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            table.push(',');
        }
        let cell = inert(cell);
        // What ends a line is not in a cell any more.
        match cell.contains(['"', ',']) {
            true => table.push_str(&format!("\"{}\"", cell.replace('"', "\"\""))),
            false => table.push_str(&cell),
        }
    }
    table.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::wfm;
    use crate::kinds::WfmRow;

    const HEADER: &str = "userId,skillId,level,availableFrom,availableTo,exportTimestamp\r\n";

    fn row(user: &str, skill: &str, level: &str) -> WfmRow {
        let (from, to) = (Some("2035-01-08T08:00:00Z".to_owned()), None);
        WfmRow { user: user.into(), skill: skill.into(), level: level.to_owned(), from, to }
    }

    #[test]
    fn rows_are_sorted_and_lines_end_as_the_rfc_says() {
        assert_eq!(wfm(Vec::new(), Timestamp::UNIX_EPOCH), HEADER);
        let rows = vec![row("u-2", "a", "1"), row("u-10", "b", "2"), row("u-10", "a", "3")];
        let rest = "2035-01-08T08:00:00Z,,1970-01-01T00:00:00Z\r\n";
        assert_eq!(
            wfm(rows, Timestamp::UNIX_EPOCH),
            format!("{HEADER}u-10,a,3,{rest}u-10,b,2,{rest}u-2,a,1,{rest}")
        );
    }

    #[test]
    fn cells_are_quoted_and_no_formula() {
        let check = |id: &str, expect: &str| {
            let table = wfm(vec![row(id, "s", "1")], Timestamp::UNIX_EPOCH);
            let begin = format!("{HEADER}{expect},s,1,");
            assert!(table.starts_with(&begin) && table.lines().count() == 2, "{table}");
        };
        check("4f1a-b2:c=d@e", "4f1a-b2:c=d@e");
        check("Ünal Öz", "Ünal Öz");
        check("a,b", "\"a,b\"");
        check("a\"b", "\"a\"\"b\"");
        check("a\r\nb", "a\\u{d}\\u{a}b");
        check("=HYPERLINK(\"http://x\",1)", "\"'=HYPERLINK(\"\"http://x\"\",1)\"");
        check("-1", "'-1");
        check("@x", "'@x");
    }
}
