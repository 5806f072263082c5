//! Drift as a page that a browser opens without a network. It has no script: all it says is text.

use std::fmt::Write as _;

use super::super::drift::{detail, heading, of, summary, title, unknown};
use super::escaped;
use super::plain::plain;
use crate::model::neutral;
use crate::plan::drift::{Class, Drift, Item};

/// Writes the whole page.
#[must_use]
pub fn html_drift(drift: &Drift) -> String {
    let mut page = format!(
        "<p><strong>{}</strong></p>\n<p>{}</p>\n",
        escaped(&neutral(&summary(drift))),
        drift.time,
    );
    if let Some(note) = unknown(drift) {
        let _ = writeln!(page, "<p>{}</p>", escaped(&neutral(&note)));
    }
    for class in Class::ALL {
        let items = of(drift, class);
        if !items.is_empty() {
            let _ = writeln!(page, "<h2>{} ({})</h2>\n<ul>", heading(class), items.len());
            page.extend(items.into_iter().map(row));
            page.push_str("</ul>\n");
        }
    }
    if let Some(manifests) = &drift.manifests {
        let _ = writeln!(
            page,
            "<h2>Manifests for what is unmanaged</h2>\n<pre>{}</pre>",
            escaped(&neutral(manifests))
        );
    }
    plain(&format!("Drift in {}", drift.tenant.name), &page)
}

fn row(item: &Item) -> String {
    let alarm = if item.alarm { " class=\"alarm\"" } else { "" };
    let mut row = format!("<li{alarm}><code>{}</code>", escaped(&neutral(&title(item))));
    for line in detail(item) {
        let _ = write!(row, "<br>{}", escaped(&neutral(&line)));
    }
    row + "</li>\n"
}
