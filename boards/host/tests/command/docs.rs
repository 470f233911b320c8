//! The documentation: its links lead somewhere, its examples are pipelines, its options exist, and its page of stages says
//! what the program says.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::bench::Bench;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every page: the README, `docs/`, and what lies beside the code.
fn pages() -> Vec<PathBuf> {
    let root = root();
    let mut pages = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&name.as_str())
            {
                folders.push(path);
            } else if name.ends_with(".md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    assert!(pages.len() > 20, "{pages:?}");
    pages
}

/// The targets of a page's links that lie in the repository.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let outside =
        |target: &&str| target.contains("://") || target.starts_with('#') || target.starts_with("mailto:");
    // Rustdoc pages name items.
    let item = |target: &&str| target.contains("::") || !target.contains(['/', '.']);
    targets.filter(|t| !outside(t) && !item(t)).map(|t| t.split('#').next().unwrap()).collect()
}

#[test]
fn links_lead_to_files() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in links(&text) {
            if !page.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_book_has_every_page_once() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: Vec<&str> = links(&summary);
    let files: BTreeSet<String> = fs::read_dir(&docs)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".md") && name != "SUMMARY.md")
        .collect();
    let unique: BTreeSet<String> = listed.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(unique, files);
    assert_eq!(unique.len(), listed.len(), "{listed:?}");
}

/// The fenced blocks of one language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str())
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(block, _)| block)
        .collect()
}

#[cfg(unix)]
#[test]
fn the_examples_are_pipelines() {
    let bench = Bench::new();
    for folder in ["models", "recordings", "images"] {
        std::os::unix::fs::symlink(root().join("pipelines").join(folder), bench.path(folder)).unwrap();
    }
    let page = fs::read_to_string(root().join("docs/pipelines.md")).unwrap();
    let examples = blocks(&page, "toml");
    assert_eq!(examples.len(), 12);
    for (number, example) in (1..).zip(examples) {
        bench.write("example.toml", example);
        let ended =
            bench.command(&["example.toml", "--check"]).env("MQTT_PASSWORD", "secret").output().unwrap();
        let error = String::from_utf8_lossy(&ended.stderr);
        if example.contains("wake_words/") {
            assert!(error.contains("kws-lab model fetch"), "example {number}: {error}");
        } else {
            assert!(ended.status.success() && !error.contains("error"), "example {number}: {error}");
        }
    }
}

