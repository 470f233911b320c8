//! A pipeline whose places run in programs of their own.

use std::process::Stdio;

use crate::bench::{Bench, spotting};
use crate::live::Live;

/// The shipped cascade on its recording.
const CASCADE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines/cascade.toml");
const SOUND: &str = concat!("file:", env!("CARGO_MANIFEST_DIR"), "/../../pipelines/recordings/yes_no.flac");

/// Recorded events of a node, which a hub prints.
fn two_places() -> Bench {
    let bench = spotting();
    let places = "[[place]]\nname = \"node\"\n[[place]]\nname = \"hub\"\n";
    let text = bench.read("spotting.toml").replace("kind = \"print\"", "kind = \"print\"\nplace = \"hub\"");
    bench.write("cascade.toml", &format!("{places}{text}"));
    bench
}

#[test]
fn three_programs_print_what_one_prints() {
    let bench = Bench::new();
    let whole = bench.run(&[CASCADE, "--source", SOUND, "--set", "kept.folder=whole"]).well();
    assert!(whole.out.lines().count() > 1, "{}", whole.out);
    let kept = bench.read("whole/manifest.csv");
    assert_eq!(kept.matches(",confirmed,").count(), whole.out.lines().count(), "{kept}");
    let up = format!("unix-listen:{}", bench.path("up").display());
    let down = format!("unix:{}", bench.path("up").display());
    let (over, under) = (up.replace("up", "over"), down.replace("up", "over"));
    let link = |place: &str, address: &str| format!("{place}={address}");
    let start = |arguments: &[&str]| {
        let mut command = bench.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let cloud = start(&[CASCADE, "--place", "cloud", "--link", &link("hub", &up)]);
    let links = ["--link", &link("node", &over), "--link", &link("cloud", &down)];
    let hub = start(&[&[CASCADE, "--place", "hub", "--set", "kept.folder=kept"], &links[..]].concat());
    bench.run(&[CASCADE, "--source", SOUND, "--place", "node", "--link", &link("hub", &under)]).well();
    assert!(hub.wait_with_output().unwrap().status.success());
    let cloud = cloud.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(cloud.stdout).unwrap(), whole.out);
    assert!(cloud.status.success());
    assert_eq!(bench.read("kept/manifest.csv"), kept, "the hub keeps what one program keeps");
}

/// A service manager stops a place whose other end is away for good.
#[cfg(unix)]
#[test]
fn a_place_that_is_stopped_does_not_wait_for_ever() {
    let bench = two_places();
    // It reads no sound.
    bench.write("sound.raw", "");
    let link = format!("hub=unix:{}", bench.path("nobody").display());
    let mut live = Live::start(&bench, &["cascade.toml", "--place", "node", "--link", &link]);
    live.says("no connection with `hub`");
    live.signal("TERM");
    let run = live.ended().well();
    assert!(run.err.contains("`hub` is not connected: waiting 10 s"), "{run:#?}");
}

#[test]
fn no_sound_leaves_a_private_place() {
    let bench = Bench::new();
    let consent = ["--set", "kept.place=cloud", "--place", "cloud", "--link", "hub=tcp:hub:1"];
    // The clip comes from the node, which is not private; what the hub has must stay there.
    let text = std::fs::read_to_string(CASCADE).unwrap();
    let gate = "\n[[stage]]\nname = \"sure\"\nkind = \"gate\"\ninputs = [\"clip\", \"verdict\"]\nlabel = \"yes\"\nopens_for_ms = \
                2000\nplace = \"hub\"\n[[stage]]\nkind = \"clips\"\ninputs = [\"sure\", \"verdict\"]\nfolder = \"sure\"\nplace = \
                \"cloud\"\n";
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines");
    let text = text.replace("\"models/", &format!("\"{folder}/models/"));
    let text = text.replace("\"recordings/", &format!("\"{folder}/recordings/"));
    bench.write("gated.toml", &format!("{text}{gate}"));
    bench.run(&["gated.toml", "--check"]).badly(1, &["the place `hub` is private", "inputs = [\"sure\""]);
    bench.run(&["gated.toml", "--check", "--set", "hub.private=false"]).well();
    bench.run(&[&[CASCADE], &consent[..]].concat()).badly(1, &["`kept`"]);
}

