//! `raw`: samples without a header.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use kws_engine::{
    Cost, Design, DesignError, Element, Flow, Kind, Rest, Scheme, Simple, Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lasting, default_rate, samples};

/// Bytes of a sample.
const SAMPLE: u64 = 2;
/// Bytes read at once.
const PIECE: usize = 16 * 1024;
/// Pieces of standard input that may wait to be taken.
const WAITING: usize = 4;
/// How long standard input is waited for before the engine may look whether it shall stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Plays headerless samples (s16le, one channel) from a file, a named pipe or standard input.
///
/// # Writes
/// Samples, `i16`, one tick each. A last incomplete block is dropped, so that events do not depend on the block's
/// length.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "raw"
/// path = "-"
/// rate = 16000
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RawParams {
    /// The file, relative to the pipeline's folder; "-" for standard input.
    #[schemars(extend("format" = "path"))]
    path: PathBuf,
    /// Samples per second.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 1000, max = 768_000), extend("unit" = "Hz"))]
    rate: u32,
    /// Samples per block; by default what the pipeline needs, otherwise 10 ms.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_048_576), extend("unit" = "samples"))]
    block: Option<u32>,
    /// Whether the samples come as they are made, so that events bear the time of day.
    #[serde(default)]
    live: bool,
}

impl Kind for RawParams {
    const NAME: &'static str = "raw";
    const SCHEME: Option<Scheme> = Some(Scheme { name: "raw", rest: Rest::PathOrInput });
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = samples(Element::I16, self.rate, self.block, site);
        let path = (self.path != Path::new("-")).then(|| site.path(&self.path));
        if let Some(path) = &path {
            check(path).map_err(|text| DesignError::of("path", text))?;
        }
        if self.live {
            site.happens_now();
        }
        let (file, rate) = (path.clone(), f64::from(self.rate));
        let design = Simple::boxed(Some(port), Cost::default(), move || match &path {
            Some(path) => {
                let name = path.display().to_string();
                if !path.is_file() {
                    // To open a pipe waits until somebody writes to it.
                    let path = path.clone();
                    let open = move || File::open(&path).map_err(|error| cannot_open(&path, &error));
                    return Ok(node(Raw::new(Awaited::new(open), name)));
                }
                let file =
                    File::open(path).map_err(|error| StageFault::because(cannot_open(path, &error)))?;
                Ok(node(Raw::new(Direct(file), name)))
            }
            None => {
                let supply = Awaited::new(|| Ok(std::io::stdin()));
                Ok(node(Raw::new(supply, "standard input".to_owned())))
            }
        });
        Ok(Lasting::boxed(design, move || {
            let about = std::fs::metadata(file.as_ref()?).ok().filter(|about| about.is_file())?;
            Some((about.len() / SAMPLE) as f64 / rate)
        }))
    }
}

fn cannot_open(path: &Path, error: &std::io::Error) -> String {
    format!("cannot open `{}`: {error}", path.display())
}

/// What can be known of a plain file before it is read. Pipes and devices are taken as they come.
fn check(path: &Path) -> Result<(), String> {
    let about = std::fs::metadata(path).map_err(|error| cannot_open(path, &error))?;
    let name = path.display();
    if about.is_dir() {
        return Err(format!("`{name}` is a folder, expected a file"));
    }
    if !about.is_file() {
        return Ok(());
    }
    File::open(path).map_err(|error| cannot_open(path, &error))?;
    match about.len() {
        0 => Err(format!("`{name}` is empty")),
        bytes if bytes % 2 == 1 => {
            Err(format!("`{name}` has {bytes} bytes, expected an even number (2 bytes per sample)"))
        }
        _ => Ok(()),
    }
}

/// Where bytes come from.
trait Supply: Send {
    /// Puts more bytes in the place of those used up.
    fn refill(&mut self, bytes: &mut Vec<u8>) -> Result<Supplied, StageFault>;
}

/// What came of asking for bytes.
#[derive(PartialEq, Eq)]
enum Supplied {
    Bytes,
    NotYet,
    End,
}

/// A file, which never keeps one waiting.
struct Direct<R>(R);

impl<R: Read + Send> Supply for Direct<R> {
    fn refill(&mut self, bytes: &mut Vec<u8>) -> Result<Supplied, StageFault> {
        read(&mut self.0, bytes).map_err(StageFault::because)
    }
}

