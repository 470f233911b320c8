//! The I2S microphone: DMA fills two buffers in turn, and an interrupt hands each full one to the ring.
//!
//! The `unsafe` of this file: letting the interrupt come.

use core::sync::atomic::{AtomicU32, Ordering};

use hal::dma::double_buffer::{Config, Transfer, WriteNext};
use hal::dma::{CH0, CH1, Channel, SingleChannel};
use hal::pac::{self, interrupt};
use hal::pio::{PIO0SM0, Rx};
use kws_devices::Dc;
use kws_devices::ring::{Ring, StaticMic, StaticPacketSender};
use kws_firmware::Shared;
use ringbuf::traits::SplitRef;
use static_cell::{ConstStaticCell, StaticCell};

use crate::i2s::BITS;

/// Samples that come at once: 5 ms.
const PACKET: usize = 80;
/// Packets that may wait: 240 ms, for as long as the slowest tick and a line of text may take.
const WAITING: usize = 48;
/// Places that a sample of 24 bits is moved to the right: such microphones are quiet, and 4 more than needed stay.
const SHIFT: u32 = 4;

/// The source that the pipeline is given.
pub(crate) type Mic<const BLOCK: usize> = StaticMic<PACKET, WAITING, BLOCK>;

type Buffer = &'static mut [u32; PACKET];
type Filling = Transfer<Channel<CH0>, Channel<CH1>, Rx<PIO0SM0>, Buffer, WriteNext<Buffer>>;

static RING: StaticCell<Ring<PACKET, WAITING>> = StaticCell::new();
static BUFFERS: ConstStaticCell<[[u32; PACKET]; 2]> = ConstStaticCell::new([[0; PACKET]; 2]);
static CAPTURE: Shared<Capture> = Shared::new();
static PACKETS: AtomicU32 = AtomicU32::new(0);

/// The interrupt's side.
struct Capture {
    filling: Option<Filling>,
    sender: StaticPacketSender<PACKET, WAITING>,
    dc: Dc,
}

/// Starts to listen.
pub(crate) fn open<const BLOCK: usize>(
    heard: Rx<PIO0SM0>,
    mut channels: (Channel<CH0>, Channel<CH1>),
) -> Mic<BLOCK> {
    let (filled, taken) = RING.init_with(Ring::default).split_ref();
    let [first, second] = BUFFERS.take();
    channels.0.enable_irq0();
    channels.1.enable_irq0();
    let filling = Some(Config::new(channels, heard, first).start().write_next(second));
    let capture = Capture { filling, sender: StaticPacketSender::new(filled), dc: Dc::new() };
    CAPTURE.put(capture);
    // SAFETY: what the interrupt uses is in its place.
    unsafe { cortex_m::peripheral::NVIC::unmask(pac::Interrupt::DMA_IRQ_0) };
    Mic::new(taken)
}

/// Ticks that the microphone has come to.
pub(crate) fn ticks() -> u64 {
    u64::from(PACKETS.load(Ordering::Relaxed)) * PACKET as u64
}

impl Capture {
    /// Takes a full buffer, and lets the DMA have it back behind the one that it fills now.
    fn filled(&mut self) {
        let Some(mut filling) = self.filling.take() else { return };
        if filling.check_irq0() && filling.is_done() {
            let (full, rest) = filling.wait();
            let samples = full.map(|bits| self.sample(bits));
            filling = rest.write_next(full);
            self.sender.push(&samples);
            // Nobody else writes it.
            PACKETS.store(PACKETS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        self.filling = Some(filling);
    }

    fn sample(&mut self, bits: u32) -> i16 {
        let signed = (bits << (32 - BITS)) as i32 >> (32 - BITS);
        self.dc.remove(signed >> SHIFT).clamp(i16::MIN.into(), i16::MAX.into()) as i16
    }
}

#[interrupt]
fn DMA_IRQ_0() {
    CAPTURE.with(Capture::filled);
}
