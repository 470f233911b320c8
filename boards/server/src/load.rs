//! Satellites that load a Wyoming wake service in real time, and what they find.

mod hostile;
mod process;
mod report;
mod satellite;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use serde_json::{Value, json};

use crate::wyoming::{ClientError, Data, Reader, Receive, write};
use hostile::Hostiles;
pub use report::Report;
use satellite::Satellite;

/// How long the rehearsal may stand still, and the last detections may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How far a detection may be from where the rehearsal had it.
const TOLERANCE: f64 = 0.25;
/// Seconds at the beginning in which nothing is expected: models warm up.
const WARM_UP: f64 = 3.0;
/// Longest wait for detections while there is something to send.
const SLICE: Duration = Duration::from_millis(1);

/// What to load, and with what.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The service.
    pub service: SocketAddr,
    /// The recording that every satellite plays in a loop.
    pub samples: Vec<i16>,
    /// Its rate in Hz.
    pub rate: u32,
    /// Satellites at once.
    pub satellites: usize,
    /// Seconds that they stream.
    pub seconds: f64,
    /// Milliseconds of audio in a chunk.
    pub chunk_ms: u32,
    /// Models to ask for; the service's default where there are none.
    pub names: Vec<String>,
    /// Hostile clients beside them.
    pub hostile: usize,
    /// Process of the service.
    pub pid: Option<u32>,
}

impl LoadOptions {
    fn chunk(&self) -> usize {
        ((u64::from(self.rate) * u64::from(self.chunk_ms) / 1000) as usize).max(1)
    }

    /// Seconds of the recording.
    fn length(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }

    fn start(&self, out: &mut Vec<u8>) {
        let names = (!self.names.is_empty()).then_some(&self.names);
        write(out, "detect", &json!({"names": names}));
        let format = json!({"rate": self.rate, "width": 2, "channels": 1, "timestamp": 0});
        write(out, "audio-start", &format);
    }
}

/// The recording as it is sent.
struct Tape {
    rate: u32,
    chunk_ms: u32,
    /// Bytes of a chunk.
    chunk: usize,
    /// The recording, and its first chunk again.
    bytes: Vec<u8>,
}

impl Tape {
    fn new(options: &LoadOptions) -> Self {
        let samples = options.samples.iter().cycle().take(options.samples.len() + options.chunk());
        Tape {
            rate: options.rate,
            chunk_ms: options.chunk_ms,
            chunk: 2 * options.chunk(),
            bytes: samples.flat_map(|sample| sample.to_le_bytes()).collect(),
        }
    }