#[test]
fn a_place_without_a_link_and_a_link_without_a_place_are_errors() {
    let bench = two_places();
    bench
        .run(&["cascade.toml", "--place", "hub"])
        .badly(1, &["error: no link to the place `node`", "--link node=ADDRESS"]);
    bench
        .run(&["cascade.toml", "--place", "hub", "--link", "nod=tcp:hub:1"])
        .badly(2, &["`hub` exchanges no blocks with a place `nod`", "did you mean `node`?"]);
    bench
        .run(&["cascade.toml", "--place", "shed"])
        .badly(1, &["no place is named `shed`", "available: `node`, `hub`"]);
    bench.run(&["cascade.toml", "--place", "hub", "--link", "node=udp:1"]).badly(2, &["serial:PATH"]);
    bench.run(&["cascade.toml", "--link", "node=tcp:hub:1"]).badly(2, &["--place"]);
}

/// What a place reads again when it has been killed must still be there.
#[cfg(unix)]
#[test]
fn a_sender_that_holds_less_than_the_warm_up_is_reported() {
    let bench = Bench::new();
    let pipelines = concat!(env!("CARGO_MANIFEST_DIR"), "/../../pipelines");
    let text = std::fs::read_to_string(format!("{pipelines}/yes_no.toml")).unwrap();
    let text = text.replace("\"models/", &format!("\"{pipelines}/models/"));
    let text = text.replace("\"recordings/", &format!("\"{pipelines}/recordings/"));
    let text = text.replace("kind = \"classifier\"", "kind = \"classifier\"\nplace = \"hub\"");
    let text = format!("{text}\n[[place]]\nname = \"node\"\n[[place]]\nname = \"hub\"\n");
    bench.write("cut.toml", &text);
    let link = format!("node=unix:{}", bench.path("nobody").display());
    // It reads no sound.
    bench.write("sound.raw", "");
    let arguments = ["cut.toml", "--place", "hub", "--warm-up", "5s", "--link", &link];
    let mut live = Live::start(&bench, &arguments);
    live.says("notice: `node` holds ");
    live.signal("TERM");
    let run = live.ended().well();
    assert!(run.err.contains("when it has been killed: there will be a gap; set `depth = "), "{run:#?}");
    // What a ring of this place may hold is no reason to read further back: what the notice says to do helps.
    let (_, depth) = run.err.split_once("set `depth = ").unwrap();
    let (depth, _) = depth.split_once('`').unwrap();
    bench.write(
        "cut.toml",
        &text.replace("place = \"hub\"\n", &format!("place = \"hub\"\ndepth = {depth}\n")),
    );
    let mut live = Live::start(&bench, &arguments);
    live.says("no connection with `node` yet");
    live.signal("TERM");
    let run = live.ended().well();
    assert!(!run.err.contains("notice:"), "{run:#?}");
}

#[test]
fn check_shows_what_crosses_and_refuses_a_board_without_a_serial_port() {
    let bench = two_places();
    let text =
        bench.read("cascade.toml").replace("name = \"node\"", "name = \"node\"\nboard = \"nano33ble\"");
    bench.write("boarded.toml", &text);
    let shown = bench.run(&["boarded.toml", "--check"]).well().out;
    for text in ["link from", "node", "could send", "of the line", "no estimate of its energy"] {
        assert!(shown.contains(text), "`{text}` is not in\n{shown}");
    }
    let shown = bench.run(&[CASCADE, "--check"]).well().out;
    assert!(shown.contains("node on nano33ble: awake ") && shown.contains(" J a day"), "{shown}");
    let part = bench.run(&["boarded.toml", "--check", "--place", "hub"]).well().out;
    assert!(part.contains("link node") && part.contains("print"), "{part}");
    bench.write("without.toml", &text.replace("nano33ble", "microbit"));
    bench
        .run(&["without.toml", "--check"])
        .badly(1, &["--> without.toml:3:9", "`microbit` has no serial port"]);
    bench.write("unknown.toml", &text.replace("nano33ble", "nano34ble"));
    bench.run(&["unknown.toml", "--check"]).badly(1, &["--> unknown.toml:3:9", "did you mean `nano33ble`?"]);
}
