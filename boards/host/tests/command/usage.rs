//! The command line and what is wrong with it.

use crate::bench::{Bench, features, spotting};

#[test]
fn help_teaches() {
    let help = Bench::new().run(&["--help"]).well();
    for text in ["Examples:", "Exit codes:", "--source", "--set", "--record", "raw:-", "NO_COLOR"] {
        assert!(help.out.contains(text), "`{text}` is not in\n{}", help.out);
    }
}

#[test]
fn version_is_reported() {
    let version = Bench::new().run(&["--version"]).well();
    assert_eq!(version.out, format!("kws-run {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn bad_usage_ends_with_2() {
    let bench = features();
    bench.run(&[]).badly(2, &["<PIPELINE>"]);
    bench.run(&["features.toml", "--sauce", "mic"]).badly(2, &["--sauce", "--source"]);
    bench.run(&["features.toml", "--source", "sound.raw"]).badly(2, &["`file:sound.raw`"]);
    bench.run(&["features.toml", "--source", "ear=mic"]).badly(2, &["no source `ear`", "`mic`"]);
    bench.run(&["features.toml", "--edges", "mic"]).badly(2, &["--record"]);
    bench.run(&["features.toml", "--check", "--graph"]).badly(2, &["--graph"]);
    bench.run(&["features.toml", "--record", "r", "--edges", "mick"]).badly(2, &["did you mean `mic`?"]);
}

#[test]
fn a_pipeline_that_cannot_be_planned_ends_with_1_and_shows_the_place() {
    let bench = features();
    bench.run(&["nowhere.toml"]).badly(1, &["error: ", "nowhere.toml"]);
    bench.run(&["feature.toml"]).badly(1, &["cannot read the pipeline", "did you mean `features.toml`?"]);
    let wrong = bench.read("features.toml").replace("hop_ms", "hops_ms");
    bench.write("wrong.toml", &wrong);
    bench.run(&["wrong.toml"]).badly(1, &["--> wrong.toml:11:1", "^^^^^^^", "did you mean `hop_ms`?"]);
    bench.run(&["wrong.toml", "--check"]).badly(1, &["did you mean `hop_ms`?"]);
    bench
        .run(&["features.toml", "--set", "windo.hop_ms=10"])
        .badly(1, &["--set windo", "did you mean `window`?"]);
    bench.run(&["features.toml", "--set", "window.hop_ms=-1"]).badly(1, &["--> --set window.hop_ms=-1"]);
    bench
        .run(&["features.toml", "--source", "file:none.wav"])
        .badly(1, &["--source file:none.wav", "none.wav"]);
}

#[test]
fn no_colour_where_there_is_no_terminal() {
    let bench = spotting();
    let runs = [
        bench.run(&["spotting.toml", "--stats"]),
        bench.run(&["spotting.toml", "--check"]),
        bench.run(&["nowhere.toml"]),
        bench.run(&["--stages"]),
        bench.run(&["--sauce"]),
    ];
    for run in runs {
        assert!(!run.out.contains('\x1b') && !run.err.contains('\x1b'), "{run:#?}");
    }
}

/// What an installed program brings: it runs from the folder that it wrote, and what somebody has changed there stays.
#[test]
fn pipelines_are_unpacked() {
    let bench = Bench::new();
    let run = bench.run(&["--unpack", "mine"]).well();
    assert!(run.out.lines().any(|line| line.ends_with("yes_no.toml")), "{run:#?}");
    let source = "file:mine/recordings/yes_no.flac";
    let run = bench.run(&["mine/yes_no.toml", "--source", source, "--json"]).well();
    assert_eq!(run.out.lines().count(), 12, "{run:#?}");
    bench.write("mine/yes_no.toml", "# changed\n");
    let run = bench.run(&["--unpack", "mine"]).well();
    assert!(run.err.contains("1 files differ"), "{run:#?}");
    assert_eq!(bench.read("mine/yes_no.toml"), "# changed\n");
}
