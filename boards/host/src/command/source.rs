//! What `--source` may say.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::{Value, json};

/// `[NAME=]SPEC`: which source is replaced, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceSpec {
    /// The stage that it replaces, where the pipeline has several sources.
    pub(crate) name: Option<String>,
    /// What takes its place.
    pub(crate) input: SourceInput,
    /// As it was written.
    pub(crate) said: String,
}

/// Where a stream comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceInput {
    /// An audio file.
    File(PathBuf),
    /// s16le samples from a file; from standard input where the path is `-`.
    Raw(PathBuf),
    /// A microphone: the named one, or the default.
    Mic(Option<String>),
    /// A folder of pictures, a picture, or a list of them.
    Images(PathBuf),
    /// An uncompressed video.
    Video(PathBuf),
    /// A camera: the named one, or the first.
    Camera(Option<String>),
}

impl SourceInput {
    /// The kind of stage that reads it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            SourceInput::File(_) => "audio_file",
            SourceInput::Raw(_) => "raw",
            SourceInput::Mic(_) => "mic",
            SourceInput::Images(_) => "image_files",
            SourceInput::Video(_) => "video_file",
            SourceInput::Camera(_) => "camera",
        }
    }

    /// The parameters that make that kind read it.
    pub(crate) fn params(&self) -> Value {
        match self {
            SourceInput::File(path)
            | SourceInput::Raw(path)
            | SourceInput::Images(path)
            | SourceInput::Video(path) => json!({"path": absolute(path)}),
            SourceInput::Mic(Some(device)) | SourceInput::Camera(Some(device)) => json!({"device": device}),
            // Who asks for a device wants nothing in its place.
            SourceInput::Mic(None) | SourceInput::Camera(None) => json!({"fallback": false}),
        }
    }
}

/// A path of the command line, which starts from the current folder and not from the pipeline's; `-` stays.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    if path == Path::new("-") {
        return path.to_owned();
    }
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl FromStr for SourceSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A path may hold a `=` too, but only behind its `file:` and the like.
        let (name, spec) = match text.split_once('=') {
            Some((name, spec)) if !name.contains(':') => (Some(name.to_owned()), spec),
            _ => (None, text),
        };
        let input = match spec.split_once(':') {
            Some(("file" | "raw" | "images" | "video", "")) => return Err(format!("`{spec}` has no path")),
            Some(("file", "-")) => {
                return Err(
                    "an audio file cannot be read from standard input; send its samples: `ffmpeg -i FILE -f \
                            s16le -ac 1 -ar 16000 - | kws-run … --source raw:-`"
                        .to_owned(),
                );
            }
            Some(("file", path)) => SourceInput::File(path.into()),
            Some(("raw", path)) => SourceInput::Raw(path.into()),
            Some(("mic", device)) if !device.is_empty() => SourceInput::Mic(Some(device.to_owned())),
            None if spec == "mic" => SourceInput::Mic(None),
            Some(("images", path)) => SourceInput::Images(path.into()),
            Some(("video", path)) => SourceInput::Video(path.into()),
            Some(("camera", device)) if !device.is_empty() => SourceInput::Camera(Some(device.to_owned())),
            None if spec == "camera" => SourceInput::Camera(None),
            None if Path::new(spec).is_dir() => {
                return Err(format!("found a folder, expected, for one of pictures, `images:{spec}`"));
            }
            None if Path::new(spec).exists() => {
                return Err(format!(
                    "found a path, expected `file:{spec}`, for s16le `raw:{spec}`, for a picture `images:{spec}` or for \
                     a .y4m `video:{spec}`"
                ));
            }
            _ => {
                return Err(format!(
                    "found `{spec}`, expected file:PATH, raw:PATH, raw:-, mic, mic:DEVICE, images:PATH, video:PATH, \
                     camera or camera:DEVICE"
                ));
            }
        };
        Ok(SourceSpec { name, input, said: format!("--source {text}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> SourceSpec {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_is_understood() {
        assert_eq!(parsed("file:a.wav").input, SourceInput::File("a.wav".into()));
        assert_eq!(parsed("raw:-").input, SourceInput::Raw("-".into()));
        assert_eq!(parsed("mic").input, SourceInput::Mic(None));
        assert_eq!(parsed("mic:hw:1,0").input, SourceInput::Mic(Some("hw:1,0".to_owned())));
        assert_eq!(parsed("images:a").input, SourceInput::Images("a".into()));
        assert_eq!(parsed("video:a.y4m").input, SourceInput::Video("a.y4m".into()));
        assert_eq!(parsed("camera").input, SourceInput::Camera(None));
        assert_eq!(parsed("camera:/dev/video2").input, SourceInput::Camera(Some("/dev/video2".to_owned())));
    }

    #[test]
    fn a_name_stands_before_the_scheme_only() {
        let named = parsed("left=file:a=b.wav");
        assert_eq!((named.name.as_deref(), named.input), (Some("left"), SourceInput::File("a=b.wav".into())));
        let bare = parsed("file:a=b.wav");
        assert_eq!((bare.name, bare.input), (None, SourceInput::File("a=b.wav".into())));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "file:",
            "file:-",
            "raw:",
            "mic:",
            "images:",
            "video:",
            "camera:",
            "udp:1",
            "x=",
            "microphone",
        ] {
            assert!(text.parse::<SourceSpec>().is_err(), "{text}");
        }
    }

    #[test]
    fn paths_start_from_the_current_folder() {
        let params = parsed("file:a.wav").input.params();
        assert_eq!(
            params["path"].as_str().map(PathBuf::from),
            Some(std::env::current_dir().unwrap().join("a.wav"))
        );
        assert_eq!(parsed("raw:-").input.params()["path"], "-");
    }

    #[test]
    fn nothing_takes_the_place_of_a_device_that_is_asked_for() {
        assert_eq!(parsed("mic").input.params(), json!({"fallback": false}));
        assert_eq!(parsed("camera").input.params(), json!({"fallback": false}));
    }
}
