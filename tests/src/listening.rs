//! What a pipeline hears in samples, driven as one session.

use std::path::Path;

use kws::{Output, Plan};
use kws_engine::Pipeline;
use kws_engine::testing::Capture;

use crate::root;

/// The samples of this repository's recording of "yes" and "no".
///
/// # Panics
/// When it cannot be read.
pub fn recording() -> Vec<i16> {
    samples(&root().join("pipelines/recordings/yes_no.flac"))
}

/// The samples of a recording at 16 kHz, up to the last whole block of 10 ms.
///
/// # Panics
/// When it cannot be read.
pub fn samples(path: &Path) -> Vec<i16> {
    let toml = format!(
        "[[stage]]\nkind = 'audio_file'\npath = '{}'\n\n[[stage]]\nname = 'end'\nkind = 'window'\n",
        path.display()
    );
    let pipeline = Pipeline::parse(&toml, "samples.toml", Path::new("")).expect("the pipeline parses");
    let plan = Plan::new(&pipeline, &kws_host::registry()).unwrap_or_else(|error| panic!("{error}"));
    let end = Capture::<i16>::new();
    plan.run_here(|stage, made| if stage.name == "end" { end.instead::<f32>() } else { made })
        .unwrap_or_else(|fault| panic!("{fault}"));
    end.items()
}

/// Label and second of every event that a pipeline with a `mic` shows.
///
/// # Panics
/// When a stage fails.
pub fn detections(plan: &Plan, samples: &[i16]) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let mut note = |output: Output<'_>| {
        found.extend(output.detections().map(|event| (event.label().to_owned(), event.seconds())));
    };
    let mut session = plan.session().unwrap_or_else(|fault| panic!("{fault}"));
    session.push("mic", samples, &mut note).unwrap_or_else(|fault| panic!("{fault}"));
    session.finish(&mut note).unwrap_or_else(|fault| panic!("{fault}"));
    found
}

/// The words of `all` that `found` does not have, a word being the same one when it is reported within a second.
pub fn missed(all: &[(String, f64)], found: &[(String, f64)]) -> Vec<(String, f64)> {
    let same =
        |(label, at): &(String, f64), other: &(String, f64)| *label == other.0 && (at - other.1).abs() < 1.0;
    all.iter().filter(|word| !found.iter().any(|other| same(word, other))).cloned().collect()
}
