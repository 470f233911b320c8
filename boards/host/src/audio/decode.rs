//! Files of audio, decoded packet by packet.

use std::fs::File;
use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::FORMAT_ID_WAVE;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::{Channel, LARGEST, RATES, header};

/// Damaged packets in a row after which a file is given up.
const MAX_DAMAGED: u32 = 100;

/// A file of audio under way: WAV, FLAC, Ogg Vorbis, MP3 or AAC in MP4, recognised by their content.
///
/// Samples are `f32` with full scale ±1, in which 16-bit samples are exact.
pub(crate) struct Decoder {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    rate: u32,
    channel: Channel,
    /// Frames that the file says it has, where it knows.
    stated: Option<u64>,
    /// Frames of the file that are behind us.
    at: u64,
    /// Whether what came last was damaged, and left out.
    damaged: bool,
    planes: Vec<Vec<f32>>,
}

/// What one step of decoding brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Samples, possibly none.
    Samples {
        /// Frames before them that are damaged and left out.
        lost: u64,
    },
    /// The file is over.
    End,
}

impl Decoder {
    /// Opens a file and reads its headers.
    ///
    /// # Errors
    /// A text that says what is wrong with the file.
    pub(crate) fn open(path: &Path, channel: Channel) -> Result<Self, String> {
        let name = path.display();
        let mut file = File::open(path).map_err(|error| format!("cannot open `{name}`: {error}"))?;
        if file.metadata().is_ok_and(|about| about.is_dir()) {
            return Err(format!("`{name}` is a folder, expected a file"));
        }
        let channels = header::too_many_channels(&mut file);
        if let Some(channels) = channels.map_err(|error| format!("cannot read `{name}`: {error}"))? {
            let (most, help) = (header::CHANNELS, converted(path));
            return Err(format!("`{name}` states {channels} channels, expected at most {most}; {help}"));
        }
        let format = probe(file).map_err(|error| match error {
            Error::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                format!("cannot read `{name}`: {error}")
            }
            error => {
                format!("`{name}` is not a supported audio file ({error}), {EXPECTED}; {}", converted(path))
            }
        })?;
        let track = format.default_track(TrackType::Audio).ok_or(format!("`{name}` has no audio track"))?;
        let codec = track.codec_params.as_ref().and_then(|codec| codec.audio());
        let codec = codec.ok_or(format!("`{name}` does not state its codec"))?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(codec, &AudioDecoderOptions::default())
            .map_err(|error| {
                format!("`{name}` uses an unsupported codec ({error}), {EXPECTED}; {}", converted(path))
            })?;
        let rate = codec.sample_rate.ok_or(format!("`{name}` states no sample rate"))?;
        if !RATES.contains(&rate) {
            let (lowest, highest) = (RATES.start(), RATES.end());
            return Err(format!(
                "`{name}` states a sample rate of {rate} Hz, expected {lowest} to {highest} Hz"
            ));
        }
        if let Some(channels) = codec.channels.as_ref().map(|channels| channels.count())
            && !channel.is_among(channels)
        {
            return Err(format!(
                "`{name}` has {channels} channels, counted from 0, but not the requested one"
            ));
        }
        let (track, stated) = (track.id, stated(track));
        if stated == Some(0) {
            return Err(format!("`{name}` contains no samples"));
        }
        let path = path.to_owned();
        Ok(Decoder {
            path,
            format,
            decoder,
            track,
            rate,
            channel,
            stated,
            at: 0,
            damaged: false,
            planes: Vec::new(),
        })
    }

    /// Samples per second.
    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    /// Length of the recording in seconds, where its headers state it.
    pub(crate) fn length(&self) -> Option<f64> {
        self.stated.map(|frames| self.seconds(frames))
    }

    /// Decodes a little more and adds its samples.
    ///
    /// # Errors
    /// When the file is truncated or cannot be read on.
    pub(crate) fn next(&mut self, into: &mut Vec<f32>) -> Result<Heard, String> {
        for _ in 0..MAX_DAMAGED {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return self.end(),
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    // A WAV file that was written to a pipe does not know its length.
                    let unknown = self.stated.is_none() && self.format.format_info().format == FORMAT_ID_WAVE;
                    return if unknown { self.end() } else { Err(self.broken_off()) };
                }
                Err(Error::DecodeError(_)) => {
                    self.damaged = true;
                    continue;
                }
                Err(Error::ResetRequired) => return Err(self.unreadable("its format changes")),
                Err(error) => return Err(self.unreadable(&error.to_string())),
            };
            if packet.track_id != self.track {
                continue;
            }
            let begin = u64::try_from(packet.pts.get()).unwrap_or(0).min(self.stated.unwrap_or(u64::MAX));
            match self.decoder.decode(&packet) {
                Ok(audio) => {
                    audio.copy_to_vecs_planar(&mut self.planes);
                    self.damaged = !self.planes.iter().flatten().all(|sample| sample.abs() <= LARGEST);
                    if self.damaged {
                        continue;
                    }
                    let frames = audio.frames() as u64;
                    let lost = if frames > 0 { begin.saturating_sub(self.at) } else { 0 };
                    self.at += lost + frames;
                    if !self.channel.is_among(self.planes.len()) {
                        return Err(self.unreadable("it lacks the requested channel"));
                    }
                    self.channel.append(&self.planes, into);
                    return Ok(Heard::Samples { lost });
                }
                Err(Error::DecodeError(_) | Error::IoError(_)) => {
                    self.damaged = true;
                    self.decoder.reset();
                }
                Err(error) => return Err(self.unreadable(&error.to_string())),
            }
        }
        Err(self.unreadable("nothing but damaged packets"))
    }

    fn end(&self) -> Result<Heard, String> {
        match self.stated {
            Some(stated) if self.at < stated && self.damaged => {
                Err(self.unreadable("all that is left of it is damaged"))
            }
            Some(stated) if self.at < stated => Err(self.broken_off()),
            _ => Ok(Heard::End),
        }
    }

    fn seconds(&self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.rate)
    }

    fn broken_off(&self) -> String {
        let (name, at) = (self.path.display(), self.seconds(self.at));
        let of =
            self.stated.map(|stated| format!(", although its header states {:.3} s", self.seconds(stated)));
        format!("`{name}` is truncated at {at:.3} s{}", of.unwrap_or_default())
    }

    fn unreadable(&self, why: &str) -> String {
        format!("cannot read `{}` beyond {:.3} s: {why}", self.path.display(), self.seconds(self.at))
    }
}

const EXPECTED: &str = "expected WAV, FLAC, Ogg Vorbis, MP3 or AAC in MP4";

/// How to make a file of it that can be read.
fn converted(path: &Path) -> String {
    let name = path.display();
    format!("convert it, for example with `ffmpeg -i {name} -ac 1 {}`", path.with_extension("wav").display())
}

fn probe(file: File) -> Result<Box<dyn FormatReader>, Error> {
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    symphonia::default::get_probe().probe(
        &Hint::new(),
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    )
}

/// Frames that a track says it has. An MP3 without a tag from its encoder only guesses from its size.
fn stated(track: &Track) -> Option<u64> {
    let codec = track.codec_params.as_ref()?.audio()?;
    let guess = codec.codec == CODEC_ID_MP3 && track.delay.is_none();
    track.num_frames.filter(|_| !guess)
}
