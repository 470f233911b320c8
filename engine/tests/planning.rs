//! What a plan knows before any data moves.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use kinds::{plan, registry};
use kws_engine::{Pipeline, Plan, Policy, RingPlan, schema};
use std::path::Path;

fn error(toml: &str) -> String {
    plan(toml).err().map_or_else(|| "planned".to_owned(), |error| error.to_string())
}

const DIAMOND: &str = r#"
[[stage]]
name = "mic"
kind = "count"
clock = 16000
[[stage]]
name = "sums"
kind = "every"
hop = 480
depth = 3
[[stage]]
name = "loud"
kind = "gain"
input = "mic"
factor = 2.0
[[stage]]
name = "join"
kind = "add"
inputs = ["sums", "loud"]
lane = "other"
on_full = "drop_oldest"
[[stage]]
name = "print"
kind = "out"
"#;

#[test]
fn ports_edges_and_lanes() {
    let plan = plan(DIAMOND).unwrap();
    let order: Vec<(&str, &str)> =
        plan.stages.iter().map(|stage| (stage.name.as_str(), plan.lanes[stage.lane].as_str())).collect();
    let lanes = [("mic", "mic"), ("sums", "main"), ("loud", "main"), ("join", "other"), ("print", "print")];
    assert_eq!(order, lanes);
    let sums = plan.stage("sums").unwrap().output.as_ref().unwrap();
    assert_eq!(
        (sums.period, sums.clock, sums.shape.as_slice(), sums.role.name()),
        (480, 16000, &[2][..], "features")
    );
    assert_eq!(sums.to_string(), "features f32[2] every 480 of 16000 ticks/s");
    assert!((sums.rate() - 33.333).abs() < 1e-3);
    let edges: Vec<(usize, usize, usize)> =
        plan.edges.iter().map(|edge| (edge.from, edge.to, edge.input)).collect();
    assert_eq!(edges, [(0, 1, 0), (0, 2, 0), (1, 3, 0), (2, 3, 1), (3, 4, 0)]);
    let ring = |on_full, depth| Some(RingPlan { on_full, depth });
    let rings: Vec<_> = plan.edges.iter().map(|edge| edge.ring).collect();
    let drops = ring(Policy::DropOldest, 8);
    assert_eq!(rings, [ring(Policy::Block, 3), ring(Policy::Block, 8), drops, drops, ring(Policy::Block, 8)]);
    // Twelve items, two, twelve, five; a gain of twelve items 1333 times a second.
    assert_eq!(plan.buffer_bytes(), 4 * (12 + 2 + 12 + 5));
    assert_eq!(plan.ring_bytes(), 4 * (3 * 12 + 8 * 12 + 8 * 2 + 8 * 12 + 8 * 5));
    assert!((plan.macs_per_second() - 16_000.0).abs() < 1e-6);
    let made_by: Vec<&str> = sums.made_by.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!(made_by, ["every"]);
}

#[test]
fn the_order_of_the_file_is_free() {
    let mut stages: Vec<&str> = DIAMOND.split("[[stage]]").skip(1).collect();
    stages.reverse();
    // The last of the file reads the one above by default; say so before the order changes.
    let toml: String = stages.iter().map(|stage| format!("[[stage]]{stage}")).collect();
    let toml = toml.replace("kind = \"every\"", "kind = \"every\"\ninput = \"mic\"");
    let toml = toml.replace("kind = \"out\"", "kind = \"out\"\ninput = \"join\"");
    let names = |plan: &Plan| plan.stages.iter().map(|stage| stage.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&plan(&toml).unwrap()), ["mic", "loud", "sums", "join", "print"]);
}

#[test]
fn sources_are_asked_for_blocks_that_fit() {
    let period =
        |toml: &str, name: &str| plan(toml).unwrap().stage(name).unwrap().output.as_ref().unwrap().period;
    // 12 does not divide 20; 4 does.
    assert_eq!(period("[[stage]]\nkind = \"count\"\n[[stage]]\nkind = \"every\"\nhop = 20\n", "count"), 4);
    // Two hops pull in turn: 12 → 6 → 2; a second source keeps its own.
    let toml = r#"
[[stage]]
name = "a"
kind = "count"
[[stage]]
name = "b"
kind = "count"
[[stage]]
name = "x"
kind = "every"
input = "a"
hop = 18
[[stage]]
name = "y"
kind = "every"
input = "a"
hop = 20
[[stage]]
name = "join"
kind = "add"
inputs = ["x", "y", "b"]
"#;
    assert_eq!((period(toml, "a"), period(toml, "b"), period(toml, "x")), (2, 12, 18));
    // A block that the file sets is not the planner's to change.
    let set = "[[stage]]\nkind = \"count\"\nblock = 12\n[[stage]]\nkind = \"every\"\nhop = 20\n";
    let message = "`hop` of `every`: found 20, expected a multiple of the 12 ticks of a block\n --> test.toml:6:7\n  |\n\
                   6 | hop = 20\n  |       ^^\n  = help: set `block` of the source";
    assert_eq!(error(set), message);
}

