//! The pipeline that `PIPELINE` names as the device of MLPerf Tiny's streaming wakeword: the runner is at the first serial port, and at
//! the second one that of the interface board, whose card is a folder of the computer that emulates.
//!
//! Sound comes as the machine's time passes, and the times are the machine's.

#![no_std]
#![no_main]

use core::cell::{Cell, RefCell};
use core::fmt;

use heapless::{Deque, String};
use kws_devices::dut::{BLOCK, Ears, Interface, Listener, Worked};
use kws_engine::{Block, Flow, Stage, StageFault};
use kws_qemu::machine::{Clock, entry};
use kws_qemu::uart::Uart;
use kws_qemu::wav::{Card, RATE};
use semihosting::experimental::env;
use semihosting::{eprintln, process};
use static_cell::{ConstStaticCell, StaticCell};

#[allow(
    unreachable_pub,
    dead_code,
    reason = "the build writes it for any crate; this one never ends and asks for no gaps"
)]
mod pipeline {
    include!(concat!(env!("OUT_DIR"), "/pipeline.rs"));
}
use pipeline::{Memory, Pipeline};

/// Blocks that are noted between two commands, 35 minutes, and detections among them.
const BLOCKS: usize = 1 << 16;
const DETECTIONS: usize = 1 << 10;
/// Longest command line.
const LENGTH: usize = 512;

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
static MICROPHONE: StaticCell<Microphone> = StaticCell::new();
static ARGUMENTS: StaticCell<String<LENGTH>> = StaticCell::new();
static ACTIVATIONS: ConstStaticCell<[i8; BLOCKS]> = ConstStaticCell::new([0; BLOCKS]);
static WORKED: ConstStaticCell<[Worked; BLOCKS]> = ConstStaticCell::new([Worked::NONE; BLOCKS]);
static PULSES: ConstStaticCell<[u32; DETECTIONS]> = ConstStaticCell::new([0; DETECTIONS]);

/// What goes into the pipeline, and what comes out of it.
struct Microphone {
    samples: RefCell<Deque<i16, { 2 * BLOCK }>>,
    /// Samples that are said to be lost before the next ones.
    lost: Cell<u64>,
    activation: Cell<Option<i8>>,
    found: Cell<bool>,
}

/// The source: blocks of `N` samples, as long as there are so many.
struct Mic<const N: usize>(&'static Microphone);

impl<const N: usize> Stage for Mic<N> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), block: &mut [i16]) -> Result<Flow, StageFault> {
        if let lost @ 1.. = self.0.lost.take() {
            return Ok(Flow::Lost(lost));
        }
        let mut samples = self.0.samples.borrow_mut();
        if samples.len() < block.len() {
            return Ok(Flow::Skip);
        }
        block
            .iter_mut()
            .zip(core::iter::from_fn(|| samples.pop_front()))
            .for_each(|(to, sample)| *to = sample);
        Ok(Flow::Emit)
    }
}

/// The sink of what the model says: its first class is the wakeword.
struct Activations(&'static Microphone);

impl Stage for Activations {
    type In = i8;
    type Out = ();

    fn process(&mut self, block: Block<'_, i8>, (): ()) -> Result<Flow, StageFault> {
        self.0.activation.set(block.first().copied());
        Ok(Flow::Skip)
    }
}

/// Where lines of events go: each raises the pin.
#[derive(Clone, Copy)]
struct Output(&'static Microphone);

impl fmt::Write for Output {
    fn write_str(&mut self, _: &str) -> fmt::Result {
        self.0.found.set(true);
        Ok(())
    }
}

/// This machine.
struct Emulated {
    clock: Clock,
    card: Card,
    microphone: &'static Microphone,
    pipeline: Pipeline<'static>,
    block: [i16; BLOCK],
    began: u64,
    blocks: u64,
    has_heard: bool,
}

impl Ears for Emulated {
    type Error = &'static str;

    fn begin(&mut self) {
        // What a gap passes begins anew. It is whole blocks, which keep their phase.
        if core::mem::take(&mut self.has_heard) {
            self.microphone.samples.borrow_mut().clear();
            self.microphone.lost.set(BLOCK as u64);
        }
    }

    fn open(&mut self, name: &str) -> Result<(), &'static str> {
        self.card.open(name)?;
        (self.began, self.blocks) = (self.clock.nanoseconds(), 0);
        Ok(())
    }

    fn wait(&mut self) -> bool {
        if self.card.read(&mut self.block).is_none() {
            return false;
        }
        self.blocks += 1;
        let come = self.began + self.blocks * BLOCK as u64 * 1_000_000_000 / u64::from(RATE);
        while self.clock.nanoseconds() < come {
            self.clock.sleep_unless(|| false);
        }
        true
    }

    fn work(&mut self, activation: &mut dyn FnMut(i8)) -> bool {
        let mut samples = self.microphone.samples.borrow_mut();
        // There is room: no block of a pipeline is longer than this one.
        for sample in self.block {
            let _ = samples.push_back(sample);
        }
        drop(samples);
        self.has_heard = true;
        loop {
            match self.pipeline.tick() {
                Ok(Flow::Skip) => break,
                Ok(_) => self.microphone.activation.take().into_iter().for_each(&mut *activation),
                Err(failed) => {
                    eprintln!("error: {failed}");
                    process::exit(1)
                }
            }
        }
        self.microphone.found.take()
    }

    fn microseconds(&mut self) -> u64 {
        (self.clock.nanoseconds() - self.began) / 1000
    }
}

/// The folder that the command line names.
fn card() -> &'static str {
    let wanted = "argument: card=FOLDER, the .wav files that the interface board plays";
    let Ok(arguments) = env::args::<LENGTH>() else { refuse(wanted) };
    let card =
        (&arguments).skip(1).filter_map(Result::ok).find_map(|argument| argument.strip_prefix("card="));
    let Some(card) = card else { refuse(wanted) };
    let kept = ARGUMENTS.init(String::new());
    if kept.push_str(card).and_then(|()| kept.push_str("/")).is_err() {
        refuse("`card` is longer than 512 bytes");
    }
    kept
}

fn refuse(why: &str) -> ! {
    eprintln!("{why}");
    process::exit(2)
}

#[entry]
fn main() -> ! {
    let card = Card::new(card());
    let microphone: &'static Microphone = MICROPHONE.init(Microphone {
        samples: RefCell::new(Deque::new()),
        lost: Cell::new(0),
        activation: Cell::new(None),
        found: Cell::new(false),
    });
    let (source, activations, output) = (Mic(microphone), Activations(microphone), Output(microphone));
    let mut pipeline = Pipeline::new(MEMORY.take(), source, activations, output);
    pipeline.start();
    let mut machine = Emulated {
        clock: Clock::every_millisecond(|| {}),
        card,
        microphone,
        pipeline,
        block: [0; BLOCK],
        began: 0,
        blocks: 0,
        has_heard: false,
    };
    let (mut device, mut board) =
        (Listener::new(ACTIVATIONS.take()), Interface::new(WORKED.take(), PULSES.take()));
    let (mut to_device, mut to_board) = (Uart::open(), Uart::open_second());
    let mut said = Ok(());
    while said.is_ok() {
        if let Some(byte) = to_device.read() {
            said = device.hear(byte, &mut to_device).map(|starts| {
                if starts {
                    machine.begin();
                }
            });
        }
        if let Some(byte) = to_board.read() {
            said = said.and(board.hear(byte, &mut machine, &mut device, &mut to_board));
        }
    }
    unreachable!("the ports take everything")
}
