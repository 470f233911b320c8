//! Writing recordings.

use std::io::{BufWriter, Cursor, Seek, Write};
use std::path::Path;

use anyhow::{Context, Result};

use super::RATE;

/// Writes samples at [`RATE`] as a WAV file of one channel and 16 bits.
///
/// # Errors
/// When the file cannot be written.
pub fn write_wav(path: &Path, samples: &[i16]) -> Result<()> {
    write(path, samples).with_context(|| format!("cannot write `{}`", path.display()))
}

fn write(path: &Path, samples: &[i16]) -> Result<()> {
    write_to(BufWriter::new(std::fs::File::create(path)?), samples)
}

/// The same as a file in memory.
#[must_use]
pub fn wav(samples: &[i16]) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    write_to(&mut file, samples).expect("memory takes what is written");
    file.into_inner()
}

fn write_to(file: impl Write + Seek, samples: &[i16]) -> Result<()> {
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format };
    let mut file = hound::WavWriter::new(file, spec)?;
    let mut writer =
        file.get_i16_writer(u32::try_from(samples.len()).context("too many samples for a WAV file")?);
    samples.iter().for_each(|&s| writer.write_sample(s));
    writer.flush()?;
    file.finalize()?;
    Ok(())
}
