//! From a clip's samples to the classifier's input: the only door between audio and networks.

mod interim;

use anyhow::{Context, Result, bail, ensure};

use interim::LogMel;

/// Turns clips into feature matrices.
pub trait FrontEnd: Send {
    /// Frames and coefficients of the matrix of one clip of [`clip_samples`](Self::clip_samples).
    fn shape(&self) -> [usize; 2];

    /// Length in samples of the clips that [`extract`](Self::extract) takes.
    fn clip_samples(&self) -> usize;

    /// Writes the features of one clip, frame by frame, into `out` of `frames × coefficients`.
    fn extract(&mut self, samples: &[i16], out: &mut [f32]);
}

/// Builds the front end that a model's `[front_end]` describes for clips of one second.
///
/// # Errors
/// When a stage is unknown or the stages are not in an order that yields features.
pub fn front_end(stages: &[toml::Table]) -> Result<Box<dyn FrontEnd>> {
    let kinds: Vec<&str> = stages.iter().map(kind).collect::<Result<_>>()?;
    let coefficients = match kinds[..] {
        ["window", "fft", "mel", "log", "stack"] => None,
        ["window", "fft", "mel", "log", "dct", "stack"] => {
            let count = stages[4].get("coefficients").and_then(toml::Value::as_integer);
            Some(usize::try_from(count.context("stage `dct` lacks `coefficients`")?)?)
        }
        _ => bail!("front end `{kinds:?}` is not supported, expected window, fft, mel, log, [dct,] stack"),
    };
    let number = |stage: usize, key: &str, otherwise: f64| {
        stages[stage]
            .get(key)
            .and_then(|v| v.as_float().or(v.as_integer().map(|i| i as f64)))
            .unwrap_or(otherwise)
    };
    let bands = number(2, "bands", 40.0) as usize;
    ensure!(bands > 0, "stage `mel` has no bands");
    Ok(Box::new(LogMel::new(bands, number(2, "low_hz", 20.0), number(2, "high_hz", 7600.0), coefficients)))
}

fn kind(stage: &toml::Table) -> Result<&str> {
    stage.get("kind").and_then(toml::Value::as_str).context("a stage of `front_end` lacks `kind`")
}
