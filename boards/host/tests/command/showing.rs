//! What is shown without running anything.

use serde_json::Value;

use crate::bench::{Bench, features};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn check_shows_lanes_edges_and_costs() {
    let bench = features();
    let shown = bench.run(&["features.toml", "--check"]).well();
    for text in
        ["features only", "main", "window", "frame f32[480]", "fft", "block", "MACs per second", "of memory"]
    {
        assert!(shown.out.contains(text), "`{text}` is not in\n{}", shown.out);
    }
    assert_eq!(shown.err, "");
}

#[test]
fn check_with_json_is_one_document() {
    let bench = features();
    let plan =
        json(&bench.run(&["features.toml", "--check", "--json", "--set", "window.hop_ms=10"]).well().out);
    assert_eq!(plan["lanes"], serde_json::json!(["mic", "main"]));
    assert_eq!(plan["stages"][1]["output"]["period"], 160);
    assert_eq!(plan["stages"][1]["params"]["hop_ms"], 10.0);
    assert_eq!(plan["edges"][0]["ring"]["on_full"], "block");
    assert!(plan["macs_per_second"].as_f64().unwrap() > 0.0);
}

#[test]
fn check_needs_no_sink_and_writes_none() {
    let bench = features();
    let before = std::fs::read_dir(bench.path("")).unwrap().count();
    bench.run(&["features.toml", "--check"]).well();
    assert_eq!(std::fs::read_dir(bench.path("")).unwrap().count(), before);
}

#[test]
fn check_says_what_an_action_lacks_on_this_computer() {
    let bench = Bench::new();
    let pipeline = shipped("yes_no");
    let file = std::fs::read_to_string(&pipeline).unwrap();
    let actions = "\n[[stage]]\nkind = \"exec\"\ninput = \"trigger\"\ncommand = [\"no-such-program\", \"{lable} {anything}\"]\n\
                   \n[[stage]]\nkind = \"webhook\"\ninput = \"trigger\"\nurl = { env = \"KWS_NO_SUCH_URL\" }\n";
    let folder = std::path::Path::new(&pipeline).parent().unwrap();
    let mut file = file;
    for inner in ["models/", "recordings/"] {
        file = file.replace(inner, &format!("{}/{inner}", folder.display()));
    }
    std::fs::write(bench.path("acts.toml"), file + actions).unwrap();
    let shown = bench.run(&["acts.toml", "--check"]).well();
    for text in [
        "no program `no-such-program` is found",
        "`{lable}` stands for nothing; did you mean `{label}`?",
        "the environment variable `KWS_NO_SUCH_URL` is not set",
    ] {
        assert!(shown.out.contains(text), "`{text}` is not in\n{}", shown.out);
    }
    assert!(!shown.out.contains("{anything}"), "braces may stand for themselves: {}", shown.out);
}

#[test]
fn graphs_hold_every_edge() {
    let bench = features();
    let mermaid = bench.run(&["features.toml", "--graph"]).well().out;
    assert!(mermaid.starts_with("flowchart"), "{mermaid}");
    assert!(mermaid.contains("s0 ==>|") && mermaid.contains("s1 -->|"), "{mermaid}");
    let svg = bench.run(&["features.toml", "--graph=svg"]).well().out;
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    assert_eq!(svg.matches("marker-end").count(), 2);
}

#[test]
fn stages_are_listed() {
    let bench = Bench::new();
    let all = bench.run(&["--stages"]).well().out;
    for kind in ["audio_file", "window", "classifier", "print", "record"] {
        assert!(all.contains(kind), "`{kind}` is not in\n{all}");
    }
    let one = bench.run(&["--stages", "window"]).well().out;
    assert!(one.contains("hop_ms") && one.contains("ms,") && !one.contains("classifier"), "{one}");
    let kinds = json(&bench.run(&["--stages", "--json"]).well().out);
    assert!(
        kinds.as_array().unwrap().iter().all(|kind| !kind["doc"].as_str().unwrap().is_empty()),
        "{kinds}"
    );
    bench.run(&["--stages", "windw"]).badly(2, &["did you mean `window`?"]);
}

