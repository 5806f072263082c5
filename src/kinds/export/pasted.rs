//! From exports as the tenant has them to manifests.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::header::{Header, Said, is_name};
use super::manifest::{EVENTS, EXPORT, is_unsafe};
use super::{headers_of, queue_of};
use crate::kinds::Pasted;
use crate::model::{Address, Raw, Remote};

/// What is said of headers whose values nobody tells.
const UNTOLD: &str = "the tenant tells no value of a header: name the variables that hold them. It was not \
                      made by cxform, so that the next apply makes it anew and deletes this one";

/// The manifests: one for all exports that differ in their queues alone.
pub(super) fn of(remotes: &[(Address, &Remote)]) -> Vec<Pasted> {
    let mut queues: BTreeMap<String, (Pasted, Vec<Value>)> = BTreeMap::new();
    let mut pasted = Vec::new();
    for (address, remote) in remotes {
        match declared(address, remote) {
            Err(why) => {
                let note = Some(format!("{address}: no manifest can declare it, {why}"));
                pasted.push(Pasted { note, document: None });
            }
            Ok((queue, manifest)) => {
                let like = json!([queue.is_none(), manifest.note, manifest.document]).to_string();
                let (_, own) = queues.entry(like).or_insert((manifest, Vec::new()));
                own.extend(queue.map(Value::from));
            }
        }
    }
    let whole = queues.into_values().map(|(mut manifest, queues)| {
        if let Some(spec) = manifest.document.as_mut().and_then(|document| document.get_mut("spec"))
        {
            spec["queues"] = if queues.is_empty() { "all".into() } else { queues.into() };
        }
        manifest
    });
    pasted.extend(whole);
    pasted
}

/// The queue of an export, and its manifest without that.
fn declared(address: &Address, remote: &Remote) -> Result<(Option<String>, Pasted), &'static str> {
    let fields = remote.document.value();
    let name = address.segment(0);
    if name.starts_with("id:") {
        return Err("since it has no name, or shares it");
    }
    let whose = fields.get("queue").and_then(Value::as_str);
    let queue = queue_of(whose.ok_or("since its filter chooses no queue")?);
    let segment = address.tail().map(|_| address.segment(1));
    // Where no manifest speaks of queues, their names were not read: the id means the same queue.
    let is_id = segment.is_some() && queue.is_some_and(|queue| queue.starts_with("id:"));
    if queue != segment.as_deref() && !is_id {
        return Err("since its name is not that of its queue");
    }
    let events = fields.get("events").cloned().unwrap_or_default();
    let of_events = events.as_array().map(Vec::as_slice).unwrap_or_default();
    if of_events.is_empty() || !of_events.iter().all(|own| EVENTS.iter().any(|known| own == known))
    {
        return Err("since it sends other events than manifests know");
    }
    let text = |path: &str| fields.pointer(path).and_then(Value::as_str);
    let url = text("/destination/url").filter(|url| !is_unsafe(url));
    let url = url.ok_or("since its url is none that events are sent to safely")?;
    if text("/destination/type") != Some("http") {
        return Err("since its destination is not `http`");
    }
    let known = headers_of(&fields);
    let note = known.is_none().then(|| UNTOLD.to_owned());
    let headers = known.unwrap_or_else(|| untold(remote.raw.as_ref()));
    let headers: Map<String, Value> =
        headers.into_iter().map(|header| (header.name, json!(header.value))).collect();
    let mut destination = json!({"url": url});
    if !headers.is_empty() {
        destination["headers"] = headers.into();
    }
    let document = json!({
        "apiVersion": "cxform/v1", "kind": EXPORT, "metadata": {"name": name},
        "spec": {"events": events, "destination": destination},
    });
    Ok((queue.map(str::to_owned), Pasted { note, document: Some(document) }))
}

/// The headers whose names a row tells, each with a variable of that name.
fn untold(raw: Option<&Raw>) -> Vec<Header> {
    let row: Value =
        raw.and_then(|raw| serde_json::from_str(raw.as_str()).ok()).unwrap_or_default();
    let headers = row.pointer("/destination/headers").and_then(Value::as_object);
    let names = headers.into_iter().flat_map(Map::keys).filter(|name| is_name(name));
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let header = |name: &String| {
        let env = format!("EXPORT_{}", name.chars().map(letter).collect::<String>());
        Header { name: name.clone(), value: Said::Variable { env } }
    };
    names.map(header).collect()
}
