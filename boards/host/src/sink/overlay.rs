//! `overlay`: images with what was found in them.

mod canvas;
mod region;
mod sheet;

use std::collections::VecDeque;
use std::path::PathBuf;

use image::RgbImage;
use kws_engine::{
    Block, Cost, Design, DesignError, Effect, Event, Flow, Kind, Read, Simple, Site, Stage, StageFault, node,
};
use kws_stages::vision::{Conversion, Size};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::Names;
use super::stem::{file_stem, make_folder};
use canvas::{Canvas, annotate};
use region::Part;
use sheet::Sheet;

/// Writes the image of each event with its label, score and region, and a contact sheet of the images around it.
///
/// # Reads
/// Images and events, in this order; best those of the camera, before they are made small.
///
/// # Files
/// In the folder, for an event: `<tick>-<label>-<point>.png`, the newest image up to the event's tick, and
/// `<tick>-<label>-<point>-sheet.png`, the images from `before_ms` before to `after_ms` after it, each with its time.
/// An event during a sheet is marked in it and extends it, up to `most` images. With `images = "all"` also each
/// image of the stream, `<tick>.png`. The region is drawn where a `crop` lies between the images and the events.
/// A gap in the stream ends a sheet. A file of the same name is written over.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "overlay"
/// inputs = ["camera", "trigger"]
/// folder = "seen"
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OverlayParams {
    /// Output folder, relative to the pipeline's; created if missing.
    #[schemars(extend("format" = "path"))]
    folder: PathBuf,
    /// Time before an event that its contact sheet covers.
    #[serde(default = "second")]
    #[schemars(range(min = 0, max = 60_000), extend("unit" = "ms"))]
    before_ms: f64,
    /// Time after an event that its contact sheet covers.
    #[serde(default = "second")]
    #[schemars(range(min = 0, max = 60_000), extend("unit" = "ms"))]
    after_ms: f64,
    /// Maximum number of images per contact sheet.
    #[serde(default = "forty")]
    #[schemars(range(min = 1, max = 400))]
    most: usize,
    /// Images to write as files.
    #[serde(default)]
    images: Which,
}

/// Images to write as files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Which {
    /// Those of events.
    #[default]
    Events,
    /// All.
    All,
}

fn second() -> f64 {
    1000.0
}

fn forty() -> usize {
    40
}

impl Kind for OverlayParams {
    const NAME: &'static str = "overlay";
    const EFFECT: Effect = Effect::Keeps;
    const INPUTS: std::ops::RangeInclusive<usize> = 2..=2;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let images = &site.inputs[0];
        let size = Size::of(images, &site.from[0])?;
        let events = &site.inputs[1];
        let names = Names::of(events, &site.from[1])?;
        if events.clock != images.clock {
            let found = format!("`{}` writes {images} and `{}` writes {events}", site.from[0], site.from[1]);
            return Err(DesignError::of("inputs", format!("{found}, expected one clock"))
                .help("use images and events of the same camera"));
        }
        let extent = Extent {
            before: images.ticks(self.before_ms),
            after: images.ticks(self.after_ms),
            most: self.most,
        };
        let part = region::looked_at(images, size, events);
        let folder = site.path(&self.folder);
        let held = usize::try_from(extent.before / images.period).unwrap_or(usize::MAX).min(self.most) + 1;
        let cost = Cost { state: held * size.items(), ..Cost::default() };
        let which = self.images;
        Ok(Simple::boxed(None, cost, move || {
            let (folder, names) = (folder.clone(), names.clone());
            let past = VecDeque::with_capacity(held);
            Ok(node(Overlay {
                folder,
                names,
                size,
                extent,
                which,
                part,
                held,
                past,
                seen: None,
                sheet: None,
                cut: false,
            }))
        }))
    }
}

/// How far a sheet goes, in ticks, and in images.
#[derive(Clone, Copy)]
struct Extent {
    before: u64,
    after: u64,
    most: usize,
}

/// An image of the stream.
#[derive(Clone)]
struct Shot {
    at: u64,
    image: RgbImage,
    /// What was found in it.
    found: Option<String>,
}

struct Overlay {
    folder: PathBuf,
    names: Names,
    size: Size,
    extent: Extent,
    which: Which,
    part: Option<Part>,
    /// Images that are remembered.
    held: usize,
    past: VecDeque<Shot>,
    /// Tick of the newest block of events that was looked at.
    seen: Option<u64>,
    sheet: Option<Sheet>,
    /// The stream had a gap since the last image.
    cut: bool,
}

impl Stage for Overlay {
    type In = (u8, Event);
    type Out = ();

    fn start(&mut self) -> Result<(), StageFault> {
        make_folder(&self.folder)
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        self.restart();
        make_folder(&self.folder)
    }

    fn process(&mut self, (pixels, events): Read<'_, Self::In>, (): ()) -> Result<Flow, StageFault> {
        if std::mem::take(&mut self.cut) {
            self.close()?;
        }
        let shot = Shot { at: pixels.at, image: self.coloured(&pixels), found: None };
        if self.past.len() == self.held {
            self.past.pop_front();
        }
        self.past.push_back(shot.clone());
        if let Some(sheet) = &mut self.sheet {
            sheet.shots.push(shot);
        }
        if let Some(events) = events.filter(|events| self.seen != Some(events.at)) {
            self.seen = Some(events.at);
            for event in events.iter().filter(|event| event.is_some()) {
                self.notice(events.at, event)?;
            }
        }
        if self.which == Which::All
            && let Some(shot) = self.past.back()
        {
            self.write(&format!("{:012}", shot.at), shot)?;
        }
        let full = |sheet: &Sheet| pixels.at >= sheet.until || sheet.shots.len() >= self.extent.most;
        if self.sheet.as_ref().is_some_and(full) {
            self.close()?;
        }
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {
        self.past.clear();
        self.cut = true;
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.close()
    }
}

impl Overlay {
    fn coloured(&self, pixels: &Block<'_, u8>) -> RgbImage {
        let mut image = RgbImage::new(self.size.width as u32, self.size.height as u32);
        match self.size.channels {
            1 => Conversion::GreyToRgb.convert(pixels, &mut image),
            _ => image.copy_from_slice(pixels),
        }
        image
    }

