//! The link with another place of the pipeline, over the machine's serial port.

use core::cell::RefCell;

use critical_section::Mutex;
use kws_devices::{Carrier, Linked, outboxes};
use kws_link::{Link, Outbox, Timing};
use static_cell::{ConstStaticCell, StaticCell};

use crate::machine::Clock;
use crate::uart::Uart;

/// The link of this machine.
type OwnLink = Link<'static, &'static mut [u8]>;

static LINK: Mutex<RefCell<Option<OwnLink>>> = Mutex::new(RefCell::new(None));

/// Where the stages find the link.
pub struct Shared;

impl Linked for Shared {
    fn with<R>(lend: impl FnOnce(&mut OwnLink) -> R) -> Option<R> {
        critical_section::with(|section| LINK.borrow_ref_mut(section).as_mut().map(lend))
    }
}

/// The link and what carries it.
pub struct Line<'c> {
    clock: &'c Clock,
    uart: Uart,
    carrier: Carrier,
}

/// Makes the link of `uplink.rs`, with memory that is used once.
///
/// # Panics
/// The second time.
pub fn open<'c, const N: usize, const ROOM: usize>(
    pipeline: u64,
    edges: &[(u8, u32, usize); N],
    memory: &'static ConstStaticCell<[u8; ROOM]>,
    places: &'static StaticCell<[Outbox<&'static mut [u8]>; N]>,
    clock: &'c Clock,
) -> Line<'c> {
    let outboxes = places.init(outboxes(edges, memory.take()));
    // The emulator starts at the same moment each time; what tells two starts apart is what it has counted until now.
    let session = (clock.nanoseconds() as u32) | 1;
    let mut link = Link::new(pipeline, session, Timing::DEFAULT, outboxes, &mut []);
    link.open(milliseconds(clock));
    critical_section::with(|section| LINK.borrow_ref_mut(section).replace(link));
    Line { clock, uart: Uart::open(), carrier: Carrier::new() }
}

fn milliseconds(clock: &Clock) -> u64 {
    clock.nanoseconds() / 1_000_000
}

impl Line<'_> {
    /// Passes on what has come, and writes what is to be written.
    pub fn carry(&mut self) {
        let now = milliseconds(self.clock);
        while let Some(byte) = self.uart.read() {
            let _ = Shared::with(|link| self.carrier.hear(link, byte, now));
        }
        let (uart, carrier) = (&mut self.uart, &mut self.carrier);
        let write = |bytes: &[u8]| {
            uart.write(bytes);
            bytes.len()
        };
        let _ = Shared::with(|link| carrier.say(link, now, write));
    }

    /// Carries until a block of each edge has room: what is recorded can wait.
    pub fn wait_for_room(&mut self, edges: &[(u8, u32, usize)]) {
        let has_room = |link: &mut OwnLink| {
            edges.iter().all(|(edge, bytes, _)| {
                link.outbox(*edge).is_none_or(|outbox| outbox.has_room(*bytes as usize))
            })
        };
        while Shared::with(has_room) == Some(false) {
            self.carry();
        }
    }

    /// Carries until the other end has everything, and tells it so.
    pub fn complete(&mut self) {
        while Shared::with(|link| link.is_done()) == Some(false) {
            self.carry();
        }
        let mut frame = [0; 8];
        let mut wire = [0; 24];
        let said = Shared::with(|link| link.leave(&mut frame)).flatten();
        if let Some(len) = said.and_then(|len| kws_link::Wrapper::wrap(&frame[..len], &mut wire).ok()) {
            self.uart.write(&wire[..len]);
        }
        // Who has left a bookmark may yet come back for what it had.
        while Shared::with(|link| link.has_bookmark() && !link.peer_ended()) == Some(true) {
            self.carry();
        }
    }
}
