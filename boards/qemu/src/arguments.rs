//! The firmware's arguments on the emulator's command line.

use core::convert::Infallible;

use semihosting::experimental::env;
use semihosting::{eprintln, process};

use crate::disturbance::{Disturbance, Disturbances};
use crate::machine::Clock;
use crate::path::LENGTH;
use crate::source::Source;
use crate::tap;

/// How blocks come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as they are worked off.
    Free,
    /// By an interrupt, as time passes on the machine.
    Clock,
}

/// What the pipeline's source plays, how, and what goes wrong.
pub struct Arguments<S: Source> {
    /// What it plays, `wav=FILE` or `camera=STEM`.
    recording: S::Recording,
    /// `paced` or not.
    pub pace: Pace,
    /// `disturbance=KIND@AT+LENGTH`, each.
    disturbances: Disturbances,
}

const USAGE: &str = "\
arguments: wav=FILE [paced] [disturbance=KIND@AT+LENGTH]... [taps=FOLDER]
           camera=STEM [taps=FOLDER]
  wav=FILE     what the microphone hears: one channel of 16 bits at 16 kHz
  camera=STEM  what the camera sees: STEM.npy and STEM.ticks.npy, as `kws-run --record` writes them
  paced        an interrupt brings samples as time passes, and the core sleeps meanwhile
  disturbance=     stall, overrun, restart, clip or busy, from AT on for LENGTH, both in ms: overrun@3200+200
  taps=FOLDER  where stages of the kind `tap` write";

impl<S: Source> Arguments<S> {
    /// Reads them; ends the run where they are wrong.
    #[inline(never)]
    pub fn read() -> Self {
        let Ok(arguments) = env::args::<LENGTH>() else {
            refuse("the command line", "it is longer than 512 bytes")
        };
        let (mut recording, mut pace, mut disturbances) = (None, Pace::Free, Disturbances::default());
        for argument in (&arguments).skip(1).map(|argument| argument.unwrap_or_default()) {
            match argument.split_once('=') {
                Some((name, path)) if name == S::ARGUMENT => {
                    recording = Some(S::open(path).unwrap_or_else(|why| refuse(argument, why)));
                }
                Some(("disturbance", disturbance)) => {
                    let added = disturbance.parse().and_then(|disturbance| disturbances.add(disturbance));
                    added.unwrap_or_else(|why| refuse(argument, why));
                }
                Some(("taps", folder)) => tap::into(folder).unwrap_or_else(|why| refuse(argument, why)),
                None if argument == "paced" => pace = Pace::Clock,
                _ => refuse(argument, "this pipeline has no such argument"),
            }
        }
        let recording = recording.unwrap_or_else(|| refuse(S::ARGUMENT, "it is missing"));
        S::check(pace, &disturbances).unwrap_or_else(|why| refuse(S::ARGUMENT, why));
        Arguments { recording, pace, disturbances }
    }

    /// Runs with them: in a frame of its own, so that the run's stack does not stand on that of reading them.
    #[inline(never)]
    pub fn run(self, run: impl FnOnce(Self) -> Infallible) -> ! {
        match run(self) {}
    }

    /// The time in which the core does something else, if there is one.
    pub fn take_busy(&mut self) -> Option<Disturbance> {
        self.disturbances.take_busy()
    }

    /// Ticks of the source's stream in a second.
    pub const fn rate(&self) -> u32 {
        S::RATE
    }

    /// Begins to play, and starts the clock.
    #[inline]
    pub fn play(self) -> (S, Clock) {
        S::play(self.recording, self.pace, self.disturbances)
    }
}

fn refuse(argument: &str, why: &str) -> ! {
    eprintln!("`{argument}`: {why}\n{USAGE}");
    process::exit(2)
}
