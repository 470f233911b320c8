//! `video_file`: uncompressed video.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use kws_engine::{
    Cost, Design, DesignError, Flow, Kind, Rest, Scheme, Simple, Site, Stage, StageFault, node,
};
use kws_stages::vision::{Palette, Size, luma_to_grey, yuv_to_rgb};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use y4m::{Colorspace, Decoder, Limits};

use crate::images::{Fitter, Frames, Image};

/// The most bytes of a frame that are read.
const MEMORY: usize = 256 << 20;

/// Plays an uncompressed video: YUV4MPEG2 (`.y4m`), 8 bits, 4:2:0, 4:2:2, 4:4:4 or grey.
///
/// # Writes
/// `image` u8 `[height, width, channels]`, a tick a microsecond, at the file's own frame rate to the nearest
/// microsecond. Colours are ITU-R BT.601's of limited range, as `colour` converts them; chroma is repeated.
///
/// # Faults
/// A file that is not such a video, or whose frames take more than 256 MiB, is refused when the pipeline is planned. A last
/// incomplete frame is dropped. `ffmpeg -i film.mp4 -pix_fmt yuv420p film.y4m` makes such a file of any other.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "video_file"
/// path = "door.y4m"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct VideoFileParams {
    /// The file, relative to the pipeline's folder.
    #[schemars(extend("format" = "path"))]
    path: PathBuf,
    /// Number of times to play it; 0 repeats forever.
    #[serde(default = "once")]
    repeat: u32,
    #[serde(flatten)]
    shown: Frames,
}

fn once() -> u32 {
    1
}

impl Kind for VideoFileParams {
    const NAME: &'static str = "video_file";
    const SCHEME: Option<Scheme> = Some(Scheme { name: "video", rest: Rest::Path });
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let path = site.path(&self.path);
        let film = Film::open(&path, self.shown.colour).map_err(|text| DesignError::of("path", text))?;
        let size = self.shown.size(film.image.size);
        let port = Frames::port(size, film.fps);
        let VideoFileParams { repeat, shown, .. } = self;
        Ok(Simple::boxed(Some(port), Cost::default(), move || {
            let film = Film::open(&path, shown.colour).map_err(StageFault::because)?;
            let fitter = Fitter::new(size, shown.fit);
            let plays = (repeat > 0).then_some(repeat);
            Ok(node(Projector { path: path.clone(), film, fitter, plays, begun: false }))
        }))
    }
}

/// A video under way.
struct Film {
    decoder: Decoder<BufReader<File>>,
    colour: Palette,
    subsampling: Subsampling,
    fps: f64,
    /// The frame that was read last, as an image.
    image: Image,
}

/// How many pixels share a chroma value, along and down.
#[derive(Clone, Copy)]
struct Subsampling {
    across: usize,
    down: usize,
    grey: bool,
}

impl Film {
    fn open(path: &Path, colour: Palette) -> Result<Self, String> {
        let name = path.display();
        let file = File::open(path).map_err(|error| format!("cannot open `{name}`: {error}"))?;
        let mut reader = BufReader::new(file);
        refuse_huge(reader.fill_buf().unwrap_or_default()).map_err(|text| format!("`{name}` {text}"))?;
        let decoder = Decoder::new_with_limits(reader, Limits { bytes: MEMORY });
        let decoder =
            decoder.map_err(|error| format!("`{name}` is not a YUV4MPEG2 video: {}", said(&error)))?;
        let (across, down, grey) = match decoder.get_colorspace() {
            Colorspace::C420 | Colorspace::C420jpeg | Colorspace::C420paldv | Colorspace::C420mpeg2 => {
                (2, 2, false)
            }
            Colorspace::C422 => (2, 1, false),
            Colorspace::C444 => (1, 1, false),
            Colorspace::Cmono => (1, 1, true),
            other => {
                let help = "convert it with `ffmpeg -pix_fmt yuv420p`";
                return Err(format!("`{name}` has the format {other:?}, expected 8 bits per sample; {help}"));
            }
        };
        if String::from_utf8_lossy(decoder.get_raw_params()).contains("COLORRANGE=FULL") {
            let help = "convert it with `ffmpeg -pix_fmt yuv420p -color_range tv`";
            return Err(format!("`{name}` has full-range colours, expected limited range; {help}"));
        }
        let (height, width) = (decoder.get_height(), decoder.get_width());
        let rate = decoder.get_framerate();
        let fps = rate.num as f64 / rate.den as f64;
        if height == 0 || width == 0 || !(0.001..=1000.0).contains(&fps) {
            return Err(format!("`{name}` has {width}×{height} pixels and {fps} frames a second"));
        }
        let size = Size { height, width, channels: colour.channels() };
        let image = Image { size, pixels: vec![0; size.items()] };
        Ok(Film { decoder, colour, subsampling: Subsampling { across, down, grey }, fps, image })
    }

