//! The clips that somebody hands in.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::audio::{self, RATE};
use crate::corpus::{Levels, place, word};
use crate::features::CLIP;

/// The fewest clips of an enrolment.
pub const FEWEST: usize = 3;

/// The longest recording that is read, in seconds.
const LONGEST: f64 = 10.0;

/// The quietest word, in dB under full scale.
const SILENT_DB: f64 = -50.0;

/// Share of samples at full scale from which on a clip counts as clipped.
const CLIPPED: f64 = 0.001;

/// The shortest word, in seconds.
const SHORTEST: f64 = 0.12;

/// How far the quiet parts of two clips may lie apart, in dB.
const ROOMS_DB: f64 = 20.0;

/// Levels below this count as this: a quiet room, digital silence, or a microphone that is gated.
const QUIET_DB: f64 = -60.0;

/// A clip of one word, checked.
#[derive(Clone, Debug)]
pub struct Take {
    /// Where it came from.
    pub path: PathBuf,
    /// One second, the word in its middle.
    pub samples: Vec<i16>,
    levels: Levels,
}

/// Reads clips of one word each, and tells all that is wrong with them.
///
/// # Errors
/// When there are fewer than [`FEWEST`], or one cannot be read, is silent, clipped, too short or too long, or they do not
/// come from one room.
pub fn takes(paths: &[PathBuf]) -> Result<Vec<Take>> {
    if paths.len() < FEWEST {
        bail!(
            "nothing was enrolled: found {} clips, expected at least {FEWEST} of the word; five or ten are better",
            paths.len()
        );
    }
    let (mut takes, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match take(path) {
            Ok(take) => takes.push(take),
            Err(why) => faults.push(format!("`{}`: {why:#}", path.display())),
        }
    }
    faults.extend(rooms(&takes));
    if faults.is_empty() {
        return Ok(takes);
    }
    bail!("nothing was enrolled:\n  {}\nrecord these again, or leave them out", faults.join("\n  "))
}

fn take(path: &Path) -> Result<Take> {
    let samples = audio::read_resampled(path, LONGEST)?;
    let levels = Levels::of(&samples);
    if levels.loud_db < SILENT_DB {
        bail!(
            "silent: its loud parts are {:.0} dB under full scale; speak louder or nearer",
            -levels.loud_db
        );
    }
    if levels.clipped > CLIPPED {
        bail!("clipped: {:.1} % of its samples are at full scale; speak less loudly", 100.0 * levels.clipped);
    }
    let spoken = word(&samples).len() as f64 / f64::from(RATE);
    if levels.seconds < 2.0 * SHORTEST || spoken < SHORTEST {
        bail!("too short: {spoken:.2} s stand out of {:.2} s; record the whole word", levels.seconds);
    }
    let placed = place(&samples, CLIP).context("it is no clip of one word")?;
    Ok(Take { path: path.to_owned(), samples: placed, levels })
}

/// What tells that clips come from several rooms, or microphones: how loud it is when nobody speaks.
fn rooms(takes: &[Take]) -> Option<String> {
    let quiet = |take: &Take| take.levels.quiet_db.max(QUIET_DB);
    let least = takes.iter().min_by(|a, b| quiet(a).total_cmp(&quiet(b)))?;
    let most = takes.iter().max_by(|a, b| quiet(a).total_cmp(&quiet(b)))?;
    let apart = quiet(most) - quiet(least);
    (apart > ROOMS_DB).then(|| {
        format!(
            "different rooms: the background of `{}` is {apart:.0} dB louder than that of `{}`; record all clips in one place",
            most.path.display(),
            least.path.display()
        )
    })
}
