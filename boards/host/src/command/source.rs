//! What `--source` may say.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use kws_engine::{Entry, Registry, Rest, Scheme};
use serde_json::{Value, json};

use super::command_error::CommandError;

/// `[NAME=]SPEC`: which source is replaced, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceSpec {
    /// The stage that it replaces, where the pipeline has several sources.
    pub(crate) name: Option<String>,
    /// What takes its place: a scheme of some kind, or that, a colon and the rest.
    spec: String,
    /// As it was written.
    pub(crate) said: String,
}

impl FromStr for SourceSpec {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        // A path may hold a `=` too, but only behind its `file:` and the like.
        let (name, spec) = match text.split_once('=') {
            Some((name, spec)) if !name.contains(':') => (Some(name.to_owned()), spec),
            _ => (None, text),
        };
        Ok(SourceSpec { name, spec: spec.to_owned(), said: format!("--source {text}") })
    }
}

impl SourceSpec {
    /// The kind of stage that it means, and the parameters that make that kind read it.
    pub(crate) fn resolve(&self, registry: &Registry) -> Result<(&'static str, Value), CommandError> {
        let (scheme, rest) = match self.spec.split_once(':') {
            Some((scheme, rest)) => (scheme, Some(rest)),
            None => (self.spec.as_str(), None),
        };
        let kinds = || registry.kinds().filter_map(|kind| Some((kind, kind.scheme?)));
        let found = kinds().find(|(_, known)| known.name == scheme);
        let resolved = match found {
            Some((kind, known)) => params(kind, known, rest).map(|params| (kind.name, params)),
            None => Err(()),
        };
        resolved.map_err(|()| {
            let all: Vec<Scheme> = kinds().map(|(_, scheme)| scheme).collect();
            CommandError::usage(format!("`{}`: {}", self.said, self.refused(&all)))
        })
    }

    /// What is wrong with it, where programs know these schemes.
    fn refused(&self, known: &[Scheme]) -> String {
        let spec = self.spec.as_str();
        let of = |scheme: &Scheme| match scheme.rest {
            Rest::Path => format!("{}:PATH", scheme.name),
            Rest::PathOrInput => format!("{0}:PATH, {0}:-", scheme.name),
            Rest::Device => format!("{0}, {0}:DEVICE", scheme.name),
        };
        let all: Vec<String> = known.iter().map(of).collect();
        let paths = known.iter().filter(|scheme| scheme.rest != Rest::Device);
        let scheme = spec.strip_suffix(':').unwrap_or(spec);
        if paths.clone().any(|known| known.name == scheme) {
            return format!("`{spec}` has no path");
        }
        if Path::new(spec).exists() {
            let forms: Vec<String> = paths.map(|scheme| format!("`{}:{spec}`", scheme.name)).collect();
            return format!("found a path, expected {}", forms.join(" or "));
        }
        if spec.ends_with(":-") && known.iter().any(|scheme| scheme.rest == Rest::PathOrInput) {
            return "only samples can be read from standard input: `ffmpeg -i FILE -f s16le -ac 1 -ar 16000 - | kws-run … \
                    --source raw:-`"
                .to_owned();
        }
        format!("found `{spec}`, expected {}", all.join(", "))
    }
}

/// The parameters that make a kind read what stands behind its scheme.
fn params(kind: &Entry, scheme: Scheme, rest: Option<&str>) -> Result<Value, ()> {
    match (scheme.rest, rest) {
        (_, Some("")) | (Rest::Path | Rest::PathOrInput, None) | (Rest::Path, Some("-")) => Err(()),
        (Rest::Path | Rest::PathOrInput, Some(path)) => Ok(json!({"path": absolute(Path::new(path))})),
        (Rest::Device, Some(device)) => Ok(json!({"device": device})),
        // Who asks for a device wants nothing in its place.
        (Rest::Device, None) if kind.params().any(|(name, _)| name == "fallback") => {
            Ok(json!({"fallback": false}))
        }
        (Rest::Device, None) => Ok(json!({})),
    }
}

/// A path of the command line, which starts from the current folder and not from the pipeline's; `-` stays.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    if path == Path::new("-") {
        return path.to_owned();
    }
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> SourceSpec {
        text.parse().unwrap()
    }

    fn resolved(text: &str) -> Result<(&'static str, Value), CommandError> {
        parsed(text).resolve(&crate::registry())
    }

    #[test]
    fn every_form_is_understood() {
        let here = std::env::current_dir().unwrap();
        let path = |name: &str| json!({"path": here.join(name)});
        for (text, kind, params) in [
            ("file:a.wav", "audio_file", path("a.wav")),
            ("raw:a.s16", "raw", path("a.s16")),
            ("raw:-", "raw", json!({"path": "-"})),
            ("mic", "mic", json!({"fallback": false})),
            ("mic:hw:1,0", "mic", json!({"device": "hw:1,0"})),
            ("images:a", "image_files", path("a")),
            ("video:a.y4m", "video_file", path("a.y4m")),
            ("camera", "camera", json!({"fallback": false})),
            ("camera:/dev/video2", "camera", json!({"device": "/dev/video2"})),
        ] {
            assert_eq!(resolved(text).unwrap(), (kind, params), "{text}");
        }
    }

    #[test]
    fn a_name_stands_before_the_scheme_only() {
        let named = parsed("left=file:a=b.wav");
        assert_eq!((named.name.as_deref(), named.spec.as_str()), (Some("left"), "file:a=b.wav"));
        let bare = parsed("file:a=b.wav");
        assert_eq!((bare.name, bare.spec.as_str()), (None, "file:a=b.wav"));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in
            ["", "file", "file:", "file:-", "raw:", "mic:", "images:", "video:", "camera:", "udp:1", "x="]
        {
            assert!(resolved(text).is_err(), "{text}");
        }
        let refusal = |text: &str| match resolved(text) {
            Err(CommandError::Usage(refusal)) => refusal,
            other => panic!("{other:?}"),
        };
        let known = refusal("microphone");
        for form in ["file:PATH", "raw:PATH, raw:-", "mic, mic:DEVICE", "camera, camera:DEVICE"] {
            assert!(known.contains(form), "{known}");
        }
        assert!(refusal("file:-").contains("--source raw:-"));
        assert!(refusal("src").contains("`images:src`"), "a folder of this package");
    }
}
