//! `adc_mic`: an analogue microphone behind an analogue-to-digital converter.

use crate::dc::{Dc, limit};

/// What gives one conversion after the other: embedded-hal has no trait for it.
///
/// A timer of the board starts the conversions, so that they come at an even rate.
pub trait Sampler {
    /// Why a conversion failed.
    type Error;

    /// The result of the next conversion, or [`nb::Error::WouldBlock`] while there is none.
    ///
    /// # Errors
    /// The converter's own.
    fn sample(&mut self) -> nb::Result<u16, Self::Error>;
}

/// Any closure is one.
impl<E, F: FnMut() -> nb::Result<u16, E>> Sampler for F {
    type Error = E;

    fn sample(&mut self) -> nb::Result<u16, E> {
        self()
    }
}

/// Gathers conversions into packets of samples, without the offset that the microphone's bias gives them.
///
/// Conversions must be fetched as evenly as they come, whatever the pipeline is doing: so this is not a stage but runs in
/// the interrupt of the converter, hands its packets to [`PacketSender`](crate::ring::PacketSender), and the pipeline's source is the
/// ring's other end, [`ring::Mic`](crate::ring::Mic).
///
/// # Writes
/// Packets of `N` samples i16. A converter of `bits` bits fills them up to 16; what does not fit once the mean is gone is
/// limited. A conversion that failed repeats the last sample.
///
/// # Parameters
/// `bits`, what the converter delivers, 8 to 16.
///
/// # Reference
/// [`Dc`] for the offset.
///
/// # Example
/// ```
/// use kws_devices::AdcMic;
///
/// let mut conversions = [2048, 2049, 2047, 2148].into_iter();
/// let adc = || conversions.next().map_or(Err(nb::Error::WouldBlock), Ok::<u16, nb::Error<()>>);
/// let mut mic = AdcMic::<_, 4>::new(adc, 12);
/// // In the converter's interrupt: `if let Some(packet) = mic.poll() { sender.push(packet) }`.
/// assert_eq!(mic.poll(), Some(&[0, 16, -16, 1600]));
/// assert_eq!(mic.poll(), None);
/// ```
pub struct AdcMic<S, const N: usize> {
    sampler: S,
    /// Places that a conversion is moved to the left.
    shift: u32,
    dc: Dc,
    packet: [i16; N],
    filled: usize,
    last: i16,
}

impl<S: Sampler, const N: usize> AdcMic<S, N> {
    /// A microphone at a converter that delivers `bits` bits, at most 16.
    pub const fn new(sampler: S, bits: u32) -> Self {
        let shift = 16_u32.saturating_sub(bits);
        AdcMic { sampler, shift, dc: Dc::new(), packet: [0; N], filled: 0, last: 0 }
    }

    /// Fetches what conversions there are; a packet, when one is complete.
    pub fn poll(&mut self) -> Option<&[i16; N]> {
        loop {
            match self.sampler.sample() {
                Ok(sample) => self.last = limit(self.dc.remove(i32::from(sample) << self.shift)),
                Err(nb::Error::WouldBlock) => return None,
                Err(nb::Error::Other(_)) => {}
            }
            self.packet[self.filled] = self.last;
            self.filled += 1;
            if self.filled == N {
                self.filled = 0;
                return Some(&self.packet);
            }
        }
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::AdcMicParams;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn packets_come_whole_whenever_conversions_come_and_failures_repeat() {
        let mut script: VecDeque<nb::Result<u16, &str>> = VecDeque::new();
        script.extend([Ok(512), Ok(522), Err(nb::Error::WouldBlock)]);
        script.extend([Err(nb::Error::Other("overrun")), Ok(502), Err(nb::Error::WouldBlock)]);
        script.extend([Ok(1023), Ok(0), Ok(512), Ok(512)]);
        let mut mic =
            AdcMic::<_, 4>::new(move || script.pop_front().unwrap_or(Err(nb::Error::WouldBlock)), 10);
        assert_eq!(mic.poll(), None);
        assert_eq!(mic.poll().copied(), Some([0, 640, 640, -641]));
        assert_eq!(mic.poll(), None);
        let loud = mic.poll().copied().unwrap();
        assert!(loud[0] > 32_600 && loud[1] < -32_600, "{loud:?}");
    }
}
