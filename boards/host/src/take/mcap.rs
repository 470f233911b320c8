//! A take as an MCAP file, for Foxglove, Lichtblick and whatever else reads those.
//!
//! Messages are JSON by the schemas of Foxglove where it has one (sound, images), and otherwise plain: a field for each label's
//! score, so that it can be plotted by name.

mod writer;

use std::any::Any;
use std::collections::VecDeque;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kws_engine::{Event, Port, Role};
use serde_json::{Map, Value, json};

use super::folder::{Edge, Take};
use crate::wrapper::{Kept, OfAny, Recorded, of_any};
use writer::Mcap;

/// How many edges and messages were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exported {
    /// Topics.
    pub(crate) edges: usize,
    /// Messages.
    pub(crate) messages: u64,
}

/// Writes all edges of a take, in the order of time; the stream begins at time 0.
///
/// # Errors
/// When a recording cannot be read, or the file not be written.
pub(crate) fn export(take: &Take, to: impl Write) -> Result<Exported, String> {
    let cannot = |error: std::io::Error| format!("cannot write the MCAP file: {error}");
    let mut mcap = Mcap::begin(to).map_err(cannot)?;
    let mut tracks = Vec::new();
    for edge in &take.edges {
        let shown = Shown::of(&edge.port);
        let schema = json!({"type": "object", "properties": shown.properties(&edge.port)}).to_string();
        let channel = mcap.channel(&format!("/{}", edge.name), shown.schema(), &schema).map_err(cannot)?;
        let mut track = of_any(edge.port.element, Open { edge, shown })?;
        if let Some(first) = track.next()? {
            tracks.push((first, channel, track));
        }
    }
    let mut messages = 0;
    while let Some(place) = (0..tracks.len()).min_by_key(|&place| tracks[place].0.nanos) {
        let (message, channel, track) = &mut tracks[place];
        mcap.message(*channel, message.nanos, &message.text).map_err(cannot)?;
        messages += 1;
        match track.next()? {
            Some(next) => *message = next,
            None => drop(tracks.swap_remove(place)),
        }
    }
    mcap.end().map_err(cannot)?;
    Ok(Exported { edges: take.edges.len(), messages })
}

/// What an edge becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Sound,
    Image,
    Scores,
    Events,
    Values,
}

impl Shown {
    fn of(port: &Port) -> Shown {
        match port.element {
            kws_engine::Element::Event => Shown::Events,
            kws_engine::Element::I16 if port.role == Role::SAMPLES => Shown::Sound,
            kws_engine::Element::U8 if port.role == Role::IMAGE && port.shape.len() == 3 => Shown::Image,
            _ if port.role == Role::POSTERIOR && port.labels.len() == port.len() => Shown::Scores,
            _ => Shown::Values,
        }
    }

    fn schema(self) -> &'static str {
        match self {
            Shown::Sound => "foxglove.RawAudio",
            Shown::Image => "foxglove.RawImage",
            Shown::Scores => "kws.Scores",
            Shown::Events => "kws.Event",
            Shown::Values => "kws.Values",
        }
    }

    /// The fields of a message.
    fn properties(self, port: &Port) -> Value {
        let whole = json!({"type": "integer"});
        let (number, text) = (json!({"type": "number"}), json!({"type": "string"}));
        let bytes = json!({"type": "string", "contentEncoding": "base64"});
        let time = json!({"type": "object", "properties": {"sec": whole, "nsec": whole}});
        match self {
            Shown::Sound => json!({"timestamp": time, "data": bytes, "format": text, "sample_rate": whole,
                "number_of_channels": whole}),
            Shown::Image => {
                json!({"timestamp": time, "frame_id": text, "width": whole, "height": whole, "encoding": text,
                "step": whole, "data": bytes})
            }
            Shown::Events => {
                json!({"timestamp": time, "label": text, "point": text, "score": number, "start": number,
                "end": number})
            }
            Shown::Scores => {
                let fields = port.labels.iter().map(|label| (label.clone(), number.clone()));
                Value::Object([("timestamp".to_owned(), time)].into_iter().chain(fields).collect())
            }
            Shown::Values => json!({"timestamp": time, "values": {"type": "array", "items": number}}),
        }
    }
}

/// A message and when it was.
struct Message {
    nanos: u64,
    text: String,
}

/// The messages of an edge, one after the other.
trait Track {
    fn next(&mut self) -> Result<Option<Message>, String>;
}

/// Opens an edge.
struct Open<'a> {
    edge: &'a Edge,
    shown: Shown,
}

impl OfAny for Open<'_> {
    type Done = Result<Box<dyn Track>, String>;

    fn of<T: Kept>(self) -> Self::Done {
        let port = self.edge.port.clone();
        let recorded = Recorded::<T>::open(&port, &self.edge.files)?;
        let block = vec![T::default(); port.len()];
        Ok(Box::new(Blocks { port, shown: self.shown, recorded, block, waiting: VecDeque::new() }))
    }
}

/// A recording whose blocks become messages: those of events one for each event.
struct Blocks<T: Kept> {
    port: Port,
    shown: Shown,
    recorded: Recorded<T>,
    block: Vec<T>,
    waiting: VecDeque<Message>,
}

