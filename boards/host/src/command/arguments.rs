//! The command line.

use std::path::PathBuf;

use clap::Parser;

use super::graph::GraphFormat;
use super::source::SourceSpec;

const EXAMPLES: &str = "\
Examples:
  kws-run pipelines/yes_no.toml                           run it; Ctrl-C drains, reports and ends
  kws-run pipelines/yes_no.toml --source file:clip.wav    the same over a recording
  kws-run pipelines/person.toml --source images:photos    over a folder of photographs
  arecord -t raw -f S16_LE -r 16000 | kws-run pipelines/yes_no.toml --source raw:-
  kws-run pipelines/yes_no.toml --set smooth.window_ms=500 --json | jq .label
  kws-run pipelines/yes_no.toml --check                   what would run, and what it costs
  kws-run pipelines/yes_no.toml --check --board nano33ble   what it takes of a microcontroller
  kws-run pipelines/yes_no.toml --graph > graph.mmd       the same as a diagram
  kws-run pipelines/yes_no.toml --record take1            keep what passed; kws-run take1/pipeline.toml replays it
  kws-run --stages mfcc                                   the parameters of one kind

Exit codes:
  0    the stream ended, or Ctrl-C ended it (a second Ctrl-C ends at once, with 130)
  1    the pipeline cannot be planned, or a stage failed
  2    the command line is wrong

Colours appear only on a terminal; NO_COLOR=1 turns them off.";

/// Runs a sensing pipeline that a TOML file describes: a source, stages, sinks.
///
/// Events are written by the pipeline's sinks, to standard output; everything else is told on standard error.
#[derive(Debug, Parser)]
#[command(name = "kws-run", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Arguments {
    /// The pipeline file
    #[arg(required_unless_present_any = ["devices", "stages", "schema"])]
    pub(crate) pipeline: Option<PathBuf>,

    /// Replaces the source: by sound, file:PATH, raw:PATH or raw:- (s16le), mic, mic:DEVICE; by pictures, images:DIR,
    /// video:PATH (.y4m), camera, camera:DEVICE
    ///
    /// Where the pipeline has several sources, NAME=SPEC says which one; give the option once for each.
    /// Rate and block of the source in the file stay, size, frame rate and colours too, and all else where the kind is
    /// the same.
    #[arg(long, value_name = "[NAME=]SPEC")]
    pub(crate) source: Vec<SourceSpec>,

    /// Overrides one parameter, checked as in the file; may be given often
    ///
    /// The value is TOML, or else a string. KEY goes on into lists and tables: trigger.points.0.on=0.9
    #[arg(long, value_name = "STAGE.KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Writes events as JSON Lines on standard output, and nothing else there
    ///
    /// With --check and --stages: what they tell, as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// Plans the pipeline and shows lanes, edges, shapes, rates, delay, memory and MACs; runs nothing
    #[arg(long)]
    pub(crate) check: bool,

    /// With --check: what the pipeline takes as firmware of a board, and whether it fits; builds nothing
    ///
    /// RAM, flash, operations, and an estimate of instructions a second and of the core's time that they take. A name that
    /// there is not lists those that there are.
    #[arg(long, value_name = "NAME", requires = "check")]
    pub(crate) board: Option<String>,

    /// Prints the same as a diagram; runs nothing
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "mermaid",
        conflicts_with = "check")]
    pub(crate) graph: Option<GraphFormat>,

    /// Records every edge: WAV for samples, .npy for the rest, JSON Lines for events
    ///
    /// DIR/pipeline.toml replays the recording; the models that it needs are copied beside it.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["check", "graph"])]
    pub(crate) record: Option<PathBuf>,

    /// Records the output of these stages only, and of the sources
    #[arg(long, value_name = "STAGE,...", value_delimiter = ',', requires = "record")]
    pub(crate) edges: Vec<String>,

    /// Sources deliver at their own rate, instead of as fast as it goes
    #[arg(long)]
    pub(crate) realtime: bool,

    /// Shows where the time goes: at the end on standard error, and meanwhile on a terminal
    ///
    /// Per lane and stage p50, p99, longest and total time of a firing, how full rings were, gaps, share of real time
    /// and, with --realtime or a live source, how late detections came.
    #[arg(long)]
    pub(crate) stats: bool,

    /// Lists the microphones that `mic:DEVICE` may name, and the cameras for `camera:DEVICE`
    #[arg(long)]
    pub(crate) devices: bool,

    /// Lists the kinds of stages, or the parameters of one, with defaults, units and limits
    #[arg(long, value_name = "KIND", num_args = 0..=1)]
    pub(crate) stages: Option<Option<String>>,

    /// Prints the JSON Schema of pipeline files, for editors
    #[arg(long)]
    pub(crate) schema: bool,
}

/// How something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Arguments {
    /// How `--check` and `--stages` are to be shown.
    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
