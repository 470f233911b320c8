//! `kws-run take`: cuts, joins, compares and exports recorded takes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use kws_engine::Registry;
use serde_json::json;

use super::command_error::CommandError;
use super::journal::{Level, tell};
use crate::take::{Comparison, Difference, Edge, Exported, Joined, Span, Take, compare, cut, export, join};

const EXAMPLES: &str = "\
Examples:
  kws-run pipelines/yes_no.toml --record evening            record a take
  kws-run take evening cut --from 61.5 --to 1min10s --output false_accept
  kws-run false_accept/pipeline.toml --json                 replay that stretch
  kws-run take evening join morning --output both           one after the other, with a gap between
  kws-run take before compare after                         find the first block that differs
  kws-run take evening mcap --output evening.mcap           for Foxglove or Lichtblick
";

/// `kws-run take`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TakeArguments {
    /// The folder of the take, as `--record` left it
    take: PathBuf,

    #[command(subcommand)]
    action: Action,
}

/// What is done with a take.
#[derive(Debug, Subcommand)]
enum Action {
    /// Writes a stretch as a take of its own, which replays to the events of that stretch
    ///
    /// It begins where each stage of the pipeline begins a block, so up to a few blocks earlier than asked for; its time starts
    /// at 0. Stages that look back, such as `smooth`, know nothing of what came before: begin a second before what you want
    /// to see. Recorded features and events are those of the original run.
    Cut {
        /// Where it begins, in seconds or as 1min30s
        #[arg(long, value_name = "TIME", value_parser = seconds, default_value = "0")]
        from: f64,
        /// Where it ends; without it, at the end of the take
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        to: Option<f64>,
        /// The folder of the new take; a folder that is not empty is refused
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Writes this take and others, one after the other, as one, which replays to the events of all
    ///
    /// The sources must carry the same: rate, block, size. What is between two takes is a gap, which is counted and of which all
    /// stages learn. Pipeline and models are those of the first take.
    Join {
        /// The takes that follow
        #[arg(required = true, value_name = "TAKE")]
        others: Vec<PathBuf>,
        /// How long the gap between two takes is at least, in seconds or as 500ms
        #[arg(long, value_name = "TIME", value_parser = seconds, default_value = "1")]
        gap: f64,
        /// The folder of the new take; a folder that is not empty is refused
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Compares the edges of two takes, and says for each the first block that differs
    ///
    /// Exit code 0 when all edges are the same, bit for bit, 1 when some differ.
    Compare {
        /// The other take
        other: PathBuf,
        /// Prints one JSON object for each edge
        #[arg(long)]
        json: bool,
    },
    /// Writes all edges as an MCAP file, which Foxglove and Lichtblick open: sound, images, scores by label, events
    ///
    /// Messages are JSON; the stream begins at time 0.
    Mcap {
        /// The file; one that exists is refused
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
    },
}

/// A time as seconds.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds = match text.parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => humantime::parse_duration(text)
            .map_err(|_| "expected seconds, such as 61.5, or a time such as 1min30s".to_owned())?
            .as_secs_f64(),
    };
    // What a stream of centuries could hold.
    if (0.0..1e10).contains(&seconds) { Ok(seconds) } else { Err("expected a time from 0 on".to_owned()) }
}

