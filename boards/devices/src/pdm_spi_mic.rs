//! `pdm_spi_mic`: a PDM microphone clocked by an SPI bus.

use embedded_hal::spi::SpiBus;
use kws_engine::{Flow, Stage, StageFault};

use crate::dc::{Dc, limit};
use crate::pdm::{BYTES_PER_SAMPLE, Decimator};

/// Samples that are fetched at once.
const PORTION: usize = 16;

/// Listens to a PDM microphone whose clock is an SPI bus's and whose data is that bus's input.
///
/// The bus runs at 64 bits to a sample: 1.024 MHz for 16 kHz. Its output is not connected.
///
/// A plain bus is read while the core waits, and between two reads the microphone's clock stands: what was said meanwhile
/// was never heard. So as a *stage* it suits a core of its own, or a pipeline that takes a small share of the time. Elsewhere
/// call [`listen`](PdmSpiMic::listen) from the bus's interrupt, or feed a [`Decimator`] from its DMA, and hand the samples to
/// [`PacketSender`](crate::ring::PacketSender).
///
/// # Writes
/// `samples` i16, one tick each, without their mean. A block is read whole; nothing is counted as lost, since nobody can
/// tell for how long the clock stood.
///
/// # Parameters
/// `rate`, `block`, `order` of the CIC stage, `gain`, each step of which doubles the samples.
///
/// # Reference
/// embedded-hal 1.0, `spi::SpiBus`; [`Decimator`] for the filters.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "pdm_spi_mic"
/// order = 5
/// gain = 3
/// ```
pub struct PdmSpiMic<B, const ORDER: usize = 5> {
    bus: B,
    decimator: Decimator<ORDER>,
    dc: Dc,
}

impl<B: SpiBus, const ORDER: usize> PdmSpiMic<B, ORDER> {
    /// A microphone at this bus; see [`Decimator::new`] for `gain`.
    pub const fn new(bus: B, gain: u32) -> Self {
        PdmSpiMic { bus, decimator: Decimator::new(gain), dc: Dc::new() }
    }

    /// Fills `samples` with the next ones.
    ///
    /// # Errors
    /// The bus's own.
    pub fn listen(&mut self, samples: &mut [i16]) -> Result<(), B::Error> {
        let mut bits = [0; PORTION * BYTES_PER_SAMPLE];
        for portion in samples.chunks_mut(PORTION) {
            let bits = &mut bits[..portion.len() * BYTES_PER_SAMPLE];
            self.bus.read(bits)?;
            self.decimator.process(bits, portion);
            portion.iter_mut().for_each(|sample| *sample = limit(self.dc.remove((*sample).into())));
        }
        Ok(())
    }
}

impl<B: SpiBus, const ORDER: usize> Stage for PdmSpiMic<B, ORDER> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), block: &mut [i16]) -> Result<Flow, StageFault> {
        self.listen(block).map_err(|_| StageFault::new("the microphone's SPI bus cannot be read"))?;
        Ok(Flow::Emit)
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::PdmSpiMicParams;

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_hal_mock::eh1::spi::{Mock, Transaction};

    #[test]
    fn it_reads_eight_bytes_a_sample_and_hands_on_what_they_mean() {
        // Rising density of ones, from block to block.
        let bytes: Vec<u8> =
            (0..40 * BYTES_PER_SAMPLE).map(|n| [0x55, 0x57, 0x77, 0xF7][n / 80 % 4]).collect();
        let reads: Vec<_> = [0..128, 128..160, 160..288, 288..320]
            .map(|range| Transaction::read_vec(bytes[range].to_vec()))
            .to_vec();
        let mut bus = Mock::new(&reads);
        let mut mic = PdmSpiMic::<_, 4>::new(bus.clone(), 1);
        let mut found = [[0; 20]; 2];
        for block in &mut found {
            assert_eq!(mic.process((), block), Ok(Flow::Emit));
        }
        bus.done();

        let (mut decimator, mut dc, mut expected) = (Decimator::<4>::new(1), Dc::new(), [0; 40]);
        decimator.process(&bytes, &mut expected);
        expected.iter_mut().for_each(|sample| *sample = limit(dc.remove((*sample).into())));
        assert_eq!(found.concat(), expected);
        assert!(expected.iter().any(|sample| *sample > 1000));
    }
}