#[test]
fn a_cycle_is_shown_as_it_runs() {
    let toml = r#"
[[stage]]
kind = "count"
[[stage]]
name = "a"
kind = "add"
inputs = ["count", "c"]
[[stage]]
name = "b"
kind = "gain"
[[stage]]
name = "c"
kind = "gain"
"#;
    assert!(error(toml).starts_with("the stages form a cycle: `a` → `b` → `c` → `a`\n"), "{}", error(toml));
    let own = "[[stage]]\nkind = \"gain\"\ninput = \"gain\"\n";
    assert!(error(own).starts_with("the stages form a cycle: `gain` → `gain`\n"), "{}", error(own));
}

#[test]
fn overrides_are_checked_as_the_file_is() {
    let mut pipeline = Pipeline::parse(DIAMOND, "test.toml", Path::new("")).unwrap();
    for good in ["loud.factor=-2", "sums.hop=960", "join.depth=2", "join.on_full=fail", "join.lane=main"] {
        pipeline.set(good).unwrap();
    }
    let plan = Plan::new(&pipeline, &registry()).unwrap();
    assert_eq!(plan.stage("loud").unwrap().params["factor"], -2.0);
    assert_eq!(plan.stage("sums").unwrap().output.as_ref().unwrap().period, 960);
    assert_eq!(plan.lanes, ["mic", "main", "print"]);
    let refused = |assignment: &str| {
        let mut pipeline = Pipeline::parse(DIAMOND, "test.toml", Path::new("")).unwrap();
        let set = pipeline.set(assignment).and_then(|()| Plan::new(&pipeline, &registry()).map(|_| ()));
        set.err().map_or_else(|| "accepted".to_owned(), |error| error.to_string())
    };
    let cases = [
        (
            "loud.factor=5000",
            "`factor` of `loud` (kind `gain`) is 5000, expected a number from -1000 to 1000\n --> --set loud.factor=5000",
        ),
        (
            "loud.fctor=5",
            "unknown key `fctor` in `loud` (kind `gain`)\n --> --set loud.fctor=5\n  = help: did you mean `factor`?",
        ),
        ("lod.factor=5", "no stage is named `lod`\n --> --set lod.factor=5\n  = help: did you mean `loud`?"),
        (
            "loud.factor",
            "`loud.factor` is not an assignment\n --> --set loud.factor\n  = help: write STAGE.KEY=VALUE, for example `--set smooth.window_ms=500`",
        ),
        (
            "loud.depth=0",
            "`depth` of `loud` is 0, expected an integer from 1 to 65536 blocks\n --> --set loud.depth=0",
        ),
        (
            "loud.on_full=drop",
            "`on_full` of `loud` is \"drop\", expected \"block\" or \"drop_newest\" or \"drop_oldest\" or \"fail\"\n --> --set loud.on_full=drop\n  = help: did you mean `drop_oldest`?",
        ),
        ("loud.lane=3", "`lane` of `loud` is 3, expected a string\n --> --set loud.lane=3"),
        (
            "loud.kind=out",
            "`kind` of a stage cannot be set\n --> --set loud.kind=out\n  = help: only a stage's parameters, `place`, `lane`, `depth`, `on_full` and `on_fault` can be set",
        ),
        ("loud.factor.x=1", "`x`: a number has no keys\n --> --set loud.factor.x=1"),
    ];
    for (assignment, message) in cases {
        assert_eq!(refused(assignment), message);
    }
}

