//! Decoding by symphonia.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

/// A decoded recording, mixed to one channel.
pub struct Recording {
    /// Samples, full scale ±32768.
    pub samples: Vec<i16>,
    /// Samples per second.
    pub rate: u32,
}

/// Decodes a WAV, FLAC, Ogg Vorbis or MP3 file and averages its channels.
///
/// # Errors
/// When the file cannot be opened, is no audio, or is damaged.
pub fn read(path: &Path) -> Result<Recording> {
    decode(path).with_context(|| format!("cannot read audio from `{}`", path.display()))
}

fn decode(path: &Path) -> Result<Recording> {
    let file = File::open(path)?;
    ensure!(file.metadata()?.len() > 0, "the file is empty");
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let (format, meta) = (FormatOptions::default(), MetadataOptions::default());
    let mut format = symphonia::default::get_probe().probe(&Hint::new(), stream, format, meta)?;
    let track = format.default_track(TrackType::Audio).context("the file holds no audio track")?;
    let (id, stated) = (track.id, track.num_frames);
    let codec = track.codec_params.as_ref().and_then(|c| c.audio());
    let codec = codec.context("the file does not say how its audio is coded")?;
    let rate = codec.sample_rate.context("the file does not state its sampling rate")?;
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(codec, &AudioDecoderOptions::default())?;
    let (mut samples, mut planes) = (Vec::new(), Vec::new());
    while let Some(packet) = format.next_packet()? {
        if packet.track_id == id {
            decoder.decode(&packet)?.copy_to_vecs_planar(&mut planes);
            mix(&planes, &mut samples);
        }
    }
    ensure!(!samples.is_empty(), "the file holds no samples");
    // An MP3's length may be a guess; what was decoded without an error is then all there is.
    if let Some(stated) = stated.filter(|_| rate == super::RATE) {
        let found = samples.len() as u64;
        ensure!(found + u64::from(rate) / 10 >= stated, "the file breaks off: {found} of {stated} samples");
    }
    Ok(Recording { samples, rate })
}

/// Appends the mean of the channels.
fn mix(planes: &[Vec<f32>], out: &mut Vec<i16>) {
    let Some(first) = planes.first() else { return };
    let share = 32768.0 / planes.len() as f32;
    out.extend((0..first.len()).map(|i| {
        let sum: f32 = planes.iter().map(|plane| plane[i]).sum();
        (sum * share).round().clamp(-32768.0, 32767.0) as i16
    }));
}