    /// Marks the image of an event, writes it, and begins a sheet or extends the running one.
    fn notice(&mut self, at: u64, event: &Event) -> Result<(), StageFault> {
        let found = format!("{} {:.2}", self.names.label(event), event.score);
        let stem = file_stem(at, &self.names, event);
        let Some(shot) = self.past.iter_mut().rev().find(|shot| shot.at <= at) else { return Ok(()) };
        shot.found = Some(found);
        let shot = shot.clone();
        self.write(&stem, &shot)?;
        let Extent { before, after, .. } = self.extent;
        let past = &self.past;
        let sheet = self.sheet.get_or_insert_with(|| {
            let shots = past.iter().filter(|shot| shot.at + before >= at).cloned().collect();
            Sheet { stem: format!("{stem}-sheet"), shots, until: 0 }
        });
        sheet.until = at + after;
        if let Some(marked) = sheet.shots.iter_mut().find(|marked| marked.at == shot.at) {
            marked.found = shot.found;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), StageFault> {
        let Some(sheet) = self.sheet.take() else { return Ok(()) };
        let annotated: Vec<Canvas> = sheet.shots.iter().map(|shot| self.annotated(shot)).collect();
        self.save(&sheet.stem, &sheet::laid_out(&annotated))
    }

    fn annotated(&self, shot: &Shot) -> Canvas {
        annotate(&shot.image, &format!("{} s", self.names.seconds(shot.at)), shot.found.as_deref(), self.part)
    }

    fn write(&self, stem: &str, shot: &Shot) -> Result<(), StageFault> {
        self.save(stem, &self.annotated(shot))
    }

    fn save(&self, stem: &str, canvas: &Canvas) -> Result<(), StageFault> {
        let path = self.folder.join(format!("{stem}.png"));
        canvas
            .0
            .save(&path)
            .map_err(|error| StageFault::because(format!("cannot write `{}`: {error}", path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kws_engine::{Element, Port, Role};

    fn overlay(folder: PathBuf, which: Which) -> Overlay {
        let mut port = Port::source(Element::Event, vec![1], Role::EVENTS, 1_000_000, 100_000);
        port.labels = vec!["no person".to_owned(), "person".to_owned()];
        port.points = vec!["seen".to_owned()];
        Overlay {
            folder,
            names: Names::of(&port, "trigger").unwrap(),
            size: Size { height: 24, width: 32, channels: 1 },
            extent: Extent { before: 200_000, after: 100_000, most: 40 },
            which,
            part: None,
            held: 3,
            past: VecDeque::new(),
            seen: None,
            sheet: None,
            cut: false,
        }
    }

    /// Shows images of ten a second, with an event at these ticks; the files that there are then.
    fn files(which: Which, images: u64, events: &[u64], gap: Option<u64>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = overlay(folder.path().to_owned(), which);
        let mut latest: Option<(u64, Event)> = None;
        for at in (1..=images).map(|number| number * 100_000) {
            if events.contains(&at) {
                latest = Some((at, Event { label: 1, point: 0, score: 0.87, start: at, end: at }));
            }
            if gap == Some(at) {
                sink.reset();
            }
            let block =
                latest.as_ref().map(|(at, event)| Block { at: *at, items: std::slice::from_ref(event) });
            let pixels = vec![(at / 100_000) as u8; 24 * 32];
            assert_eq!(sink.process((Block { at, items: &pixels }, block), ()), Ok(Flow::Skip));
        }
        sink.finish().unwrap();
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let (width, height) = image::image_dimensions(&path).unwrap();
                format!("{} {width}×{height}", path.file_name().unwrap().to_string_lossy())
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_event_makes_an_image_and_a_sheet() {
        let found = files(Which::Events, 8, &[500_000], None);
        // Images of 32 pixels are shown ten times as large; 300, 400, 500 and 600 ms make four.
        assert_eq!(
            found,
            ["000000500000-person-seen-sheet.png 644×484", "000000500000-person-seen.png 320×240"]
        );
    }

    #[test]
    fn an_event_during_a_sheet_extends_it() {
        let found = files(Which::Events, 9, &[500_000, 600_000], None);
        let expected = [
            "000000500000-person-seen-sheet.png 968×484",
            "000000500000-person-seen.png 320×240",
            "000000600000-person-seen.png 320×240",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_gap_ends_a_sheet_and_what_is_remembered() {
        let found = files(Which::Events, 8, &[500_000, 700_000], Some(600_000));
        // 300, 400 and 500 ms; then 600 and 700, 800 ms.
        let expected = [
            "000000500000-person-seen-sheet.png 644×484",
            "000000500000-person-seen.png 320×240",
            "000000700000-person-seen-sheet.png 644×484",
            "000000700000-person-seen.png 320×240",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn all_images_are_written_where_asked() {
        let found = files(Which::All, 3, &[], None);
        assert_eq!(
            found,
            ["000000100000.png 320×240", "000000200000.png 320×240", "000000300000.png 320×240"]
        );
    }
}
