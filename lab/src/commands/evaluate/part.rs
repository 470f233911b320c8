//! One part of an evaluation, into its file.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use kws_lab::evaluate::shard::{Header, Line, PartFile, Shard, Stopwatch};
use kws_lab::evaluate::{ClipRow, Item, listen, score};

use super::Evaluate;
use super::clips::Clips;
use super::streams::{Streams, held};

/// Clips that are scored between two visits to the file.
const CLIPS: usize = 256;

/// Measures what belongs to a shard and is not in the file yet.
pub(super) fn measure(arguments: &Evaluate, shard: Shard, path: &Path) -> Result<()> {
    let clips = arguments.model.as_deref().map(|model| Clips::open(arguments, model)).transpose()?;
    let streams = arguments.pipeline.as_deref().map(|file| Streams::open(arguments, file)).transpose()?;
    let header = Header::new(
        shard,
        clips.as_ref().map(|clips| clips.header(arguments)).transpose()?,
        streams.as_ref().map(Streams::header).transpose()?,
    );
    let mut file = PartFile::open(path, &header)?;
    let name = path.display();
    if file.is_done() {
        eprintln!("`{name}` is finished: shard {shard} is already complete");
        return Ok(());
    }
    let known: HashSet<String> = file.lines.iter().filter_map(Line::key).map(str::to_owned).collect();
    let wanted = |key: &str| shard.holds(key) && !known.contains(key);
    let mut items = known.len();
    if let Some(mut clips) = clips {
        let rows: Vec<ClipRow> = clips.list.rows.iter().filter(|row| wanted(&row.key)).cloned().collect();
        items += rows.len();
        rows.chunks(CLIPS).try_for_each(|rows| scored(&mut clips, rows, &mut file))?;
    }
    if let Some(streams) = streams {
        let list: Vec<Item> = streams.items.list.iter().filter(|item| wanted(&item.key)).cloned().collect();
        items += list.len();
        heard(&streams, &list, &mut file)?;
    }
    file.add(&Line::Done { items })?;
    eprintln!("`{name}`: shard {shard} is finished, {items} results");
    Ok(())
}

/// Scores clips and writes what the model says of them.
fn scored(clips: &mut Clips, rows: &[ClipRow], file: &mut PartFile) -> Result<()> {
    let mut taken = HashSet::new();
    let scores = score(&mut clips.bundle, rows, |row| {
        taken.insert(row.index);
    })?;
    let (whole, broken): (Vec<&ClipRow>, Vec<&ClipRow>) =
        rows.iter().partition(|row| taken.contains(&row.index));
    for (row, (path, why)) in broken.into_iter().zip(scores.excluded) {
        file.add(&Line::Broken { key: row.key.clone(), index: row.index, path: Some(path), why })?;
    }
    for (row, scored) in whole.into_iter().zip(scores.clips) {
        file.add(&Line::Clip { key: row.key.clone(), index: row.index, scored })?;
    }
    Ok(())
}

/// Listens to streams and writes what came of each.
fn heard(streams: &Streams, list: &[Item], file: &mut PartFile) -> Result<()> {
    let (watch, samples, shared) = (Stopwatch::start(), AtomicU64::new(0), Mutex::new(file));
    listen(&streams.listener, &streams.points, &streams.material, list, |item, outcome| {
        let line = match outcome {
            Ok(outcome) => {
                samples.fetch_add(outcome.samples, Ordering::Relaxed);
                Line::Stream(outcome)
            }
            Err(why) => {
                let (key, why) = (item.key.clone(), format!("{why:#}"));
                Line::Broken { key, index: item.index, path: None, why }
            }
        };
        held(&shared).add(&line)
    })?;
    let throughput = watch.stop(samples.into_inner());
    held(&shared).add(&Line::Run(throughput))?;
    eprintln!("{}", throughput.text());
    Ok(())
}
