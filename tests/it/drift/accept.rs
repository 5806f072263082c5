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

/// A number that repeats an anchor, or stands for itself.
fn priority(random: &mut Random, anchor: Option<i64>) -> (String, String, Value) {
    let Some(declared) = anchor else { return number(random, 0, 9) };
    let live = random.within(0, 9);
    let after = if declared == live { "*most".to_owned() } else { live.to_string() };
    ("*most".to_owned(), after, json!(live))
}

fn quoted(text: &str) -> String {
    if text == TEXTS[0] { text.to_owned() } else { json!(text).to_string() }
}

fn text(random: &mut Random) -> (String, String, Value) {
    let (declared, live) = (*random.pick(&TEXTS), *random.pick(&TEXTS));
    let before = match random.below(2) {
        0 => format!("'{}'", declared.replace('\'', "''")),
        _ => json!(declared).to_string(),
    };
    let after = if declared == live { before.clone() } else { quoted(live) };
    (before, after, json!(live))
}

/// A text to the end of its last line, in lines of its own here and there.
fn long_text(random: &mut Random) -> (String, String, Value) {
    if random.chance(50) {
        let (before, after, live) = text(random);
        return (format!("{before}   # told\n"), format!("{after}   # told\n"), live);
    }
    let live = *random.pick(&TEXTS);
    let (mark, lines) = match random.below(3) {
        0 => ("|", "one\n\n      # two\n"),
        1 => (">2-", "  one\n    # two\n"),
        _ => ("|-", "one: two\n"),
    };
    let before = format!("{mark}   # told | or not\n    {lines}");
    let after = match live {
        "" => "\"\"   # told | or not\n".to_owned(),
        live => format!("|-   # told | or not\n    {live}\n"),
    };
    (before, after, json!(live))
}

/// Rules in a style, before and after: of some the values changed, or some came and went.
fn rules(random: &mut Random) -> (String, String, Value) {
    let count = random.below(4);
    let declared: Vec<(usize, i64)> = (0..count).map(|own| (own, random.within(0, 99))).collect();
    let keeps = random.chance(40);
    let (mut live, mut stays) = (Vec::new(), Vec::new());
    for (own, value) in &declared {
        let other = if random.chance(50) { random.within(100, 199) } else { *value };
        match keeps {
            true => live.push((*own, other)),
            false if random.chance(60) => {
                live.push((*own, *value));
                stays.push(*own);
            }
            false => {}
        }
    }
    if !keeps {
        // As many as before would be the same ones with other values.
        let gone = declared.len() - live.len();
        let new = if gone == 1 { 2 } else { usize::from(gone != 1) };
        live.extend((0..new).map(|new| (10 + new, 7)));
    }
    let row = live.iter().map(|(own, value)| json!({"type": format!("t{own}"), "value": value}));
    let row: Value = row.collect();
    let flow = |own: &usize, value: &i64| format!("{{type: t{own}, value: {value}}}");
    if declared.is_empty() || random.chance(50) {
        let list = |all: &[(usize, i64)]| {
            let all: Vec<String> = all.iter().map(|(own, value)| flow(own, value)).collect();
            format!(" [{}] # r\n", all.join(", "))
        };
        return (list(&declared), list(&live), row);
    }
    let (mut before, mut after) = (String::from(" # rules\n"), String::new());
    for (own, value) in &declared {
        let is_flow = random.chance(30);
        let item = |value: i64| match is_flow {
            true => format!("    - {} # f{own}\n", flow(own, &value)),
            false => format!("    - type: t{own} # t\n      # of {own}\n      value: {value}\n"),
        };
        before.push_str(&item(*value));
        let kept = live.iter().find(|(other, _)| own == other);
        match (kept, is_flow) {
            (Some((_, value)), _) => after.push_str(&item(*value)),
            (None, true) => after.push_str(&format!("    # f{own}\n")),
            (None, false) => after.push_str(&format!("    # t\n      # of {own}\n")),
        }
    }
    for (own, value) in live.iter().filter(|(own, _)| *own >= 10) {
        after.push_str(&format!("    - {}\n", flow(own, value)));
    }
    let empty = if live.is_empty() { " []" } else { "" };
    (before, format!("{empty} # rules\n{after}"), row)
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
    // Repeated below, and not changed by anybody.
    let anchor = random.chance(30).then(|| random.within(1, 9));
    let is_lines = random.chance(60);
    let capacity = match anchor.filter(|_| is_lines) {
        Some(most) => (format!("&most {most}"), format!("&most {most}"), json!(most)),
        None => number(random, 1, 5000),
    };
    let priority = priority(random, anchor.filter(|_| is_lines));
    let threshold = number(random, 0, 100);
    let about = if is_lines { long_text(random) } else { text(random) };
    let rules = rules(random);
    let groups = skills(random);
    let same = |put: &mut dyn FnMut(&str, &str), text: &str| put(text, text);
    same(&mut put, "# about the queue\napiVersion: cxform/v1\nkind: Queue\n");
    same(&mut put, &format!("metadata: {{ name: {name} }} # its name\n"));
    if is_lines {
        same(&mut put, "spec:\n  # the most\n  capacity:   ");
        put(&capacity.0, &capacity.1);
        same(&mut put, " # agreed: 15, 20\n  \"priority\": ");
        put(&priority.0, &priority.1);
        same(&mut put, "\n  overflow: { threshold: ");
        put(&threshold.0, &threshold.1);
        same(&mut put, " }\n\n  description: ");
        put(&about.0, &about.1);
        same(&mut put, "  skillGroups:");
        put(&groups.0, &groups.1);
        same(&mut put, "  routingRules:");
        put(&rules.0, &rules.1);
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
    let mut row = json!({
        "id": format!("q-{name}"), "name": name, "capacity": capacity.2, "priority": priority.2,
        "overflow": {"overflowThreshold": threshold.2}, "description": about.2,
        "skillGroups": groups.2,
    });
    if is_lines {
        row["routingRules"] = rules.2;
    }
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
            let is_block = !is_flow && random.chance(30);
            let (left, right) = match random.chance(30) {
                _ if is_block => ("\n        window: day # w\n        level: ", ""),
                true => ("{window: day, level: ", "}"),
                false => ("", ""),
            };
            let (lead, trail) = match (is_flow, index) {
                (true, 0) => ("", ""),
                (true, _) => (", ", ""),
                (false, _) => ("      ", "  # 1 to 5\n"),
            };
            let space = if is_block { "" } else { " " };
            let cell = |level: &str| format!("{lead}{name}:{space}{left}{level}{right}{trail}");
            if random.chance(15) {
                // Somebody took it away.
                let gone = match is_block {
                    true => format!("{lead}{name}: none\n        # w\n        # 1 to 5\n"),
                    false => format!("{lead}{name}: none{trail}"),
                };
                put(&cell(&old), &gone);
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
