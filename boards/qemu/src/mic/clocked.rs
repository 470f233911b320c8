//! A recording as time passes: every millisecond an interrupt brings samples into a ring.

use core::cell::RefCell;

use critical_section::Mutex;
use kws_devices::ring::{self, Packet, PacketSender};
use kws_engine::{Flow, Stage, StageFault};
use portable_atomic::{AtomicBool, Ordering};
use ringbuf::traits::SplitRef;
use ringbuf::{StaticCons, StaticProd, StaticRb};
use static_cell::StaticCell;

use crate::disturbance::{Disturbances, Kind};
use crate::wav::Wav;

/// Samples of a packet: a millisecond.
const PACKET: usize = 16;
/// Packets that may wait.
const WAITING: usize = 64;

type Ring = StaticRb<Packet<PACKET>, WAITING>;

static RING: StaticCell<Ring> = StaticCell::new();
static DEVICE: Mutex<RefCell<Option<Device>>> = Mutex::new(RefCell::new(None));
/// Nothing more will come.
static OVER: AtomicBool = AtomicBool::new(false);
/// The interrupt came.
static HEARD: AtomicBool = AtomicBool::new(false);

/// What stands for the microphone and its interrupt.
struct Device {
    sender: PacketSender<StaticProd<'static, Packet<PACKET>, WAITING>, PACKET>,
    wav: Wav,
    disturbances: Disturbances,
    at: u64,
    /// Milliseconds for which nothing comes yet.
    waits: u64,
    /// Milliseconds of which everything is lost.
    loses: u64,
}

/// The main loop's side: the source.
pub struct Clocked<const N: usize> {
    mic: ring::Mic<StaticCons<'static, Packet<PACKET>, WAITING>, PACKET, N>,
}

/// Puts a recording in the microphone's place. [`tick`] then brings a millisecond of it each time.
///
/// # Panics
/// The second time.
pub fn listen<const N: usize>(wav: Wav, disturbances: Disturbances) -> Clocked<N> {
    let (filled, taken) = RING.init_with(Ring::default).split_ref();
    let device = Device { sender: PacketSender::new(filled), wav, disturbances, at: 0, waits: 0, loses: 0 };
    critical_section::with(|section| DEVICE.borrow(section).replace(Some(device)));
    Clocked { mic: ring::Mic::new(taken) }
}

/// Brings the next millisecond of sound: what the interrupt does.
pub fn tick() {
    critical_section::with(|section| {
        if let Some(device) = &mut *DEVICE.borrow_ref_mut(section) {
            device.bring();
        }
    });
    HEARD.store(true, Ordering::Release);
}

/// Whether the interrupt came since this was last asked.
pub fn heard() -> bool {
    HEARD.load(Ordering::Acquire) && {
        HEARD.store(false, Ordering::Release);
        true
    }
}

impl Device {
    fn bring(&mut self) {
        let kinds = [Kind::Stall, Kind::Overrun, Kind::Restart];
        if let Some(disturbance) = self.disturbances.take(&kinds, self.at + PACKET as u64) {
            let packets = (disturbance.end - disturbance.begin).div_ceil(PACKET as u64);
            *if disturbance.kind == Kind::Stall { &mut self.waits } else { &mut self.loses } = packets;
        }
        if self.waits > 0 {
            self.waits -= 1;
            return;
        }
        let mut samples = [0; PACKET];
        if self.wav.read(&mut samples).is_none() {
            OVER.store(true, Ordering::Release);
            return;
        }
        if self.loses > 0 {
            self.loses -= 1;
            self.sender.miss(PACKET as u64);
        } else {
            self.disturbances.clip(self.at, &mut samples);
            self.sender.push(&samples);
        }
        self.at += PACKET as u64;
    }
}

impl<const N: usize> Stage for Clocked<N> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), block: &mut [i16]) -> Result<Flow, StageFault> {
        // Looked at first: what the interrupt brought before it was over is still to be taken.
        let over = OVER.load(Ordering::Acquire);
        match self.mic.process((), block)? {
            Flow::Skip if over => Ok(Flow::End),
            flow => Ok(flow),
        }
    }
}
