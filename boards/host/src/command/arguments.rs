//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use kws_carrier::Address;

use super::dut::Side;
use super::graph::GraphFormat;
use super::source::SourceSpec;
use super::take::TakeArguments;

const EXAMPLES: &str = "\
Examples:
  kws-run pipelines/yes_no.toml                             run a pipeline; Ctrl-C finishes and reports
  kws-run pipelines/yes_no.toml --source file:clip.wav      run it on a recording
  kws-run pipelines/person.toml --source images:photos      run it on a folder of images
  arecord -t raw -f S16_LE -r 16000 | kws-run pipelines/yes_no.toml --source raw:-
  kws-run pipelines/yes_no.toml --set smooth.window_ms=500 --json | jq .label
  kws-run pipelines/yes_no.toml --sensitivity 0.7           fire more readily; yes=0.7 for one label
  kws-run pipelines/yes_no.toml --view                      watch it in a browser: sound, features, scores, thresholds
  kws-run pipelines/yes_no.toml --tui                       watch it in the terminal
  kws-run pipelines/yes_no.toml --check                     show the plan and its cost
  kws-run pipelines/yes_no.toml --check --board nano33ble   report RAM, flash and CPU on a microcontroller
  kws-run pipelines/yes_no.toml --graph > graph.mmd         draw the plan
  kws-run pipelines/cascade.toml --place hub --link node=serial:/dev/ttyACM0 --link cloud=tcp:server:7000
                                                            run one place's part, the others run theirs
  kws-run pipelines/yes_no.toml --record take1              record every edge
  kws-run take1                                             replay the recording
  kws-run take1 --view                                      look at all of it, with a time slider
  kws-run pipelines/yes_no.toml --source file:clip.wav --report clip.html
  kws-run take take1 cut --from 61.5 --to 70 --output cut   cut, join and compare recordings: kws-run take --help
  kws-run pipelines/yes_no.toml --enrol anna --consent yes     record a speaker, for a verifier
  kws-run --unpack kws                                      write the pipelines that come with it into a folder
  kws-run --dut kws01 model.tflite                          be a device that MLPerf Tiny's runner measures
  kws-run --dut serial:/dev/ttyACM0 model.tflite --sign ~/.ssh/id_ed25519 > figures.txt
                                                            measure a board that is such a device
  kws-run --stages mfcc                                     show the parameters of one kind of stage

Exit codes:
  0    the stream ended, or Ctrl-C ended it (a second Ctrl-C exits at once, with 130)
  1    the pipeline cannot be planned, or a stage failed
  2    wrong command line

Colours appear only on a terminal; NO_COLOR=1 turns them off.";

