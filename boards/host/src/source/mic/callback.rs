//! What a device's thread hands to the lane that listens: packets, through a lock-free ring.
//!
//! A packet that finds the ring full is lost, and the next one says so.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;

use ringbuf::traits::{Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use crate::audio::Channel;

/// Frames of a packet: five milliseconds at 48 kHz.
pub(super) const FRAMES: usize = 256;
/// Packets that may wait: more than a second at 48 kHz.
pub(super) const WAITING: usize = 256;

/// Mixed frames at the device's rate.
pub(super) struct Packet {
    /// Frames lost before it.
    pub(super) lost: u64,
    pub(super) samples: [f32; FRAMES],
}

/// What both sides share beside the ring.
#[derive(Default)]
pub(super) struct Link {
    pub(super) lane: OnceLock<Thread>,
    /// Frames per second, once the device is open.
    pub(super) rate: OnceLock<u32>,
    /// Times that the device itself ran over, by amounts that nobody knows.
    pub(super) overruns: AtomicU64,
    /// Why no more will come.
    failure: OnceLock<String>,
    unwanted: AtomicBool,
}

impl Link {
    /// No more will come. The first failure is the one to tell of.
    pub(super) fn fail(&self, why: String) {
        let _ = self.failure.set(why);
        self.wake();
    }

    /// Why no more will come, if that is so.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// Nobody listens any more.
    pub(super) fn abandon(&self) {
        self.unwanted.store(true, Ordering::Relaxed);
    }

    /// The device ran over, and nobody knows by how much.
    pub(super) fn overrun(&self) {
        self.overruns.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether anybody listens.
    pub(super) fn is_wanted(&self) -> bool {
        !self.unwanted.load(Ordering::Relaxed)
    }

    fn wake(&self) {
        if let Some(lane) = self.lane.get() {
            lane.unpark();
        }
    }
}

/// The device's side.
pub(super) struct MicCallback {
    ring: HeapProd<Packet>,
    packet: Packet,
    filled: usize,
    channels: usize,
    channel: Channel,
    link: Arc<Link>,
}

/// Makes both ends of a connection.
pub(super) fn connection() -> (MicCallback, HeapCons<Packet>, Arc<Link>) {
    let (ring, consumer) = HeapRb::new(WAITING).split();
    let link = Arc::new(Link::default());
    let packet = Packet { lost: 0, samples: [0.0; FRAMES] };
    let channel = Channel::default();
    (MicCallback { ring, packet, filled: 0, channels: 1, channel, link: link.clone() }, consumer, link)
}

impl MicCallback {
    /// The device is open, and will push frames of so many channels, of which one or the mean is heard.
    pub(super) fn begin(&mut self, rate: u32, channels: usize, channel: Channel) {
        (self.channels, self.channel) = (channels.max(1), channel);
        let _ = self.link.rate.set(rate);
        self.link.wake();
    }

    /// Takes what the device has heard: frames, channel by channel, and what a sample of it is at full scale ±1.
    pub(super) fn push<S: Copy>(&mut self, frames: &[S], unit: impl Fn(S) -> f32) {
        let share = 1.0 / self.channels as f32;
        for frame in frames.chunks_exact(self.channels) {
            self.packet.samples[self.filled] = match self.channel {
                Channel::All(_) => frame.iter().map(|sample| unit(*sample)).sum::<f32>() * share,
                Channel::One(index) => frame.get(usize::from(index)).map_or(0.0, |sample| unit(*sample)),
            };
            self.filled += 1;
            if self.filled == FRAMES {
                self.send();
            }
        }
    }

    fn send(&mut self) {
        self.filled = 0;
        let Packet { lost, samples } = self.packet;
        self.packet.lost = match self.ring.try_push(Packet { lost, samples }) {
            Ok(()) => 0,
            Err(_) => lost + FRAMES as u64,
        };
        self.link.wake();
    }

    /// What both sides share.
    pub(super) fn link(&self) -> Arc<Link> {
        self.link.clone()
    }
}
