//! Writing recordings.

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
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format };
    let mut file = hound::WavWriter::create(path, spec)?;
    let mut writer =
        file.get_i16_writer(u32::try_from(samples.len()).context("too many samples for a WAV file")?);
    samples.iter().for_each(|&s| writer.write_sample(s));
    writer.flush()?;
    file.finalize()?;
    Ok(())
}
