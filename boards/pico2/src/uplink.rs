//! The link with another place of the pipeline, over the USB socket.

use core::cell::RefCell;

use critical_section::Mutex;
use kws_devices::{Carrier, Linked, outboxes};
use kws_link::{Link, Outbox, Timing};
use static_cell::{ConstStaticCell, StaticCell};

use crate::usb;

#[allow(unreachable_pub, reason = "the build writes it for any crate")]
mod plan {
    include!(concat!(env!("OUT_DIR"), "/uplink.rs"));
}

/// What goes to another place.
pub(crate) type Uplink<T, const EDGE: u8> = kws_devices::Uplink<Shared, T, EDGE>;

type OwnLink = Link<'static, &'static mut [u8]>;

static LINK: Mutex<RefCell<Option<OwnLink>>> = Mutex::new(RefCell::new(None));
static HELD: ConstStaticCell<[u8; plan::ROOM]> = ConstStaticCell::new([0; plan::ROOM]);
static OUTBOXES: StaticCell<[Outbox<&'static mut [u8]>; plan::EDGES.len()]> = StaticCell::new();
static CARRIER: ConstStaticCell<Carrier> = ConstStaticCell::new(Carrier::new());

/// Where the stages find the link.
pub(crate) struct Shared;

impl Linked for Shared {
    fn with<R>(lend: impl FnOnce(&mut OwnLink) -> R) -> Option<R> {
        critical_section::with(|cs| LINK.borrow_ref_mut(cs).as_mut().map(lend))
    }
}

/// What carries the link.
pub(crate) struct Line(&'static mut Carrier);

/// Makes the link. `session` is another number with each start.
pub(crate) fn open(session: u32) -> Line {
    let outboxes = OUTBOXES.init(outboxes(&plan::EDGES, HELD.take()));
    let mut link = Link::new(plan::PIPELINE, session.max(1), Timing::DEFAULT, outboxes, &mut []);
    link.open(0);
    critical_section::with(|cs| LINK.replace(cs, Some(link)));
    Line(CARRIER.take())
}

impl Line {
    /// Passes on what has come and writes what there is room for, at so many milliseconds.
    pub(crate) fn carry(&mut self, now: u64) {
        let mut bytes = [0; 64];
        loop {
            let len = usb::take(&mut bytes);
            if len == 0 {
                break;
            }
            let _ = Shared::with(|link| bytes[..len].iter().for_each(|byte| self.0.hear(link, *byte, now)));
        }
        let _ = Shared::with(|link| self.0.say(link, now, usb::put));
    }
}
