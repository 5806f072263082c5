//! The order of the house: each layer uses only those above it, and no file is too long.

use crate::support::{root, rust_files};

/// What must not be named in layers 1 to 7, apart from a layer's own exceptions.
const FORBIDDEN: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "reqwest",
    "tokio",
    "hyper",
    "println!",
    "eprintln!",
    "async fn",
    ".await",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "anyhow",
];

/// Only `manifest` knows YAML, only `tenant` knows reqwest and russh, only `cli` knows anyhow.
const ONE_HOME: &[(&str, &str)] = &[
    ("serde_yaml::", "manifest"),
    ("granit_parser", "manifest"),
    ("reqwest::", "tenant"),
    ("russh", "tenant"),
    ("anyhow", "cli"),
    ("println!", "cli"),
    ("std::fs", "cli"),
];

/// The longest a file may be.
const LONGEST: usize = 400;

fn layers() -> Vec<String> {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let name = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
    lib.lines().filter_map(name).collect()
}

#[test]
fn each_layer_uses_only_those_above_it() {
    let layers = layers();
    assert!(layers.len() >= 10, "{layers:?}");
    let mut wrong = Vec::new();
    for (file, text) in rust_files("src") {
        let Some(own) = layers.iter().position(|layer| {
            file.starts_with(&format!("src/{layer}/")) || file == format!("src/{layer}.rs")
        }) else {
            continue;
        };
        for (below, layer) in layers.iter().enumerate().filter(|(below, _)| *below > own) {
            let is_test = file.ends_with("tests.rs") || file.contains("/tests/");
            let text =
                if is_test { "" } else { text.split("#[cfg(test)]\nmod tests {").next().unwrap() };
            for name in [
                format!("crate::{layer}::"),
                format!("crate::{layer};"),
                format!("crate::{{{layer}"),
            ] {
                if text.contains(&name) {
                    wrong.push(format!(
                        "{file} uses {layer}, layer {} from layer {}",
                        below + 1,
                        own + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn decisions_touch_nothing_outside() {
    let layers = layers();
    let pure: Vec<&String> = layers.iter().take_while(|layer| *layer != "tenant").collect();
    let mut wrong = Vec::new();
    for (file, text) in rust_files("src") {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code: String = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        if pure.iter().any(|layer| file.starts_with(&format!("src/{layer}/"))) {
            let found = FORBIDDEN.iter().filter(|name| code.contains(**name));
            wrong.extend(found.map(|name| format!("{file} names {name}")));
        }
        for (name, home) in ONE_HOME {
            if code.contains(name) && !file.starts_with(&format!("src/{home}")) {
                wrong.push(format!("{file} names {name}, whose home is {home}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_middle_names_no_kind() {
    let kinds: Vec<&str> = cxform::kinds::KINDS.iter().map(|kind| kind.name()).collect();
    let mut wrong = Vec::new();
    for (file, text) in rust_files("src") {
        let is_middle = ["plan", "audit", "render", "tenant", "cli"]
            .iter()
            .any(|layer| file.starts_with(&format!("src/{layer}/")));
        let code = text.split("#[cfg(test)]").next().unwrap();
        for kind in kinds.iter().filter(|_| is_middle && !file.ends_with("tests.rs")) {
            if code.contains(&format!("\"{kind}\"")) || code.contains(&format!("kinds::{kind}")) {
                wrong.push(format!("{file} names the kind {kind}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let too_long = |(file, text): (String, String)| {
        let lines = text.lines().count();
        (lines > LONGEST).then(|| format!("{file} has {lines} lines"))
    };
    let wrong: Vec<String> =
        rust_files("src").into_iter().chain(rust_files("tests")).filter_map(too_long).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
