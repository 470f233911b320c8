//! Cameras by Video4Linux.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kws_engine::Design;
use kws_stages::vision::Size;
use v4l::buffer::Type;
use v4l::io::traits::{CaptureStream, Stream};
use v4l::prelude::MmapStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{FourCC, Fraction};

use super::watch::{CameraDesign, Device, Format, Open, Taken};
use crate::images::Frames;

/// Frames that the driver may hold.
const BUFFERS: u32 = 4;
/// How long a frame is waited for before the engine may look whether it shall stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The size that is asked for where the pipeline names none.
const USUAL: (u32, u32) = (640, 480);
/// What poll(2) calls something to read.
const READABLE: i16 = 1;

/// What is asked for and what it means, the best first.
const WANTED: [&[u8; 4]; 2] = [b"MJPG", b"YUYV"];

/// A camera as it is now, to be opened when the pipeline runs.
///
/// # Errors
/// A text that says why it cannot be used.
pub(super) fn design(device: Option<&str>, fps: f64, shown: &Frames) -> Result<Box<dyn Design>, String> {
    let (_, agreed) = negotiate(&find(device)?, wanted(shown), fps)?;
    let own = Size { height: agreed.height, width: agreed.width, channels: 3 };
    Ok(designed(device, fps, shown, own, agreed.fps))
}

/// A camera that need not be here yet: of the size and the frame rate that the file states, or the usual size.
pub(super) fn expected(device: Option<&str>, fps: f64, shown: &Frames) -> Box<dyn Design> {
    let (width, height) = wanted(shown);
    let own = Size { height: height as usize, width: width as usize, channels: 3 };
    designed(device, fps, shown, own, fps)
}

/// The size that is asked for, width first.
fn wanted(shown: &Frames) -> (u32, u32) {
    let (width, height) = USUAL;
    (shown.width.map_or(width, |width| width as u32), shown.height.map_or(height, |height| height as u32))
}

/// A camera of `fps` images a second of its own size, where `asked` were asked for.
fn designed(device: Option<&str>, asked: f64, shown: &Frames, own: Size, fps: f64) -> Box<dyn Design> {
    let size = shown.size(own);
    let (port, fit) = (Frames::port(size, fps), shown.fit);
    let (device, wanted) = (device.map(str::to_owned), wanted(shown));
    let opener = move || -> Open<Camera> {
        let device = device.clone();
        Box::new(move || {
            // It may come back under another number.
            let path = find(device.as_deref())?;
            let (device, agreed) = negotiate(&path, wanted, asked)?;
            Ok((Camera::open(&device, &path)?, agreed.format))
        })
    };
    Box::new(CameraDesign { port, size, fit, opener })
}

/// See [`cameras`](super::cameras).
pub(super) fn cameras() -> Vec<String> {
    let describe = |node: v4l::context::Node| {
        let formats = v4l::Device::with_path(node.path()).and_then(|device| device.enum_formats()).ok()?;
        let formats: Vec<String> = formats.iter().map(|format| format.fourcc.to_string()).collect();
        let (path, name) = (node.path().display(), node.name().unwrap_or_default());
        (!formats.is_empty()).then(|| format!("{path} ({name}): {}", formats.join(", ")))
    };
    in_order().into_iter().filter_map(describe).collect()
}

/// What Video4Linux knows of, in the order of its numbers.
fn in_order() -> Vec<v4l::context::Node> {
    let mut nodes = v4l::context::enum_devices();
    nodes.sort_by_key(v4l::context::Node::index);
    nodes
}

/// The file of the camera that is meant.
fn find(device: Option<&str>) -> Result<PathBuf, String> {
    if let Some(path) = device.filter(|device| device.contains('/')) {
        return Ok(path.into());
    }
    let cameras = in_order();
    let named = |node: &v4l::context::Node| match device {
        Some(part) => node.name().is_some_and(|name| name.to_lowercase().contains(&part.to_lowercase())),
        None => true,
    };
    let found = cameras.iter().find(|node| named(node) && captures(node.path()));
    found.map(|node| node.path().to_owned()).ok_or_else(|| match device {
        Some(part) => format!("no camera is named `{part}`"),
        None => "no camera found".to_owned(),
    })
}