#[test]
fn a_pipeline_survives_being_written() {
    let mut pipeline = Pipeline::parse(DIAMOND, "test.toml", Path::new("")).unwrap();
    pipeline.set("loud.factor=0.125").unwrap();
    // TOML forbids what JSON lets stand.
    pipeline.name = "a \u{7f} \\ \" \n b".to_owned();
    let text = pipeline.to_toml();
    let again = plan(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let first = Plan::new(&pipeline, &registry()).unwrap();
    assert_eq!((first.name, first.edges), (again.name, again.edges));
    assert_eq!(first.lanes, again.lanes);
    for (one, other) in first.stages.iter().zip(&again.stages) {
        assert_eq!(
            (&one.name, &one.kind, &one.params, &one.output),
            (&other.name, &other.kind, &other.params, &other.output)
        );
    }
}

#[test]
fn the_schema_names_every_kind_and_key() {
    let schema = schema(&registry());
    let kinds = schema["properties"]["stage"]["items"]["allOf"].as_array().unwrap();
    let of_every = |kind: &&serde_json::Value| kind["if"]["properties"]["kind"]["const"] == "every";
    let every = &kinds.iter().find(of_every).unwrap()["then"];
    assert_eq!(every["properties"]["hop"]["unit"], "ticks");
    assert_eq!(every["properties"]["hop"]["minimum"], 1);
    assert_eq!(every["properties"]["kind"]["const"], "every");
    assert_eq!(every["required"], serde_json::json!(["hop", "kind"]));
    for key in ["name", "input", "inputs", "lane", "on_full", "depth"] {
        assert!(every["properties"][key]["description"].is_string(), "{key}");
    }
}

#[test]
fn a_sink_has_no_readers() {
    let toml = "[[stage]]\nkind = \"count\"\n[[stage]]\nkind = \"out\"\n[[stage]]\nkind = \"gain\"\ninput = \"out\"\n";
    let message = "`gain` reads `out`, which is a sink and writes nothing\n --> test.toml:7:9\n  |\n\
                   7 | input = \"out\"\n  |         ^^^^^\n  = help: name another stage with `input`";
    assert_eq!(error(toml), message);
}

#[test]
fn a_source_s_block_is_no_sliver() {
    // Blocks of 12 by default; a hop of 35 has no part in common with it but 1, one of 37 no part at all.
    for (hop, block) in [(24, 12), (20, 4), (35, 7), (37, 37)] {
        let toml = format!("[[stage]]\nkind = \"count\"\n[[stage]]\nkind = \"every\"\nhop = {hop}\n");
        let plan = plan(&toml).unwrap();
        assert_eq!(plan.stages[0].output.as_ref().unwrap().period, block, "{hop}");
        assert_eq!(plan.notices.len(), usize::from(12 % block > 0), "{:?}", plan.notices);
    }
}

#[test]
fn all_that_is_wrong_is_reported_at_once() {
    let toml = r#"
[[stage]]
kind = "count"
[[stage]]
name = "typo"
kind = "gain"
facto = 2.0
[[stage]]
name = "behind"
kind = "every"
hop = 7
[[stage]]
name = "unknown"
kind = "gian"
input = "count"
[[stage]]
name = "odd"
kind = "every"
input = "count"
hop = 0
[[stage]]
name = "lost"
kind = "gain"
input = "nowhere"
[[stage]]
name = "sums"
kind = "every"
input = "count"
hop = 24
[[stage]]
name = "of sums"
kind = "every"
input = "sums"
hop = 48
"#;
    let pipeline = Pipeline::parse(toml, "test.toml", Path::new("")).unwrap();
    let errors = Plan::diagnose(&pipeline, &registry());
    let found: Vec<(usize, &str)> =
        errors.iter().map(|error| (error.position().unwrap().0, error.message.as_str())).collect();
    let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
    // What is behind the typo is not looked at, though its hop fits no block.
    assert_eq!(lines, [7, 14, 20, 24, 33], "{found:?}");
    assert!(found[4].1.contains("`of sums`") || found[4].1.contains("expected samples"), "{found:?}");
    let sound = Pipeline::parse(DIAMOND, "test.toml", Path::new("")).unwrap();
    assert_eq!(Plan::diagnose(&sound, &registry()), []);
}

#[test]
fn memory_has_a_ceiling_that_can_be_raised() {
    let toml = "[[stage]]\nkind = \"count\"\nblock = 100_000\n[[stage]]\nkind = \"gain\"\ndepth = 65_536\n\
                [[stage]]\nkind = \"out\"\n";
    let message = "`gain`: the pipeline needs 25003 MB of memory, but `max_memory_mb` is 1024; the rings to this stage \
                   take the most, 25000 MB";
    let refused = error(toml);
    assert!(refused.starts_with(message) && refused.contains("max_memory_mb"), "{refused}");
    let raised = plan(&format!("max_memory_mb = 30_000\n{toml}")).unwrap();
    assert_eq!(raised.memory() >> 20, 25_003);
    assert!(error(&format!("max_memory_mb = 0\n{toml}")).contains("`max_memory_mb`"));
}

#[test]
fn what_nobody_reads_is_known() {
    let toml = "[[stage]]\nkind = \"count\"\n[[stage]]\nkind = \"gain\"\n";
    let dead = plan(toml).unwrap();
    assert!(!dead.has_sink());
    let one = plan(&format!("{toml}[[stage]]\nkind = \"out\"\ninput = \"count\"\n")).unwrap();
    assert!(one.has_sink());
    assert_eq!(one.unread().map(|stage| stage.name.as_str()).collect::<Vec<_>>(), ["gain"]);
}

#[test]
fn a_file_that_is_no_text_is_reported_by_its_place() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("no_text.toml");
    std::fs::write(&file, b"[[stage]]\nkind = \"count\" # \xe9t\xe9\n").unwrap();
    let error = Pipeline::read(&file).unwrap_err();
    assert_eq!(error.position(), Some((2, 18)));
    let text = error.to_string();
    assert!(text.contains("byte 0xe9 is not UTF-8") && text.contains("save the file as UTF-8"), "{text}");
    let text = Pipeline::read(folder).unwrap_err().to_string();
    assert!(text.contains("it is a folder, expected a file"), "{text}");
}
