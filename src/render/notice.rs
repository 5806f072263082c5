//! What a chat is told of new drift.

use serde_json::{Value, json};

use super::drift::{said, summary, title};
use super::fields::one_line;
use crate::plan::drift::{Drift, Item};

/// How many items are told before the rest is counted.
const TOLD: usize = 20;

/// How a receiver wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chat {
    /// An incoming webhook of Slack.
    Slack,
    /// A webhook of Teams, or a workflow that posts to it.
    Teams,
    /// Anybody: the report's own JSON, with what is new alone.
    Json,
}

impl Chat {
    /// Whose webhooks are at this host.
    #[must_use]
    pub fn of_host(host: &str) -> Self {
        const TEAMS: &[&str] =
            &[".webhook.office.com", ".logic.azure.com", ".api.powerplatform.com"];
        let host = host.to_ascii_lowercase();
        match host.as_str() {
            "hooks.slack.com" | "hooks.slack-gov.com" => Self::Slack,
            "outlook.office.com" => Self::Teams,
            host if TEAMS.iter().any(|end| host.ends_with(end)) => Self::Teams,
            _ => Self::Json,
        }
    }

    /// What is posted about these.
    #[must_use]
    pub fn notice(self, drift: &Drift, new: &[&Item]) -> String {
        let value = match self {
            Self::Slack => json!({"text": text(drift, new, slack).join("\n")}),
            Self::Teams => {
                let block =
                    |line: &String| json!({"type": "TextBlock", "wrap": true, "text": line});
                let lines = text(drift, new, teams);
                json!({
                    "type": "message",
                    "attachments": [{
                        "contentType": "application/vnd.microsoft.card.adaptive",
                        "content": {
                            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                            "type": "AdaptiveCard", "version": "1.4",
                            "body": lines.iter().map(block).collect::<Vec<Value>>(),
                        },
                    }],
                })
            }
            Self::Json => {
                let mut value = json!(drift);
                if let Value::Object(fields) = &mut value {
                    fields.remove("items");
                    fields.remove("manifests");
                    fields.insert("new".to_owned(), json!(new));
                }
                value
            }
        };
        crate::model::json_safe(&value.to_string()).into_owned()
    }
}

/// A headline, a line for each item, and the counts.
fn text(drift: &Drift, new: &[&Item], escape: fn(&str) -> String) -> Vec<String> {
    let mut lines = vec![format!("Drift in {}: {} new", escape(&drift.tenant.name), new.len())];
    let told = new.iter().take(TOLD);
    lines.extend(told.map(|item| {
        let place = item.source.as_ref().map_or_else(String::new, |place| format!(" ({place})"));
        format!("• {}", escape(&format!("{} {}{place}", title(item), said(item))))
    }));
    if new.len() > TOLD {
        lines.push(format!("and {} more", new.len() - TOLD));
    }
    lines.push(escape(&summary(drift)));
    lines
}

/// Slack knows three characters that mean something else than themselves. A mark such as `*` acts only
/// at the edge of a word, which an invisible joiner takes from it.
fn slack(text: &str) -> String {
    let mut safe = String::new();
    for c in one_line(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '*' | '_' | '~' | '`' => {
                safe.extend(['\u{2060}', c, '\u{2060}']);
            }
            c => safe.push(c),
        }
    }
    safe
}

/// The marks of Markdown that an adaptive card understands.
fn teams(text: &str) -> String {
    let mut safe = String::new();
    for c in one_line(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '<' | '>' | '!') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Chat, slack, teams};
    use crate::http::Dialect;
    use crate::model::{Address, Place};
    use crate::plan::Tenant;
    use crate::plan::drift::{Class, Counts, DRIFT_FORMAT, Drift, Item, Moved};

    fn drift(count: usize) -> Drift {
        let item = |number: usize| Item {
            address: Address::new("queue", &[&format!("<q{number}>")]),
            kind: "queue".to_owned(),
            name: format!("<q{number}>"),
            class: Class::Changed,
            difference: Class::Changed,
            alarm: true,
            exclusive: false,
            declared: Some(json!({"capacity": 10})),
            live: Some(json!({"capacity": 11})),
            paths: vec![Moved {
                path: "/capacity".to_owned(),
                declared: json!(10),
                live: json!(11),
                class: Class::Changed,
            }],
            source: Some(Place { line: 3, column: 1, ..Place::of_file("q.yaml") }),
            lease: None,
            ignored_by: None,
            seen: Some(1),
        };
        let items: Vec<Item> = (0..count).map(item).collect();
        let (name, url) = ("prod".to_owned(), "https://t.example".to_owned());
        Drift {
            format_version: DRIFT_FORMAT,
            tool_version: "0",
            tenant: Tenant { name, url, dialect: Dialect::V2 },
            time: jiff::Timestamp::UNIX_EPOCH,
            last_apply: None,
            after: None,
            drift: true,
            counts: Counts::of(&items),
            items,
            manifests: Some("kind: Queue".to_owned()),
            accepted: Vec::new(),
        }
    }

    #[test]
    fn each_chat_is_told_in_its_own_words() {
        let told = |chat: Chat, count: usize| -> Value {
            let drift = drift(count);
            let new: Vec<&Item> = drift.items.iter().collect();
            serde_json::from_str(&chat.notice(&drift, &new)).unwrap()
        };
        assert_eq!(
            told(Chat::Slack, 1),
            json!({"text": "Drift in prod: 1 new\n• queue/&lt;q0&gt; changed: capacity: 11, \
                            declared 10 (q.yaml:3:1)\nDrift: 1 changed, 0 missing, 0 pending."})
        );
        let many = told(Chat::Slack, 30);
        assert!(many["text"].as_str().unwrap().contains("\nand 10 more\n"), "{many}");
        let card = told(Chat::Teams, 1);
        let lines = card.pointer("/attachments/0/content/body").unwrap().as_array().unwrap();
        let lines: Vec<&str> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
        assert_eq!(lines[0], "Drift in prod: 1 new");
        assert!(lines[1].starts_with("• queue/\\<q0\\> changed: capacity: 11"), "{lines:?}");
        let plain = told(Chat::Json, 2);
        assert_eq!(plain["new"].as_array().map(Vec::len), Some(2));
        assert_eq!((&plain["items"], &plain["counts"]["changed"]), (&Value::Null, &json!(2)));
    }

    #[test]
    fn the_host_tells_whose_webhook_it_is() {
        let check = |host: &str, expect: Chat| assert_eq!(Chat::of_host(host), expect, "{host}");
        check("hooks.slack.com", Chat::Slack);
        check("HOOKS.slack.com", Chat::Slack);
        check("hooks.slack.com.evil.example", Chat::Json);
        check("acme.webhook.office.com", Chat::Teams);
        check("prod-1.westeurope.logic.azure.com", Chat::Teams);
        check("x.y.environment.api.powerplatform.com", Chat::Teams);
        check("127.0.0.1", Chat::Json);
        check("webhook.office.com.example", Chat::Json);
    }

    #[test]
    fn no_text_of_the_tenant_is_markup() {
        assert_eq!(slack("<!channel> a & b\n"), "&lt;!channel&gt; a &amp; b\\n");
        assert_eq!(slack("*b*"), "\u{2060}*\u{2060}b\u{2060}*\u{2060}");
        assert_eq!(teams("[x](http://y) *b*"), "\\[x\\]\\(http://y\\) \\*b\\*");
    }
}
