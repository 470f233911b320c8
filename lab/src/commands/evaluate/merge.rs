//! `kws-lab evaluate merge`.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use kws_lab::evaluate::shard::{Merged, merge};
use kws_lab::evaluate::{ClipReport, Scores, StreamReport, absent};

use super::show::Show;
use super::{clips_by, streams_by};

/// Merges the parts of an evaluation into exactly the figures of a single run.
///
/// Every part must be given once and be finished. Parts are the files that `evaluate --shard I/N --output FILE` wrote.
#[derive(Args)]
#[command(after_help = "Example: kws-lab evaluate merge part*.jsonl --html report.html --json figures.json")]
pub(super) struct Merge {
    /// Files of the parts.
    #[arg(required = true, value_name = "FILE.jsonl")]
    parts: Vec<PathBuf>,
    /// Column of the manifests to group by, as for `evaluate`.
    #[arg(long, value_name = "COLUMN")]
    by: Vec<String>,
    #[command(flatten)]
    show: Show,
}

impl Merge {
    pub(super) fn run(self) -> Result<()> {
        let (clips, streams) = reports(&self.parts, &self.by)?;
        self.show.reports(clips.as_ref(), streams.as_ref())
    }
}

/// The reports of parts.
pub(super) fn reports(
    parts: &[PathBuf],
    by: &[String],
) -> Result<(Option<ClipReport>, Option<StreamReport>)> {
    let Merged { header, clips, outcomes, broken_clips, broken_streams, throughput } = merge(parts)?;
    let clips = match header.clips {
        None => None,
        Some(of) => {
            ensure!(!clips.is_empty(), "no {} can be used", of.medium.many());
            let mut excluded = absent(of.missing);
            excluded.extend(broken_clips);
            let by = clips_by(by, &clips);
            let scores = Scores { medium: of.medium, clips, features: Vec::new(), excluded };
            Some(ClipReport::of(&of.model, &of.labels, &scores, of.split, &by)?)
        }
    };
    let streams = header.streams.map(|of| {
        let report = StreamReport::new(&of.pipeline, &of.points, &outcomes, &streams_by(by));
        StreamReport { throughput, ..report.without(broken_streams, &of.keyworded) }
    });
    Ok((clips, streams))
}
