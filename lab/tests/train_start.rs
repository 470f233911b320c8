//! Transfer learning: from a trained model to another keyword.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;
mod tones;

use std::path::Path;

use kws_lab::bundle::Bundle;
use program::{fail, folder, succeed, train};
use tones::{configuration, corpus};

const FAST: [(&str, &str); 2] = [("epochs", "1"), ("clips", "200")];
const LABELS: &str = r#"["silence", "unknown", "whistle"]"#;

/// Values of each layer's weights.
fn weights(folder: &Path) -> Vec<Vec<f32>> {
    let network = Bundle::open(folder).unwrap().float.unwrap();
    let values = |layer: &kws_lab::nets::Layer| layer.weight.val().into_data().try_to_vec().unwrap();
    network.layers.iter().map(values).collect()
}

#[test]
fn a_head_is_trained_and_what_lies_below_it_stays() {
    let folder = folder("a_head_is_trained_and_what_lies_below_it_stays");
    corpus(&folder);
    let base = configuration(&folder, "base", &FAST);
    succeed(&mut train(&base));
    let start = |part: &str| format!("1\n\n[start]\nmodel = \"../base\"\ntrain = \"{part}\"");
    let (head, all) = (start("head"), start("all"));
    let changes = |start| [FAST[0], FAST[1], ("labels", LABELS), ("seed", start)];
    let one = configuration(&folder, "one", &changes(&head));
    let whole = configuration(&folder, "whole", &changes(&all));
    succeed(&mut train(&one));
    succeed(&mut train(&whole));
    let card = Bundle::open(&one).unwrap().card;
    let (before, one, whole) = (weights(&base), weights(&one), weights(&whole));
    assert_eq!(before[0], one[0]);
    assert_ne!(before[0], whole[0]);
    assert_eq!(one[1].len(), 3 * 25 * 20 * 4);
    assert_eq!(card.labels, ["silence", "unknown", "whistle"]);
}

#[test]
fn another_front_end_or_network_is_refused_with_the_difference() {
    let folder = folder("another_front_end_or_network_is_refused_with_the_difference");
    corpus(&folder);
    succeed(&mut train(&configuration(&folder, "base", &FAST)));
    let start = ("seed", "1\n\n[start]\nmodel = \"../base\"");
    let bands = configuration(&folder, "bands", &[start, ("bands", "32")]);
    let said = fail(&mut train(&bands));
    assert!(said.contains("`bands` of \"mel\" is 40 in the model, 32 here"), "{said}");
    let filters = ("architecture", "{ kind = \"tiny_conv\", filters = 8 }");
    let network = configuration(&folder, "network", &[start, filters]);
    let said = fail(&mut train(&network));
    assert!(said.contains("layer 1 is Conv { filters: 4") && said.contains("`architecture`"), "{said}");
    let nothing = ("seed", "1\n\n[start]\nmodel = \"../nothing\"");
    let said = fail(&mut train(&configuration(&folder, "none", &[nothing])));
    assert!(said.contains("in `start`") && said.contains("nothing"), "{said}");
}
