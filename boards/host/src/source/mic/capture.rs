//! What passes between a sound card's callback and the lane that listens.
//!
//! The callback mixes the channels and fills packets, which go through a lock-free ring. A packet that finds the ring
//! full is lost, and the next one says so. The lane takes packets, resamples them, and cuts them into blocks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::{Duration, Instant};

use kws_engine::{Flow, Stage, StageFault};
use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use crate::audio::{Reblock, Resampler};

/// Frames of a packet: five milliseconds at 48 kHz.
const FRAMES: usize = 256;
/// Packets that may wait: more than a second at 48 kHz.
const WAITING: usize = 256;
/// How long the lane waits for sound before the engine may look whether it shall stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long a device may be silent before it is given up.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(5);

/// Mixed frames at the device's rate.
struct Packet {
    /// Frames lost before it.
    lost: u64,
    samples: [f32; FRAMES],
}

/// What callback and lane share beside the ring.
#[derive(Default)]
struct Link {
    lane: OnceLock<Thread>,
    /// Times that the device itself ran over, by amounts that nobody knows.
    overruns: AtomicU64,
    failure: OnceLock<String>,
}

/// The callback's side.
pub(super) struct MicCallback {
    ring: HeapProd<Packet>,
    packet: Packet,
    filled: usize,
    channels: usize,
    link: Arc<Link>,
}

/// Where the device tells of its troubles.
pub(super) struct Troubles(Arc<Link>);

/// The lane's side: the stage. It keeps the device open as long as it lives.
pub(super) struct MicStage<D> {
    ring: HeapCons<Packet>,
    resampler: Option<Resampler>,
    blocks: Reblock,
    overruns: u64,
    link: Arc<Link>,
    heard: Instant,
    /// What holds the device open.
    _device: D,
}

/// How a device's frames become a pipeline's blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) channels: usize,
    /// Frames per second of the device.
    pub(super) device_rate: u32,
    /// Samples per second of the pipeline.
    pub(super) rate: u32,
    /// Samples of a block.
    pub(super) block: usize,
}

/// Makes both sides; `open` opens the device with the callback's.
///
/// # Errors
/// When the device cannot be opened, or its rate not be resampled.
pub(super) fn capture<D>(
    shape: Shape,
    open: impl FnOnce(MicCallback, Troubles) -> Result<D, String>,
) -> Result<MicStage<D>, String> {
    let (producer, consumer) = HeapRb::new(WAITING).split();
    let link = Arc::new(Link::default());
    let packet = Packet { lost: 0, samples: [0.0; FRAMES] };
    let channels = shape.channels.max(1);
    let callback = MicCallback { ring: producer, packet, filled: 0, channels, link: link.clone() };
    // A chunk of 20 ms: a filter that is steep enough for speech, and a wait that nobody notices.
    let chunk = (shape.device_rate / 50) as usize;
    let resampler = (shape.device_rate != shape.rate)
        .then(|| Resampler::new(shape.device_rate, shape.rate, chunk))
        .transpose()?;
    let device = open(callback, Troubles(link.clone()))?;
    let blocks = Reblock::new(shape.block);
    let heard = Instant::now();
    Ok(MicStage { ring: consumer, resampler, blocks, overruns: 0, link, heard, _device: device })
}

impl MicCallback {
    /// Takes what the device has heard: frames, channel by channel, and what a sample of it is at full scale ±1.
    pub(super) fn push<S: Copy>(&mut self, frames: &[S], unit: impl Fn(S) -> f32) {
        let share = 1.0 / self.channels as f32;
        for frame in frames.chunks_exact(self.channels) {
            let sum: f32 = frame.iter().map(|sample| unit(*sample)).sum();
            self.packet.samples[self.filled] = sum * share;
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
        if let Some(lane) = self.link.lane.get() {
            lane.unpark();
        }
    }
}

impl Troubles {
    /// The device ran over, and nobody knows by how much.
    pub(super) fn overrun(&self) {
        self.0.overruns.fetch_add(1, Ordering::Relaxed);
    }

