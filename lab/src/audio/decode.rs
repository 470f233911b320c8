//! Decoding by symphonia.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

/// Longest recording in seconds that is decoded where nothing shorter is asked for: two hours, some 500 MB of
/// samples in memory.
pub const LONGEST: f64 = 7200.0;

/// A file larger than this many bytes for each second that may be decoded is refused before it is opened: as much
/// as eight channels of 96 kHz in 32 bits take.
const BYTES_PER_SECOND: f64 = 8.0 * 96_000.0 * 4.0;

/// Bytes of headers and images that a file may have besides its audio.
const OVERHEAD: f64 = 32e6;

/// The rates in Hz that a file may state: any other is a damaged header, and hours of work.
const RATES: std::ops::RangeInclusive<u32> = 1000..=768_000;

/// A decoded recording, mixed to one channel.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Samples, full scale ±1.
    pub samples: Vec<f32>,
    /// Samples per second.
    pub rate: u32,
}

impl Recording {
    /// The samples in 16 bits; 16-bit files come back as they are.
    #[must_use]
    pub fn to_i16(&self) -> Vec<i16> {
        self.samples.iter().map(|s| (s * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).collect()
    }
}

/// Decodes a WAV, FLAC, Ogg Vorbis, MP3 or AAC file of at most [`LONGEST`] seconds and averages its channels.
///
/// # Errors
/// When the file cannot be opened, is not a supported audio file, is damaged, or is too long.
pub fn read(path: &Path) -> Result<Recording> {
    read_up_to(path, LONGEST).with_context(|| format!("cannot read audio from `{}`", path.display()))
}

/// Like [`read`], for recordings of at most `seconds`. A longer file is refused by its size or its header, or as
/// soon as that much has been decoded. The error does not name the file: it goes into lists that do.
///
/// # Errors
/// When the file cannot be opened, is not a supported audio file, is damaged, or is too long.
pub fn read_up_to(path: &Path, seconds: f64) -> Result<Recording> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    ensure!(about.is_file(), "it is not a file");
    ensure!(about.len() > 0, "the file is empty");
    let bound = seconds * BYTES_PER_SECOND + OVERHEAD;
    let bytes = about.len() as f64;
    ensure!(bytes <= bound, "the file has {:.0} MB, more than {seconds} s of audio need", bytes / 1e6);
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let (format, meta) = (FormatOptions::default(), MetadataOptions::default());
    let mut format = symphonia::default::get_probe().probe(&Hint::new(), stream, format, meta).map_err(
        |why| match why {
            Error::IoError(why) if why.kind() != std::io::ErrorKind::UnexpectedEof => anyhow!(why),
            _ => anyhow!("it is not a WAV, FLAC, Ogg Vorbis, MP3 or MP4 file"),
        },
    )?;
    let track = format.default_track(TrackType::Audio).context("the file has no audio track")?;
    let (id, stated) = (track.id, track.num_frames);
    let codec = track.codec_params.as_ref().and_then(|c| c.audio());
    let codec = codec.context("the file does not state its codec")?;
    let rate = codec.sample_rate.context("the file does not state its sample rate")?;
    ensure!(RATES.contains(&rate), "it states {rate} Hz, expected {} to {} Hz", RATES.start(), RATES.end());
    // An MP3's length may be a guess; what was decoded without an error is then all there is.
    let stated = stated.filter(|_| codec.codec != CODEC_ID_MP3);
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(codec, &AudioDecoderOptions::default())?;
    let most = (seconds * f64::from(rate)) as u64;
    if let Some(stated) = stated.filter(|&stated| stated > most) {
        bail!("it lasts {:.1} s, expected at most {seconds} s", stated as f64 / f64::from(rate));
    }
    let (mut samples, mut planes) = (Vec::new(), Vec::new());
    while let Some(packet) = format.next_packet()? {
        if packet.track_id == id {
            decoder.decode(&packet)?.copy_to_vecs_planar(&mut planes);
            mix(&planes, &mut samples);
            ensure!(samples.len() as u64 <= most, "it lasts longer than {seconds} s");
        }
    }
    ensure!(!samples.is_empty(), "the file contains no samples");
    ensure!(samples.iter().all(|sample| sample.is_finite()), "it contains NaN or infinite samples");
    if let Some(stated) = stated {
        let found = samples.len() as u64;
        ensure!(found + u64::from(rate) / 10 >= stated, "the file is truncated: {found} of {stated} samples");
    }
    Ok(Recording { samples, rate })
}

/// Appends the mean of the channels.
fn mix(planes: &[Vec<f32>], out: &mut Vec<f32>) {
    let Some(first) = planes.first() else { return };
    let share = 1.0 / planes.len() as f32;
    out.extend((0..first.len()).map(|i| planes.iter().map(|plane| plane[i]).sum::<f32>() * share));
}
