//! Standard output of the emulator, line by line.

use core::cell::RefCell;
use core::fmt;

use critical_section::Mutex;
use heapless::Vec;
use semihosting::io::{self, Write};

/// Longest part of a line that is written at once.
const LINE: usize = 256;

static WAITING: Mutex<RefCell<Vec<u8, LINE>>> = Mutex::new(RefCell::new(Vec::new()));

/// Writes to the emulator's standard output; what is written waits until its line is whole, since a call of the host
/// takes as long as many instructions.
#[derive(Clone, Copy, Debug)]
pub struct Output;

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        critical_section::with(|section| {
            let waiting = &mut *WAITING.borrow_ref_mut(section);
            for byte in text.bytes() {
                let full = waiting.push(byte).is_err();
                if full || byte == b'\n' {
                    io::stdout().and_then(|mut stdout| stdout.write_all(waiting)).map_err(|_| fmt::Error)?;
                    waiting.clear();
                }
                if full {
                    waiting.push(byte).map_err(|_| fmt::Error)?;
                }
            }
            Ok(())
        })
    }
}
