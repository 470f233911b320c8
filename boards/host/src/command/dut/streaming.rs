//! MLPerf Tiny's streaming wakeword, `sww01`: the device, which is a pipeline, and the interface board beside it, which plays sound to it
//! and notes when it worked and found a word.
//!
//! The runner speaks with both by a serial line each. Samples come in real time, in blocks as long as the device's DMA would be, and the
//! times are this computer's.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::iter::StepBy;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use kws_devices::dut::{BLOCK, Ears, Heard, Interface, Listener, Worked};
use kws_engine::{Pipeline, Plan, Registry, Session};

use super::Text;
use super::pseudoterminal::{self, Pseudoterminal};
use crate::command::command_error::CommandError;
use crate::command::journal::{Level, tell};

/// Blocks that are noted between two commands, 9 hours, and detections among them.
const BLOCKS: usize = 1 << 20;
const DETECTIONS: usize = 1 << 16;

/// Which of the two lines a byte came by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Device,
    Interface,
}

/// Answers the runner at two pseudoterminals until Ctrl-C comes; `card` is the folder with the `.wav` files that it has played.
pub(crate) fn serve(path: &Path, registry: &Registry, card: &Path) -> Result<(), CommandError> {
    let mut pipeline = Pipeline::read(path)?;
    pipeline.in_one_place();
    let computer = Computer::new(&Plan::new(&pipeline, registry)?, card)?;
    let (device, interface) = (pseudoterminal::open()?, pseudoterminal::open()?);
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}\n{}", device.name, interface.name)?;
    stdout.flush()?;
    tell(
        Level::Notice,
        format_args!(
            "sww01 answers at {}, its interface board at {}; Ctrl-C ends it",
            device.name, interface.name
        ),
    );
    dialogue(computer, &device, &interface)
}

/// Hears both lines, and answers one command after the other.
fn dialogue(
    mut computer: Computer,
    device: &Pseudoterminal,
    interface: &Pseudoterminal,
) -> Result<(), CommandError> {
    let (sender, heard) = crossbeam_channel::unbounded();
    for (of, line) in [(Of::Device, &device.device), (Of::Interface, &interface.device)] {
        let (line, sender) = (line.try_clone()?, sender.clone());
        thread::Builder::new().name("line".to_owned()).spawn(move || hear(line, of, &sender))?;
    }
    drop(sender);
    let mut listener = Listener::new(vec![0; BLOCKS]);
    let mut board = Interface::new(vec![Worked::NONE; BLOCKS], vec![0; DETECTIONS]);
    let (mut to_device, mut to_interface) = (Text::to(&device.device), Text::to(&interface.device));
    for (of, byte) in heard {
        let said = match of {
            Of::Device => listener.hear(byte, &mut to_device).map(|starts| {
                if starts {
                    computer.begin();
                }
            }),
            Of::Interface => board.hear(byte, &mut computer, &mut listener, &mut to_interface),
        };
        if let Some(fault) = computer.fault.take() {
            return Err(fault);
        }
        if said.is_err() {
            let failure = to_device.failure.or(to_interface.failure);
            return Err(failure.unwrap_or_else(|| std::io::ErrorKind::Other.into()).into());
        }
    }
    Ok(())
}

/// Hands on what comes by a line.
fn hear(mut line: File, of: Of, to: &Sender<(Of, u8)>) {
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = line.read(&mut bytes) {
        if bytes[..count].iter().any(|byte| to.send((of, *byte)).is_err()) {
            return;
        }
    }
}

/// This computer: a card with sound, and a pipeline that hears it in real time.
struct Computer {
    session: Session,
    source: String,
    rate: u32,
    card: PathBuf,
    playing: Option<Playing>,
    /// Why the pipeline cannot go on.
    fault: Option<CommandError>,
}

/// A file that is played: its first channel.
struct Playing {
    samples: StepBy<hound::WavIntoSamples<BufReader<File>, i16>>,
    block: [i16; BLOCK],
    began: Instant,
    blocks: usize,
}

impl Playing {
    /// Reads the next block. Whether there was a whole one.
    fn read(&mut self) -> bool {
        self.blocks += 1;
        let samples = &mut self.samples;
        self.block.iter_mut().all(|place| match samples.next() {
            Some(Ok(sample)) => {
                *place = sample;
                true
            }
            _ => false,
        })
    }
}

impl Computer {
    fn new(plan: &Plan, card: &Path) -> Result<Self, CommandError> {
        let heard = Heard::of(plan).map_err(CommandError::Lacking)?;
        let mut session = plan.session()?;
        for stage in [heard.model, heard.finder] {
            session.tap(&stage).map_err(|error| CommandError::Lacking(error.to_string()))?;
        }
        let sources: Vec<_> = session.sources().map(|(name, port)| (name.to_owned(), port.clock)).collect();
        let [(source, rate)] = &sources[..] else {
            return Err(CommandError::Lacking("`sww01` needs a pipeline with one source".to_owned()));
        };
        let (source, rate, card) = (source.clone(), *rate, card.to_owned());
        Ok(Computer { session, source, rate, card, playing: None, fault: None })
    }
}

impl Ears for Computer {
    type Error = String;

    fn begin(&mut self) {
        self.session.reset();
    }

    fn open(&mut self, name: &str) -> Result<(), String> {
        // A card has no folders.
        let path = Path::new(name).file_name().map(|name| self.card.join(name)).ok_or("no file is named")?;
        let reader = hound::WavReader::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let spec = reader.spec();
        if spec.sample_rate != self.rate || spec.bits_per_sample != 16 {
            let (rate, bits) = (spec.sample_rate, spec.bits_per_sample);
            return Err(format!(
                "{name}: found {rate} Hz and {bits} bits, expected {} Hz and 16 bits",
                self.rate
            ));
        }
        let samples = reader.into_samples().step_by(usize::from(spec.channels));
        self.playing = Some(Playing { samples, block: [0; BLOCK], began: Instant::now(), blocks: 0 });
        Ok(())
    }

    fn wait(&mut self) -> bool {
        let Some(playing) = self.playing.as_mut().filter(|_| self.fault.is_none()) else { return false };
        if !playing.read() {
            return false;
        }
        let come = Duration::from_secs_f64((playing.blocks * BLOCK) as f64 / f64::from(self.rate));
        thread::sleep(come.saturating_sub(playing.began.elapsed()));
        true
    }

    fn work(&mut self, activation: &mut dyn FnMut(i8)) -> bool {
        let Some(playing) = &self.playing else { return false };
        let mut found = false;
        let worked = self.session.push(&self.source, &playing.block, |output| {
            found |= output.detections().next().is_some();
            // The first class is the wakeword.
            output.items::<i8>().and_then(<[i8]>::first).into_iter().for_each(|first| activation(*first));
        });
        if let Err(error) = worked {
            self.fault = Some(CommandError::Lacking(error.to_string()));
        }
        found
    }

    fn microseconds(&mut self) -> u64 {
        self.playing.as_ref().map_or(0, |playing| playing.began.elapsed().as_micros() as u64)
    }
}
