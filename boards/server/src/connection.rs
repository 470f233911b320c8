//! One client's side of the protocol: bytes in, bytes out, without a socket.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::audio::Format;
use crate::catalogue::{Catalogue, Choice, Chosen, PROGRAM};
use crate::metrics::Metrics;
use crate::plans::Plans;
use crate::stream::{Hit, Stream};
use crate::wyoming::{ClientError, Data, Reader, Receive, write};

/// Bytes of answers that may wait for a client that does not read them.
const MAX_WAITING: usize = 256 * 1024;

/// What a connection has of the service.
pub(crate) struct Service {
    pub(crate) catalogue: Catalogue,
    pub(crate) metrics: Metrics,
    /// Seconds of audio after a detection in which the same name is not reported again.
    pub(crate) refractory: f64,
}

/// A connection: what its client has said, and what is to be sent to it.
pub(crate) struct Connection {
    reader: Reader,
    desk: Desk,
}

/// What a connection does with messages.
struct Desk {
    service: Arc<Service>,
    /// How the log calls the client.
    client: String,
    choice: Choice,
    context: Option<Value>,
    stream: Option<Stream>,
    /// What the payload under way is.
    payload: Payload,
    /// When each name was reported last, in seconds of the stream.
    reported: Vec<(Arc<str>, f64)>,
    out: Vec<u8>,
    tally: Tally,
}

/// What a connection has brought, for the log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Seconds of audio in the streams before the present one.
    pub(crate) seconds: f64,
    /// Detections that were reported.
    pub(crate) detections: u64,
    /// Messages of types that are not known.
    unknown: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Payload {
    Audio,
    Ignored,
}

impl Connection {
    /// A connection on which nothing has been said: it hears everything.
    pub(crate) fn new(service: Arc<Service>, client: String) -> Self {
        let choice = service.catalogue.everything();
        let desk = Desk {
            service,
            client,
            choice,
            context: None,
            stream: None,
            payload: Payload::Ignored,
            reported: Vec::new(),
            out: Vec::new(),
            tally: Tally::default(),
        };
        Connection { reader: Reader::new(), desk }
    }

    /// Takes bytes of the client.
    ///
    /// # Errors
    /// When the connection must end. What is to be sent tells the client why.
    pub(crate) fn take(&mut self, bytes: &[u8], plans: &mut Plans) -> Result<(), ClientError> {
        let taken = self.reader.take(bytes, &mut Visit { desk: &mut self.desk, plans });
        if let Err(refusal) = &taken {
            let data = json!({"text": refusal.text, "code": refusal.code});
            write(&mut self.desk.out, "error", &data);
        }
        taken
    }

    /// Bytes that are to be sent.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.desk.out
    }

    /// Whether a message has begun and is not complete.
    pub(crate) fn is_within_message(&self) -> bool {
        self.reader.is_within()
    }

    /// How the log calls the client.
    pub(crate) fn client(&self) -> &str {
        &self.desk.client
    }

    /// What it has brought.
    pub(crate) fn tally(&self) -> Tally {
        let now = self.desk.stream.as_ref().map_or(0.0, Stream::seconds);
        Tally { seconds: self.desk.tally.seconds + now, ..self.desk.tally }
    }
}

#[derive(Deserialize, Default)]
struct Detect {
    names: Option<Vec<String>>,
    context: Option<Value>,
}

#[derive(Deserialize, Default)]
struct Named {
    name: Option<String>,
}

#[derive(Deserialize, Default)]
struct Ping {
    text: Option<Value>,
}

/// Of `audio-start` and `audio-chunk`.
#[derive(Deserialize, Default)]
struct Audio {
    rate: Option<u32>,
    width: Option<u32>,
    channels: Option<u32>,
    timestamp: Option<f64>,
}

impl Audio {
    fn format(&self, kind: &str) -> Result<Format, ClientError> {
        let value = |value: Option<u32>, name: &str| {
            let missing =
                || ClientError::new("malformed", format!("`{kind}` without `{name}`, expected a number"));
            value.ok_or_else(missing)
        };
        let (rate, width) = (value(self.rate, "rate")?, value(self.width, "width")?);
        Ok(Format { rate, width, channels: value(self.channels, "channels")? })
    }
}