    /// The device will push no more.
    pub(super) fn fail(&self, why: String) {
        // The first failure is the one to tell of.
        let _ = self.0.failure.set(why);
    }
}

impl<D> MicStage<D> {
    /// Takes one packet, if one waits.
    fn take_packet(&mut self) -> Result<bool, StageFault> {
        let Some(packet) = self.ring.try_pop() else { return Ok(false) };
        self.heard = Instant::now();
        let overruns = self.link.overruns.load(Ordering::Relaxed);
        // An overrun of unknown length counts as one packet.
        let lost = packet.lost + (overruns - self.overruns) * FRAMES as u64;
        self.overruns = overruns;
        let resampler = &mut self.resampler;
        let added = self.blocks.append(|queue| match resampler {
            None => {
                queue.extend_from_slice(&packet.samples);
                Ok(lost)
            }
            Some(resampler) => {
                let lost = if lost > 0 { resampler.skip(lost) } else { 0 };
                resampler.push(&packet.samples, queue)?;
                Ok::<u64, String>(lost)
            }
        });
        added.map_err(StageFault::because)?;
        Ok(true)
    }
}

impl<D: Send> Stage for MicStage<D> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), block: &mut [i16]) -> Result<Flow, StageFault> {
        self.link.lane.get_or_init(std::thread::current);
        let began = Instant::now();
        loop {
            if let Some(flow) = self.blocks.take(block) {
                return Ok(flow);
            }
            if self.take_packet()? {
                continue;
            }
            if let Some(why) = self.link.failure.get() {
                return Err(StageFault::because(format!("the microphone failed: {why}")));
            }
            if self.heard.elapsed() > SILENCE_TIMEOUT {
                return Err(StageFault::because(format!(
                    "no audio from the microphone for {} s",
                    SILENCE_TIMEOUT.as_secs()
                )));
            }
            let left = POLL_INTERVAL.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(Flow::Skip);
            }
            std::thread::park_timeout(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { channels: 2, device_rate: 16_000, rate: 16_000, block: 160 };

    /// The callback's side stands in the place of the device.
    fn both(shape: Shape) -> MicStage<(MicCallback, Troubles)> {
        capture(shape, |callback, troubles| Ok((callback, troubles))).unwrap()
    }

    /// Frames that bear their own number, told apart by channel: their mean is the number.
    fn frames(numbers: std::ops::Range<i32>) -> Vec<i32> {
        numbers.flat_map(|number| [number - 3, number + 3]).collect()
    }

    fn push(stage: &mut MicStage<(MicCallback, Troubles)>, frames: &[i32]) {
        stage._device.0.push(frames, |sample| sample as f32 / 32_768.0);
    }

    /// Every block's first sample, and every gap as a negative number, until nothing comes.
    fn blocks(stage: &mut MicStage<(MicCallback, Troubles)>) -> Vec<i64> {
        let mut found = Vec::new();
        let mut block = vec![0; SHAPE.block];
        loop {
            match stage.process((), &mut block).unwrap() {
                Flow::Skip => return found,
                Flow::Lost(lost) => found.push(-(lost as i64)),
                _ => {
                    assert!(block.windows(2).all(|pair| pair[1] == pair[0] + 1), "{block:?}");
                    found.push(i64::from(block[0]));
                }
            }
        }
    }

    #[test]
    fn callbacks_of_any_length_become_blocks() {
        let mut stage = both(SHAPE);
        for begin in (0..1024).step_by(128) {
            push(&mut stage, &frames(begin..begin + 128));
        }
        assert_eq!(blocks(&mut stage), [0, 160, 320, 480, 640, 800]);
    }

    #[test]
    fn what_finds_no_room_is_a_gap_of_whole_blocks() {
        let mut stage = both(SHAPE);
        let (held, packet) = ((FRAMES * WAITING) as i32, FRAMES as i32);
        let numbers = |range: std::ops::Range<i32>| -> Vec<i32> {
            range.flat_map(|number| [number % 30_000 - 3, number % 30_000 + 3]).collect()
        };
        // Nobody listens meanwhile: the ring fills, and then three packets find no room.
        push(&mut stage, &numbers(0..held + 3 * packet));
        let mut block = vec![0; SHAPE.block];
        let mut samples = 0;
        while stage.process((), &mut block).unwrap() == Flow::Emit {
            assert_eq!(i32::from(block[0]), samples % 30_000);
            samples += 160;
        }
        assert_eq!(samples, held / 160 * 160);
        // What waited of an incomplete block is lost with them.
        let from = held + 3 * packet;
        push(&mut stage, &numbers(from..from + 1024));
        let next = (from as u64).next_multiple_of(160);
        assert_eq!(stage.process((), &mut block), Ok(Flow::Lost(next - samples as u64)));
        assert_eq!(stage.process((), &mut block), Ok(Flow::Emit));
        assert_eq!(i32::from(block[0]), next as i32 % 30_000);
        assert_eq!(stage.process((), &mut block).unwrap(), Flow::Emit);
    }

    #[test]
    fn an_overrun_of_the_device_is_a_gap() {
        let mut stage = both(SHAPE);
        push(&mut stage, &frames(0..512));
        assert_eq!(blocks(&mut stage).len(), 3);
        stage._device.1.overrun();
        push(&mut stage, &frames(512..1024));
        // 32 samples that waited, 256 of the gap, and 32 more up to a whole block.
        assert_eq!(blocks(&mut stage), [-320, 512 + 32, 512 + 192, 512 + 352]);
    }

    #[test]
    fn another_rate_is_resampled() {
        let mut stage = both(Shape { channels: 1, device_rate: 48_000, ..SHAPE });
        let second: Vec<i32> =
            (0..48_000).map(|n| ((f64::from(n) / 48.0 * std::f64::consts::TAU).sin() * 1e4) as i32).collect();
        let mut block = vec![0; SHAPE.block];
        let mut heard = Vec::new();
        second.chunks(500).for_each(|part| push(&mut stage, part));
        while stage.process((), &mut block).unwrap() == Flow::Emit {
            heard.extend_from_slice(&block);
        }
        let middle = &heard[1600..heard.len() - 1600];
        // A tone of 1 kHz has 16 samples to a period.
        assert!(middle.windows(17).all(|span| (span[0] - span[16]).abs() < 10), "no tone of 1 kHz");
        assert!(middle.iter().any(|sample| *sample > 9900));
    }

    #[test]
    fn a_failure_ends_it_once_all_is_heard() {
        let mut stage = both(SHAPE);
        push(&mut stage, &frames(0..256));
        stage._device.1.fail("it was unplugged".to_owned());
        let mut block = vec![0; SHAPE.block];
        assert_eq!(stage.process((), &mut block), Ok(Flow::Emit));
        let fault = stage.process((), &mut block).unwrap_err();
        assert_eq!(fault.to_string(), "the microphone failed: it was unplugged");
    }

    #[test]
    fn a_lane_that_waits_is_woken() {
        let mut stage = both(SHAPE);
        let (mut callback, _) =
            capture(SHAPE, |callback, troubles| Ok((callback, troubles))).unwrap()._device;
        // The two sides of one ring, in two threads.
        std::mem::swap(&mut callback, &mut stage._device.0);
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            callback.push(&frames(0..256), |sample| sample as f32 / 32_768.0);
        });
        let mut block = vec![0; SHAPE.block];
        let flow = std::iter::repeat_with(|| stage.process((), &mut block).unwrap())
            .find(|flow| *flow != Flow::Skip);
        assert_eq!(flow, Some(Flow::Emit));
        thread.join().unwrap();
    }
}