#[test]
fn every_parameter_has_a_line_of_documentation() {
    let kinds = json(&Bench::new().run(&["--stages", "--json"]).well().out);
    for kind in kinds.as_array().unwrap() {
        for param in kind["params"].as_array().unwrap() {
            let doc = param["description"].as_str().unwrap_or_default();
            assert!(!doc.is_empty(), "`{}` of `{}` says nothing", param["name"], kind["kind"]);
        }
    }
}

#[test]
fn the_schema_names_every_kind() {
    let bench = Bench::new();
    let schema = json(&bench.run(&["--schema"]).well().out);
    let kinds = json(&bench.run(&["--stages", "--json"]).well().out);
    let stages = schema["properties"]["stage"]["items"]["allOf"].as_array().unwrap();
    assert_eq!(stages.len(), kinds.as_array().unwrap().len());
    assert!(stages.iter().any(|stage| stage["then"]["properties"]["kind"]["const"] == "window"));
}

#[test]
fn completions_and_the_manual_know_every_option() {
    let bench = Bench::new();
    for arguments in [&["--completions", "bash"][..], &["--completions", "fish"], &["--man"]] {
        let text = bench.run(arguments).well().out.replace("\\-", "-");
        for option in ["sensitivity", "realtime", "view", "take"] {
            assert!(text.contains(option), "{arguments:?} has no {option}");
        }
    }
}

#[test]
fn devices_are_listed_or_it_is_said_how() {
    let run = Bench::new().run(&["--devices"]);
    assert!(matches!(run.code, Some(0 | 1)), "{run:#?}");
    for device in ["microphone", "camera"] {
        assert!(format!("{}{}", run.out, run.err).contains(device), "{run:#?}");
    }
}