impl<T: Kept> Track for Blocks<T> {
    fn next(&mut self) -> Result<Option<Message>, String> {
        while self.waiting.is_empty() && !self.recorded.is_over() {
            let moment = self.recorded.moment()?;
            self.recorded.block(&mut self.block)?;
            let nanos = nanos(&self.port, moment.tick);
            let fields = fields(&self.port, self.shown, &self.block);
            self.waiting.extend(fields.into_iter().map(|mut message| {
                let time = json!({"sec": nanos / 1_000_000_000, "nsec": nanos % 1_000_000_000});
                message.insert("timestamp".to_owned(), time);
                Message { nanos, text: Value::Object(message).to_string() }
            }));
        }
        Ok(self.waiting.pop_front())
    }
}

fn nanos(port: &Port, tick: u64) -> u64 {
    (u128::from(tick) * 1_000_000_000 / u128::from(port.clock)) as u64
}

/// The messages of a block, without their time.
fn fields(port: &Port, shown: Shown, block: &dyn Any) -> Vec<Map<String, Value>> {
    let value = match shown {
        Shown::Events => {
            return items::<Event>(block).iter().filter_map(|event| of_event(port, event)).collect();
        }
        Shown::Sound => {
            let bytes: Vec<u8> = items::<i16>(block).iter().flat_map(|sample| sample.to_le_bytes()).collect();
            json!({"data": STANDARD.encode(bytes), "format": "pcm-s16", "sample_rate": port.clock,
                "number_of_channels": 1})
        }
        Shown::Image => {
            let encoding = if port.shape[2] == 1 { "mono8" } else { "rgb8" };
            json!({"frame_id": "", "height": port.shape[0], "width": port.shape[1], "step": port.shape[1] * port.shape[2],
                "encoding": encoding, "data": STANDARD.encode(items::<u8>(block))})
        }
        Shown::Scores => {
            let scores = port.labels.iter().cloned().zip(reals(port, block).into_iter().map(Value::from));
            return vec![scores.collect()];
        }
        Shown::Values => json!({"values": reals(port, block)}),
    };
    match value {
        Value::Object(message) => vec![message],
        _ => Vec::new(),
    }
}

fn of_event(port: &Port, event: &Event) -> Option<Map<String, Value>> {
    let name = |names: &[String], index: u16| names.get(usize::from(index)).cloned().unwrap_or_default();
    let message = json!({"label": name(&port.labels, event.label), "point": name(&port.points, event.point),
        "score": short(event.score), "start": port.seconds(event.start), "end": port.seconds(event.end)});
    message.as_object().filter(|_| event.is_some()).cloned()
}

/// A block of some element, as items of this one; none where it has another.
fn items<U: 'static>(block: &dyn Any) -> &[U] {
    block.downcast_ref::<Vec<U>>().map_or(&[], Vec::as_slice)
}

/// A single with no more digits than it has.
fn short(value: f32) -> f64 {
    value.to_string().parse().unwrap_or(f64::from(value))
}

/// The real values of a block of numbers.
fn reals(port: &Port, block: &dyn Any) -> Vec<f64> {
    let (scale, zero) = port.quant.map_or((1.0, 0), |quant| (f64::from(quant.scale), quant.zero_point));
    let of_whole = |whole: i32| scale * f64::from(whole - zero);
    let f32s = items::<f32>(block).iter().map(|&value| short(value));
    let i8s = items::<i8>(block).iter().map(|&value| of_whole(value.into()));
    let u8s = items::<u8>(block).iter().map(|&value| of_whole(value.into()));
    let i16s = items::<i16>(block).iter().map(|&value| of_whole(value.into()));
    f32s.chain(i8s).chain(u8s).chain(i16s).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kws_engine::{Element, Quant};

    #[test]
    fn scores_are_fields_by_label_and_real() {
        let mut port = Port::source(Element::I8, vec![2], Role::POSTERIOR, 16_000, 640);
        port.labels = vec!["yes".to_owned(), "no".to_owned()];
        port.quant = Some(Quant { scale: 0.5, zero_point: -128 });
        let shown = Shown::of(&port);
        assert_eq!(shown.properties(&port)["no"], json!({"type": "number"}));
        let found = fields(&port, shown, &vec![-128_i8, -126]);
        assert_eq!(Value::from(found[0].clone()), json!({"yes": 0.0, "no": 1.0}));
    }

    #[test]
    fn each_event_of_a_block_is_a_message() {
        let mut port = Port::source(Element::Event, vec![3], Role::EVENTS, 1_000, 10);
        port.labels = vec!["yes".to_owned()];
        let event = Event { label: 0, point: 0, score: 0.5, start: 100, end: 250 };
        let found = fields(&port, Shown::of(&port), &vec![event, Event::NONE, event]);
        assert_eq!(found.len(), 2);
        assert_eq!((&found[0]["label"], &found[0]["end"]), (&json!("yes"), &json!(0.25)));
    }

    #[test]
    fn samples_and_pixels_are_bytes() {
        let port = Port::source(Element::I16, vec![2], Role::SAMPLES, 16_000, 2);
        let sound = fields(&port, Shown::of(&port), &vec![1_i16, -2]);
        assert_eq!(sound[0]["data"], "AQD+/w==");
        let port = Port::source(Element::U8, vec![1, 2, 1], Role::IMAGE, 1_000_000, 40_000);
        let image = fields(&port, Shown::of(&port), &vec![1_u8, 255]);
        assert_eq!((&image[0]["data"], &image[0]["encoding"]), (&json!("Af8="), &json!("mono8")));
        assert_eq!(nanos(&port, 1_500_000), 1_500_000_000);
    }
}
