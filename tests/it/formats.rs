//! A saved plan is shown as it was when it was made, in every format, and no name does harm in any.

use crate::support::{Folder, cxform, root};

const FORMATS: [&str; 6] = ["text", "json", "markdown", "html", "github", "gitlab"];

/// What a plan printed, after it was compared with what `show` prints of it.
fn told(folder: &Folder, planning: &[&str], telling: &[&str]) -> String {
    let make = [&["plan", "--out", "saved.plan"], planning, telling].concat();
    let made = cxform(folder.path(), &[], &make);
    let shown = cxform(folder.path(), &[], &[&["show", "saved.plan"], telling].concat());
    assert_eq!((made.code, shown.code), (3, 0), "{}{}", made.err, shown.err);
    assert!(!made.out.is_empty());
    assert_eq!(made.out, shown.out, "{planning:?} {telling:?}");
    made.out
}

#[test]
fn a_saved_plan_is_shown_as_it_was_made() {
    let folder = Folder::new("formats");
    folder.fill(&root().join("tests/scenarios/pull-request-comment"));
    folder.fill_in(&root().join("tests/scenarios/pull-request-comment/desired"), "base/desired");
    let all = std::fs::read_to_string(folder.path().join("desired/queues.yaml")).unwrap();
    folder.put("base/desired/queues.yaml", &all.replace("capacity: ", "capacity: 1"));
    let at = ["--at", "2035-01-08T07:30"];
    for format in FORMATS {
        for detail in ["summary", "changes", "full"] {
            let tell = ["--format", format, "--detail", detail];
            told(&folder, &at, &tell);
            let short = [&tell[..], &["--max-bytes", "2500"]].concat();
            let more = [&at[..], &["--timeline", "7d", "--base", "base"]].concat();
            let text = told(&folder, &more, &short);
            assert!(format != "markdown" || text.len() <= 2500, "{text}");
        }
    }
}

/// Names that want to be markup, mentions, formulas, commands of a terminal and commands of a CI's log.
const HOSTILE: [&str; 5] = [
    "::stop-commands::x",
    "</details><img src=x onerror=alert(1)>@everyone | `rm`",
    "=cmd|' /C calc'!A0",
    r"Bo\e[31m\e]0;owned\a\u202eRTL\u2066\u200f\u0085\u2028",
    "##[group]##vso[task.setvariable variable=a]b",
];

/// A project in which each of these names a queue, a skill and an agent; some of it is added, changed, held.
fn hostile() -> Folder {
    let folder = Folder::new("formats-hostile");
    folder.put(
        "cxform.yaml",
        "apiVersion: cxform/v1\nkind: Project\nmanifests: [desired]\ndefaultTenant: sim\n\
         tenants: { sim: { dialect: v2, url: 'sim:tenant.yaml', requestsPerSecond: 10000 } }\n",
    );
    let each = |row: &dyn Fn(usize, &str) -> String| {
        HOSTILE.iter().enumerate().map(|(n, name)| row(n, name)).collect::<String>()
    };
    let skills = each(&|n, name| format!("  - {{ id: s-{n}, name: \"{name}\" }}\n"));
    let agents = each(&|n, name| {
        let licence = if n == 0 { "" } else { "{ licenseType: agent, status: active }" };
        format!("  - {{ id: u-{n}, name: \"{name}\", licenses: [{licence}] }}\n")
    });
    let queues = each(&|n, name| {
        format!(
            "  - {{ id: q-{n}, name: \"{name}\", capacity: 9, description: \"{name}\\n{name}\", skillGroups: [s-{n}] }}\n"
        )
    });
    let held = each(&|n, _| {
        let window = "availableFrom: '2035-01-08T08:00:00Z', availableTo: '2035-01-12T16:00:00Z'";
        format!("  - {{ id: a-{n}, userId: u-{n}, skillId: s-0, level: 4, {window} }}\n")
    });
    folder.put(
        "tenant.yaml",
        &format!(
            "apiVersion: cxform/v1\nkind: Tenant\nskills:\n{skills}agents:\n{agents}queues:\n{queues}assignments:\n{held}\
             strategies: [{{ id: r-1, status: active, skills: [s-0, s-1, s-2, s-3, s-4] }}]\n"
        ),
    );
    let queues = each(&|n, name| {
        let metadata =
            format!("apiVersion: cxform/v1\nkind: Queue\nmetadata: {{ name: \"{name}\" }}\n");
        match n {
            3 => format!("{metadata}state: absent\n---\n"),
            _ => {
                format!("{metadata}spec: {{ capacity: 8, description: \"x\\n{name}\\n\" }}\n---\n")
            }
        }
    });
    let cells = each(&|_, name| format!("\"name:{name}\": 3, "));
    let rows = each(&|n, _| format!("    u-{n}: {{ {cells} }}\n"));
    folder.put(
        "desired/::error::x.yaml",
        &format!(
            "{queues}apiVersion: cxform/v1\nkind: AvailabilityWindow\nmetadata: {{ name: week }}\n\
             spec: {{ from: 2035-01-08T08:00, to: 2035-01-12T16:00, timezone: UTC }}\n---\n\
             apiVersion: cxform/v1\nkind: SkillMatrix\nmetadata: {{ name: team }}\n\
             spec:\n  window: week\n  agents:\n{rows}"
        ),
    );
    folder
}

#[test]
fn no_name_does_harm() {
    let folder = hostile();
    for format in FORMATS {
        for detail in ["summary", "changes", "full"] {
            let text = told(&folder, &[], &["--format", format, "--detail", detail]);
            let is_bad = |c: char| {
                (c.is_control() && c != '\n')
                    || ('\u{200e}'..='\u{200f}').contains(&c)
                    || ('\u{202a}'..='\u{202e}').contains(&c)
                    || ('\u{2066}'..='\u{2069}').contains(&c)
            };
            assert!(!text.contains(is_bad), "{format} {detail}: {text}");
            assert!(!text.contains("##[") && !text.contains("##vso["), "{format} {detail}: {text}");
            let is_ours = |line: &str| {
                let is_annotation = |level: &str| line.starts_with(&format!("::{level} "));
                format == "github" && (is_annotation("error") || is_annotation("warning"))
            };
            let commands = text.lines().filter(|line| line.trim_start().starts_with("::"));
            let forged: Vec<&str> = commands.filter(|line| !is_ours(line)).collect();
            assert!(forged.is_empty(), "{format} {detail}: {forged:?}");
        }
    }
}

#[test]
fn where_there_is_no_plan_every_format_for_machines_says_so() {
    let folder = hostile();
    let begins = [
        ("text", ""),
        ("json", "{\n  \"diagnostics\""),
        ("markdown", "<!-- cxform:plan:"),
        ("html", "<!doctype html>"),
        ("github", "::error title=no plan::"),
        ("gitlab", "{}\n"),
    ];
    for (format, begin) in begins {
        let ran = cxform(folder.path(), &[], &["plan", "<b>nowhere", "--format", format]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.out.starts_with(begin), "{format}: {ran:?}");
        assert!(format != "html" || !ran.out.contains("<b>"), "{ran:?}");
        assert_eq!(ran.out.is_empty(), begin.is_empty(), "{format}: {ran:?}");
    }
}
