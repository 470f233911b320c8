//! `image_files`: images in files, one after the other.

use std::path::{Path, PathBuf};

use kws_engine::{
    Cost, Design, DesignError, Flow, Kind, Rest, Scheme, Simple, Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Lasting;
use crate::images::{Fitter, Frames, Image, decode, is_image};

/// The ending of a file that lists images, a path in a line.
const LIST: &str = "txt";

/// Plays the images of a folder, JPEG, PNG or BMP, in the order of their names, at a frame rate.
///
/// # Writes
/// `image` u8 `[height, width, channels]`, a tick a microsecond. Images of another size are made to fit, turned first
/// as their Exif data says.
///
/// # Faults
/// A folder without images, and one of which no image can be decoded, is refused when the pipeline is planned. An
/// image that cannot be decoded later on (it is truncated, it is larger than 16,384 pixels along a side or takes more
/// than 250 MB to decode) is a gap as long as it would have been shown, or ends the run with its name, as `damaged` says.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "image_files"
/// path = "images"
/// fps = 2
/// width = 320
/// height = 240
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ImageFilesParams {
    /// A folder, an image, or a `.txt` file with one path per line; relative to the pipeline's folder, and paths in a
    /// list to the list's folder.
    #[schemars(extend("format" = "path"))]
    path: PathBuf,
    /// Images per second.
    #[serde(default = "ten")]
    #[schemars(range(min = 0.001, max = 1000), extend("unit" = "1/s"))]
    fps: f64,
    /// Number of frames per image.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    frames: u32,
    /// Number of times to play all images; 0 repeats forever.
    #[serde(default = "one")]
    repeat: u32,
    /// How to report an image that cannot be decoded.
    #[serde(default)]
    damaged: Damaged,
    #[serde(flatten)]
    shown: Frames,
}

/// How to report an image that cannot be decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Damaged {
    /// A gap in the stream, counted.
    #[default]
    Gap,
    /// The end of the run, with its name.
    Fault,
}

fn ten() -> f64 {
    10.0
}

fn one() -> u32 {
    1
}

impl ImageFilesParams {
    /// A folder shown once: what a camera falls back to.
    pub(crate) fn of(path: PathBuf, fps: f64, shown: Frames) -> Self {
        ImageFilesParams { path, fps, frames: 1, repeat: 1, damaged: Damaged::Gap, shown }
    }
}

impl Kind for ImageFilesParams {
    const NAME: &'static str = "image_files";
    const SCHEME: Option<Scheme> = Some(Scheme { name: "images", rest: Rest::Path });
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let paths = listed(&site.path(&self.path)).map_err(|text| DesignError::of("path", text))?;
        let own = first(&paths).map_err(|text| DesignError::of("path", text))?.size;
        let size = self.shown.size(own);
        let port = Frames::port(size, self.fps);
        let (period, fit) = (port.period, self.shown.fit);
        let ImageFilesParams { frames, repeat, damaged, .. } = self;
        let length = f64::from(repeat) * f64::from(frames) * paths.len() as f64 / self.fps;
        let design = Simple::boxed(Some(port), Cost::default(), move || {
            let fitter = Fitter::new(size, fit);
            let paths = paths.clone();
            let plays = (repeat > 0).then_some(repeat);
            Ok(node(ImageFiles { paths, fitter, period, frames, plays, damaged, next: 0, shown: frames }))
        });
        Ok(Lasting::boxed(design, move || (repeat > 0).then_some(length)))
    }
}

/// The images that a path means.
fn listed(path: &Path) -> Result<Vec<PathBuf>, String> {
    let name = path.display();
    let about = std::fs::metadata(path).map_err(|error| format!("cannot open `{name}`: {error}"))?;
    if about.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|error| format!("cannot open `{name}`: {error}"))?;
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_image(path)).collect();
        paths.sort();
        return match paths.len() {
            0 => Err(format!(
                "`{name}` contains no images, expected files `*.jpg`, `*.jpeg`, `*.png` or `*.bmp`"
            )),
            _ => Ok(paths),
        };
    }
    if ending(path) != LIST {
        return Ok(vec![path.to_owned()]);
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read `{name}`: {error}"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let paths: Vec<PathBuf> = lines.map(|line| folder.join(line)).collect();
    if paths.is_empty() {
        Err(format!("`{name}` lists no images, expected one path per line"))
    } else {
        Ok(paths)
    }
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The first image that can be decoded.
fn first(paths: &[PathBuf]) -> Result<Image, String> {
    let mut why = None;
    for path in paths {
        match load(path) {
            Ok(image) => return Ok(image),
            Err(text) => why = why.or(Some(text)),
        }
    }
    let why = why.unwrap_or_default();
    Err(match paths.len() {
        1 => why,
        count => format!("none of {count} images can be decoded; {why}"),
    })
}

fn load(path: &Path) -> Result<Image, String> {
    let name = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot open `{name}`: {error}"))?;
    decode(&bytes).map_err(|why| format!("cannot decode `{name}`: {why}"))
}

/// The stage.
struct ImageFiles {
    paths: Vec<PathBuf>,
    fitter: Fitter,
    period: u64,
    /// How often each is shown in a row.
    frames: u32,
    /// How often all are still to be shown; `None` for ever.
    plays: Option<u32>,
    damaged: Damaged,
    /// Index of the image after the one that is shown.
    next: usize,
    /// How often the one before `next` was shown.
    shown: u32,
}

impl ImageFiles {
    /// The path to be decoded next.
    fn turn(&mut self) -> Option<&Path> {
        if self.next == self.paths.len() {
            self.plays = self.plays.map(|plays| plays.saturating_sub(1));
            self.next = 0;
        }
        if self.plays == Some(0) {
            return None;
        }
        self.next += 1;
        self.paths.get(self.next - 1).map(PathBuf::as_path)
    }
}

impl Stage for ImageFiles {
    type In = ();
    type Out = u8;

    fn process(&mut self, (): (), output: &mut [u8]) -> Result<Flow, StageFault> {
        if self.shown < self.frames && self.next > 0 {
            // The block is not the one that was written before: decode again rather than keep a copy of each.
            let image = load(&self.paths[self.next - 1]).map_err(StageFault::because)?;
            self.fitter.fit(&image, output).map_err(StageFault::because)?;
            self.shown += 1;
            return Ok(Flow::Emit);
        }
        let Some(path) = self.turn() else { return Ok(Flow::End) };
        let loaded = load(path);
        let shown = loaded.and_then(|image| self.fitter.fit(&image, output));
        match shown {
            Ok(()) => {
                self.shown = 1;
                Ok(Flow::Emit)
            }
            Err(_) if self.damaged == Damaged::Gap => {
                self.shown = self.frames;
                Ok(Flow::Lost(self.period * u64::from(self.frames)))
            }
            Err(text) => Err(StageFault::because(text)),
        }
    }
}
