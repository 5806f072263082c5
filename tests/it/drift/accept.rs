//! After `drift --accept` the plan is empty, and each file is what it was but for the values.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{drift, project};
use crate::cases::random::Random;
use crate::support::cxform;

const SKILLS: [&str; 4] = ["billing", "care desk", "sales_en", "true"];
const TEXTS: [&str; 5] = ["plain words", "a: b # c", "", "it's \"quoted\"", "ünï — code"];

/// A manifest with comments, as it is and as it is to become, and the tenant's row.
struct Case {
    before: String,
    after: String,
    row: Value,
}

/// A value that is written in some way, and what is to stand there.
fn number(random: &mut Random, least: i64, most: i64) -> (String, String, Value) {
    let (declared, live) = (random.within(least, most), random.within(least, most));
    let before = match random.below(3) {
        0 => format!("+{declared}"),
        1 => format!("0x{declared:x}"),
        _ => declared.to_string(),
    };
    let after = if declared == live { before.clone() } else { live.to_string() };
    (before, after, json!(live))
}

fn text(random: &mut Random) -> (String, String, Value) {
    let (declared, live) = (*random.pick(&TEXTS), *random.pick(&TEXTS));
    let before = match random.below(2) {
        0 => format!("'{}'", declared.replace('\'', "''")),
        _ => json!(declared).to_string(),
    };
    let written = if live == TEXTS[0] { live.to_owned() } else { json!(live).to_string() };
    let after = if declared == live { before.clone() } else { written };
    (before, after, json!(live))
}

/// A skill as manifests name it: quoted where it must be, by its id here and there.
fn skill(random: &mut Random, index: usize) -> String {
    match random.below(3) {
        0 => format!("s-{index}"),
        1 => json!(SKILLS[index]).to_string(),
        _ if SKILLS[index] == "true" => "'true'".to_owned(),
        _ => SKILLS[index].to_owned(),
    }
}

/// A list of skills in a style, before and after, with the lines' indent.
fn skills(random: &mut Random) -> (String, String, Value) {
    let all: Vec<usize> = (0..SKILLS.len()).collect();
    let mut declared = random.some(50, &all);
    random.shuffle(&mut declared);
    let live = random.some(50, &all);
    let row = live.iter().map(|index| json!(format!("s-{index}"))).collect();
    let written: Vec<(usize, String)> =
        declared.iter().map(|index| (*index, skill(random, *index))).collect();
    let mut new: Vec<&str> =
        live.iter().filter(|own| !declared.contains(own)).map(|own| SKILLS[*own]).collect();
    new.sort_unstable();
    let quoted = |name: &&str| if *name == "true" { "\"true\"".to_owned() } else { (*name).into() };
    let new: Vec<String> = new.iter().map(quoted).collect();
    if declared.is_empty() || random.chance(50) {
        let before: Vec<String> = written.iter().map(|(_, text)| text.clone()).collect();
        let stays = written.iter().filter(|(index, _)| live.contains(index));
        let after: Vec<String> = stays.map(|(_, text)| text.clone()).chain(new).collect();
        return (
            format!(" [{}] # s\n", before.join(", ")),
            format!(" [{}] # s\n", after.join(", ")),
            row,
        );
    }
    let (mut before, mut after) = (String::from(" # above\n"), String::new());
    for (number, (index, text)) in written.iter().enumerate() {
        let comment = if random.chance(40) { format!(" # c{number}") } else { String::new() };
        writeln!(before, "    - {text}{comment}").unwrap();
        match (live.contains(index), comment.is_empty()) {
            (true, _) => writeln!(after, "    - {text}{comment}").unwrap(),
            (false, false) => writeln!(after, "    {}", comment.trim_start()).unwrap(),
            (false, true) => {}
        }
    }
    for text in &new {
        writeln!(after, "    - {text}").unwrap();
    }
    let empty = if live.is_empty() { " []" } else { "" };
    (before, format!("{empty} # above\n{after}"), row)
}

fn case(random: &mut Random, name: &str) -> Case {
    let (mut before, mut after) = (String::new(), String::new());
    let mut put = |old: &str, new: &str| {
        before.push_str(old);
        after.push_str(new);
    };
    let capacity = number(random, 1, 5000);
    let priority = number(random, 0, 9);
    let threshold = number(random, 0, 100);
    let about = text(random);
    let groups = skills(random);
    let same = |put: &mut dyn FnMut(&str, &str), text: &str| put(text, text);
    same(&mut put, "# about the queue\napiVersion: cxform/v1\nkind: Queue\n");
    same(&mut put, &format!("metadata: {{ name: {name} }} # its name\n"));
    if random.chance(50) {
        same(&mut put, "spec:\n  # the most\n  capacity:   ");
        put(&capacity.0, &capacity.1);
        same(&mut put, " # agreed: 15, 20\n  \"priority\": ");
        put(&priority.0, &priority.1);
        same(&mut put, "\n  overflow: { threshold: ");
        put(&threshold.0, &threshold.1);
        same(&mut put, " }\n\n  description: ");
        put(&about.0, &about.1);
        same(&mut put, "   # told\n  skillGroups:");
        put(&groups.0, &groups.1);
        same(&mut put, "  # the end\n");
    } else {
        same(&mut put, "spec: {capacity: ");
        put(&capacity.0, &capacity.1);
        same(&mut put, ", priority: ");
        put(&priority.0, &priority.1);
        same(&mut put, ",  # of ten\n  overflow: {\"threshold\": ");
        put(&threshold.0, &threshold.1);
        same(&mut put, "}, description: ");
        put(&about.0, &about.1);
        same(&mut put, "}\n# skillGroups are not managed here\n");
    }
    let row = json!({
        "id": format!("q-{name}"), "name": name, "capacity": capacity.2, "priority": priority.2,
        "overflow": {"overflowThreshold": threshold.2}, "description": about.2,
        "skillGroups": groups.2,
    });
    Case { before, after, row }
}

