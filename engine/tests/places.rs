//! Places in a pipeline file: where stages run, what crosses, and what cannot be cut.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod kinds;

use kinds::{plan, registry};
use kws_engine::{Direction, Pipeline, Plan, Policy};
use std::path::Path;

const CASCADE: &str = r#"
[[place]]
name = "node"
board = "some_board"
[[place]]
name = "hub"
[[place]]
name = "cloud"
[[stage]]
name = "mic"
kind = "count"
clock = 16000
[[stage]]
name = "sums"
kind = "every"
hop = 480
[[stage]]
name = "large"
kind = "gain"
place = "hub"
depth = 3
[[stage]]
name = "small"
kind = "gain"
input = "sums"
[[stage]]
name = "again"
kind = "gain"
place = "hub"
input = "sums"
depth = 5
[[stage]]
name = "out"
kind = "out"
place = "cloud"
input = "large"
"#;

fn error(toml: &str) -> String {
    plan(toml).err().map_or_else(|| "planned".to_owned(), |error| error.to_string())
}

fn parsed(toml: &str) -> Pipeline {
    Pipeline::parse(toml, "test.toml", Path::new("")).unwrap()
}

#[test]
fn stages_run_where_the_file_says_or_where_their_input_runs() {
    let plan = plan(CASCADE).unwrap();
    let places: Vec<(&str, &str)> = plan
        .stages
        .iter()
        .map(|stage| (stage.name.as_str(), plan.places[stage.place].name.as_str()))
        .collect();
    let expected = [
        ("mic", "node"),
        ("sums", "node"),
        ("large", "hub"),
        ("small", "node"),
        ("again", "hub"),
        ("out", "cloud"),
    ];
    assert_eq!(places, expected);
    // One stream for both readers at the hub, with room for what the longer ring holds.
    let cuts: Vec<(u8, &str, &str, usize)> = plan
        .cuts
        .iter()
        .map(|cut| {
            (cut.edge, plan.stages[cut.from].name.as_str(), plan.places[cut.to].name.as_str(), cut.depth)
        })
        .collect();
    assert_eq!(cuts, [(0, "sums", "hub", 5), (1, "large", "cloud", 8)]);
    assert!(plan.is_lossy(&plan.cuts[0]), "a board cannot wait");
    assert!(!plan.is_lossy(&plan.cuts[1]));
    assert_eq!(plan.cuts[1].on_full, Policy::Block);
}

#[test]
fn a_part_has_its_own_stages_and_stands_in_for_the_others() {
    let pipeline = parsed(CASCADE);
    let hub = Plan::at(&pipeline, &registry(), "hub").unwrap();
    let names: Vec<&str> = hub.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["sums", "large", "again", "large>cloud"]);
    assert_eq!(hub.lanes, ["link node", "main", "link cloud"]);
    let edges: Vec<_> =
        hub.links.iter().flat_map(|link| &link.edges).map(|e| (e.edge, e.direction)).collect();
    assert_eq!(edges, [(0, Direction::In), (1, Direction::Out)]);
    let whole = plan(CASCADE).unwrap();
    assert_eq!(hub.stage("sums").unwrap().output, whole.stage("sums").unwrap().output, "the very port");
    let node = Plan::at(&pipeline, &registry(), "node").unwrap();
    let cloud = Plan::at(&pipeline, &registry(), "cloud").unwrap();
    let agreed: Vec<u64> = [&node, &hub, &cloud].into_iter().map(|part| part.links[0].pipeline).collect();
    assert!(agreed.iter().all(|number| *number == agreed[0]), "{agreed:x?}");
    let other = Plan::at(&parsed(&CASCADE.replace("hop = 480", "hop = 960")), &registry(), "node").unwrap();
    assert_ne!(other.links[0].pipeline, agreed[0], "another front end is another pipeline");
    let longer = CASCADE.replace("clock = 16000", "clock = 16000\nblocks = 7");
    let other = Plan::at(&parsed(&longer), &registry(), "node").unwrap();
    assert_eq!(other.links[0].pipeline, agreed[0], "each place may have another source");
    assert!(hub.start(Default::default()).err().unwrap().to_string().contains("nothing carries the link"));
}

#[test]
fn sinks_of_other_places_need_not_be_known() {
    let toml = CASCADE.replace("kind = \"out\"", "kind = \"database\"\npassword = 5");
    assert!(error(&toml).contains("unknown kind `database`"));
    let pipeline = parsed(&toml);
    assert!(Plan::at(&pipeline, &registry(), "node").is_ok());
    assert!(Plan::at(&pipeline, &registry(), "hub").is_ok());
    assert!(Plan::at(&pipeline, &registry(), "cloud").is_err());
    let missing = Plan::at(&pipeline, &registry(), "huub").err().unwrap().to_string();
    assert!(
        missing.contains("no place is named `huub`") && missing.contains("did you mean `hub`?"),
        "{missing}"
    );
}

