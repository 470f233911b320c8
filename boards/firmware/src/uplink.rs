//! The link with another place of the pipeline, over a line of bytes.

use kws_devices::{Carrier, Linked, outboxes};
use kws_link::{Outbox, Timing};
use static_cell::{ConstStaticCell, StaticCell};

use crate::Shared;

/// The link of a board.
pub type Link = kws_link::Link<'static, &'static mut [u8]>;
/// What goes to another place.
pub type Uplink<T, const EDGE: u8> = kws_devices::Uplink<Place, T, EDGE>;

static LINK: Shared<Link> = Shared::new();
static CARRIER: ConstStaticCell<Carrier> = ConstStaticCell::new(Carrier::new());

/// Where the stages find the link.
pub struct Place;

impl Linked for Place {
    fn with<R>(lend: impl FnOnce(&mut Link) -> R) -> Option<R> {
        LINK.with(lend)
    }
}

impl Place {
    /// Makes the link that `uplink.rs` of the build describes, with memory that is used once. `session` is another number
    /// with each start, `now` are milliseconds.
    ///
    /// # Panics
    /// The second time.
    pub fn open<const N: usize, const ROOM: usize>(
        pipeline: u64,
        edges: &[(u8, u32, usize); N],
        memory: &'static ConstStaticCell<[u8; ROOM]>,
        places: &'static StaticCell<[Outbox<&'static mut [u8]>; N]>,
        session: u32,
        now: u64,
    ) {
        let outboxes = places.init(outboxes(edges, memory.take()));
        let mut link = Link::new(pipeline, session.max(1), Timing::DEFAULT, outboxes, &mut []);
        link.open(now);
        LINK.put(link);
    }
}

/// What carries the link.
pub struct Line(&'static mut Carrier);

impl Line {
    /// The line of the one link.
    ///
    /// # Panics
    /// The second time.
    pub fn open() -> Self {
        Line(CARRIER.take())
    }

    /// Passes on the bytes that `take` has, and lets `put` write what it has room for, at so many milliseconds. Whether a frame
    /// has been begun, which text would break.
    pub fn carry(
        &mut self,
        now: u64,
        take: impl Fn(&mut [u8]) -> usize,
        put: impl FnMut(&[u8]) -> usize,
    ) -> bool {
        let mut bytes = [0; 64];
        loop {
            let len = take(&mut bytes);
            if len == 0 {
                break;
            }
            let _ = LINK.with(|link| bytes[..len].iter().for_each(|byte| self.0.hear(link, *byte, now)));
        }
        let _ = LINK.with(|link| self.0.say(link, now, put));
        self.0.is_busy()
    }
}
