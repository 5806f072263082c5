//! Tables as people keep them in spreadsheets: CSV to the same nodes that YAML gives.
//!
//! The first column is the row's key, the first line the cells' keys. A cell is a number, `none`,
//! `4@window`, or empty for nothing.

use std::sync::Arc;

use serde_json::Number;

use crate::model::{Finding, Node, NodeKey, Place, Tree};

/// Reads a table; its rows become a mapping of mappings.
///
/// # Errors
/// What is wrong with the CSV itself, with its place; at most one finding.
pub(super) fn table(file: &str, text: &str) -> Result<Node, Box<Finding>> {
    let file: Arc<str> = Arc::from(file);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let start = Place { file: Arc::clone(&file), line: 1, column: 1, width: 0 };
    let mut heads: Option<Vec<NodeKey>> = None;
    let mut rows: Vec<(NodeKey, Node)> = Vec::new();
    for record in records.records() {
        let record = record.map_err(|error| broken(&start, &error))?;
        let fields = fields(&record, text, &file);
        match &heads {
            None => heads = Some(fields.into_iter().skip(1).collect()),
            Some(heads) => rows.extend(row(heads, fields)?),
        }
    }
    let Some(_) = heads else {
        let finding = Finding::error("table", &start, "the table is empty");
        return Err(Box::new(finding.hint("its first line names the skills, after one column")));
    };
    unique(&rows)?;
    Ok(Node { place: start, tree: Tree::Object(rows) })
}

/// A record's fields with their places.
fn fields(record: &csv::StringRecord, text: &str, file: &Arc<str>) -> Vec<NodeKey> {
    let position = record.position();
    let line = position.map_or(0, |position| u32::try_from(position.line()).unwrap_or(u32::MAX));
    let begin = position.map_or(0, |p| usize::try_from(p.byte()).unwrap_or(usize::MAX));
    let whole = text.get(begin..).unwrap_or_default();
    let raw = whole.trim_start_matches(['\n', '\r']);
    // Empty lines, and the second half of a line's end, are still before the record.
    let passed = whole[..whole.len() - raw.len()].matches('\n').count();
    let line = line.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
    let mut columns = columns(raw);
    let field = |field: &str| NodeKey {
        text: field.into(),
        place: Place {
            file: Arc::clone(file),
            line,
            column: columns.next().unwrap_or(1),
            width: u32::try_from(field.chars().count()).unwrap_or(0),
        },
    };
    record.iter().map(field).collect()
}

/// The columns, from 1, at which the fields of the first record of `raw` begin.
fn columns(raw: &str) -> impl Iterator<Item = u32> {
    let mut quoted = false;
    let commas = raw.chars().zip(1_u32..).filter_map(move |(c, column)| {
        quoted ^= c == '"';
        (c == ',' && !quoted).then_some(column + 1)
    });
    std::iter::once(1).chain(commas)
}

fn row(heads: &[NodeKey], fields: Vec<NodeKey>) -> Result<Option<(NodeKey, Node)>, Box<Finding>> {
    let mut fields = fields.into_iter();
    let Some(key) = fields.next().filter(|key| !key.text.is_empty()) else { return Ok(None) };
    let mut cells = Vec::new();
    for (index, field) in fields.enumerate().filter(|(_, field)| !field.text.is_empty()) {
        let Some(head) = heads.get(index).filter(|head| !head.text.is_empty()) else {
            let message = format!("`{}` stands under no skill", field.text);
            let finding = Finding::error("table", &field.place, message);
            return Err(Box::new(finding.hint("name the skill in the first line")));
        };
        // What is wrong with a cell is shown at the cell, not at its column's head.
        let at_cell = NodeKey { text: head.text.clone(), place: field.place.clone() };
        cells.push((at_cell, cell(&field)));
    }
    unique(&cells)?;
    let place = key.place.clone();
    Ok(Some((key, Node { place, tree: Tree::Object(cells) })))
}

/// `4`, `4@late`, or a word such as `none`.
fn cell(field: &NodeKey) -> Node {
    let node = |tree| Node { place: field.place.clone(), tree };
    let scalar = |text: &str| match text.parse::<i64>() {
        Ok(number) => Tree::Number(Number::from(number)),
        Err(_) => Tree::String(text.to_owned()),
    };
    let Some((level, window)) = field.text.split_once('@') else {
        return node(scalar(&field.text));
    };
    let key = |text: &str| NodeKey { text: text.into(), place: field.place.clone() };
    node(Tree::Object(vec![
        (key("level"), node(scalar(level.trim()))),
        (key("window"), node(Tree::String(window.trim().to_owned()))),
    ]))
}

fn unique(entries: &[(NodeKey, Node)]) -> Result<(), Box<Finding>> {
    let mut seen = std::collections::BTreeMap::new();
    for (key, _) in entries {
        if let Some(first) = seen.insert(&key.text, &key.place) {
            let message = format!("`{}` is in the table twice", key.text);
            let finding = Finding::error("duplicate-key", &key.place, message);
            return Err(Box::new(finding.related(first, "the first one")));
        }
    }
    Ok(())
}

fn broken(start: &Place, error: &csv::Error) -> Box<Finding> {
    let mut place = start.clone();
    if let Some(position) = error.position() {
        place.line = u32::try_from(position.line()).unwrap_or(u32::MAX);
    }
    Box::new(Finding::error("table", &place, format!("this is no CSV: {error}")))
}

#[cfg(test)]
mod tests {
    use super::table;

    fn check(text: &str, expect: &str) {
        let told = match table("t.csv", text) {
            Ok(node) => node.to_json().to_string(),
            Err(finding) => {
                format!(
                    "{} {}",
                    finding.place.map_or(String::new(), |p| p.to_string()),
                    finding.message
                )
            }
        };
        assert_eq!(told, expect, "{text}");
    }

    #[test]
    fn tables() {
        check(
            "agent,a,b\nana,1,\nbo,none,4@late\n",
            r#"{"ana":{"a":1},"bo":{"a":"none","b":{"level":4,"window":"late"}}}"#,
        );
        check("\u{feff}agent , a\r\n\"Ruiz, Ana\" , 5\r\n\r\n", r#"{"Ruiz, Ana":{"a":5}}"#);
        check("agent,a\nana,x\n", r#"{"ana":{"a":"x"}}"#);
        check("", "t.csv:1:1 the table is empty");
        check("agent,a\nana,1,2\n", "t.csv:2:7 `2` stands under no skill");
        check("agent,a\nana,1\nana,2\n", "t.csv:3:1 `ana` is in the table twice");
        check("agent,a,a\nana,1,2\n", "t.csv:2:7 `a` is in the table twice");
    }

    #[test]
    fn places_are_those_of_the_cells() {
        let node = table("t.csv", "agent,a,b\n\"Ü, x\",12,3\n").unwrap();
        let (_, row) = &node.entries()[0];
        assert_eq!(row.nearest("/b").place.to_string(), "t.csv:2:11");
        for text in ["agent,a\r\nx,1\r\n\r\ny,2\r\n", "agent,a\nx,1\n\ny,2\n"] {
            let node = table("t.csv", text).unwrap();
            let lines: Vec<u32> = node.entries().iter().map(|(key, _)| key.place.line).collect();
            assert_eq!(lines, [2, 4], "{text:?}");
        }
    }
}
