//! The I2S microphone: DMA fills a buffer of 40 ms, and an interrupt of a timer moves what has come to the ring.

use core::sync::atomic::{AtomicU32, Ordering};

use esp_hal::Blocking;
use esp_hal::dma::DmaRxStreamBuf;
use esp_hal::dma_rx_stream_buffer;
use esp_hal::gpio::interconnect::{PeripheralInput, PeripheralOutput};
use esp_hal::handler;
use esp_hal::i2s::master::{Channels, DataFormat, I2s, I2sRxDmaTransfer, TdmConfig};
use esp_hal::peripherals::{DMA_CH0, I2S0, SYSTIMER};
use esp_hal::time::{Duration, Rate};
use esp_hal::timer::PeriodicTimer;
use esp_hal::timer::systimer::SystemTimer;
use kws_devices::Dc;
use kws_devices::ring::{Ring, StaticMic, StaticPacketSender};
use kws_firmware::Shared;
use ringbuf::traits::SplitRef;
use static_cell::StaticCell;

use crate::RATE;

/// Samples that are moved at once: 5 ms.
const PACKET: usize = 80;
/// Packets that may wait: 240 ms, for as long as the slowest tick and a line of text may take.
const WAITING: usize = 48;
/// Bytes of a sample: 24 bits, and above them in the word that I2S leaves, 8 below.
const BYTES: usize = 4;
/// Places that a sample of 32 bits is moved to the right: such microphones are quiet, and 4 more bits than needed stay.
const SHIFT: u32 = 12;
/// How often the timer looks: twice a packet.
const EVERY: Duration = Duration::from_micros(2500);

/// The source that the pipeline is given.
pub(crate) type Mic<const BLOCK: usize> = StaticMic<PACKET, WAITING, BLOCK>;

type Filling = I2sRxDmaTransfer<'static, Blocking, DmaRxStreamBuf>;

static RING: StaticCell<Ring<PACKET, WAITING>> = StaticCell::new();
static CAPTURE: Shared<Capture> = Shared::new();
static PACKETS: AtomicU32 = AtomicU32::new(0);

/// The interrupt's side.
struct Capture {
    filling: Option<Filling>,
    sender: StaticPacketSender<PACKET, WAITING>,
    dc: Dc,
    timer: PeriodicTimer<'static, Blocking>,
}

/// Starts to listen at 16 kHz to the left channel. `None` if a peripheral does not take its settings.
pub(crate) fn open<const BLOCK: usize>(
    i2s: I2S0<'static>,
    channel: DMA_CH0<'static>,
    (clock, word, data): (
        impl PeripheralOutput<'static>,
        impl PeripheralOutput<'static>,
        impl PeripheralInput<'static>,
    ),
    timer: SYSTIMER<'static>,
) -> Option<Mic<BLOCK>> {
    let config = TdmConfig::new_tdm_philips()
        .with_sample_rate(Rate::from_hz(RATE))
        .with_data_format(DataFormat::Data32Channel32)
        .with_channels(Channels::MONO);
    let i2s = I2s::new(i2s, channel, config).ok()?;
    let receiver = i2s.i2s_rx.with_bclk(clock).with_ws(word).with_din(data).build();
    let filling = receiver.read(dma_rx_stream_buffer!(8 * PACKET * BYTES, PACKET * BYTES)).ok()?;
    let (filled, taken) = RING.init_with(Ring::default).split_ref();
    let mut timer = PeriodicTimer::new(SystemTimer::new(timer).alarm0);
    timer.set_interrupt_handler(elapsed);
    timer.listen();
    timer.start(EVERY).ok()?;
    CAPTURE.put(Capture {
        filling: Some(filling),
        sender: StaticPacketSender::new(filled),
        dc: Dc::new(),
        timer,
    });
    Some(Mic::new(taken))
}

/// Ticks that the microphone has come to.
pub(crate) fn ticks() -> u64 {
    u64::from(PACKETS.load(Ordering::Relaxed)) * PACKET as u64
}

impl Capture {
    /// Moves whole packets to the ring.
    fn moves(&mut self) {
        self.timer.clear_interrupt();
        let Some(mut filling) = self.filling.take() else { return };
        while filling.available_bytes() >= PACKET * BYTES {
            let mut packet = [0; PACKET * BYTES];
            filling.pop(&mut packet);
            let (words, _) = packet.as_chunks::<BYTES>();
            let mut samples = [0; PACKET];
            for (sample, word) in samples.iter_mut().zip(words) {
                *sample = self.sample(i32::from_le_bytes(*word));
            }
            self.sender.push(&samples);
            // Nobody else writes it.
            PACKETS.store(PACKETS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        // Nobody came for 40 ms, and the DMA found no place: it starts anew.
        if filling.is_done() {
            let (receiver, buffer) = filling.stop();
            self.sender.miss(PACKET as u64);
            self.filling = receiver.read(buffer).ok();
        } else {
            self.filling = Some(filling);
        }
    }

    fn sample(&mut self, word: i32) -> i16 {
        self.dc.remove(word >> SHIFT).clamp(i16::MIN.into(), i16::MAX.into()) as i16
    }
}

#[handler]
fn elapsed() {
    CAPTURE.with(Capture::moves);
}
