//! A plan as one page that a browser opens without a network: the data as JSON, and a script that
//! shows it.
//!
//! Nothing of a plan is ever markup: what the page itself says is escaped, the data cannot end its
//! element, the script makes text nodes only, and the page's policy lets nothing else run or load.

mod coverage;
mod data;
mod drift;
mod plain;

use sha2::{Digest, Sha256};

use self::data::Page;
pub use self::drift::html_drift;
pub use self::plain::html_failure;
use super::base::compared;
use super::fields::one_line;
use super::plan::summary;
use crate::plan::Plan;

const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = concat!(
    include_str!("page/dom.js"),
    include_str!("page/rows.js"),
    include_str!("page/first.js"),
    include_str!("page/changes.js"),
    include_str!("page/matrix.js"),
    include_str!("page/coverage.js"),
    include_str!("page/main.js"),
);

/// Writes the whole page. It depends on the plan alone: the same plan is the same bytes.
///
/// # Errors
/// The data cannot be written as JSON.
pub fn html(plan: &Plan) -> serde_json::Result<String> {
    let data = Page::of(plan);
    let tenant = one_line(&plan.tenant.name);
    let headline = [Some(summary(plan)), compared(plan)].into_iter().flatten();
    Ok(format!(
        include_str!("page/page.html"),
        policy = policy(),
        title = escaped(&format!("Plan for {tenant}")),
        headline = escaped(&headline.collect::<Vec<_>>().join(" ")),
        style = STYLE,
        data = embedded(&serde_json::to_string(&data)?),
        script = SCRIPT,
    ))
}

/// Only our own style and script; nothing is loaded from anywhere.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        sealed(STYLE),
        sealed(SCRIPT)
    )
}

/// A text as a page's policy allows it.
fn sealed(text: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(text)))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

/// A text as markup that only says it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{2028}' | '\u{2029}' => safe.push_str(&format!("&#{};", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
}

/// JSON that cannot end the element that it stands in. These characters only ever occur inside
/// strings, so the meaning stays the same.
fn embedded(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                safe.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
