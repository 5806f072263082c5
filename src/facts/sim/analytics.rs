//! How the simulated tenant answers the two analytics queries. It takes what the API's documents
//! show and nothing else.

use serde_json::{Value, json};

use crate::http::{Method, Response};
use crate::world::{
    Access, Call, FieldError, Handle, Refusal, Route, Rule, World, broken, is_text,
};

/// Both calls.
pub(super) const ROUTES: &[Route] = &[
    post("/api/v2/analytics/users/details/query", users),
    post("/api/v2/analytics/queues/details/query", queues),
];

const fn post(pattern: &'static str, handle: Handle) -> Route {
    Route { method: Method::Post, pattern, access: Access::Scope("analytics:read"), handle }
}

const USER_METRICS: [&str; 3] = ["talkTime", "handleTime", "resolutionRate"];
const QUEUE_METRICS: [&str; 4] = ["waitTime", "abandonRate", "handleTime", "callsHandled"];

/// What the body of the query about users must be.
const USER_RULES: &[Rule] = &[
    Rule::required("/interval", is_days, "must be a number of days, such as P7D"),
    Rule::required("/groupBy", |v| *v == json!(["userId"]), "must be [userId]"),
    Rule::required("/metrics", |v| are_of(v, &USER_METRICS), "must be metrics of users"),
    Rule::required("/filters", is_one_filter, "must be one filter"),
    Rule::required("/filters/0/dimension", |v| v == "userId", "must be userId"),
    Rule::required("/filters/0/operator", |v| v == "eq", "must be eq"),
    Rule::required("/filters/0/value", is_text, "must be a user's id"),
];

/// What the body of the query about queues must be.
const QUEUE_RULES: &[Rule] = &[
    Rule::required("/dateFrom", is_days, "must be a number of days, such as P7D"),
    Rule::required("/dateTo", |v| v == "NOW", "must be NOW"),
    Rule::required("/interval", |v| v == "DAILY", "must be DAILY"),
    Rule::required("/groupBy", |v| *v == json!(["queueId"]), "must be [queueId]"),
    Rule::required("/metrics", |v| are_of(v, &QUEUE_METRICS), "must be metrics of queues"),
    Rule::required("/filter", |v| has_only(v, &["path", "operator", "value"]), "must be a filter"),
    Rule::required("/filter/path", |v| v == "queueId", "must be queueId"),
    Rule::required("/filter/operator", |v| v == "EQUALS", "must be EQUALS"),
    Rule::required("/filter/value", is_text, "must be a queue's id"),
];

fn users(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let asked = asked(call, USER_RULES, &["interval", "groupBy", "metrics", "filters"])?;
    let most = call.count("pageSize", 25)?;
    if most > 100 {
        return Err(Refusal::of(vec![FieldError::malformed("pageSize", "is at most 100")]));
    }
    let metrics = names(&asked["metrics"]);
    let id = &asked["filters"][0]["value"];
    let rows = world.analytics().users.iter().filter(|row| *id == row.user_id);
    let told = rows.take(most).map(|row| {
        let mut row = json!(row);
        keep(&mut row, &USER_METRICS, &metrics);
        world.spell(&mut row, &metrics);
        row
    });
    Ok(World::answer(200, &json!({"data": told.collect::<Vec<_>>()})))
}

fn queues(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    const FIELDS: [&str; 6] = ["dateFrom", "dateTo", "interval", "groupBy", "filter", "metrics"];
    let asked = asked(call, QUEUE_RULES, &FIELDS)?;
    let metrics = names(&asked["metrics"]);
    let id = &asked["filter"]["value"];
    let days = days(&asked["dateFrom"]).unwrap_or_default();
    let queues = world.analytics().queues.iter().filter(|row| *id == row.queue_id);
    let rows: Vec<_> = queues.flat_map(|queue| &queue.rows).collect();
    let told = rows.iter().skip(rows.len().saturating_sub(days)).map(|row| {
        let mut row = json!(row);
        keep(&mut row["metrics"], &QUEUE_METRICS, &metrics);
        world.spell(&mut row["metrics"], &metrics);
        world.spell(&mut row, &[]);
        row
    });
    Ok(World::answer(200, &json!({"data": told.collect::<Vec<_>>()})))
}

/// The body, where it is as the rules say and has no other field.
fn asked(call: &Call<'_>, rules: &[Rule], known: &[&str]) -> Result<Value, Refusal> {
    let fields = call.object()?;
    let others = fields.keys().filter(|name| !known.contains(&name.as_str()));
    let mut errors: Vec<_> =
        others.map(|name| FieldError::malformed(name, "is not a field of this query")).collect();
    let body = Value::Object(fields);
    errors.extend(broken(rules, &body));
    if errors.is_empty() { Ok(body) } else { Err(Refusal::of(errors)) }
}

