//! One clip: what can be said of it alone.

use std::path::Path;

use anyhow::{Context, Result};
use kws_engine::Item;
use sha1::{Digest, Sha1};

use super::fingerprint::{Fingerprint, Fingerprinter};
use super::{Limits, Problem, Verdict};
use crate::audio::{RATE, read_up_to};
use crate::bundle::Bundle;
use crate::corpus::{Levels, is_word};
use crate::features::FrontEnd;
use crate::images::Light;
use crate::train::{centre, largest};

/// A clip that was heard, or an image that was seen.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) faults: Vec<Problem>,
    pub(super) levels: Option<Levels>,
    /// Of an image.
    pub(super) light: Option<Light>,
    /// SHA-1 of the samples, or of the pixels.
    pub(super) digest: Option<[u8; 20]>,
    pub(super) print: Fingerprint,
}

/// What a thread listens with.
pub(super) struct Ear {
    fingerprinter: Fingerprinter,
    model: Option<(Bundle, FrontEnd)>,
}

impl Ear {
    pub(super) fn new(model: Option<&Path>) -> Result<Self> {
        let open = |folder: &Path| -> Result<_> {
            let bundle = Bundle::open(folder)?;
            let front_end = bundle.front_end()?;
            Ok((bundle, front_end))
        };
        let model =
            model.map(|folder| open(folder).with_context(|| format!("in the model `{}`", folder.display())));
        Ok(Self { fingerprinter: Fingerprinter::new(), model: model.transpose()? })
    }
}

/// Longest clip of running speech or silence, in seconds.
const LONGEST_SPEECH: f64 = 60.0;

pub(super) fn listen(ear: &mut Ear, path: &Path, label: &str, limits: Limits) -> Heard {
    let mut heard = Heard::default();
    if !path.is_file() {
        heard.faults.push(Problem::new("absent", Verdict::Invalid, "it is not in the folder"));
        return heard;
    }
    // A little more than the limit is decoded, so that clips just above it are measured.
    let most = if is_word(label) { limits.longest * 4.0 } else { LONGEST_SPEECH };
    match read_up_to(path, most) {
        Err(why) => {
            let why = format!("{why:#}");
            let kind = if why.starts_with("it lasts") { "too-long" } else { "unreadable" };
            heard.faults.push(Problem::new(kind, Verdict::Invalid, why));
        }
        Ok(recording) => {
            let samples = recording.to_i16();
            heard.digest =
                Some(Sha1::digest(samples.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<_>>()).into());
            heard.print = ear.fingerprinter.take(&samples);
            if recording.rate == RATE {
                measure(&mut heard, &samples, label, limits);
            } else {
                let what = format!(
                    "sampled at {} Hz, expected {RATE} Hz; import it, which resamples",
                    recording.rate
                );
                heard.faults.push(Problem::new("rate", Verdict::Invalid, what));
            }
            if let Some((bundle, front_end)) = &mut ear.model
                && heard.faults.iter().all(|fault| fault.verdict != Verdict::Invalid)
            {
                heard.faults.extend(objection(bundle, front_end, &centre(&samples), label, limits));
            }
        }
    }
    heard
}

fn measure(heard: &mut Heard, samples: &[i16], label: &str, limits: Limits) {
    let levels = Levels::of(samples);
    let seconds = levels.seconds;
    let mut fault = |kind, verdict, what: String| heard.faults.push(Problem::new(kind, verdict, what));
    if seconds < limits.shortest {
        fault(
            "too-short",
            Verdict::Invalid,
            format!("it lasts {seconds:.2} s, expected at least {} s", limits.shortest),
        );
    }
    if is_word(label) && seconds > limits.longest {
        fault(
            "too-long",
            Verdict::Other,
            format!("it lasts {seconds:.2} s, expected at most {} s; align it", limits.longest),
        );
    }
    if levels.clipped > limits.clipped {
        fault("clipped", Verdict::Other, format!("in {:.1} % of its samples", 100.0 * levels.clipped));
    }
    if is_word(label) && levels.loud_db < limits.silent_db {
        fault(
            "silent",
            Verdict::Invalid,
            format!("its loud parts are {:.0} dB under full scale", -levels.loud_db),
        );
    } else if is_word(label) && levels.contrast_db() < limits.contrast_db {
        let what = format!("its loud parts are {:.1} dB above its quiet ones", levels.contrast_db());
        fault("noisy", Verdict::Other, what);
    }
    heard.levels = Some(levels);
}

/// What the model says against the label.
pub(super) fn objection<T: Item>(
    bundle: &mut Bundle,
    front_end: &mut FrontEnd,
    items: &[T],
    label: &str,
    limits: Limits,
) -> Option<Problem> {
    let class = bundle.vocabulary.class(label)?;
    let mut features = vec![0.0; front_end.shape().iter().product()];
    if front_end.extract(items, &mut features).is_err() {
        return None;
    }
    let scores = bundle.classify(&features);
    let heard = largest(&scores);
    let objects = heard != class && scores[heard] >= limits.doubt * scores[class];
    objects.then(|| {
        let (name, score) = (&bundle.card.labels[heard], scores[heard]);
        Problem::new("mislabelled", Verdict::Other, format!("the model recognises `{name}` ({score:.2})"))
    })
}