/// A connection with the plans of the thread that serves it.
struct Visit<'a> {
    desk: &'a mut Desk,
    plans: &'a mut Plans,
}

impl Receive for Visit<'_> {
    fn message(&mut self, kind: &str, data: Data<'_>) -> Result<(), ClientError> {
        let Visit { desk, plans } = self;
        desk.payload = Payload::Ignored;
        match kind {
            "audio-chunk" => {
                desk.payload = Payload::Audio;
                desk.chunk(&data.read(kind)?, plans)?;
            }
            "describe" => desk.out.extend_from_slice(&desk.service.catalogue.info),
            "detect" => desk.detect(data.read(kind)?, plans)?,
            "audio-start" => {
                let audio: Audio = data.read(kind)?;
                desk.begin(audio.format(kind)?, audio.timestamp, plans)?;
            }
            "audio-stop" => desk.stop(plans)?,
            "ping" => {
                let ping: Ping = data.read(kind)?;
                write(&mut desk.out, "pong", &json!({"text": ping.text}));
            }
            "select-program" => desk.select(&data.read(kind)?),
            _ => desk.unknown(kind),
        }
        if desk.out.len() > MAX_WAITING {
            desk.out.clear();
            return Err(ClientError::new(
                "does-not-read",
                format!("more than {MAX_WAITING} bytes of answers wait"),
            ));
        }
        Ok(())
    }

    fn payload(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let Visit { desk, plans } = self;
        if desk.payload == Payload::Audio { desk.hear(plans, Stage::Bytes(bytes)) } else { Ok(()) }
    }

    fn complete(&mut self) -> Result<(), ClientError> {
        let Some(stream) = self.desk.stream.as_mut().filter(|_| self.desk.payload == Payload::Audio) else {
            return Ok(());
        };
        let dropped = stream.complete();
        if dropped > 0 {
            log::debug!("{}: a chunk ended within a frame; {dropped} bytes dropped", self.desk.client);
        }
        Ok(())
    }
}

/// What a stream is given.
enum Stage<'a> {
    Bytes(&'a [u8]),
    End,
}

impl Desk {
    fn pipelines(&self) -> Vec<usize> {
        let mut pipelines: Vec<usize> = self.choice.iter().map(|chosen| chosen.pipeline).collect();
        pipelines.sort_unstable();
        pipelines.dedup();
        pipelines
    }

    fn begin(
        &mut self,
        format: Format,
        timestamp: Option<f64>,
        plans: &mut Plans,
    ) -> Result<(), ClientError> {
        self.leave();
        let stream = Stream::begin(&self.client, format, timestamp, &self.pipelines(), plans)?;
        self.service.metrics.streams.fetch_add(1, Relaxed);
        self.stream = Some(stream);
        Ok(())
    }

    /// Forgets the stream.
    fn leave(&mut self) {
        self.tally.seconds += self.stream.take().map_or(0.0, |stream| stream.seconds());
        self.reported.clear();
    }

    /// Chunks without `audio-start` begin a stream too.
    fn chunk(&mut self, audio: &Audio, plans: &mut Plans) -> Result<(), ClientError> {
        let format = audio.format("audio-chunk")?;
        match &mut self.stream {
            Some(stream) => stream.chunk(format, audio.timestamp, plans),
            None => self.begin(format, audio.timestamp, plans),
        }
    }

    fn detect(&mut self, detect: Detect, plans: &mut Plans) -> Result<(), ClientError> {
        self.context = detect.context;
        let names = detect.names.unwrap_or_default();
        self.choice = self.service.catalogue.everything();
        if !names.is_empty() {
            let (choice, unknown) = self.service.catalogue.choose(&names);
            self.choice = choice;
            if !unknown.is_empty() {
                let known = self.service.catalogue.names().join("`, `");
                let unknown = unknown.join("`, `");
                let text = format!("`detect` names `{unknown}`, which is not served; available: `{known}`");
                log::warn!("{}: {text}", self.client);
                write(&mut self.out, "error", &json!({"text": text, "code": "unknown-model"}));
            }
        }
        let pipelines = self.pipelines();
        let client = &self.client;
        self.stream.as_mut().map_or(Ok(()), |stream| stream.listen(client, &pipelines, plans))
    }