    /// Appends the `number`th chunk of a satellite that began at sample `from` of the recording.
    fn append(&self, from: usize, number: u64, out: &mut Vec<u8>) {
        let &Tape { rate, chunk_ms, chunk, ref bytes } = self;
        let ms = number * u64::from(chunk_ms);
        let length = r#"{"rate": , "width": 2, "channels": 1, "timestamp": }"#.len()
            + digits(rate.into())
            + digits(ms);
        // A vector takes all that is written to it.
        let _ = write!(
            out,
            "{{\"type\": \"audio-chunk\", \"version\": \"1.7.1\", \"data_length\": {length}, \"payload_length\": {chunk}}}\n\
             {{\"rate\": {rate}, \"width\": 2, \"channels\": 1, \"timestamp\": {ms}}}"
        );
        let at = (2 * from as u64 + number * chunk as u64) as usize % (bytes.len() - chunk);
        out.extend_from_slice(&bytes[at..at + chunk]);
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Reads a WAV file of 16 bits and one channel.
///
/// # Errors
/// When it is none.
pub fn recording(path: &Path) -> Result<(Vec<i16>, u32), String> {
    let mut reader = hound::WavReader::open(path)
        .map_err(|error| format!("{error}; expected WAV, 16 bits, one channel"))?;
    let format = reader.spec();
    if format.channels != 1
        || format.bits_per_sample != 16
        || format.sample_format != hound::SampleFormat::Int
    {
        return Err(format!(
            "found {} channels of {} bits, expected one of 16 bits",
            format.channels, format.bits_per_sample
        ));
    }
    let samples: Vec<i16> = reader.samples().collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    if samples.is_empty() {
        return Err("it has no samples".to_owned());
    }
    Ok((samples, format.sample_rate))
}

/// The messages that a satellite listens for.
#[derive(Default)]
struct Inbox {
    /// Timestamps of detections, in seconds.
    detections: Vec<f64>,
    /// Whether the answer to `describe` has come.
    described: bool,
    errors: Vec<String>,
}

impl Receive for Inbox {
    fn message(&mut self, kind: &str, data: Data<'_>) -> Result<(), ClientError> {
        match kind {
            "detection" => {
                let data: Value = data.read(kind)?;
                self.detections.push(data["timestamp"].as_f64().unwrap_or(f64::NAN) / 1000.0);
            }
            "info" => self.described = true,
            "error" => self.errors.push(data.read::<Value>(kind)?["text"].to_string()),
            _ => {}
        }
        Ok(())
    }

    fn payload(&mut self, _: &[u8]) -> Result<(), ClientError> {
        Ok(())
    }

    fn complete(&mut self) -> Result<(), ClientError> {
        Ok(())
    }
}

/// Where in the loop detections are to be expected, in seconds: one satellite plays it three times as fast as the
/// service takes it, and the second time counts.
fn rehearse(options: &LoadOptions) -> io::Result<Vec<f64>> {
    let mut stream = TcpStream::connect(options.service)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let mut listening = stream.try_clone()?;
    let heard = std::thread::spawn(move || {
        let (mut reader, mut inbox, mut buffer) = (Reader::new(), Inbox::default(), [0; 4096]);
        while !inbox.described {
            match listening.read(&mut buffer)? {
                0 => return Err(io::Error::from(ErrorKind::UnexpectedEof)),
                count => {
                    reader
                        .take(&buffer[..count], &mut inbox)
                        .map_err(|error| io::Error::other(error.text))?;
                }
            }
        }
        Ok(inbox)
    });
    let mut out = Vec::new();
    options.start(&mut out);
    let tape = Tape::new(options);
    let chunks = (3 * options.samples.len()).div_ceil(options.chunk()) as u64;
    for number in 0..chunks {
        tape.append(0, number, &mut out);
        stream.write_all(&out)?;
        out.clear();
    }
    write(&mut out, "describe", &json!({}));
    stream.write_all(&out)?;
    let inbox = heard.join().map_err(|_| io::Error::other("the rehearsal panicked"))??;
    if let Some(error) = inbox.errors.first() {
        return Err(io::Error::other(format!("the service says {error}")));
    }
    let length = options.length();
    let second = inbox.detections.iter().filter(|&&at| at >= length && at < 2.0 * length);
    Ok(second.map(|at| at - length).collect())
}

/// Loads a service.
///
/// # Errors
/// When it cannot be reached, or the recording has no detection in it.
pub fn run(options: &LoadOptions) -> io::Result<Report> {
    let expected = rehearse(options)?;
    if expected.is_empty() {
        return Err(io::Error::other("the service finds nothing in the recording"));
    }
    let idle = options.pid.and_then(process::Usage::of);
    let mut hostiles = (options.hostile > 0).then(|| Hostiles::start(options.service, options.hostile));
    let mut satellites = Vec::with_capacity(options.satellites);
    for index in 0..options.satellites {
        let from = (index as u64 * options.samples.len() as u64 / options.satellites as u64) as usize;
        satellites.push(Satellite::connect(options, from)?);
    }
    let mut fleet = Fleet::new(options, satellites)?;
    let before = options.pid.and_then(process::Usage::of);
    let began = Instant::now();
    fleet.stream(began)?;
    let after = options.pid.and_then(process::Usage::of);
    let elapsed = began.elapsed().as_secs_f64();
    fleet.drain()?;
    let attacks = hostiles.as_mut().map(Hostiles::stop);
    let mut report = fleet.report(&expected);
    report.attacks = attacks;
    if let (Some(idle), Some(before), Some(after)) = (idle, before, after) {
        report.cores = Some((after.seconds - before.seconds) / elapsed);
        report.resident = Some((idle.resident, after.resident));
    }
    Ok(report)
}

/// All satellites, on one thread.
struct Fleet<'a> {
    options: &'a LoadOptions,
    tape: Tape,
    satellites: Vec<Satellite>,
    poll: Poll,
    events: Events,
    /// How late every thousandth chunk was sent, in seconds.
    lags: Vec<f64>,
}

impl<'a> Fleet<'a> {
    fn new(options: &'a LoadOptions, mut satellites: Vec<Satellite>) -> io::Result<Self> {
        let poll = Poll::new()?;
        for (index, satellite) in satellites.iter_mut().enumerate() {
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(satellite.socket(), Token(index), interest)?;
        }
        Ok(Fleet {
            options,
            tape: Tape::new(options),
            satellites,
            poll,
            events: Events::with_capacity(1024),
            lags: Vec::new(),
        })
    }

    /// Sends every chunk when it is due: those of all satellites are spread evenly over the length of one.
    fn stream(&mut self, began: Instant) -> io::Result<()> {
        let count = self.satellites.len() as u64;
        let length = f64::from(self.options.chunk_ms) / 1000.0;
        let all = (self.options.seconds / length) as u64 * count;
        let due = |sequence: u64| began + Duration::from_secs_f64(length * sequence as f64 / count as f64);
        let mut sequence = 0;
        while sequence < all {
            let now = Instant::now();
            if due(sequence) > now {
                let pause = (due(sequence) - now).max(SLICE);
                self.listen(pause)?;
                continue;
            }
            // What is due by now, but not without listening in between.
            for _ in 0..count.min(256) {
                if sequence == all || due(sequence) > now {
                    break;
                }
                let (index, number) = ((sequence % count) as usize, sequence / count);
                self.satellites[index].send(&self.tape, number);
                if sequence.is_multiple_of(997) {
                    self.lags.push((Instant::now() - due(sequence)).as_secs_f64());
                }
                sequence += 1;
            }
            self.listen(Duration::ZERO)?;
        }
        Ok(())
    }

    /// Waits for the last detections: until every satellite has the answer to a last question.
    fn drain(&mut self) -> io::Result<()> {
        self.satellites.iter_mut().for_each(Satellite::ask);
        let until = Instant::now() + TIMEOUT;
        while Instant::now() < until && !self.satellites.iter().all(Satellite::is_done) {
            self.listen(Duration::from_millis(50))?;
        }
        Ok(())
    }

    fn listen(&mut self, patience: Duration) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in &self.events {
            let satellite = &mut self.satellites[event.token().0];
            if event.is_writable() {
                satellite.flush();
            }
            if event.is_readable() || event.is_read_closed() {
                satellite.listen(self.options);
            }
        }
        Ok(())
    }

    fn report(mut self, expected: &[f64]) -> Report {
        let mut report = Report::new(self.options.satellites, self.options.seconds, &mut self.lags);
        for satellite in &self.satellites {
            satellite.count(self.options, expected, &mut report);
        }
        report.close();
        report
    }
}