/// Runs a sensing pipeline that a TOML file describes: a source, stages, sinks.
///
/// The pipeline's sinks write events to standard output; diagnostics go to standard error.
#[derive(Debug, Parser)]
#[command(name = "kws-run", version, after_help = EXAMPLES, max_term_width = 110, args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The pipeline file, or the folder of a take, which is replayed
    #[arg(required_unless_present_any = ["unpack", "devices", "stages", "schema", "completions", "man"])]
    pub(crate) pipeline: Option<PathBuf>,

    /// Replaces the source. Audio: file:PATH, raw:PATH or raw:- (s16le), mic, mic:DEVICE. Video: images:DIR, video:PATH
    /// (.y4m), camera, camera:DEVICE
    ///
    /// If the pipeline has several sources, write NAME=SPEC, once for each source to replace. The new source keeps the sample
    /// rate, block, image size, frame rate and colours that the file states, and all other parameters if its kind is the
    /// same.
    #[arg(long, value_name = "[NAME=]SPEC")]
    pub(crate) source: Vec<SourceSpec>,

    /// Overrides one parameter, checked like the file; may be repeated
    ///
    /// The value is TOML, or otherwise a string. KEY may index arrays and tables: trigger.points.0.on=0.9
    #[arg(long, value_name = "STAGE.KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Sets how readily triggers fire, 0 to 1: for all labels, or for one as in yes=0.7
    ///
    /// 0.5 is the model's own operating point; the false accepts and misses of a value are shown where the model has been
    /// measured. The same as the key `sensitivity` of `trigger`.
    #[arg(long, value_name = "[LABEL=]VALUE")]
    pub(crate) sensitivity: Vec<String>,

    /// Writes events to standard output as JSON Lines, and nothing else
    ///
    /// With --check or --stages: prints their output as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// Shows the plan (lanes, edges, shapes, rates, delay, memory, MACs) without running it
    #[arg(long)]
    pub(crate) check: bool,

    /// With --check: reports what the pipeline needs as firmware of this board, and whether it fits
    ///
    /// Reports RAM, flash and MACs, and estimates instructions per second and CPU load, without building. A wrong name lists the
    /// available boards. A path such as boards/mine.toml reads a board of your own: the table of one entry of boards/boards.toml,
    /// without its heading.
    #[arg(long, value_name = "NAME|PATH", requires = "check")]
    pub(crate) board: Option<String>,

    /// Runs the part of one place of the pipeline, `[[place]]` in the file; every other place that it exchanges blocks with needs a
    /// --link
    ///
    /// Without it, everything runs here. With --check: shows the part.
    #[arg(long, value_name = "NAME")]
    pub(crate) place: Option<String>,

    /// How another place is reached: serial:PATH[@BAUD], tcp:HOST:PORT, tcp-listen:HOST:PORT, unix:PATH, unix-listen:PATH,
    /// nats://HOST:PORT
    ///
    /// Either end may listen. A connection that breaks is made again, and what was under way is sent again.
    #[arg(long, value_name = "PLACE=ADDRESS", requires = "place", value_parser = link)]
    pub(crate) link: Vec<(String, Address)>,

    /// Goes on where the last run of this place was killed
    ///
    /// The place reads so much of its stream again, of which nothing comes, until its stages stand as if they had never ended.
    /// State a little more than they remember, such as 5s. The senders must still hold that: `depth` of the stage that reads it, or
    /// the streams of nats://HOST?keep=TIME.
    #[arg(long, value_name = "TIME", requires = "place", value_parser = humantime::parse_duration)]
    pub(crate) warm_up: Option<Duration>,

    /// Prints the plan as a diagram without running it
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "mermaid",
        conflicts_with = "check")]
    pub(crate) graph: Option<GraphFormat>,

    /// Records every edge: WAV for samples, .npy for the rest, JSON Lines for events
    ///
    /// DIR/pipeline.toml replays the recording; the models that it needs are copied to DIR.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["check", "graph"])]
    pub(crate) record: Option<PathBuf>,

    /// Records the output of these stages and of the sources only
    #[arg(long, value_name = "STAGE,...", value_delimiter = ',', requires = "record")]
    pub(crate) edges: Vec<String>,

    /// Records five takes of the keyword by NAME, and ten seconds of other people, through the pipeline's microphone, into the folder
    /// NAME: what `kws-lab enrol` makes a verifier of
    ///
    /// A level meter shows how loud it is; a take that is clipped, too quiet or too long is asked for again. The pipeline
    /// itself does not run. If it is interrupted, nothing is written.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["check", "graph", "record"])]
    pub(crate) enrol: Option<String>,

    /// With --enrol: what the speaker agreed to, in their words
    #[arg(long, value_name = "TEXT", requires = "enrol")]
    pub(crate) consent: Option<String>,

    /// Runs in real time instead of as fast as possible
    #[arg(long)]
    pub(crate) realtime: bool,

    /// Ends, with exit code 1, when a microphone is lost or missing: for a supervisor that starts it again
    ///
    /// Otherwise the loss is reported, and the microphone is opened again after a pause of 0.1 s to 25.6 s.
    #[arg(long)]
    pub(crate) exit_on_loss: bool,

    /// Reports times on standard error at the end, and continuously on a terminal
    ///
    /// Reports the p50, p99, maximum and total time of each lane's and stage's firings, ring levels, gaps, the share of real
    /// time and, with --realtime or a live source, the latency of detections.
    #[arg(long)]
    pub(crate) stats: bool,

    /// Serves a page that shows the run at http://127.0.0.1:8123/ or ADDRESS: sound, features, scores, detections, load
    ///
    /// ADDRESS is HOST:PORT, or a port. Thresholds can be dragged, and the last two minutes be heard and downloaded. A recording
    /// runs in real time, and its page stays until Ctrl-C; the folder of a take is shown as a whole, with a time slider. An address that other computers reach needs the token in the
    /// printed link.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:8123", value_parser = kws_view::address,
        conflicts_with_all = ["check", "graph"])]
    pub(crate) view: Option<SocketAddr>,

    /// Writes the page as one file when the run ends: detections to look at and to listen to, with sound, features and scores
    ///
    /// It opens in any browser, without a server. Of a recording of more than 10 minutes it holds sound and features around detections
    /// only.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "graph"])]
    pub(crate) report: Option<PathBuf>,

    /// Shows the run in the terminal: level, scores against thresholds, detections, stages
    ///
    /// Arrow keys choose a label and change its sensitivity for this run; q ends it. A recording runs in real time, and stays until q.
    /// Events are still written where standard output is no terminal.
    #[arg(long, conflicts_with_all = ["check", "graph"])]
    pub(crate) tui: bool,

    /// With --view: keeps the clips that are judged right or wrong on the page, as DIR/right/LABEL/TIME.wav
    #[arg(long, value_name = "DIR", requires = "view")]
    pub(crate) view_clips: Option<PathBuf>,

    /// With --view: speakers can enrol on the page; their takes go to DIR/NAME, as with --enrol, while the pipeline runs
    #[arg(long, value_name = "DIR", requires = "view")]
    pub(crate) view_enrol: Option<PathBuf>,

    /// Writes which stage ran when, how full rings were, detections and gaps to FILE, for ui.perfetto.dev or chrome://tracing
    ///
    /// Each lane is a track. Without --realtime, a recording runs so fast that parts are missing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "graph"])]
    pub(crate) trace: Option<PathBuf>,

    /// Serves metrics to Prometheus at http://HOST:PORT/metrics: blocks, events, gaps, faults, rings, times
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) metrics: Option<SocketAddr>,

    /// Reports how it goes, in one line on standard error, every so many seconds
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "60")]
    pub(crate) health: Option<f64>,

    /// Writes the pipelines that come with this program, with their models and recordings, into the folder DIR
    ///
    /// Files that are there already stay as they are.
    #[arg(long, value_name = "DIR")]
    pub(crate) unpack: Option<PathBuf>,

    /// Answers MLPerf Tiny's benchmark runner as a device under test: kws01, vww01, ic01, ad01, sww01; or measures the device at ADDRESS,
    /// such as serial:/dev/ttyACM0. PIPELINE is a .tflite model, for sww01 a pipeline
    ///
    /// The runner finds the device at the serial line whose path is printed, and sets how often the model runs. The model must read
    /// and write int8. A device that is measured must give this computer's results; its figures are written to standard output. The device
    /// of sww01 has an interface board beside it, whose line is printed second.
    #[arg(long, value_name = "BENCHMARK|ADDRESS", conflicts_with_all = ["check", "graph", "record", "enrol", "source", "set"])]
    pub(crate) dut: Option<Side>,

    /// With --dut: the runner is at standard input and output
    #[arg(long, requires = "dut")]
    pub(crate) stdio: bool,

    /// With --dut sww01: the folder of the .wav files that the interface board plays
    #[arg(long, value_name = "DIR", requires = "dut", default_value = ".")]
    pub(crate) card: PathBuf,

    /// With --dut ADDRESS: signs the figures with an SSH key, the path of the private one or, with an agent, of the public one
    #[arg(long, value_name = "KEY", requires = "dut")]
    pub(crate) sign: Option<PathBuf>,

    /// With --dut ADDRESS: seconds that each of the five windows lasts; MLPerf wants ten or more
    #[arg(long, value_name = "SECONDS", requires = "dut", default_value_t = 10.0, value_parser = seconds)]
    pub(crate) window: f64,

    /// Lists the microphones for `mic:DEVICE` and the cameras for `camera:DEVICE`
    #[arg(long)]
    pub(crate) devices: bool,

    /// Lists the kinds of stages, or the parameters of one kind with defaults, units and limits
    #[arg(long, value_name = "KIND", num_args = 0..=1)]
    pub(crate) stages: Option<Option<String>>,

    /// Prints the JSON Schema of pipeline files for your editor
    #[arg(long)]
    pub(crate) schema: bool,

    /// Prints completions for a shell, such as `kws-run --completions bash > ~/.local/share/bash-completion/completions/kws-run`
    #[arg(long, value_name = "SHELL")]
    pub(crate) completions: Option<Shell>,

    /// Prints the manual page
    #[arg(long)]
    pub(crate) man: bool,
}

/// What is done other than running a pipeline.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Cuts, joins, compares and exports recorded takes
    Take(TakeArguments),
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

/// A time that can pass.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (0.001..=20.0).contains(seconds));
    seconds.ok_or_else(|| "expected 0.001 to 20 seconds".to_owned())
}

/// A place, and how it is reached.
fn link(text: &str) -> Result<(String, Address), String> {
    let (place, address) =
        text.split_once('=').ok_or("expected PLACE=ADDRESS, such as node=serial:/dev/ttyACM0")?;
    let address = address.parse::<Address>().map_err(|error| error.to_string())?;
    Ok((place.to_owned(), address))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
