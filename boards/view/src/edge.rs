//! What the page shows of each edge: waveform, features, scores, events, images.

use kws_engine::{Element, Event, Item, Port, Role};
use serde_json::{Value, json};

use super::Keeps;
use super::kept::Kept;
use super::sketch::Spot;
use super::tap::{Tap, Tapped, tap};

/// An edge that the page shows.
pub(super) trait Watched: Send {
    /// What has come since the last call, as the page reads it; `None` where nothing has.
    fn drain(&mut self, kept: &mut Kept) -> Option<Value>;
}

/// An edge with what the page must know of it before anything comes.
pub(super) struct Shown {
    pub(super) about: Value,
    pub(super) edge: Box<dyn Watched>,
}

/// Seconds of blocks that a ring holds, and the most bytes: the feed looks into it 25 times a second, but on a computer that
/// is busy with other things it may come late.
const RING_SECONDS: f64 = 5.0;
const RING_BYTES: usize = 4 << 20;
/// The most bands that a spectrum is drawn with.
const BANDS: usize = 128;
/// The longer side of an image on the page.
const IMAGE_SIDE: usize = 160;
/// Seconds between two images.
const IMAGE_EVERY: f64 = 0.2;
/// Seconds of sound that a column of the waveform stands for.
const COLUMN: f64 = 0.01;

/// Whether a page shows what a port carries to a reader of this kind; an empty kind is nobody.
pub(super) fn is_shown(port: &Port, reader: &str) -> bool {
    what(port, reader).is_some()
}

/// Whether it shows it as sound.
pub(super) fn is_sound(port: &Port, reader: &str) -> bool {
    what(port, reader) == Some(What::Audio)
}

/// How a spot is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Audio,
    Events,
    Image,
    Scores,
    Features,
}

fn what(port: &Port, reader: &str) -> Option<What> {
    let is_source = port.made_by.is_empty();
    let is_model_input = matches!(reader, "classifier" | "stack");
    match port.element {
        Element::I16 if port.role == Role::SAMPLES && is_source => Some(What::Audio),
        Element::Event => Some(What::Events),
        Element::U8 if port.role == Role::IMAGE && (is_source || is_model_input) => Some(What::Image),
        Element::F32 | Element::I8 if port.role == Role::POSTERIOR => Some(What::Scores),
        Element::F32 | Element::I8 if is_model_input && port.role != Role::IMAGE => Some(What::Features),
        _ => None,
    }
}

/// Begins to watch what a plan shows; by spot what its blocks are given to.
pub(super) fn watch(spots: &[Spot], keeps: Keeps) -> (Vec<Shown>, Vec<Tap>) {
    spots.iter().filter_map(|spot| watch_one(spot, keeps)).unzip()
}

fn watch_one(spot: &Spot, keeps: Keeps) -> Option<(Shown, Tap)> {
    let port = &spot.port;
    Some(match (what(port, &spot.reads)?, port.element) {
        (What::Audio, _) => shown(spot, keeps, "audio", Audio::new),
        (What::Events, _) => {
            shown(spot, keeps, "events", |port, tapped| Events { port: port.clone(), tapped })
        }
        (What::Image, _) => {
            shown(spot, keeps, "image", |port, tapped| Images { port: port.clone(), tapped, next: 0.0 })
        }
        (What::Scores, Element::F32) => shown(spot, keeps, "scores", Scores::<f32>::new),
        (What::Scores, _) => shown(spot, keeps, "scores", Scores::<i8>::new),
        (What::Features, Element::F32) => shown(spot, keeps, "features", Features::<f32>::new),
        (What::Features, _) => shown(spot, keeps, "features", Features::<i8>::new),
    })
}

fn shown<T: Item, W: Watched + 'static>(
    spot: &Spot,
    keeps: Keeps,
    what: &str,
    make: impl FnOnce(&Port, Tapped<T>) -> W,
) -> (Shown, Tap) {
    let port = &spot.port;
    let length: usize = port.shape.iter().product();
    let depth = (RING_SECONDS / port.seconds(port.period).max(1e-6)).ceil() as usize;
    let most = RING_BYTES / (length * size_of::<T>()).max(1);
    let (tap, tapped) = tap::<T>(length, depth.min(most).max(4), keeps);
    let about = json!({ "what": what, "stage": spot.stage, "labels": port.labels, "shape": port.shape,
        "every": port.seconds(port.period) });
    (Shown { about, edge: Box::new(make(port, tapped)) }, tap)
}

/// Samples: the lowest, the highest and the mean square of each [`COLUMN`]; the samples themselves are kept.
struct Audio {
    port: Port,
    tapped: Tapped<i16>,
    column: usize,
    begun: Column,
}

#[derive(Default)]
struct Column {
    count: usize,
    low: i16,
    high: i16,
    squares: f64,
    /// Tick of the first sample.
    from: u64,
}

impl Audio {
    fn new(port: &Port, tapped: Tapped<i16>) -> Self {
        let column = ((f64::from(port.clock) * COLUMN) as usize).max(1);
        Audio { port: port.clone(), tapped, column, begun: Column::default() }
    }
}