/// Does what the command line says.
pub(crate) fn perform(
    arguments: &TakeArguments,
    registry: &Registry,
    to: &mut impl Write,
) -> Result<(), CommandError> {
    let failed = CommandError::Lacking;
    let take = Take::open(&arguments.take).map_err(failed)?;
    match &arguments.action {
        Action::Cut { from, to: end, output } => {
            if end.is_some_and(|end| end <= *from) {
                return Err(CommandError::usage("`--to` is not after `--from`; expected a later time"));
            }
            let (span, edges) = cut(&take, *from, *end, output, registry).map_err(failed)?;
            tell_cut(&take, span, &edges, output.display());
        }
        Action::Join { others, gap, output } => {
            let mut takes = vec![take];
            for other in others {
                takes.push(Take::open(other).map_err(failed)?);
            }
            let joined = join(&takes, *gap, output, registry).map_err(failed)?;
            tell_join(&takes, &joined, output.display());
        }
        Action::Compare { other, json } => {
            let other = Take::open(other).map_err(failed)?;
            let found = compare(&take, &other).map_err(failed)?;
            show(&found, *json, to)?;
            if found.iter().any(|edge| edge.difference.is_some()) {
                to.flush()?;
                return Err(CommandError::Reported);
            }
        }
        Action::Mcap { output } => {
            let file = File::create_new(output)
                .map_err(|error| failed(format!("cannot write `{}`: {error}", output.display())))?;
            let Exported { edges, messages } = export(&take, BufWriter::new(file)).map_err(failed)?;
            let output = output.display();
            tell(Level::Info, format_args!("wrote {messages} messages of {edges} edges to `{output}`"));
        }
    }
    Ok(to.flush()?)
}

fn tell_cut(take: &Take, span: Span, edges: &[(Edge, u64)], output: std::path::Display<'_>) {
    let port = &take.leader().port;
    let (from, to) = (port.seconds(span.from), port.seconds(span.to));
    tell(
        Level::Info,
        format_args!(
            "cut {from:.3} s to {to:.3} s, {:.3} s of {} edges, to `{output}`",
            to - from,
            edges.len()
        ),
    );
}

fn tell_join(takes: &[Take], joined: &Joined, output: std::path::Display<'_>) {
    let style = Level::Notice.style();
    for (take, begins) in takes.iter().zip(&joined.begins) {
        tell(Level::Info, format_args!("`{}` begins at {begins:.3} s", take.dir.display()));
    }
    if takes.iter().any(|take| take.pipeline.to_toml() != takes[0].pipeline.to_toml()) {
        let first = takes[0].dir.display();
        tell(
            Level::Notice,
            format_args!(
                "{style}notice:{style:#} the takes have different pipelines; the new one has that of `{first}`"
            ),
        );
    }
    if !joined.without.is_empty() {
        let names = joined.without.join("`, `");
        tell(
            Level::Notice,
            format_args!("{style}notice:{style:#} left out, since not all takes have the same: `{names}`"),
        );
    }
    tell(
        Level::Info,
        format_args!("joined {} takes, {} edges, to `{output}`", takes.len(), joined.edges.len()),
    );
}

/// Writes how the edges compare, and which of them differs first.
fn show(found: &[Comparison], as_json: bool, to: &mut impl Write) -> std::io::Result<()> {
    if as_json {
        return found.iter().try_for_each(|edge| writeln!(to, "{}", json!(edge)));
    }
    for Comparison { edge, same, difference } in found {
        match difference {
            None => writeln!(to, "{edge}: the same, {same} blocks")?,
            Some(Difference { block: Some(block), seconds, what }) => {
                let seconds = seconds.unwrap_or_default();
                writeln!(to, "{edge}: differs from block {block} on, at {seconds:.3} s: {what}")?;
            }
            Some(Difference { what, .. }) => writeln!(to, "{edge}: differs: {what}")?,
        }
    }
    let timed = |edge: &&Comparison| edge.difference.as_ref().is_some_and(|found| found.seconds.is_some());
    let when =
        |edge: &Comparison| edge.difference.as_ref().and_then(|found| found.seconds).unwrap_or(f64::MAX);
    let first = found.iter().filter(timed).min_by(|one, other| when(one).total_cmp(&when(other)));
    if let Some(first) = first {
        let block = first.difference.as_ref().and_then(|found| found.block).unwrap_or_default();
        writeln!(to, "first in time: `{}`, block {block}, at {:.3} s", first.edge, when(first))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_have_units() {
        assert_eq!(seconds("61.5"), Ok(61.5));
        assert_eq!(seconds("1min30s"), Ok(90.0));
        assert_eq!(seconds("500ms"), Ok(0.5));
        assert!(seconds("-1").is_err() && seconds("soon").is_err() && seconds("NaN").is_err());
    }
}
