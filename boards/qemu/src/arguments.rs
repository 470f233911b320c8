//! What the firmware is told on the emulator's command line.

use core::ffi::CStr;
use core::fmt::Write;

use heapless::String;
use semihosting::experimental::env;
use semihosting::{eprintln, process};

use crate::tap;
use crate::trouble::Troubles;
use crate::wav::Wav;

/// Bytes of the whole command line.
const LENGTH: usize = 512;

/// How blocks come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as they are worked off.
    Free,
    /// By an interrupt, as time passes on the machine.
    Clock,
}

/// What the emulated microphone hears, how, and what goes wrong.
pub struct Arguments {
    /// The recording, `wav=FILE`.
    pub wav: Wav,
    /// `paced` or not.
    pub pace: Pace,
    /// `trouble=KIND@AT+LENGTH`, each.
    pub troubles: Troubles,
}

const USAGE: &str = "\
arguments: wav=FILE [paced] [trouble=KIND@AT+LENGTH]... [taps=FOLDER]
  wav=FILE     what the microphone hears: one channel of 16 bits at 16 kHz
  paced        an interrupt brings samples as time passes, and the core sleeps meanwhile
  trouble=     stall, overrun, restart, clip or busy, from AT on for LENGTH, both in ms: overrun@3200+200
  taps=FOLDER  where stages of the kind `tap` write";

impl Arguments {
    /// Reads them; ends the run where they are wrong.
    pub fn read() -> Self {
        let Ok(arguments) = env::args::<LENGTH>() else {
            refuse("the command line", "it is longer than 512 bytes")
        };
        let (mut wav, mut pace, mut troubles) = (None, Pace::Free, Troubles::default());
        for argument in (&arguments).skip(1).map(|argument| argument.unwrap_or_default()) {
            match argument.split_once('=') {
                Some(("wav", path)) => wav = Some(open(path).unwrap_or_else(|why| refuse(argument, why))),
                Some(("trouble", trouble)) => {
                    let added = trouble.parse().and_then(|trouble| troubles.add(trouble));
                    added.unwrap_or_else(|()| refuse(argument, "expected KIND@AT+LENGTH, four at most"));
                }
                Some(("taps", folder)) => tap::into(folder).unwrap_or_else(|why| refuse(argument, why)),
                None if argument == "paced" => pace = Pace::Clock,
                _ => refuse(argument, "no such argument"),
            }
        }
        let wav = wav.unwrap_or_else(|| refuse("wav=FILE", "it is missing"));
        Arguments { wav, pace, troubles }
    }
}

fn open(path: &str) -> Result<Wav, &'static str> {
    let mut terminated = String::<LENGTH>::new();
    write!(terminated, "{path}\0").map_err(|_| "it is too long")?;
    let path = CStr::from_bytes_with_nul(terminated.as_bytes()).map_err(|_| "it has a zero byte")?;
    Wav::open(path)
}

fn refuse(argument: &str, why: &str) -> ! {
    eprintln!("`{argument}`: {why}\n{USAGE}");
    process::exit(2)
}