fn read(from: &mut impl Read, bytes: &mut Vec<u8>) -> Result<Supplied, String> {
    bytes.resize(PIECE, 0);
    loop {
        match from.read(bytes) {
            Ok(0) => return Ok(Supplied::End),
            Ok(count) => {
                bytes.truncate(count);
                return Ok(Supplied::Bytes);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(format!("cannot read further: {error}")),
        }
    }
}

/// A pipe or a terminal: opened and read by a thread of its own, so that a run can be stopped while nothing comes.
struct Awaited {
    full: Receiver<Result<Vec<u8>, String>>,
    empty: SyncSender<Vec<u8>>,
}

impl Awaited {
    fn new<R: Read>(open: impl FnOnce() -> Result<R, String> + Send + 'static) -> Self {
        let (to_lane, full) = sync_channel(WAITING);
        let (empty, from_lane) = sync_channel::<Vec<u8>>(WAITING + 1);
        for _ in 0..WAITING {
            // There is room for every piece that is made.
            let _ = empty.send(Vec::with_capacity(PIECE));
        }
        std::thread::spawn(move || {
            let mut from = match open() {
                Ok(from) => from,
                Err(text) => {
                    let _ = to_lane.send(Err(text));
                    return;
                }
            };
            while let Ok(mut bytes) = from_lane.recv() {
                let piece = match read(&mut from, &mut bytes) {
                    Ok(Supplied::Bytes) => Ok(bytes),
                    Ok(_) => return,
                    Err(text) => Err(text),
                };
                if to_lane.send(piece).is_err() {
                    return;
                }
            }
        });
        Awaited { full, empty }
    }
}

impl Supply for Awaited {
    fn refill(&mut self, bytes: &mut Vec<u8>) -> Result<Supplied, StageFault> {
        match self.full.recv_timeout(POLL_INTERVAL) {
            Ok(piece) => {
                let used = std::mem::replace(bytes, piece.map_err(StageFault::because)?);
                // The lane's first buffer was not made by the thread; one too many is let go.
                let _ = self.empty.try_send(used);
                Ok(Supplied::Bytes)
            }
            Err(RecvTimeoutError::Timeout) => Ok(Supplied::NotYet),
            Err(RecvTimeoutError::Disconnected) => Ok(Supplied::End),
        }
    }
}

/// The stage: two bytes make a sample.
struct Raw<S> {
    supply: S,
    name: String,
    bytes: Vec<u8>,
    used: usize,
    /// The first byte of a sample whose second has not come.
    half: Option<u8>,
    /// The block under way, kept while input is waited for.
    pending: Vec<i16>,
    begun: bool,
}

impl<S: Supply> Raw<S> {
    fn new(supply: S, name: String) -> Self {
        Raw { supply, name, bytes: Vec::new(), used: 0, half: None, pending: Vec::new(), begun: false }
    }

    /// Moves samples from the bytes at hand to the block under way.
    fn take(&mut self, block: usize) {
        if let (Some(low), Some(&high)) = (self.half, self.bytes.get(self.used)) {
            self.pending.push(i16::from_le_bytes([low, high]));
            self.half = None;
            self.used += 1;
        }
        let wanted = 2 * (block - self.pending.len());
        let bytes = &self.bytes[self.used..];
        let pairs = bytes[..bytes.len().min(wanted)].chunks_exact(2);
        if let ([last], true) = (pairs.remainder(), bytes.len() < wanted) {
            self.half = Some(*last);
            self.used += 1;
        }
        self.used += 2 * pairs.len();
        self.pending.extend(pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
    }
}

impl<S: Supply> Stage for Raw<S> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), block: &mut [i16]) -> Result<Flow, StageFault> {
        loop {
            self.take(block.len());
            if self.pending.len() == block.len() {
                block.copy_from_slice(&self.pending);
                self.pending.clear();
                self.begun = true;
                return Ok(Flow::Emit);
            }
            self.used = 0;
            let supplied = self.supply.refill(&mut self.bytes)?;
            match supplied {
                Supplied::Bytes => {}
                Supplied::NotYet => {
                    self.bytes.clear();
                    return Ok(Flow::Skip);
                }
                Supplied::End if self.begun => return Ok(Flow::End),
                Supplied::End => {
                    let (name, found, wanted) = (&self.name, self.pending.len(), block.len());
                    let text =
                        format!("{name} ended after {found} samples, before the first block of {wanted}");
                    return Err(StageFault::because(text));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out bytes in pieces of the lengths given, with waits between.
    struct Pieces(std::vec::IntoIter<Vec<u8>>, bool);

    impl Supply for Pieces {
        fn refill(&mut self, bytes: &mut Vec<u8>) -> Result<Supplied, StageFault> {
            self.1 = !self.1;
            if self.1 {
                return Ok(Supplied::NotYet);
            }
            let Some(piece) = self.0.next() else { return Ok(Supplied::End) };
            *bytes = piece;
            Ok(Supplied::Bytes)
        }
    }

    fn played(bytes: &[u8], piece: usize, block: usize) -> Vec<Vec<i16>> {
        let pieces: Vec<Vec<u8>> = bytes.chunks(piece).map(<[u8]>::to_vec).collect();
        let mut raw = Raw::new(Pieces(pieces.into_iter(), false), "test".to_owned());
        let mut blocks = Vec::new();
        let mut block = vec![0; block];
        loop {
            match raw.process((), &mut block).unwrap() {
                Flow::Emit => blocks.push(block.clone()),
                Flow::Skip => {}
                _ => return blocks,
            }
        }
    }

    #[test]
    fn blocks_do_not_depend_on_how_bytes_come() {
        let bytes: Vec<u8> = (0..23).collect();
        let expected =
            vec![vec![0x0100, 0x0302, 0x0504], vec![0x0706, 0x0908, 0x0b0a], vec![0x0d0c, 0x0f0e, 0x1110]];
        for piece in 1..=23 {
            assert_eq!(played(&bytes, piece, 3), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn less_than_a_block_is_a_fault() {
        let mut raw = Raw::new(Direct(&[1, 0, 2, 0][..]), "test".to_owned());
        let fault = raw.process((), &mut [0; 3]).unwrap_err();
        assert_eq!(fault.to_string(), "test ended after 2 samples, before the first block of 3");
    }

    #[test]
    fn a_thread_reads_what_may_keep_waiting() {
        let bytes: Vec<u8> = (0..100_000u32).flat_map(|n| (n as i16).to_le_bytes()).collect();
        let mut raw = Raw::new(Awaited::new(|| Ok(std::io::Cursor::new(bytes))), "test".to_owned());
        let (mut block, mut next) = ([0; 1000], 0u32);
        loop {
            match raw.process((), &mut block).unwrap() {
                Flow::Emit => block.iter().for_each(|sample| {
                    assert_eq!(*sample, next as i16);
                    next += 1;
                }),
                Flow::Skip => {}
                _ => break,
            }
        }
        assert_eq!(next, 100_000);
    }
}
