//! Enrolment: takes of a word by a speaker who agreed to it, recorded by `--enrol` or on the page of `--view`.

use std::io;
use std::path::Path;

pub(crate) use kws_stages::enrol::{Prompt, Recorder, TAKES};

/// Writes the takes into a folder that there is not yet: all of them, or none.
///
/// # Errors
/// When they cannot be written.
pub(crate) fn write(folder: &Path, recorder: &Recorder, rate: u32) -> io::Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let making = parent.join(format!(".enrol-{}", std::process::id()));
    std::fs::create_dir_all(making.join("takes"))?;
    let written = (|| {
        for (number, take) in recorder.takes.iter().enumerate() {
            wav(&making.join(format!("takes/{}.wav", number + 1)), take, rate)?;
        }
        if !recorder.others.is_empty() {
            wav(&making.join("others.wav"), &recorder.others, rate)?;
        }
        std::fs::rename(&making, folder)
    })();
    if written.is_err() {
        let _ = std::fs::remove_dir_all(&making);
    }
    written
}

fn wav(path: &Path, samples: &[i16], sample_rate: u32) -> io::Result<()> {
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 1, sample_rate, bits_per_sample: 16, sample_format };
    let write = || -> hound::Result<()> {
        let mut file = hound::WavWriter::create(path, spec)?;
        samples.iter().try_for_each(|sample| file.write_sample(*sample))?;
        file.finalize()
    };
    write().map_err(io::Error::other)
}

/// The command that makes the verifier of what was written, as a shell reads it.
pub(crate) fn next(folder: &Path, name: &str, consent: &str, recorder: &Recorder) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    let quoted = |text: &str| match text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    };
    let within = |file: &str| quoted(&folder.join(file).display().to_string());
    let others = if recorder.others.is_empty() {
        String::new()
    } else {
        format!(" --others {}", within("others.wav"))
    };
    format!(
        "kws-lab enrol --speaker {} --consent {} {}{others} --output {}",
        quoted(name),
        quoted(consent),
        within("takes"),
        quoted(&format!("models/{name}"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_consent_runs_in_a_shell() {
        let command = next(Path::new("an na"), "anna", "it's $(rm) fine", &Recorder::new(16_000));
        assert_eq!(
            command,
            r"kws-lab enrol --speaker anna --consent 'it'\''s $(rm) fine' 'an na/takes' --output models/anna"
        );
    }
}