#[test]
fn all_places_agree_where_a_source_is_read_by_nobody() {
    let text = CASCADE.to_owned()
        + r#"
[[stage]]
name = "spare"
kind = "count"
place = "cloud"
"#;
    let number = |place: &str| Plan::at(&parsed(&text), &registry(), place).unwrap().links[0].pipeline;
    assert_eq!(number("node"), number("hub"));
    assert_eq!(number("hub"), number("cloud"));
}

#[test]
fn a_file_keeps_its_places() {
    let mut pipeline = parsed(CASCADE);
    pipeline.set("small.place=hub").unwrap();
    let again = parsed(&pipeline.to_toml());
    assert_eq!(again.to_toml(), pipeline.to_toml());
    assert_eq!(again.places.len(), 3);
    assert_eq!(again.stage("small").unwrap().place.as_deref(), Some("hub"));
    pipeline.in_one_place();
    assert!(Plan::new(&pipeline, &registry()).unwrap().cuts.is_empty());
}

#[test]
fn what_a_place_is_can_be_set() {
    let mut pipeline = parsed(CASCADE);
    pipeline.set("hub.private=true").unwrap();
    pipeline.set("hub.board=some_board").unwrap();
    let hub = pipeline.places.iter().find(|place| place.name == "hub").unwrap();
    assert!(hub.private && hub.board.as_deref() == Some("some_board"));
    let refused = |assignment: &str| parsed(CASCADE).set(assignment).unwrap_err().to_string();
    assert!(refused("hub.private=7").contains("`private` of the place `hub` is 7, expected true or false"));
    assert!(refused("hub.name=shed").contains("`name` of a place cannot be set"));
}

#[test]
fn nobody_needs_sinks_to_see_what_crosses() {
    let (pipeline, registry) =
        parsed(&CASCADE.replace("kind = \"out\"", "kind = \"database\"")).sinkless(&registry());
    assert_eq!(
        Plan::new(&pipeline, &registry).unwrap().cuts.len(),
        Plan::new(&parsed(CASCADE), &registry).unwrap().cuts.len()
    );
}

#[test]
fn what_cannot_be_cut_is_an_error_at_its_line() {
    let cases = [
        (CASCADE.replace("place = \"cloud\"", "place = \"clout\""), ":35:9", "did you mean `cloud`?"),
        (
            CASCADE.replace(
                "[[place]]\nname = \"hub\"",
                "[[place]]\nname = \"shed\"\n[[place]]\nname = \"hub\"",
            ),
            ":6:8",
            "no stage runs at the place `shed`",
        ),
        (CASCADE.replace("board =", "bored ="), ":4:1", "did you mean `board`?"),
        (
            CASCADE.replace("name = \"cloud\"\n[[stage]]", "name = \"hub\"\n[[stage]]"),
            ":8:8",
            "two places are named `hub`",
        ),
        // `every` writes features; what the source writes are samples.
        (
            CASCADE
                .replace("board = \"some_board\"", "private = true")
                .replace("input = \"sums\"\ndepth = 5", "input = \"mic\"\ndepth = 5"),
            ":30:9",
            "reads samples of `mic`, but the place `node` is private",
        ),
        (
            CASCADE.replace(
                "kind = \"gain\"\ninput = \"sums\"",
                "kind = \"gain\"\nplace = \"node\"\ninput = \"large\"",
            ),
            ":26:9",
            "a board only sends",
        ),
        (
            CASCADE
                .replace(
                    "kind = \"out\"\nplace = \"cloud\"\ninput = \"large\"",
                    "kind = \"add\"\nplace = \"hub\"\ninputs = [\"large\", \"mic\"]",
                )
                .replace("[[place]]\nname = \"cloud\"\n", ""),
            ":34:11",
            "comes over a link that may lose blocks",
        ),
    ];
    for (toml, line, text) in cases {
        let error = error(&toml);
        assert!(
            error.contains(text) && error.contains(&format!("test.toml{line}")),
            "{text} {line}\n{error}\n{toml}"
        );
    }
    assert_eq!(
        error(&CASCADE.replace("board = \"some_board\"", "private = true")),
        "planned",
        "features may leave"
    );
}

#[test]
fn what_comes_of_one_lossy_link_alone_may_be_joined() {
    let joined = CASCADE.replace(
        "kind = \"out\"\nplace = \"cloud\"\ninput = \"large\"",
        "kind = \"add\"\nplace = \"hub\"\ninputs = [\"large\", \"again\"]",
    );
    assert!(error(&joined).contains("no stage runs at the place `cloud`"));
    assert_eq!(error(&joined.replace("[[place]]\nname = \"cloud\"\n", "")), "planned");
}
