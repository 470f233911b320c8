//! Reading recordings: any file that symphonia decodes becomes mono `i16` at its own rate.

mod decode;

pub use decode::{Recording, read};

/// Sample rate in hertz of everything that the lab trains on.
pub const RATE: u32 = 16_000;

/// Reads a recording that must already be sampled at [`RATE`].
///
/// # Errors
/// When the file cannot be decoded, or its rate differs.
pub fn read_16k(path: &std::path::Path) -> anyhow::Result<Vec<i16>> {
    let recording = read(path)?;
    anyhow::ensure!(
        recording.rate == RATE,
        "`{}` is sampled at {} Hz, expected {RATE} Hz; import it with `kws-lab corpus import`, which resamples",
        path.display(),
        recording.rate
    );
    Ok(recording.samples)
}