    fn select(&mut self, program: &Named) {
        let Some(name) = program.name.as_ref().filter(|name| *name != PROGRAM) else { return };
        let text = format!("`select-program` names `{name}`; available: `{PROGRAM}`");
        log::warn!("{}: {text}", self.client);
        write(&mut self.out, "error", &json!({"text": text, "code": "unknown-program"}));
    }

    /// Peers are expected to ignore what they do not know.
    fn unknown(&mut self, kind: &str) {
        self.tally.unknown += 1;
        if self.tally.unknown == 1 {
            let kind: String = kind.chars().take(64).collect();
            log::debug!("{}: ignores messages of type {kind:?}", self.client);
        }
    }

    fn stop(&mut self, plans: &mut Plans) -> Result<(), ClientError> {
        self.hear(plans, Stage::End)?;
        if self.stream.is_some() && self.reported.is_empty() {
            write(&mut self.out, "not-detected", &with_context(json!({}), self.context.as_ref()));
        }
        self.leave();
        Ok(())
    }

    fn hear(&mut self, plans: &mut Plans, given: Stage<'_>) -> Result<(), ClientError> {
        let Desk { service, client, choice, context, stream, reported, out, tally, .. } = self;
        let Some(stream) = stream else { return Ok(()) };
        let mut teller = Teller { service, client, choice, context: context.as_ref(), reported, out, tally };
        let mut see = |hit: Hit<'_>| teller.tell(&hit);
        match given {
            Stage::Bytes(bytes) => {
                service.metrics.audio_bytes.fetch_add(bytes.len() as u64, Relaxed);
                stream.audio(bytes, plans, &mut see)
            }
            Stage::End => stream.finish(plans, &mut see),
        }
    }
}

/// Tells a client of detections.
struct Teller<'a> {
    service: &'a Service,
    client: &'a str,
    choice: &'a [Chosen],
    context: Option<&'a Value>,
    reported: &'a mut Vec<(Arc<str>, f64)>,
    out: &'a mut Vec<u8>,
    tally: &'a mut Tally,
}

impl Teller<'_> {
    fn tell(&mut self, hit: &Hit<'_>) {
        let wanted = |chosen: &&Chosen| {
            chosen.pipeline == hit.pipeline && chosen.word.as_ref().is_none_or(|word| word == hit.label)
        };
        let Some(Chosen { name, .. }) = self.choice.iter().find(wanted) else { return };
        match self.reported.iter_mut().find(|(reported, _)| reported == name) {
            // Several operating points of one word tell it at the same moment.
            Some((_, last)) if hit.at <= *last || hit.at - *last < self.service.refractory => return,
            Some((_, last)) => *last = hit.at,
            None => self.reported.push((name.clone(), hit.at)),
        }
        let detection = json!({"name": &**name, "timestamp": hit.timestamp, "speaker": null});
        write(self.out, "detection", &with_context(detection, self.context));
        let about = json!({"name": "kws-detection", "data": about(name, hit)});
        write(self.out, "user-event", &with_context(about, self.context));
        self.tally.detections += 1;
        self.service.metrics.detections(name);
        let Hit { at, score, timestamp, .. } = hit;
        log::info!("{}: `{name}` at {at:.3} s, timestamp {timestamp}, score {score:.2}", self.client);
    }
}

/// What is known of a detection beside its name.
fn about(name: &str, hit: &Hit<'_>) -> Value {
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    let thousandths = |value: f64| (value * 1000.0).round() / 1000.0;
    json!({
        "name": name,
        "timestamp": hit.timestamp,
        "label": hit.label,
        "point": hit.point,
        "score": (f64::from(hit.score) * 10_000.0).round() / 10_000.0,
        "time": thousandths(hit.at),
        "start": thousandths(hit.start),
        "level_dbfs": hit.loudness.map(|loudness| tenths(loudness.dbfs)),
        "snr_db": hit.loudness.and_then(|loudness| loudness.snr).map(tenths),
    })
}

fn with_context(mut data: Value, context: Option<&Value>) -> Value {
    if let Some(context) = context {
        data["context"] = context.clone();
    }
    data
}
