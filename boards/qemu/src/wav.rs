//! Recordings on the host, read over semihosting.

use semihosting::fs::File;
use semihosting::io::Read;
use static_cell::ConstStaticCell;

use crate::path;

/// Samples a second that the emulated microphone has.
pub const RATE: u32 = 16_000;

/// Bytes that are asked for at once: a call of the host takes as long as many instructions.
const CHUNK: usize = 1024;

/// Where they are put: not on the stack, whose depth is measured.
static MEMORY: ConstStaticCell<Chunk> = ConstStaticCell::new([0; CHUNK]);

/// Where they are put.
type Chunk = [u8; CHUNK];

/// Samples of a WAV file: 16 bits, 16 kHz, of all channels in turn.
pub struct Wav {
    file: File,
    channels: u8,
    chunk: &'static mut Chunk,
    used: usize,
    filled: usize,
    /// Bytes of samples that the file still has.
    left: u32,
}

impl Wav {
    /// Opens a file of one channel, the one of this run.
    ///
    /// # Errors
    /// What is wrong with it.
    ///
    /// # Panics
    /// The second time.
    pub fn open(path: &str) -> Result<Self, &'static str> {
        let mut wav = Wav::read_by(path::open([path, ""])?, MEMORY.take());
        wav.begin()?;
        if wav.channels == 1 { Ok(wav) } else { Err("expected one channel of 16 bits at 16 kHz") }
    }

    fn read_by(file: File, chunk: &'static mut Chunk) -> Self {
        Wav { file, channels: 0, chunk, used: 0, filled: 0, left: 0 }
    }

    /// Reads up to where the samples begin.
    fn begin(&mut self) -> Result<(), &'static str> {
        let mut head = [0; 12];
        self.take(&mut head)?;
        if !(head.starts_with(b"RIFF") && head.ends_with(b"WAVE")) {
            return Err("it is not a WAV file; convert it with `kws-run` or `sox`");
        }
        loop {
            let mut chunk = [0; 8];
            self.take(&mut chunk)?;
            let [a, b, c, d, length @ ..] = chunk;
            let length = u32::from_le_bytes(length);
            match &[a, b, c, d] {
                b"data" => {
                    self.left = length;
                    return Ok(());
                }
                b"fmt " => {
                    let mut format = [0; 16];
                    self.take(&mut format)?;
                    // PCM, so many channels, 16,000 samples a second, and, after bytes a second and a frame, 16 bits.
                    let expected = [1, 0, format[2], 0, 0x80, 0x3E, 0, 0];
                    if format[..8] != expected || format[14..] != [16, 0] {
                        return Err("expected samples of 16 bits at 16 kHz");
                    }
                    self.channels = format[2];
                    self.pass(length.saturating_sub(16))?;
                }
                // Chunks begin at even places.
                _ => self.pass(length.next_multiple_of(2))?,
            }
        }
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<(), &'static str> {
        self.file.read_exact(bytes).map_err(|_| "it ends too early")
    }

    fn pass(&mut self, bytes: u32) -> Result<(), &'static str> {
        (0..bytes).try_for_each(|_| self.take(&mut [0]))
    }

    /// The next samples; `None` where fewer are left.
    pub fn read(&mut self, samples: &mut [i16]) -> Option<()> {
        let mut samples = samples.iter_mut();
        while !samples.as_slice().is_empty() {
            if self.used == self.filled {
                self.refill()?;
            }
            let bytes = &self.chunk[self.used..self.filled];
            let (pairs, _) = bytes.as_chunks();
            // The samples come first: of the pairs none may be taken for which there is no more room.
            let taken = samples.by_ref().zip(pairs).map(|(to, pair)| *to = i16::from_le_bytes(*pair)).count();
            self.used += 2 * taken;
        }
        Some(())
    }

    fn refill(&mut self) -> Option<()> {
        let wanted = CHUNK.min(self.left as usize & !1);
        let room = self.chunk.get_mut(..wanted).filter(|room| !room.is_empty())?;
        self.file.read_exact(room).ok()?;
        self.left -= wanted as u32;
        (self.used, self.filled) = (0, wanted);
        Some(())
    }
}

/// A folder of recordings on the host, of which one is open at a time.
pub struct Card {
    folder: &'static str,
    /// What is open, and otherwise the memory for it.
    open: Option<Wav>,
    closed: Option<&'static mut Chunk>,
}

impl Card {
    /// The card of this run: a path that ends with a slash.
    ///
    /// # Panics
    /// The second time.
    pub fn new(folder: &'static str) -> Self {
        Card { folder, open: None, closed: Some(MEMORY.take()) }
    }

    /// Opens a file, and closes the one before.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(&mut self, name: &str) -> Result<(), &'static str> {
        self.close();
        let file = path::open([self.folder, name])?;
        let chunk = self.closed.take().ok_or("another file is open")?;
        self.open.insert(Wav::read_by(file, chunk)).begin().inspect_err(|_| self.close())
    }

    fn close(&mut self) {
        if let Some(Wav { chunk, .. }) = self.open.take() {
            self.closed = Some(chunk);
        }
    }

    /// The next samples of the first channel; `None` where fewer are left.
    pub fn read(&mut self, samples: &mut [i16]) -> Option<()> {
        let wav = self.open.as_mut()?;
        for sample in samples {
            wav.read(core::slice::from_mut(sample))?;
            for _ in 1..wav.channels {
                wav.read(&mut [0])?;
            }
        }
        Some(())
    }
}
