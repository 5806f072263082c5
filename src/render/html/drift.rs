//! Drift as a page that a browser opens without a network. It has no script: all it says is text.

use std::fmt::Write as _;

use super::super::drift::{detail, heading, of, summary, title, unknown};
use super::{escaped, sealed};
use crate::model::neutral;
use crate::plan::drift::{Class, Drift, Item};

const STYLE: &str = "
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
li { margin-bottom: .8rem; } code, pre { font-family: ui-monospace, monospace; }
pre { overflow: auto; padding: 1rem; border: 1px solid; } .alarm { border-left: .3rem solid #c33; padding-left: .6rem; }
";

/// Writes the whole page.
#[must_use]
pub fn html_drift(drift: &Drift) -> String {
    let name = escaped(&neutral(&drift.tenant.name));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Drift in {name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Drift in {name}</h1>\n<p><strong>{}</strong></p>\n<p>{}</p>\n",
        sealed(STYLE),
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
    page + "</body>\n</html>\n"
}

fn row(item: &Item) -> String {
    let alarm = if item.alarm { " class=\"alarm\"" } else { "" };
    let mut row = format!("<li{alarm}><code>{}</code>", escaped(&neutral(&title(item))));
    for line in detail(item) {
        let _ = write!(row, "<br>{}", escaped(&neutral(&line)));
    }
    row + "</li>\n"
}
