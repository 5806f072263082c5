//! How the simulated tenant serves what is read only: users, licences, skills, strategies, analytics.

mod analytics;

use serde_json::{Value, json};

use crate::http::{Method, Response};
use crate::world::{
    Access, Behaviour, Call, Collection, Handle, Refusal, Route, StrategySkills, World,
};

/// The tables of users, skills and strategies, and their calls.
pub const COLLECTIONS: &[Collection] = &[
    Collection {
        table: "agents",
        grouped_by: None,
        optional: &["email", "state"],
        check: |_, _| Vec::new(),
        view: Some(without_licences),
        routes: ROUTES,
    },
    Collection {
        table: "skills",
        grouped_by: None,
        optional: &["name"],
        check: |_, _| Vec::new(),
        view: None,
        routes: &[],
    },
    Collection {
        table: "strategies",
        grouped_by: None,
        optional: &["name"],
        check: |_, _| Vec::new(),
        view: Some(spell_skills),
        routes: &[],
    },
    // No rows of a table: the world keeps them as they are told.
    Collection {
        table: "analytics",
        grouped_by: None,
        optional: &[],
        check: |_, _| Vec::new(),
        view: None,
        routes: analytics::ROUTES,
    },
];

/// The calls of all three.
pub const ROUTES: &[Route] = &[
    get("/api/v2/users", Access::Scope("users:read"), |world, call| {
        world.list(call, "agents", world.table("agents").rows())
    }),
    get("/api/v2/users/me", Access::Token, me),
    get("/api/v2/users/{userId}/licenses", Access::Scope("users:read"), licences),
    get("/api/v2/skills", Access::Scope("skill:read"), |world, call| {
        world.list(call, "skills", world.table("skills").rows())
    }),
    get("/api/v2/routing/strategies", Access::Scope("routing:read"), |world, call| {
        world.list(call, "strategies", world.table("strategies").rows())
    }),
];

const fn get(pattern: &'static str, access: Access, handle: Handle) -> Route {
    Route { method: Method::Get, pattern, access, handle }
}

fn me(_: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let body = json!({"id": call.client, "name": call.client, "state": "active"});
    Ok(World::answer(200, &body))
}

fn licences(world: &mut World, call: &Call<'_>) -> Result<Response, Refusal> {
    let id = call.param("userId");
    let agent = world.table("agents").get(id).ok_or_else(|| Refusal::not_found("user", id))?;
    let mut licences = agent["licenses"].as_array().cloned().unwrap_or_default();
    if world.behaviour.nulls {
        for licence in licences.iter_mut().filter_map(Value::as_object_mut) {
            licence.entry("status").or_insert(Value::Null);
        }
    }
    Ok(World::answer(200, &json!({"licenses": licences})))
}

fn without_licences(_: &Behaviour, agent: &mut Value) {
    if let Value::Object(fields) = agent {
        fields.remove("licenses");
    }
}

fn spell_skills(behaviour: &Behaviour, strategy: &mut Value) {
    for skill in strategy["skills"].as_array_mut().into_iter().flatten() {
        let id = [&*skill, &skill["id"], &skill["skillId"]].into_iter().find_map(Value::as_str);
        let Some(id) = id else { continue };
        *skill = match behaviour.strategy_skills {
            StrategySkills::Stored => continue,
            StrategySkills::Ids => json!(id),
            StrategySkills::Id => json!({"id": id}),
            StrategySkills::SkillId => json!({"skillId": id}),
        };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::COLLECTIONS;
    use crate::http::Method;
    use crate::world::{Incoming, World};

    /// A read from a tenant with this behaviour: what it answers.
    fn check(behaviour: Value, path: &str, expect: Value) {
        let mut world = World::new(COLLECTIONS);
        let snapshot = json!({
            "apiVersion": "cxform/v1", "kind": "Tenant", "behaviour": behaviour,
            "skills": [{"id": "s-1", "name": "billing"}, {"id": "s-2"}],
            "strategies": [{"id": "r-1", "status": "active", "skills": ["s-1", {"skillId": "s-2", "weight": 1}]}],
            "agents": [{"id": "u-1", "name": "Ana", "licenses": [{"licenseType": "agent"}], "team": 7}],
        });
        world.seed(&serde_json::from_value(snapshot).unwrap()).unwrap();
        let form = "grant_type=client_credentials&client_id=robot&client_secret=b";
        let request = Incoming::new(Method::Post, "/api/v2/oauth/token").form(form);
        let answer = world.handle(0, &request).response.json().unwrap();
        let token = answer["access_token"].as_str().unwrap();
        let answer = world.handle(0, &Incoming::new(Method::Get, path).bearer(token)).response;
        assert_eq!(answer.json().unwrap(), expect, "{path}");
    }

    #[test]
    fn facts_are_served() {
        let plain = json!({"total": false});
        let ana = json!({"id": "u-1", "name": "Ana", "team": 7});
        check(plain.clone(), "/api/v2/users", json!({"entities": [ana]}));
        let robot = json!({"id": "robot", "name": "robot", "state": "active"});
        check(plain.clone(), "/api/v2/users/me", robot);
        let licences = json!({"licenses": [{"licenseType": "agent"}]});
        check(plain.clone(), "/api/v2/users/u-1/licenses", licences);
        let skills = json!({"entities": [{"id": "s-1", "name": "billing"}, {"id": "s-2"}]});
        check(plain, "/api/v2/skills", skills);
    }

    #[test]
    fn facts_are_spelled_in_many_ways() {
        let nulls = json!({"total": false, "nulls": true});
        let ana = json!({"id": "u-1", "name": "Ana", "email": null, "state": null, "team": 7});
        check(nulls.clone(), "/api/v2/users", json!({"entities": [ana]}));
        let licences = json!({"licenses": [{"licenseType": "agent", "status": null}]});
        check(nulls, "/api/v2/users/u-1/licenses", licences);
        for (spelling, skills) in [
            ("stored", json!(["s-1", {"skillId": "s-2", "weight": 1}])),
            ("ids", json!(["s-1", "s-2"])),
            ("id", json!([{"id": "s-1"}, {"id": "s-2"}])),
            ("skillId", json!([{"skillId": "s-1"}, {"skillId": "s-2"}])),
        ] {
            let strategy = json!({"id": "r-1", "status": "active", "skills": skills});
            let behaviour = json!({"total": false, "strategySkills": spelling});
            check(behaviour, "/api/v2/routing/strategies", json!({"entities": [strategy]}));
        }
    }
}
