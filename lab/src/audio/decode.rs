//! Decoding by symphonia.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use symphonia::core::audio::SampleBuffer;
use symphonia::core::codecs::{CODEC_TYPE_NULL, DecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::FormatOptions;
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::probe::Hint;

/// A decoded recording, mixed to one channel.
pub struct Recording {
    /// Samples, full scale ±32768.
    pub samples: Vec<i16>,
    /// Samples per second.
    pub rate: u32,
}

/// Decodes a WAV, FLAC or MP3 file and averages its channels.
///
/// # Errors
/// When the file cannot be opened, is no audio, or breaks off inside a packet.
pub fn read(path: &Path) -> Result<Recording> {
    decode(path).with_context(|| format!("cannot read audio from `{}`", path.display()))
}

fn decode(path: &Path) -> Result<Recording> {
    let file = File::open(path)?;
    ensure!(file.metadata()?.len() > 0, "the file is empty");
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut format = symphonia::default::get_probe()
        .format(&hint, stream, &FormatOptions::default(), &MetadataOptions::default())?
        .format;
    let track = format
        .tracks()
        .iter()
        .find(|t| t.codec_params.codec != CODEC_TYPE_NULL)
        .context("the file holds no audio track")?;
    let (id, params) = (track.id, track.codec_params.clone());
    let mut decoder = symphonia::default::get_codecs().make(&params, &DecoderOptions::default())?;
    let mut recording = Recording { samples: Vec::new(), rate: params.sample_rate.unwrap_or(0) };
    loop {
        let packet = match format.next_packet() {
            Ok(packet) => packet,
            Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(e) => return Err(e.into()),
        };
        if packet.track_id() != id {
            continue;
        }
        let decoded = decoder.decode(&packet)?;
        recording.rate = decoded.spec().rate;
        let channels = decoded.spec().channels.count();
        let mut buffer = SampleBuffer::<i16>::new(decoded.capacity() as u64, *decoded.spec());
        buffer.copy_interleaved_ref(decoded);
        mix(buffer.samples(), channels, &mut recording.samples);
    }
    ensure!(!recording.samples.is_empty(), "the file holds no samples");
    Ok(recording)
}

/// Appends the mean of each frame of interleaved samples.
fn mix(interleaved: &[i16], channels: usize, out: &mut Vec<i16>) {
    if channels == 1 {
        out.extend_from_slice(interleaved);
        return;
    }
    out.extend(interleaved.chunks_exact(channels).map(|frame| {
        let sum: i32 = frame.iter().map(|&s| i32::from(s)).sum();
        (sum / channels as i32) as i16
    }));
}