    /// Reads the next frame; whether there was one.
    fn advance(&mut self) -> Result<bool, String> {
        let frame = match self.decoder.read_frame() {
            Ok(frame) => frame,
            Err(y4m::Error::EOF) => return Ok(false),
            Err(error) => return Err(said(&error)),
        };
        let [y, u, v] = [frame.get_y_plane(), frame.get_u_plane(), frame.get_v_plane()];
        let Subsampling { across, down, grey } = self.subsampling;
        let width = self.image.size.width;
        let rows = self.image.pixels.chunks_exact_mut(self.image.size.row());
        for (row, (pixels, luma)) in rows.zip(y.chunks_exact(width)).enumerate() {
            if self.colour == Palette::Grey {
                pixels.iter_mut().zip(luma).for_each(|(grey, y)| *grey = luma_to_grey(*y));
                continue;
            }
            let chroma = row / down * width.div_ceil(across);
            for (column, (pixel, y)) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(luma).enumerate() {
                let place = chroma + column / across;
                let (u, v) = if grey { (128, 128) } else { (u[place], v[place]) };
                *pixel = yuv_to_rgb(*y, u, v);
            }
        }
        Ok(true)
    }
}

/// Refuses a header whose width and height the reader would multiply to more than 64 bits.
fn refuse_huge(begin: &[u8]) -> Result<(), String> {
    let header = begin.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let stated = |name: u8| {
        let values = header.split(|&byte| byte == b' ').filter_map(|value| value.strip_prefix(&[name]));
        values.filter_map(|value| str::from_utf8(value).ok()?.parse::<usize>().ok()).next_back()
    };
    let (Some(width), Some(height)) = (stated(b'W'), stated(b'H')) else { return Ok(()) };
    match width.checked_mul(height) {
        Some(pixels) if pixels <= MEMORY => Ok(()),
        _ => Err(format!("states {width}×{height} pixels, more than the {} MiB of a frame", MEMORY >> 20)),
    }
}

/// What the reader says, in words of ours.
fn said(error: &y4m::Error) -> String {
    match error {
        y4m::Error::EOF => "its header is truncated".to_owned(),
        y4m::Error::OutOfMemory => format!("a frame takes more than {} MiB", MEMORY >> 20),
        y4m::Error::UnknownColorspace => "its colour format is unknown".to_owned(),
        y4m::Error::ParseError(_) => "its header is invalid".to_owned(),
        other => other.to_string(),
    }
}

/// The stage.
struct Projector {
    path: PathBuf,
    film: Film,
    fitter: Fitter,
    /// How often it is still to be played; `None` for ever.
    plays: Option<u32>,
    /// The film has shown a frame.
    begun: bool,
}

impl Stage for Projector {
    type In = ();
    type Out = u8;

    fn process(&mut self, (): (), output: &mut [u8]) -> Result<Flow, StageFault> {
        let fault = |text: String| StageFault::because(format!("`{}`: {text}", self.path.display()));
        while !self.film.advance().map_err(fault)? {
            if !self.begun {
                return Err(fault("it contains no frame".to_owned()));
            }
            self.plays = self.plays.map(|plays| plays.saturating_sub(1));
            if self.plays == Some(0) {
                return Ok(Flow::End);
            }
            self.film = Film::open(&self.path, self.film.colour).map_err(StageFault::because)?;
            self.begun = false;
        }
        self.begun = true;
        self.fitter.fit(&self.film.image, output).map_err(StageFault::because)?;
        Ok(Flow::Emit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_larger_than_any_memory_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.y4m");
        let refused = |size: &str| {
            std::fs::write(&path, format!("YUV4MPEG2 {size} F25:1\nFRAME\n")).unwrap();
            Film::open(&path, Palette::Grey).err().unwrap_or_default()
        };
        let huge = u64::MAX / 2;
        for size in [format!("W{huge} H4"), "W100000 H100000".to_owned(), format!("W2 H2 W{huge} H{huge}")] {
            let text = refused(&size);
            assert!(text.contains("pixels, more than the 256 MiB of a frame"), "{text}");
        }
        assert_eq!(refused("W16 H16"), "");
        assert!(refused(&format!("W{huge} H0")).contains("header is invalid"));
    }
}

/// What the fuzz target does: reads a video to its end, or for a while.
#[cfg(fuzzing)]
pub(crate) fn show(path: &Path) {
    for colour in [Palette::Rgb, Palette::Grey] {
        let Ok(mut film) = Film::open(path, colour) else { return };
        for _ in 0..64 {
            match film.advance() {
                Ok(true) => {}
                Ok(false) | Err(_) => break,
            }
        }
    }
}
