//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use kws::Pipeline;
use log::LevelFilter;

use crate::load::{self, LoadOptions};
use crate::{Address, Options, ServerError};

const EXAMPLES: &str = "\
Examples:
  kws-serve pipelines/computer.toml                              serve this machine, at tcp://127.0.0.1:10400
  kws-serve pipelines/*.toml --wyoming tcp://0.0.0.0:10400       serve the network: no password, no encryption
  kws-serve pipelines/yes_no.toml --set yes_no:trigger.points.0.on=0.9
  kws-serve pipelines/yes_no.toml --metrics 127.0.0.1:9464       let Prometheus read how it goes
  kws-serve pipelines/yes_no.toml --view                         look at a satellite in a browser
  kws-serve load tcp://127.0.0.1:10400 --wav talk.wav            measure it with 1000 satellites

Exit codes:
  0    a signal stopped the service
  1    a pipeline cannot be planned, an address is taken, or `load` lost detections
  2    wrong command line";

/// Serves pipelines as a Wyoming wake service, for Home Assistant and satellites.
///
/// Every pipeline is a model of one program; of a pipeline with several words, so is each word. Each connection is a
/// session of its own.
#[derive(Debug, Parser)]
#[command(name = "kws-serve", version, after_help = EXAMPLES, max_term_width = 110)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The pipeline files; each has one `mic`, for which the satellites stand
    #[arg(required = true, value_name = "PIPELINE")]
    pub(crate) pipelines: Vec<PathBuf>,

    /// Where to listen: tcp://HOST:PORT or unix://PATH; may be repeated
    #[arg(long, value_name = "URI", default_value = "tcp://127.0.0.1:10400")]
    wyoming: Vec<Address>,

    /// Overrides one parameter of the pipeline of this name, checked like the file; may be repeated
    ///
    /// PIPELINE: may be left out where there is only one. The value is TOML, or otherwise a string.
    #[arg(long, value_name = "[PIPELINE:]STAGE.KEY=VALUE")]
    set: Vec<String>,

    /// Threads that serve connections; by default one for each core
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// Most connections at once, as far as the limit of open files allows
    #[arg(long, value_name = "COUNT", default_value_t = 16_384)]
    connections: usize,

    /// Seconds of audio after a detection in which the same name is not reported again
    ///
    /// The refractory times of the pipelines hold besides. All of them are times of the stream, not of the clock on the wall.
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    refractory: Duration,

    /// Closes a connection that has been silent for so many seconds; 0 keeps it for ever
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    idle: Duration,

    /// Serves metrics to Prometheus at http://HOST:PORT/metrics
    #[arg(long, value_name = "HOST:PORT")]
    metrics: Option<SocketAddr>,

    /// Serves a page at http://127.0.0.1:8123/ or ADDRESS that shows any satellite that streams: sound, features, scores, detections
    ///
    /// ADDRESS is IP:PORT, or a port. A threshold that is dragged holds for all satellites of the pipeline, until the service ends. An
    /// address that other computers reach needs the token in the printed link: whoever has it hears every satellite.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:8123", value_parser = kws_view::address)]
    view: Option<SocketAddr>,

    /// With --view: keeps the clips that are judged right or wrong on the page, as DIR/right/LABEL/TIME.wav
    #[arg(long, value_name = "DIR", requires = "view")]
    view_clips: Option<PathBuf>,

    /// Logs a line about how it goes every so many seconds
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60")]
    pub(crate) health: Option<f64>,

    /// Works at this place of a cascade, beside other workers, in the place of serving Wyoming
    ///
    /// Detections go to the server's stream, as JSON, under the subject kws.events.PIPELINE.PLACE.NODE.
    #[cfg(feature = "nats")]
    #[arg(long, value_name = "NAME", requires = "link", conflicts_with_all = ["wyoming", "threads", "connections", "refractory",
        "idle", "metrics", "health"])]
    pub(crate) place: Option<String>,

    /// The NATS server that stores what the nodes send: nats://HOST:PORT?keep=10m
    #[cfg(feature = "nats")]
    #[arg(long, value_name = "SERVER", requires = "place")]
    link: Option<kws_carrier::Server>,

    /// Seconds of a node's stream that are fed again to its session after its worker died
    #[cfg(feature = "nats")]
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds, requires = "place")]
    warm_up: Duration,

    /// What to log: error, warn, info, debug or off
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = level, global = true)]
    pub(crate) log: LevelFilter,

    /// Announces the service in the local network under this name, so that Home Assistant finds it
    #[cfg(feature = "zeroconf")]
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "kws")]
    pub(crate) zeroconf: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Loads a Wyoming wake service with satellites that stream in real time, and measures it
    Load(LoadArguments),
}

/// Every satellite plays the recording in a loop, each from another place. A rehearsal with one satellite finds where
/// detections are to be expected; the load then counts those that are lost, and measures the time from the chunk that a
/// detection's timestamp names to the detection.
#[derive(Debug, Args)]
pub(crate) struct LoadArguments {
    /// The service
    #[arg(value_name = "URI")]
    service: Address,

    /// The recording that satellites play: WAV, 16 bits, one channel
    #[arg(long, value_name = "FILE")]
    wav: PathBuf,

    /// Satellites at once
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    satellites: usize,

    /// Seconds that they stream
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    seconds: f64,

    /// Milliseconds of audio in a chunk
    #[arg(long, value_name = "MS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    chunk_ms: u32,

    /// Models to ask for; by default the service's default
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    names: Vec<String>,

    /// Clients beside them that are silent, slow, malformed, vanish, or send lines of 1 MB
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    hostile: usize,

    /// Process of the service, whose memory and processor time are printed
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,

    /// Writes the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn level(text: &str) -> Result<LevelFilter, &'static str> {
    text.parse().map_err(|_| "expected error, warn, info, debug or off")
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("found `{text}`, expected seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

impl Arguments {
    pub(crate) fn options(&self) -> Options {
        let default = Options::default();
        Options {
            listen: self.wyoming.clone(),
            threads: self.threads.map_or(default.threads, usize::from),
            connections: self.connections,
            refractory: self.refractory,
            idle: Some(self.idle).filter(|idle| !idle.is_zero()),
            metrics: self.metrics,
            view: self.view,
            view_clips: self.view_clips.clone(),
        }
    }

    /// The place to work at, if one is named.
    #[cfg(feature = "nats")]
    pub(crate) fn place(&self) -> Option<crate::place::PlaceOptions> {
        let (place, server) = (self.place.clone()?, self.link.clone()?);
        Some(crate::place::PlaceOptions { place, server, warm_up: self.warm_up })
    }

    /// Applies `--set`.
    pub(crate) fn apply(&self, pipelines: &mut [Pipeline]) -> Result<(), ServerError> {
        for setting in &self.set {
            let named = setting.split_once('=').and_then(|(target, _)| target.split_once(':'));
            let known: Vec<String> = pipelines.iter().map(|pipeline| pipeline.name.clone()).collect();
            let known = known.join("`, `");
            let (pipeline, assignment) = match (named, &mut *pipelines) {
                (Some((name, _)), all) => {
                    let found = all.iter_mut().find(|pipeline| pipeline.name == name.trim());
                    let missing = || format!("`--set {setting}`: no pipeline `{name}`; available: `{known}`");
                    let found = found.ok_or_else(|| ServerError::Pipeline(missing()))?;
                    (found, setting.split_once(':').map_or("", |(_, assignment)| assignment))
                }
                (None, [only]) => (only, setting.as_str()),
                (None, _) => {
                    let text =
                        format!("`--set {setting}`: write PIPELINE:STAGE.KEY=VALUE; available: `{known}`");
                    return Err(ServerError::Pipeline(text));
                }
            };
            pipeline.set(assignment)?;
        }
        Ok(())
    }
}

impl LoadArguments {
    pub(crate) fn options(&self) -> Result<LoadOptions, ServerError> {
        let Address::Tcp(service) = self.service else {
            return Err(ServerError::Pipeline(format!("`{}`: `load` expects tcp://HOST:PORT", self.service)));
        };
        let (samples, rate) = load::recording(&self.wav)
            .map_err(|error| ServerError::Pipeline(format!("`{}`: {error}", self.wav.display())))?;
        Ok(LoadOptions {
            service,
            samples,
            rate,
            satellites: self.satellites.max(1),
            seconds: self.seconds,
            chunk_ms: self.chunk_ms,
            names: self.names.clone(),
            hostile: self.hostile,
            pid: self.pid,
        })
    }
}
