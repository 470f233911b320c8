//! `boards/push_to_talk.toml` on a computer: the button is pressed as the command line says, the LED is drawn.

use crate::bench::{Bench, Ended};

const PIPELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../push_to_talk.toml");
const SOURCE: &str = concat!("file:", env!("CARGO_MANIFEST_DIR"), "/../../pipelines/recordings/yes_no.flac");

/// Somebody says yes after 3 s, no after 4.6 s, and more later.
fn run(more: &[&str]) -> Ended {
    Bench::new().run(&[&[PIPELINE, "--source", SOURCE, "--json"], more].concat()).well()
}

fn events(ended: &Ended) -> Vec<(String, f64)> {
    let event = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        (event["label"].as_str().unwrap().to_owned(), event["time"].as_f64().unwrap())
    };
    ended.out.lines().map(event).collect()
}

#[test]
fn what_is_said_while_the_button_is_pressed_is_found_and_lights_the_led() {
    let ended = run(&["--set", "button.presses=[{ at_ms = 1500, length_ms = 2500 }]"]);
    let found = events(&ended);
    let [(label, time)] = &found[..] else { panic!("{ended:#?}") };
    assert!(label == "yes" && (2.5..4.0).contains(time), "{ended:#?}");
    let light: Vec<&str> = ended.err.lines().filter(|line| line.contains(" led o")).collect();
    let [on, off] = light[..] else { panic!("{ended:#?}") };
    assert!(on.ends_with("s  ● led on") && off.ends_with("s  ○ led off"), "{light:?}");
    let seconds = |line: &str| line.split_whitespace().next().unwrap().parse::<f64>().unwrap();
    assert!((seconds(on) - time).abs() < 0.2, "{light:?}");
}

#[test]
fn a_press_toggles_the_button_where_the_file_says_so() {
    let presses = "button.presses=[{ at_ms = 1500, length_ms = 100 }, { at_ms = 4000, length_ms = 100 }]";
    let found = events(&run(&["--set", "button.mode=toggle", "--set", presses]));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn without_a_terminal_nobody_presses_it_and_a_notice_says_so() {
    let ended = run(&[]);
    assert_eq!(events(&ended), []);
    let text = "standard input is no terminal, so that nobody can press `button`; set `presses` of `button`";
    assert!(ended.err.contains(text), "{ended:#?}");
}