impl Watched for Audio {
    fn drain(&mut self, kept: &mut Kept) -> Option<Value> {
        let (mut low, mut high, mut rms) = (Vec::new(), Vec::new(), Vec::new());
        let mut first = None;
        while let Some((tick, block)) = self.tapped.next() {
            let start = tick.saturating_sub(block.len() as u64);
            kept.hear(self.port.clock, start, block);
            for (index, &sample) in block.iter().enumerate() {
                let column = &mut self.begun;
                if column.count == 0 {
                    *column =
                        Column { low: sample, high: sample, from: start + index as u64, ..Column::default() };
                }
                column.count += 1;
                column.low = column.low.min(sample);
                column.high = column.high.max(sample);
                column.squares += f64::from(sample) * f64::from(sample);
                if column.count == self.column {
                    first.get_or_insert(column.from);
                    low.push(column.low);
                    high.push(column.high);
                    rms.push((column.squares / column.count as f64).sqrt().round() as i64);
                    column.count = 0;
                }
            }
        }
        let at = self.port.seconds(first?);
        Some(
            json!({ "at": at, "step": self.column as f64 / f64::from(self.port.clock), "low": low, "high": high, "rms": rms }),
        )
    }
}

/// What the model reads, a column for each block, drawn from the lowest to the highest value so far.
struct Features<T: Item> {
    port: Port,
    tapped: Tapped<T>,
    low: f32,
    high: f32,
}

/// An item that has a real value.
trait Real: Item {
    fn real(self, port: &Port) -> f32;
}

impl Real for f32 {
    fn real(self, _: &Port) -> f32 {
        self
    }
}

impl Real for i8 {
    fn real(self, port: &Port) -> f32 {
        match port.quant {
            Some(quant) => quant.scale * (i32::from(self) - quant.zero_point) as f32,
            None => f32::from(self),
        }
    }
}

impl<T: Item> Features<T> {
    fn new(port: &Port, tapped: Tapped<T>) -> Self {
        Features { port: port.clone(), tapped, low: f32::INFINITY, high: f32::NEG_INFINITY }
    }
}

impl<T: Real> Watched for Features<T> {
    fn drain(&mut self, _: &mut Kept) -> Option<Value> {
        // Of several rows the last is the new one.
        let row = *self.port.shape.last()?;
        let bands = row.min(BANDS);
        let (mut times, mut columns) = (Vec::new(), Vec::new());
        while let Some((tick, block)) = self.tapped.next() {
            let row = &block[block.len() - row..];
            let values: Vec<f32> =
                (0..bands).map(|band| row[band * row.len() / bands].real(&self.port)).collect();
            for value in values.iter().filter(|value| value.is_finite()) {
                self.low = self.low.min(*value);
                self.high = self.high.max(*value);
            }
            let range = (self.high - self.low).max(1e-6);
            let column: String = values
                .iter()
                .map(|value| format!("{:02x}", (255.0 * (value - self.low) / range) as u8))
                .collect();
            times.push(rounded(self.port.seconds(tick)));
            columns.push(column);
        }
        (!times.is_empty()).then(|| json!({ "at": times, "columns": columns }))
    }
}

/// Probabilities, one for each label.
struct Scores<T: Item> {
    port: Port,
    tapped: Tapped<T>,
}

impl<T: Item> Scores<T> {
    fn new(port: &Port, tapped: Tapped<T>) -> Self {
        Scores { port: port.clone(), tapped }
    }
}

impl<T: Real> Watched for Scores<T> {
    fn drain(&mut self, _: &mut Kept) -> Option<Value> {
        let (mut times, mut scores) = (Vec::new(), Vec::new());
        while let Some((tick, block)) = self.tapped.next() {
            times.push(rounded(self.port.seconds(tick)));
            scores.push(
                block.iter().map(|score| rounded(f64::from(score.real(&self.port)))).collect::<Vec<_>>(),
            );
        }
        (!times.is_empty()).then(|| json!({ "at": times, "scores": scores }))
    }
}

/// Detections.
struct Events {
    port: Port,
    tapped: Tapped<Event>,
}

impl Watched for Events {
    fn drain(&mut self, kept: &mut Kept) -> Option<Value> {
        let mut events = Vec::new();
        while let Some((tick, block)) = self.tapped.next() {
            let heard = kept.heard();
            for event in block.iter().filter(|event| event.is_some()) {
                let name =
                    |names: &[String], index: u16| names.get(usize::from(index)).cloned().unwrap_or_default();
                events.push(json!({
                    "at": rounded(self.port.seconds(tick)),
                    "start": rounded(self.port.seconds(event.start)),
                    "end": rounded(self.port.seconds(event.end)),
                    "label": name(&self.port.labels, event.label),
                    "point": name(&self.port.points, event.point),
                    "score": rounded(f64::from(event.score)),
                    "heard": heard.map(rounded),
                }));
            }
        }
        (!events.is_empty()).then(|| json!({ "events": events }))
    }
}

/// Images, at most five a second, made small by leaving pixels out.
struct Images {
    port: Port,
    tapped: Tapped<u8>,
    /// Seconds before which none is shown.
    next: f64,
}

impl Watched for Images {
    fn drain(&mut self, _: &mut Kept) -> Option<Value> {
        let [height, width, channels] = self.port.shape[..] else { return None };
        let mut shown = None;
        while let Some((tick, block)) = self.tapped.next() {
            let at = self.port.seconds(tick);
            if at < self.next {
                continue;
            }
            self.next = at + IMAGE_EVERY;
            let step = height.max(width).div_ceil(IMAGE_SIDE).max(1);
            let mut pixels = String::new();
            for y in (0..height).step_by(step) {
                for x in (0..width).step_by(step) {
                    let pixel = &block[(y * width + x) * channels..][..channels];
                    let of = |channel: usize| pixel[channel.min(channels - 1)];
                    (0..3).for_each(|channel| pixels.push_str(&format!("{:02x}", of(channel))));
                }
            }
            let (width, height) = (width.div_ceil(step), height.div_ceil(step));
            shown = Some(json!({ "at": rounded(at), "width": width, "height": height, "pixels": pixels }));
        }
        shown
    }
}

/// To a thousandth: a page needs no more.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