/// Takes the metrics out that were not asked for.
fn keep(row: &mut Value, all: &[&str], asked: &[&str]) {
    if let Value::Object(fields) = row {
        fields.retain(|name, _| !all.contains(&name.as_str()) || asked.contains(&name.as_str()));
    }
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn are_of(list: &Value, known: &[&str]) -> bool {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_known = |item: &Value| item.as_str().is_some_and(|item| known.contains(&item));
    !items.is_empty() && items.iter().all(is_known)
}

fn is_one_filter(list: &Value) -> bool {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    matches!(items, [one] if has_only(one, &["dimension", "operator", "value"]))
}

fn has_only(value: &Value, known: &[&str]) -> bool {
    let fields = value.as_object();
    fields.is_some_and(|fields| fields.keys().all(|name| known.contains(&name.as_str())))
}

fn is_days(value: &Value) -> bool {
    days(value).is_some()
}

/// The days of a period such as `P7D`.
fn days(value: &Value) -> Option<usize> {
    let digits = value.as_str()?.strip_prefix('P')?.strip_suffix('D')?;
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().ok()).flatten().filter(|days| *days > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::facts::sim::COLLECTIONS;
    use crate::http::Method;
    use crate::world::{Incoming, World, decode_query};

    const USERS: &str = "/api/v2/analytics/users/details/query";
    const QUEUES: &str = "/api/v2/analytics/queues/details/query";

    /// The answer of a tenant with this behaviour.
    fn ask(behaviour: Value, target: &str, body: &Value) -> (u16, Value) {
        let mut world = World::new(COLLECTIONS);
        let day = |sum: u32| json!({"metrics": {"waitTime": {"sum": sum}, "abandonRate": null}});
        let days: Vec<Value> = (1..=9).map(day).collect();
        let snapshot = json!({
            "apiVersion": "cxform/v1", "kind": "Tenant", "behaviour": behaviour,
            "analytics": {
                "users": [{"userId": "u-1", "talkTime": 80, "handleTime": null, "extra": true}],
                "queues": [{"queueId": "q-1", "rows": days}],
            },
        });
        world.seed(&serde_json::from_value(snapshot).unwrap()).unwrap();
        let form = "grant_type=client_credentials&client_id=robot&client_secret=b";
        let request = Incoming::new(Method::Post, "/api/v2/oauth/token").form(form);
        let answer = world.handle(0, &request).response.json().unwrap();
        let token = answer["access_token"].as_str().unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Incoming::new(Method::Post, path).bearer(token).json(body);
        request.query = decode_query(query);
        let response = world.handle(0, &request).response;
        (response.status, response.json().unwrap())
    }

    fn of_user(id: &str) -> Value {
        json!({"interval": "P7D", "groupBy": ["userId"],
            "metrics": ["talkTime", "handleTime", "resolutionRate"],
            "filters": [{"dimension": "userId", "operator": "eq", "value": id}]})
    }

    fn of_queue(id: &str) -> Value {
        json!({"dateFrom": "P7D", "dateTo": "NOW", "interval": "DAILY", "groupBy": ["queueId"],
            "filter": {"path": "queueId", "operator": "EQUALS", "value": id},
            "metrics": ["waitTime", "abandonRate", "handleTime", "callsHandled"]})
    }

    #[test]
    fn figures_are_served() {
        let check = |behaviour: Value, path: &str, body: Value, expect: Value| {
            let (status, answer) = ask(behaviour, path, &body);
            assert_eq!((status, &answer["data"]), (200, &expect), "{body}");
        };
        let row = json!({"userId": "u-1", "talkTime": 80, "handleTime": null, "extra": true});
        check(json!({}), USERS, of_user("u-1"), json!([row]));
        check(json!({}), &format!("{USERS}?pageSize=1"), of_user("u-1"), json!([row]));
        check(json!({}), USERS, of_user("u-2"), json!([]));
        let mut one = of_user("u-1");
        one["metrics"] = json!(["resolutionRate"]);
        let nulls = json!([{"userId": "u-1", "resolutionRate": null, "extra": true}]);
        check(json!({"nulls": true}), USERS, one, nulls);
        let days: Vec<Value> = (3..=9)
            .map(|sum| json!({"metrics": {"waitTime": {"sum": sum}, "abandonRate": null}}))
            .collect();
        check(json!({}), QUEUES, of_queue("q-1"), json!(days));
        check(json!({}), QUEUES, of_queue("q-2"), json!([]));
        let mut short = of_queue("q-1");
        short["dateFrom"] = json!("P1D");
        short["metrics"] = json!(["waitTime"]);
        check(json!({}), QUEUES, short, json!([{"metrics": {"waitTime": {"sum": 9}}}]));
    }

    #[test]
    fn other_questions_are_refused() {
        let check = |path: &str, mut body: Value, pointer: &str, value: Value, field: &str| {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            match body.pointer_mut(parent).unwrap() {
                Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
                Value::Object(fields) if value == "gone" => drop(fields.remove(name)),
                parent => parent[name] = value,
            }
            let (status, answer) = ask(json!({}), path, &body);
            assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!(field)), "{body}");
        };
        for field in ["interval", "groupBy", "metrics", "filters"] {
            check(USERS, of_user("u-1"), &format!("/{field}"), json!("gone"), field);
        }
        check(USERS, of_user("u-1"), "/interval", json!("P7"), "interval");
        check(USERS, of_user("u-1"), "/interval", json!("P0D"), "interval");
        check(USERS, of_user("u-1"), "/metrics", json!([]), "metrics");
        check(USERS, of_user("u-1"), "/metrics/0", json!("waitTime"), "metrics");
        check(USERS, of_user("u-1"), "/filters/0/operator", json!("EQUALS"), "filters.0.operator");
        check(USERS, of_user("u-1"), "/filters/0/x", json!(1), "filters");
        check(USERS, of_user("u-1"), "/page", json!(1), "page");
        for field in ["dateFrom", "dateTo", "interval", "groupBy", "filter", "metrics"] {
            check(QUEUES, of_queue("q-1"), &format!("/{field}"), json!("gone"), field);
        }
        check(QUEUES, of_queue("q-1"), "/filter/value", json!(7), "filter.value");
        check(QUEUES, of_queue("q-1"), "/filter/x", json!(7), "filter");
        check(QUEUES, of_queue("q-1"), "/interval", json!("P7D"), "interval");
        let (status, _) = ask(json!({}), &format!("{USERS}?pageSize=101"), &of_user("u-1"));
        assert_eq!(status, 400);
        assert_eq!(ask(json!({"scopes": ["users:read"]}), USERS, &of_user("u-1")).0, 403);
    }
}
