//! The PDM microphone: EasyDMA fills two buffers in turn, and an interrupt hands each full one to the ring.
//!
//! The `unsafe` of this crate: the addresses of the buffers, which the peripheral writes.

use core::sync::atomic::{AtomicU32, Ordering, compiler_fence};

use kws_devices::ring::{Ring, StaticMic, StaticPacketSender};
use kws_firmware::Shared;
use nrf52840_hal::gpio::{Floating, Input, Output, Pin, PushPull};
use nrf52840_hal::pac::{self, interrupt};
use ringbuf::traits::SplitRef;
use static_cell::{ConstStaticCell, StaticCell};

use crate::line;

/// Samples that come at once: 5 ms.
const PACKET: usize = 80;
/// Packets that may wait: 240 ms, for as long as the slowest tick and a line of text may take.
const WAITING: usize = 48;

/// The source that the pipeline is given.
pub(crate) type Mic<const BLOCK: usize> = StaticMic<PACKET, WAITING, BLOCK>;

type Buffer = [i16; PACKET];

static RING: StaticCell<Ring<PACKET, WAITING>> = StaticCell::new();
static BUFFERS: ConstStaticCell<[Buffer; 2]> = ConstStaticCell::new([[0; PACKET]; 2]);
static CAPTURE: Shared<Capture> = Shared::new();
static PACKETS: AtomicU32 = AtomicU32::new(0);

/// The interrupt's side.
struct Capture {
    pdm: pac::PDM,
    sender: StaticPacketSender<PACKET, WAITING>,
    /// The buffer that the peripheral fills, and the one that it fills next.
    buffers: [&'static mut Buffer; 2],
    /// Whether a buffer was filled before the one that it fills.
    begun: bool,
}

/// Pins of the microphone.
pub(crate) struct Wiring {
    /// Its supply, high.
    #[expect(dead_code, reason = "held, so that it stays high")]
    pub(crate) power: Pin<Output<PushPull>>,
    /// Its clock, low.
    pub(crate) clock: Pin<Output<PushPull>>,
    /// Its data.
    pub(crate) data: Pin<Input<Floating>>,
}

/// Starts the microphone at 16 kHz. The clock of 32 MHz must come from the crystal.
pub(crate) fn open<const BLOCK: usize>(pdm: pac::PDM, wiring: &Wiring) -> Mic<BLOCK> {
    let (filled, taken) = RING.init_with(Ring::default).split_ref();
    let [first, second] = BUFFERS.take();
    pdm.psel.clk.write(|w| {
        // SAFETY: the pin is this function's, an output at low level.
        unsafe { w.bits(wiring.clock.psel_bits()) };
        w.connect().connected()
    });
    pdm.psel.din.write(|w| {
        // SAFETY: the pin is this function's, an input.
        unsafe { w.bits(wiring.data.psel_bits()) };
        w.connect().connected()
    });
    // 32 MHz / 25 / 80 = 16 kHz.
    pdm.pdmclkctrl.write(|w| w.freq()._1280k());
    pdm.ratio.write(|w| w.ratio().ratio80());
    pdm.mode.write(|w| w.operation().mono().edge().left_falling());
    pdm.gainl.write(|w| w.gainl().max_gain());
    pdm.enable.write(|w| w.enable().enabled());
    pdm.intenset.write(|w| w.started().set());
    let mut capture =
        Capture { pdm, sender: StaticPacketSender::new(filled), buffers: [first, second], begun: false };
    capture.point();
    capture.pdm.tasks_start.write(|w| w.tasks_start().set_bit());
    CAPTURE.put(capture);
    // SAFETY: what the interrupt uses is in its place.
    unsafe { pac::NVIC::unmask(pac::Interrupt::PDM) };
    Mic::new(taken)
}

/// Ticks that the microphone has come to.
pub(crate) fn ticks() -> u64 {
    u64::from(PACKETS.load(Ordering::Relaxed)) * PACKET as u64
}

impl Capture {
    /// Tells the peripheral which buffer comes next: the first of the two.
    fn point(&mut self) {
        let next = self.buffers[0].as_mut_ptr();
        // SAFETY: the buffer is in RAM, lives for ever, and is read only after the peripheral has gone on to the other
        // one; `PACKET` is its length.
        unsafe {
            self.pdm.sample.ptr.write(|w| w.bits(next as u32));
            self.pdm.sample.maxcnt.write(|w| w.bits(PACKET as u32));
        }
    }

    /// The peripheral has begun with the buffer that it was given, and so is done with the other.
    fn started(&mut self) {
        // An interrupt may come once more before it sees that the event is gone.
        if self.pdm.events_started.read().events_started().bit_is_clear() {
            return;
        }
        self.pdm.events_started.reset();
        self.buffers.swap(0, 1);
        if self.begun {
            // What the peripheral wrote must be read after this, and not before.
            compiler_fence(Ordering::Acquire);
            self.sender.push(self.buffers[0]);
            PACKETS.fetch_add(1, Ordering::Relaxed);
        }
        self.begun = true;
        self.point();
    }
}

#[interrupt]
fn PDM() {
    CAPTURE.with(Capture::started);
    line::poll();
}
