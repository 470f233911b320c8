//! Dependencies never point upward, are public, and come under licences that allow shipping: asked of `cargo metadata`.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use kws_tests::skipped;
use serde_json::Value;

/// What `cargo metadata` tells, or the message with which it fails.
fn metadata(arguments: &[&str]) -> Result<Value, String> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline", "--manifest-path", manifest])
        .args(arguments)
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).unwrap());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The workspace's own packages: name and what each depends on, tests and benchmarks excepted. Their manifests alone say
/// that, whatever has been downloaded.
fn own() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata(&["--no-deps"]).unwrap_or_else(|error| panic!("{error}"));
    let dependencies = |package: &Value| {
        let of_build = list(package, "dependencies").iter().filter(|dependency| dependency["kind"] != "dev");
        of_build.map(|dependency| text(dependency, "name").to_owned()).collect()
    };
    let packages = list(&metadata, "packages").iter();
    packages.map(|package| (text(package, "name").to_owned(), dependencies(package))).collect()
}

/// Which of the workspace's crates a crate may depend on: `engine ← stages ← {boards/*, lab}`, tests on top; the
/// protocol of links is below the engine, the runtime of models beside it and knows nothing of it; among the boards, what several share is below each.
fn allowed(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "kws-link" | "kws-nn" | "kws-pipelines" | "kws-service" | "kws-spectral" => Some(&[]),
        "kws-engine" => Some(&["kws-link"]),
        "kws-stages" => Some(&["kws-engine", "kws-nn", "kws-spectral"]),
        // It measures what a board's part of a pipeline takes: that needs the boards and their kinds.
        "kws-lab" => {
            Some(&["kws-carrier", "kws-devices", "kws-engine", "kws-nn", "kws-spectral", "kws-stages"])
        }
        // The tests may use everything.
        "kws-tests" => None,
        "kws-carrier" => Some(&["kws-engine", "kws-link"]),
        "kws-devices" => Some(&["kws-engine", "kws-link", "kws-nn", "kws-stages"]),
        // Programs like any other, that embed the engine.
        "kws-browser" | "kws-c" => Some(&["kws"]),
        "kws-python" => Some(&["kws", "kws-nn"]),
        "kws-server" => Some(&[
            "kws",
            "kws-carrier",
            "kws-engine",
            "kws-link",
            "kws-nn",
            "kws-service",
            "kws-stages",
            "kws-view",
        ]),
        "kws-view" => Some(&["kws-engine"]),
        // Boards.
        _ => Some(&[
            "kws-carrier",
            "kws-engine",
            "kws-link",
            "kws-nn",
            "kws-pipelines",
            "kws-service",
            "kws-spectral",
            "kws-stages",
            "kws-devices",
            "kws-view",
        ]),
    }
}

#[test]
fn dependencies_never_point_upward() {
    let own = own();
    assert!(own.contains_key("kws-engine") && own.contains_key("kws-host"), "{:?}", own.keys());
    for (name, dependencies) in &own {
        let Some(allowed) = allowed(name) else { continue };
        for dependency in dependencies.iter().filter(|dependency| own.contains_key(*dependency)) {
            assert!(
                allowed.contains(&dependency.as_str()),
                "`{name}` depends on `{dependency}`, expected at most {allowed:?}; let the code move, or the layer"
            );
        }
    }
}

#[test]
fn only_the_lab_trains() {
    for (name, dependencies) in own().iter().filter(|(name, _)| *name != "kws-lab") {
        let heavy = dependencies.iter().find(|dependency| dependency.starts_with("burn"));
        assert_eq!(heavy, None, "`{name}` must not know burn");
    }
}

/// Licences that ask for no more than their text, or for changes to the very file.
const LICENCES: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "CC0-1.0",
    "0BSD",
    "BSL-1.0",
    "Unlicense",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "NCSA",
    "bzip2-1.0.6",
];

/// Packages that name a file in the place of an expression; somebody has read it, and it is one of these licences.
const LICENCE_FILES: &[&str] = &["cfg_block"];

/// Whether an SPDX expression can be satisfied with these licences alone.
fn satisfied(expression: &str) -> bool {
    // "MIT/Apache-2.0" is how old manifests write OR. AND binds closer than OR; brackets come innermost first.
    let mut expression = expression.replace('/', " OR ");
    while let Some(open) = expression.rfind('(') {
        let Some(close) = expression[open..].find(')') else { return false };
        let inside = if any_of(&expression[open + 1..open + close]) { "MIT" } else { "refused" };
        expression.replace_range(open..=open + close, inside);
    }
    any_of(&expression)
}

fn any_of(expression: &str) -> bool {
    expression.split(" OR ").any(|side| side.split(" AND ").all(|licence| LICENCES.contains(&licence.trim())))
}

#[test]
fn licences_allow_shipping() {
    // Licences stand in the manifests of all crates: of those too that other platforms need, or only the lab.
    let metadata = match metadata(&[]) {
        Ok(metadata) => metadata,
        Err(error) if error.contains("offline") => {
            skipped(
                "crates of other platforms and of the lab were not downloaded; `cargo fetch` brings them",
            );
            return;
        }
        Err(error) => panic!("{error}"),
    };
    for package in list(&metadata, "packages") {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        let read = LICENCE_FILES.contains(&name) && licence.is_empty();
        assert!(read || satisfied(licence), "`{name}` is under \"{licence}\", expected one of {LICENCES:?}");
    }
}

#[test]
fn all_sources_are_public() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).unwrap();
    let sources: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
    assert!(sources.len() > 100, "{} sources", sources.len());
    for source in sources {
        assert!(source.starts_with("\"registry+"), "a dependency comes from {source}, expected a registry");
    }
}

#[test]
fn expressions_are_read_as_spdx_says() {
    assert!(satisfied("MIT OR GPL-3.0") && satisfied("(MIT OR GPL-3.0) AND Unicode-3.0"));
    assert!(satisfied("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT") && satisfied("MIT/Apache-2.0"));
    assert!(
        !satisfied("GPL-3.0") && !satisfied("MIT AND GPL-3.0") && !satisfied("(GPL-3.0 OR MIT) AND AGPL-3.0")
    );
    assert!(!satisfied(""));
}
