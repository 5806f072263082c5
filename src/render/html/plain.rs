//! A page without a script: all that it says is text.

use super::{escaped, sealed};
use crate::model::neutral;

const STYLE: &str = "
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
li { margin-bottom: .8rem; } code, pre { font-family: ui-monospace, monospace; }
pre { overflow: auto; padding: 1rem; border: 1px solid; } .alarm { border-left: .3rem solid #c33; padding-left: .6rem; }
";

/// A page with a title and this markup.
pub(super) fn plain(title: &str, body: &str) -> String {
    let title = escaped(&neutral(title));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n{body}</body>\n</html>\n",
        sealed(STYLE),
    )
}

/// A page that says why there is nothing to show.
#[must_use]
pub fn html_failure(title: &str, why: &str) -> String {
    plain(title, &format!("<pre>{}</pre>\n", escaped(&neutral(why))))
}
