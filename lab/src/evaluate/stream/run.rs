//! Listening to many streams: one after the other on each thread, read when their turn comes.

use anyhow::{Result, anyhow};
use rayon::prelude::*;

use super::listener::Listener;
use super::material::{Item, Material};
use super::outcome::{Outcome, Points};
use super::worker::Worker;
use crate::evaluate::progress;

/// What came of each of some items, or why it could not be read, handed to `each` with the item as soon as it is there.
/// Threads are rayon's; `RAYON_NUM_THREADS` says how many.
///
/// # Errors
/// When the pipeline cannot be planned, a stage fails, or `each` does.
pub fn listen(
    listener: &Listener,
    points: &Points,
    material: &Material,
    items: &[Item],
    each: impl Fn(&Item, Result<Outcome>) -> Result<()> + Sync,
) -> Result<()> {
    let swept = points.swept();
    let bar = progress(items.len(), "streams");
    let done = items.par_iter().try_for_each_init(
        || Worker::new(listener, &swept),
        |worker, item| {
            let worker = worker.as_mut().map_err(|why| anyhow!("{why:#}"))?;
            match material.read(item) {
                // What was named itself must be there; of a corpus, a file may be broken.
                Err(why) if item.corpus.is_empty() => return Err(why),
                Err(why) => each(item, Err(why))?,
                Ok(stream) => {
                    let outcome = Outcome::of(&item.key, &item.part, &stream, worker, points)?;
                    let (corpus, columns) = (item.corpus.clone(), item.columns.clone());
                    each(item, Ok(Outcome { index: item.index, corpus, columns, ..outcome }))?;
                }
            }
            bar.inc(1);
            Ok(())
        },
    );
    bar.finish_and_clear();
    done
}
