//! What the environment says of OTLP.

use secrecy::SecretString;

/// Where traces and metrics go, and what goes with them.
#[derive(Clone, Debug)]
pub struct OtlpSettings {
    /// The collector's base URL, without a trailing slash.
    pub(super) endpoint: String,
    /// Sent with each request: they hold keys.
    pub(super) headers: Vec<(String, SecretString)>,
    /// What the whole is called.
    pub(super) service: String,
    /// What else is said of where this runs.
    pub(super) attributes: Vec<(String, String)>,
    /// The trace that this run is a part of.
    pub(super) parent: Option<Parent>,
}

/// What `TRACEPARENT` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: String,
    pub(super) span: String,
    /// Whether the trace is recorded.
    pub(super) is_wanted: bool,
}

impl OtlpSettings {
    /// Reads the variables that OpenTelemetry has for this; none where no collector is named.
    pub fn read<'e>(variable: impl Fn(&str) -> Option<&'e str>) -> Option<Self> {
        let is_off = variable("OTEL_SDK_DISABLED").is_some_and(|off| off == "true");
        let endpoint = variable("OTEL_EXPORTER_OTLP_ENDPOINT").filter(|_| !is_off)?;
        let headers = pairs(variable("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default());
        Some(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name, SecretString::from(value)))
                .collect(),
            service: variable("OTEL_SERVICE_NAME").unwrap_or("cxform").to_owned(),
            attributes: pairs(variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default()),
            parent: variable("TRACEPARENT").and_then(parent),
        })
    }
}

/// `a=b,c=d%20e`; what is no pair is left out.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), decoded(value.trim())))
    };
    text.split(',').filter_map(pair).collect()
}

/// Undoes percent-encoding; what is none stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Reads a W3C trace context: `00-TRACE-SPAN-FLAGS`. One that is wrong is as none.
fn parent(text: &str) -> Option<Parent> {
    let mut parts = text.trim().split('-');
    let is_hex = |text: &str, digits: usize| {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        text.len() == digits && text.bytes().all(is_digit)
    };
    let is_id = |text: &str, digits| is_hex(text, digits) && text.bytes().any(|b| b != b'0');
    let version = parts.next().filter(|version| is_hex(version, 2) && *version != "ff")?;
    let trace = parts.next().filter(|id| is_id(id, 32))?;
    let span = parts.next().filter(|id| is_id(id, 16))?;
    let flags = parts.next().filter(|flags| is_hex(flags, 2))?;
    if version == "00" && parts.next().is_some() {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some(Parent { trace: trace.to_owned(), span: span.to_owned(), is_wanted: flags & 1 == 1 })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::{OtlpSettings, pairs, parent};

    #[test]
    fn a_parent_is_taken_as_w3c_says() {
        let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let check = |text: &str, expect: Option<bool>| {
            let read = parent(text);
            assert_eq!(read.as_ref().map(|parent| parent.is_wanted), expect, "{text}");
            if let Some(read) = read {
                assert_eq!((read.trace.as_str(), read.span.as_str()), (trace, span));
            }
        };
        check(&format!("00-{trace}-{span}-01"), Some(true));
        check(&format!("00-{trace}-{span}-00"), Some(false));
        check(&format!("01-{trace}-{span}-03-later"), Some(true));
        check(&format!("00-{trace}-{span}-01-more"), None);
        check(&format!("ff-{trace}-{span}-01"), None);
        check(&format!("00-{}-{span}-01", trace.to_uppercase()), None);
        check(&format!("00-{}-{span}-01", "0".repeat(32)), None);
        check(&format!("00-{trace}-{}-01", "0".repeat(16)), None);
        check(&format!("00-{trace}-{span}"), None);
        check("", None);
    }

    #[test]
    fn headers_are_pairs() {
        let check = |text: &str, expect: &[(&str, &str)]| {
            let read = pairs(text);
            let read: Vec<_> = read.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(read, expect, "{text}");
        };
        check("", &[]);
        check("a=b", &[("a", "b")]);
        check(" a = b , c=d=e ,x,=y", &[("a", "b"), ("c", "d=e")]);
        check("authorization=Basic%20dTpw%3D%3", &[("authorization", "Basic dTpw=%3")]);
    }

    #[test]
    fn without_a_collector_there_is_nothing() {
        let read = |variables: &[(&str, &'static str)]| {
            let variables = variables.to_vec();
            OtlpSettings::read(move |name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
            })
        };
        assert!(read(&[("TRACEPARENT", "x")]).is_none());
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/");
        assert!(read(&[endpoint, ("OTEL_SDK_DISABLED", "true")]).is_none());
        let settings = read(&[endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "k=hunter2")]).unwrap();
        assert_eq!(settings.endpoint, "http://localhost:4318");
        assert_eq!(settings.service, "cxform");
        assert_eq!(settings.headers[0].1.expose_secret(), "hunter2");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