#[test]
fn options_in_the_documentation_exist() {
    let of = |arguments: &[&str]| Bench::new().run(arguments).well().out;
    let mut help = of(&["--help"]);
    for tool in ["cut", "join", "compare"] {
        help += &of(&["take", "take", tool, "--help"]);
    }
    let mut unknown = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap().replace("\\\n", " ");
        for command in blocks(&text, "sh").into_iter().flat_map(str::lines) {
            let command = command.split('#').next().unwrap().trim_start();
            let prefixes = ["kws-run ", "cargo run -- ", "cargo run --release -- "];
            let Some(arguments) = prefixes.iter().find_map(|prefix| command.strip_prefix(prefix)) else {
                continue;
            };
            let options =
                arguments.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2);
            for option in options.map(|word| word.split('=').next().unwrap()) {
                if !help.contains(option) {
                    unknown.push(format!("{}: {option} in `{command}`", page.display()));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// The alternatives of a parameter: constants by value, the others by type.
fn choices(parameter: &Value) -> String {
    let one = |choice: &Value| match (&choice["const"], &choice["oneOf"]) {
        (Value::Null, Value::Null) => named(choice["type"].as_str().unwrap_or("object")),
        (Value::Null, _) => choices(choice),
        (constant, _) => format!("`{constant}`"),
    };
    let all = parameter["oneOf"].as_array().or(parameter["anyOf"].as_array());
    let mut all: Vec<String> = all.into_iter().flatten().map(one).filter(|choice| choice != "null").collect();
    all.dedup();
    all.join(" or ")
}

/// A type of JSON Schema, as TOML calls it.
fn named(kind: &str) -> String {
    if kind == "object" { "table".to_owned() } else { kind.to_owned() }
}

/// What a parameter may be, as a cell of a table.
fn values(parameter: &Value) -> String {
    let kind = match &parameter["type"] {
        Value::String(kind) => named(kind),
        Value::Array(kinds) => {
            let kinds: Vec<&str> =
                kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect();
            kinds.join(" or ")
        }
        _ => choices(parameter),
    };
    let mut text = kind;
    if let Some(unit) = parameter["unit"].as_str() {
        write!(text, ", {unit}").unwrap();
    }
    match (&parameter["minimum"], &parameter["maximum"]) {
        (Value::Null, Value::Null) => {}
        (low, Value::Null) => write!(text, ", ≥ {low}").unwrap(),
        (Value::Null, high) => write!(text, ", ≤ {high}").unwrap(),
        (low, high) => write!(text, ", {low} to {high}").unwrap(),
    }
    text.trim_start_matches(", ").to_owned()
}

/// A kind's text with its headings below the kind's own.
fn below(text: &str) -> String {
    let mut code = false;
    let lines = text.lines().map(|line| {
        code ^= line.starts_with("```");
        if !code && line.starts_with("# ") { format!("##{line}") } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A parameter's row; below it, where it is a list of tables, a row for each of their keys.
fn row(page: &mut String, name: &str, parameter: &Value, required: bool) {
    let meaning =
        parameter["description"].as_str().unwrap_or_default().replace('|', "\\|").replace('\n', " ");
    let default = match &parameter["default"] {
        Value::Null if required => "required".to_owned(),
        Value::Null => String::new(),
        default => format!("`{default}`"),
    };
    writeln!(page, "| `{name}` | {meaning} | {} | {default} |", values(parameter)).unwrap();
    let items = &parameter["items"];
    let required = items["required"].as_array().into_iter().flatten().collect::<Vec<_>>();
    for (key, of) in items["properties"].as_object().into_iter().flatten() {
        row(page, &format!("{name}[].{key}"), of, required.iter().any(|name| *name == key));
    }
}

#[test]
fn the_page_of_stages_is_what_the_program_lists() {
    let listed: Value = serde_json::from_str(&Bench::new().run(&["--stages", "--json"]).well().out).unwrap();
    let mut page = String::from(
        "# Stages\n\nAll kinds of stages of `kws-run`, with their parameters, as `kws-run --stages` lists them. This page is \
         generated from\nthe code: `KWS_ACCEPT=1 cargo test -p kws-host --test command docs`.\n",
    );
    for kind in listed.as_array().unwrap() {
        let name = kind["kind"].as_str().unwrap();
        write!(page, "\n## {name}\n\n{}\n", below(kind["doc"].as_str().unwrap_or_default())).unwrap();
        let parameters = kind["params"].as_array().unwrap();
        if !parameters.is_empty() {
            page.push_str("\n| parameter | meaning | values | default |\n|---|---|---|---|\n");
        }
        for parameter in parameters {
            let name = parameter["name"].as_str().unwrap();
            row(&mut page, name, parameter, parameter["required"] == true);
        }
    }
    is_kept("docs/stages.md", &page);
}

#[test]
fn the_schema_for_editors_is_what_the_program_prints() {
    let schema = Bench::new().run(&["--schema"]).well().out;
    is_kept("pipelines/kws.schema.json", &schema);
    for entry in fs::read_dir(root().join("pipelines")).unwrap() {
        let path = entry.unwrap().path();
        let pipeline =
            path.extension().is_some_and(|extension| extension == "toml") && !path.ends_with("Cargo.toml");
        if pipeline {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("#:schema kws.schema.json\n"), "{}", path.display());
        }
    }
}

/// Asserts that a file of the repository is this text.
pub(crate) fn is_kept(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("KWS_ACCEPT").is_some() {
        fs::write(&path, text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "`{file}` is not what the program prints: KWS_ACCEPT=1 writes it again");
}