/// A pipeline of the project, by its file.
fn shipped(name: &str) -> String {
    format!("{}/../../pipelines/{name}.toml", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn check_on_a_board_tells_what_it_takes_there() {
    let bench = features();
    let arguments = [&shipped("yes_no_tiny"), "--check", "--board", "nano33ble"];
    let shown = bench.run(&arguments).well();
    for text in
        ["yes_no_tiny on nano33ble", "classifier", "of the core", "RAM ", "flash ", "time ", "of 64 MHz"]
    {
        assert!(shown.out.contains(text), "`{text}` is not in\n{}", shown.out);
    }
    let printed = json(&bench.run(&[arguments.as_slice(), &["--json"]].concat()).well().out);
    let number = |value: &Value| value.as_f64().unwrap();
    assert_eq!(printed["board"], "nano33ble");
    assert!(number(&printed["ram"]["used"]) < number(&printed["ram"]["of"]), "{printed}");
    assert!((0.01..0.5).contains(&number(&printed["core_share"])), "{printed}");
}

#[test]
fn what_a_board_cannot_do_is_reported_where_the_file_says_it() {
    let (bench, commands, yes_no) = (features(), shipped("commands"), shipped("yes_no"));
    let memory = ["bytes of RAM, but `microbit` has 16384", "commands.toml:", "^^^"];
    let long = ["--set", "smooth.window_ms=10000"];
    bench.run(&[&[&commands, "--check", "--board", "microbit"], &long[..]].concat()).badly(1, &memory);
    let on_nano =
        |option: &str, value: &str| bench.run(&[&yes_no, "--check", "--board", "nano33ble", option, value]);
    let text = "`transform` of `fft`: found `fast`, which firmware does not support (board `nano33ble`)";
    on_nano("--set", "fft.transform=fast").badly(1, &[text]);
    on_nano("--source", "file:yes.wav").badly(1, &["yes.wav"]);
    let file = format!("file:{}/../../pipelines/recordings/yes_no.flac", env!("CARGO_MANIFEST_DIR"));
    on_nano("--source", &file)
        .badly(1, &["`mic`: this kind is not supported in firmware (board `nano33ble`)"]);
}

#[test]
fn a_board_that_is_too_slow_is_an_error() {
    let (bench, tiny) = (features(), shipped("yes_no_tiny"));
    let on_microbit = ["--check", "--board", "microbit", "--json"];
    let shown = bench.run(&[&[tiny.as_str()], on_microbit.as_slice()].concat());
    let share = json(&shown.out)["core_share"].as_f64().unwrap();
    assert!(share > 1.0, "{share}");
    shown.badly(1, &["% of the time of `microbit`", "yes_no_tiny.toml:"]);
}

#[test]
fn check_tells_all_errors_at_once() {
    let bench = features();
    let text = "[[stage]]\nkind = 'audio_file'\npath = 'yes.wav'\nrat = 1\n\n[[stage]]\nkind = 'windw'\n";
    std::fs::write(bench.path("wrong.toml"), text).unwrap();
    let shown =
        bench.run(&["wrong.toml", "--check"]).badly(1, &["unknown key `rat`", "unknown kind `windw`"]);
    assert_eq!(shown.err.matches("error:").count(), 2, "{shown:#?}");
}

#[test]
fn check_needs_no_microphone() {
    let bench = features();
    let text = "[[stage]]\nkind = 'mic'\n\n[[stage]]\nkind = 'window'\n";
    std::fs::write(bench.path("mic.toml"), text).unwrap();
    let shown = bench.run(&["mic.toml", "--check"]).well();
    assert!(shown.out.contains("frame f32[480]"), "{shown:#?}");
}

#[test]
fn check_warns_of_work_for_nothing() {
    let bench = features();
    let front = "[[stage]]\nkind = 'mic'\n\n[[stage]]\nkind = 'window'\n";
    std::fs::write(bench.path("dead.toml"), front).unwrap();
    let shown = bench.run(&["dead.toml", "--check"]).well();
    assert!(shown.out.contains("warning: no stage shows or keeps what the pipeline finds"), "{shown:#?}");
    let printed = json(&bench.run(&["dead.toml", "--check", "--json"]).well().out);
    assert_eq!(printed["warnings"].as_array().unwrap().len(), 1, "{printed}");
}

#[test]
fn a_board_that_there_is_not_lists_those_that_there_are() {
    let texts =
        ["unknown board `nano`", "did you mean `nano33ble`? available: `", "`microbit`, `mps2-an386`"];
    features().run(&["features.toml", "--check", "--board", "nano"]).badly(2, &texts);
}

/// A board that this project does not know, from a file: with a core that it knows, and with one of its own.
#[test]
fn a_board_may_be_described_by_a_file() {
    let (bench, tiny) = (features(), shipped("yes_no_tiny"));
    let board = |core: &str| {
        format!("about = 'My board'\ncore = {core}\nclock_hz = 64_000_000\nram = 262_144\nflash = 978_944\n")
    };
    let checked = |name: &str, text: &str| {
        std::fs::write(bench.path(name), text).unwrap();
        bench.run(&[tiny.as_str(), "--check", "--board", name, "--json"])
    };
    let named = checked("mine.toml", &board("'cortex-m4f'")).well();
    let headed = checked("mine.toml", &format!("[mine]\n{}", board("'cortex-m4f'"))).well();
    assert_eq!(headed.out, named.out, "an entry of boards.toml with its heading");
    let known = bench.run(&[tiny.as_str(), "--check", "--board", "nano33ble", "--json"]).well();
    let (mut named, known) = (json(&named.out), json(&known.out));
    assert_eq!(named["board"], "mine");
    named["board"] = known["board"].clone();
    assert_eq!(named, known, "it is what the same board of the list takes");
    let own = "{ kernels = 'plain', instructions = { float = 7.0, integer = 8.4, model = 22.0 } }";
    let own = json(&checked("own.toml", &board(own)).out);
    assert!(own["core_share"].as_f64() > known["core_share"].as_f64(), "{own}");
    checked("bad.toml", &board("'cortex-m4'"))
        .badly(2, &["unknown core `cortex-m4`", "did you mean `cortex-m4f`?"]);
    checked("none.toml", "about = 'x'")
        .badly(2, &["`none.toml` does not describe a board", "missing field `core`"]);
    let (one, other) = (board("'cortex-m4f'"), board("'riscv32'"));
    checked("boards.toml", &format!("[mine]\n{one}\n[other]\n{other}")).badly(
        2,
        &[
            "`boards.toml` has 2 tables, expected that of one board",
            "into a file of its own: `mine`, `other`",
        ],
    );
    bench.run(&[tiny.as_str(), "--check", "--board", "./away.toml"]).badly(2, &["cannot read `./away.toml`"]);
}
