//! An assignment as workforce management is told it.

use std::sync::Arc;

use serde_json::Value;

use crate::kinds::WfmRow;
use crate::model::Remote;

/// The row of an assignment that the tenant has; none where it tells no ids.
pub(super) fn row(remote: &Remote) -> Option<WfmRow> {
    let id = |sort| {
        let link = remote.links.iter().find(|link| link.address.kind() == sort)?;
        link.id.as_ref().map(Arc::clone)
    };
    let (user, skill) = (id("agent")?, id("skill")?);
    let document = remote.document.value();
    let level = match document.get("level") {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(level) => level.to_string(),
    };
    let time = |path| document.pointer(path).and_then(Value::as_str).map(str::to_owned);
    Some(WfmRow { user, skill, level, from: time("/window/from"), to: time("/window/to") })
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::row;
    use crate::http::Dialect;
    use crate::kinds::Kind as _;
    use crate::kinds::assignment::Assignment;
    use crate::model::Facts;

    #[test]
    fn a_row_is_what_the_tenant_tells() {
        let facts =
            Facts { timezone: TimeZone::get("America/New_York").unwrap(), ..Facts::default() };
        let check = |told: &str, expect: [&str; 3]| {
            let told = format!(r#"{{"userId":"u-1","skillId":7{told}}}"#);
            let wire = Assignment.wire(Dialect::V2).unwrap();
            let (_, remote) = wire.decoder(&facts).decode(&told, None).unwrap();
            let row = row(&remote).unwrap();
            assert_eq!((&*row.user, &*row.skill), ("u-1", "7"), "{told}");
            let time = |time: Option<String>| time.unwrap_or_default();
            assert_eq!([row.level, time(row.from), time(row.to)], expect, "{told}");
        };
        check("", ["", "", ""]);
        check(r#","level":4"#, ["4", "", ""]);
        check(r#","level":"=1""#, ["=1", "", ""]);
        check(
            r#","level":null,"availableFrom":"2035-01-08T08:00:00+02:00","availableTo":null"#,
            ["", "2035-01-08T06:00:00Z", ""],
        );
        // Without an offset it is in the tenant's zone: winter, then summer.
        check(
            r#","availableFrom":"2035-01-08T08:00:00","availableTo":"2035-07-08T08:00:00""#,
            ["", "2035-01-08T13:00:00Z", "2035-07-08T12:00:00Z"],
        );
        check(r#","availableFrom":"soon""#, ["", "", ""]);
    }
}