/// A matrix with comments, before and after, and the tenant's rows.
fn matrix(random: &mut Random) -> (String, String, Vec<Value>) {
    let window = "apiVersion: cxform/v1\nkind: AvailabilityWindow\nmetadata: {name: day}\n\
                  spec: {from: '2035-01-08T08:00:00Z', to: '2035-01-08T17:00:00Z'}\n---\n";
    let head = "apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {name: all}\n\
                spec:\n  window: day # for all\n  agents:\n";
    let (mut before, mut after) = (format!("{window}{head}"), format!("{window}{head}"));
    let mut rows = Vec::new();
    for agent in 0..3 {
        let is_flow = random.chance(50);
        let (open, end) = if is_flow { (" {", "} # of the agent\n") } else { ("\n", "") };
        let mut put = |old: &str, new: &str| {
            before.push_str(old);
            after.push_str(new);
        };
        let key = format!("    \"Agent {agent}\":{open}");
        put(&key, &key);
        for index in 0..SKILLS.len() {
            let (old, new, level) = number(random, 1, 5);
            let name = skill(random, index);
            let (left, right) =
                if random.chance(30) { ("{window: day, level: ", "}") } else { ("", "") };
            let (lead, trail) = match (is_flow, index) {
                (true, 0) => ("", ""),
                (true, _) => (", ", ""),
                (false, _) => ("      ", "  # 1 to 5\n"),
            };
            let cell = |level: &str| format!("{lead}{name}: {left}{level}{right}{trail}");
            if left.is_empty() && random.chance(15) {
                // Somebody took it away.
                put(&cell(&old), &cell("none"));
                continue;
            }
            put(&cell(&old), &cell(&new));
            rows.push(json!({
                "id": format!("a-{agent}-{index}"), "userId": format!("u-{agent}"),
                "skillId": format!("s-{index}"), "level": level,
                "availableFrom": "2035-01-08T08:00:00Z", "availableTo": "2035-01-08T17:00:00Z",
            }));
        }
        put(end, end);
    }
    (before, after, rows)
}

#[test]
fn only_the_values_change_and_the_plan_is_empty() {
    let seeds = std::env::var("LAW_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    for seed in 0..seeds {
        let mut random = Random::new(seed, 0xacce_9700);
        let folder = project("");
        let cases: Vec<Case> =
            (0..3).map(|number| case(&mut random, &format!("main{number}"))).collect();
        let joined = |of: fn(&Case) -> &String, end: &str| {
            let all: Vec<&str> = cases.iter().map(|case| of(case).as_str()).collect();
            all.join("---\n").replace('\n', end)
        };
        let end = if random.chance(20) { "\r\n" } else { "\n" };
        folder.put("desired/q.yaml", &joined(|case| &case.before, end));
        let skills: Vec<Value> = SKILLS
            .iter()
            .enumerate()
            .map(|(index, name)| json!({"id": format!("s-{index}"), "name": name}))
            .collect();
        let rows: Vec<&Value> = cases.iter().map(|case| &case.row).collect();
        let (before, after, assignments) = matrix(&mut random);
        folder.put("desired/m.yaml", &before);
        let agents: Vec<Value> = (0..3)
            .map(|number| json!({"id": format!("u-{number}"), "name": format!("Agent {number}")}))
            .collect();
        let tenant = json!({
            "apiVersion": "cxform/v1", "kind": "Tenant", "skills": skills, "queues": rows,
            "agents": agents, "assignments": assignments,
        });
        folder.put("tenant.yaml", &tenant.to_string());
        let ran = drift(&folder, &["--accept", "queue/*", "--accept", "assignment/**"]);
        assert_eq!(ran.code, 0, "seed {seed}: {ran:?}");
        let written = std::fs::read_to_string(folder.path().join("desired/m.yaml")).unwrap();
        assert_eq!(written, after, "seed {seed}");
        let written = std::fs::read_to_string(folder.path().join("desired/q.yaml")).unwrap();
        assert_eq!(written, joined(|case| &case.after, end), "seed {seed}");
        let plan = cxform(folder.path(), &[], &["plan", "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "seed {seed}: {plan:?}\n{written}");
        assert_eq!(drift(&folder, &[]).code, 0, "seed {seed}");
    }
}
