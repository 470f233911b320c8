//! The clips that somebody hands in.

use std::path::PathBuf;

use anyhow::{Result, bail};
use kws_stages::enrol::{FEWEST, Take, rooms};

use crate::audio;

/// The longest recording that is read, in seconds.
const LONGEST: f64 = 10.0;

/// A clip of one word, checked.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Where it came from.
    pub path: PathBuf,
    /// What it is.
    pub take: Take,
}

/// Reads clips of one word each, and tells all that is wrong with them.
///
/// # Errors
/// When there are fewer than [`FEWEST`], or one cannot be read, is silent, clipped, too short or too long, or they do not
/// come from one room.
pub fn takes(paths: &[PathBuf]) -> Result<Vec<Clip>> {
    if paths.len() < FEWEST {
        bail!(
            "nothing was enrolled: found {} clips, expected at least {FEWEST} of the word; five or ten are better",
            paths.len()
        );
    }
    let (mut takes, mut good, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        match audio::read_resampled(path, LONGEST).and_then(|samples| Ok(Take::of(&samples)?)) {
            Ok(take) => {
                takes.push(take);
                good.push(path);
            }
            Err(why) => faults.push(format!("`{}`: {why:#}", path.display())),
        }
    }
    faults.extend(rooms(&takes).map(|(loudest, quietest, apart)| {
        format!(
            "different rooms: the background of `{}` is {apart:.0} dB louder than that of `{}`; record all clips in one place",
            good[loudest].display(),
            good[quietest].display()
        )
    }));
    if faults.is_empty() {
        let clips = good.into_iter().zip(takes);
        return Ok(clips.map(|(path, take)| Clip { path: path.clone(), take }).collect());
    }
    bail!("nothing was enrolled:\n  {}\nrecord these again, or leave them out", faults.join("\n  "))
}
