//! `audio_file`: a recording as a source.

use std::path::PathBuf;

use kws_engine::{
    Cost, Design, DesignError, Element, Flow, Kind, Rest, Scheme, Simple, Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::player::{Level, Played, Player, Programme};
use super::{Lasting, default_rate, samples};
use crate::audio::{Channel, Decoder, Reblock, Resampler, Sample};

/// Plays an audio file: WAV, FLAC, Ogg Vorbis, MP3 or AAC in MP4, of 1 to 768 kHz; a WAV file with up to 26 channels.
///
/// # Writes
/// Samples, `i16` or `f32` (full scale ±1), one tick each. A last incomplete block is dropped, so that events do not
/// depend on the block's length. 16-bit samples come through exactly where rate and channels fit. AAC comes some
/// 20 ms late, by its encoder's delay.
///
/// # Faults
/// A file that is missing or is not audio is refused when the pipeline is planned. Damaged packets, and those with NaN or
/// infinite samples, become a gap, widened to whole blocks so that ticks stay multiples of the block. A file that
/// is truncated plays what there is, and then ends the run with an error that says where.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "audio_file"
/// path = "yes.flac"
/// tail_ms = 500
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AudioFileParams {
    /// The file, relative to the pipeline's folder.
    #[schemars(extend("format" = "path"))]
    path: PathBuf,
    /// Sample rate of the output; a file with another rate is resampled.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 1000, max = 768_000), extend("unit" = "Hz"))]
    rate: u32,
    /// Samples per block; by default what the pipeline needs, otherwise 10 ms.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_048_576), extend("unit" = "samples"))]
    block: Option<u32>,
    /// Channel to use, counted from 0, or "mix" for the mean of all channels.
    #[serde(default)]
    channel: Channel,
    /// Sample format of the output.
    #[serde(default)]
    format: Format,
    /// Divides samples by their maximum; needs `format = "f32"`.
    #[serde(default)]
    normalise: Normalise,
    /// Number of times to play the recording; 0 repeats forever.
    #[serde(default = "once")]
    repeat: u32,
    /// Silence after each repetition.
    #[serde(default)]
    #[schemars(range(min = 0, max = 3_600_000), extend("unit" = "ms"))]
    tail_ms: f64,
}

/// Sample format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// 16-bit integers.
    #[default]
    I16,
    /// Singles, full scale ±1.
    F32,
}

/// What samples are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Normalise {
    /// Nothing.
    #[default]
    Off,
    /// The largest sample of the recording, as MLPerf Tiny's keyword-spotting reference does.
    Maximum,
}

fn once() -> u32 {
    1
}

impl AudioFileParams {
    /// A file played once, all else as by default: what a microphone falls back to.
    pub(crate) fn of(path: PathBuf, rate: u32, block: Option<u32>) -> Self {
        AudioFileParams {
            path,
            rate,
            block,
            channel: Channel::default(),
            format: Format::I16,
            normalise: Normalise::Off,
            repeat: 1,
            tail_ms: 0.0,
        }
    }
}

impl Kind for AudioFileParams {
    const NAME: &'static str = "audio_file";
    const SCHEME: Option<Scheme> = Some(Scheme { name: "file", rest: Rest::Path });
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let level = match (self.normalise, self.format) {
            (Normalise::Off, _) => Level::Recorded,
            (Normalise::Maximum, Format::F32) => Level::Maximum,
            (Normalise::Maximum, Format::I16) => {
                let found = "found \"maximum\" with 16-bit samples, which cannot hold values around 1";
                return Err(DesignError::of("normalise", found).help("add `format = \"f32\"`"));
            }
        };
        let path = site.path(&self.path);
        let decoder = Decoder::open(&path, self.channel).map_err(|text| DesignError::of("path", text))?;
        Resampler::supports(decoder.rate(), self.rate)
            .map_err(|text| DesignError::of("path", format!("`{}`: {text}", path.display())))?;
        let element = match self.format {
            Format::I16 => Element::I16,
            Format::F32 => Element::F32,
        };
        let port = samples(element, self.rate, self.block, site);
        let block = port.len();
        let plays = (self.repeat > 0).then_some(self.repeat);
        let tail = port.ticks(self.tail_ms);
        let programme = Programme { path, channel: self.channel, rate: self.rate, plays, tail, level };
        let (file, channel, tail_ms) = (programme.path.clone(), self.channel, self.tail_ms);
        let design = Simple::boxed(Some(port), Cost::default(), move || {
            let player = Player::open(programme.clone()).map_err(StageFault::because)?;
            Ok(match element {
                Element::I16 => node(Playback::<i16>::new(player, block)),
                _ => node(Playback::<f32>::new(player, block)),
            })
        });
        Ok(Lasting::boxed(design, move || {
            let once = Decoder::open(&file, channel).ok()?.length()?;
            Some(f64::from(plays?) * (once + tail_ms / 1000.0))
        }))
    }
}

/// The stage: cuts what a player plays into blocks.
struct Playback<T> {
    player: Player,
    blocks: Reblock,
    begun: bool,
    element: std::marker::PhantomData<T>,
}

impl<T: Sample> Playback<T> {
    fn new(player: Player, block: usize) -> Self {
        let blocks = Reblock::new(block);
        Playback { player, blocks, begun: false, element: std::marker::PhantomData }
    }
}

impl<T: Sample> Stage for Playback<T> {
    type In = ();
    type Out = T;

    fn process(&mut self, (): (), block: &mut [T]) -> Result<Flow, StageFault> {
        loop {
            if let Some(flow) = self.blocks.take(block) {
                self.begun |= flow == Flow::Emit;
                return Ok(flow);
            }
            let mut ended = false;
            let played = self.blocks.append(|queue| match self.player.play(queue)? {
                Played::Samples { lost } => Ok::<u64, String>(lost),
                Played::End => {
                    ended = true;
                    Ok(0)
                }
            });
            played.map_err(StageFault::because)?;
            match (ended, self.begun) {
                (false, _) => {}
                (true, true) => return Ok(Flow::End),
                (true, false) => return Err(StageFault::new("the recording is shorter than one block")),
            }
        }
    }
}