/// Whether a device gives images: webcams have others beside, for what is known about them.
fn captures(path: &Path) -> bool {
    let formats = v4l::Device::with_path(path).and_then(|device| device.enum_formats());
    formats.is_ok_and(|formats| !formats.is_empty())
}

/// What a camera will deliver.
struct Agreed {
    format: Format,
    width: usize,
    height: usize,
    fps: f64,
}

fn negotiate(path: &Path, wanted: (u32, u32), fps: f64) -> Result<(v4l::Device, Agreed), String> {
    let name = path.display();
    let cannot = |error: Error| format!("cannot use the camera `{name}`: {error}");
    let device = v4l::Device::with_path(path).map_err(cannot)?;
    let known: Vec<FourCC> =
        device.enum_formats().map_err(cannot)?.iter().map(|format| format.fourcc).collect();
    let fourcc =
        WANTED.into_iter().map(FourCC::new).find(|fourcc| known.contains(fourcc)).ok_or_else(|| {
            let known: Vec<String> = known.iter().map(FourCC::to_string).collect();
            format!("the camera `{name}` has the formats {}, expected MJPG or YUYV", known.join(", "))
        })?;
    let format = device.set_format(&v4l::Format::new(wanted.0, wanted.1, fourcc)).map_err(cannot)?;
    // Not every camera lets its frame rate be set.
    let interval = Fraction::new(1000, (fps * 1000.0).round() as u32);
    let interval = device.set_params(&Parameters::new(interval)).map_or(interval, |set| set.interval);
    let (width, height, stride) = (format.width as usize, format.height as usize, format.stride as usize);
    let meaning = match &format.fourcc.repr {
        b"MJPG" => Format::MotionJpeg,
        b"YUYV" => Format::Yuyv { width, height, stride },
        other => return Err(format!("the camera `{name}` only offers {}", String::from_utf8_lossy(other))),
    };
    let fps = match (interval.numerator, interval.denominator) {
        (0, _) | (_, 0) => fps,
        (over, under) => f64::from(under) / f64::from(over),
    };
    Ok((device, Agreed { format: meaning, width, height, fps }))
}

/// A camera under way.
struct Camera {
    stream: MmapStream<'static>,
    name: String,
}

impl Camera {
    fn open(device: &v4l::Device, path: &Path) -> Result<Self, String> {
        let name = path.display().to_string();
        let cannot = |error: Error| format!("cannot start the camera `{name}`: {error}");
        let mut stream = MmapStream::with_buffers(device, Type::VideoCapture, BUFFERS).map_err(cannot)?;
        stream.set_timeout(POLL_INTERVAL);
        // `next` gives its own buffer back before it waits; the first is the one left out here.
        for index in 1..BUFFERS as usize {
            CaptureStream::queue(&mut stream, index).map_err(cannot)?;
        }
        stream.start().map_err(cannot)?;
        Ok(Camera { stream, name })
    }

    fn gone(&self, error: &Error) -> String {
        const NO_DEVICE: i32 = 19;
        match error.raw_os_error() {
            Some(NO_DEVICE) => format!("the camera `{}` has disappeared; was it unplugged?", self.name),
            _ => format!("the camera `{}` has failed: {error}", self.name),
        }
    }
}

impl Device for Camera {
    fn next(&mut self, bytes: &mut Vec<u8>) -> Result<Taken, String> {
        // Looked for first, since `next` loses count of its buffers when it waits in vain.
        match self.stream.handle().poll(READABLE, POLL_INTERVAL.as_millis() as i32) {
            Ok(0) => return Ok(Taken::NotYet),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(Taken::NotYet),
            Err(error) => return Err(self.gone(&error)),
        }
        match CaptureStream::next(&mut self.stream) {
            Ok((data, about)) => {
                let used =
                    if about.bytesused == 0 { data.len() } else { data.len().min(about.bytesused as usize) };
                bytes.clear();
                bytes.extend_from_slice(&data[..used]);
                let at = about.timestamp.sec as u64 * 1_000_000 + about.timestamp.usec as u64;
                Ok(Taken::Frame { number: about.sequence, at })
            }
            Err(error) => Err(self.gone(&error)),
        }
    }
}
