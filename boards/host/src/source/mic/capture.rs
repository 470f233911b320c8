//! The lane's side of a microphone: the stage.
//!
//! The device has a thread of its own, which opens it, listens, and may hang in it: the lane waits for packets, never
//! for the device. When the device is lost the stage fails; where it is begun anew, another thread opens the device
//! again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kws_engine::{Flow, Stage, StageFault};
use ringbuf::HeapCons;
use ringbuf::traits::Consumer;

use super::callback::{FRAMES, Link, MicCallback, Packet, connection};
use crate::audio::{Reblock, Resampler};

/// How long the lane waits for sound before the engine may look whether it shall stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long a device that is open may be silent before it is given up.
const SILENCE: Duration = Duration::from_secs(2);
/// How long a device may take to open.
const OPENING: Duration = Duration::from_secs(10);
/// How long a stage that starts over waits for the device: a run that shall stop waits as long.
const RECOVERING: Duration = Duration::from_secs(1);

/// Listens to a device until nobody wants to hear any more, or until it is lost.
pub(super) type Listen = Arc<dyn Fn(MicCallback) -> Result<(), String> + Send + Sync>;

/// A source that listens to a device.
pub(super) struct MicStage {
    listen: Listen,
    /// Samples per second of the pipeline.
    rate: u32,
    connection: Option<Connection>,
    blocks: Reblock,
}

/// A device that is open or is being opened.
struct Connection {
    ring: HeapCons<Packet>,
    link: Arc<Link>,
    resampler: Option<Resampler>,
    overruns: u64,
    /// Whether its rate is known.
    open: bool,
    /// When it began to open, or when it was last heard.
    heard: Instant,
}

impl MicStage {
    /// In blocks of so many samples.
    pub(super) fn new(listen: Listen, rate: u32, block: usize) -> Self {
        MicStage { listen, rate, connection: None, blocks: Reblock::new(block) }
    }

    /// The connection, made now where there is none.
    fn connect(&mut self) -> Result<&mut Connection, StageFault> {
        if self.connection.is_none() {
            self.connection = Some(Connection::begin(self.listen.clone())?);
        }
        Ok(self.connection.as_mut().expect("it was made above"))
    }

    /// The device is lost: complete blocks of what it recorded are passed on.
    fn lose(&mut self, why: String) -> StageFault {
        self.connection = None;
        StageFault::because(why)
    }
}

impl Connection {
    fn begin(listen: Listen) -> Result<Self, StageFault> {
        let (callback, ring, link) = connection();
        let (ends, lane) = (link.clone(), std::thread::current());
        let _ = link.lane.set(lane);
        let work = move || {
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| listen(callback)));
            ends.fail(match ended {
                Ok(Err(why)) => why,
                Ok(Ok(())) => "the microphone has ended".to_owned(),
                Err(_) => "listening to the microphone panicked, which is a bug in kws".to_owned(),
            });
        };
        let spawned = std::thread::Builder::new().name("lane microphone".to_owned()).spawn(work);
        spawned.map_err(|error| StageFault::because(format!("no thread for the microphone: {error}")))?;
        Ok(Connection { ring, link, resampler: None, overruns: 0, open: false, heard: Instant::now() })
    }

    /// Whether the device is open.
    fn opened(&mut self, rate: u32) -> Result<bool, String> {
        if let (false, Some(&device_rate)) = (self.open, self.link.rate.get()) {
            // A chunk of 20 ms: a filter that is steep enough for speech, and a wait that nobody notices.
            let chunk = (device_rate / 50) as usize;
            let resample = || Resampler::new(device_rate, rate, chunk);
            self.resampler = (device_rate != rate).then(resample).transpose()?;
            (self.open, self.heard) = (true, Instant::now());
        }
        Ok(self.open)
    }

    /// Takes one packet, if one waits.
    fn take_packet(&mut self, blocks: &mut Reblock) -> Result<bool, String> {
        let Some(packet) = self.ring.try_pop() else { return Ok(false) };
        self.heard = Instant::now();
        let overruns = self.link.overruns.load(Ordering::Relaxed);
        // An overrun of unknown length counts as one packet.
        let lost = packet.lost + (overruns - self.overruns) * FRAMES as u64;
        self.overruns = overruns;
        let resampler = &mut self.resampler;
        blocks.append(|queue| match resampler {
            None => {
                queue.extend_from_slice(&packet.samples);
                Ok(lost)
            }
            Some(resampler) => {
                let lost = if lost > 0 { resampler.skip(lost) } else { 0 };
                resampler.push(&packet.samples, queue)?;
                Ok::<u64, String>(lost)
            }
        })?;
        Ok(true)
    }

    /// Why nothing is to be expected of the device any more, if that is so.
    fn failure(&self) -> Option<String> {
        if let Some(why) = self.link.failure() {
            return Some(why.to_owned());
        }
        let silent = self.heard.elapsed();
        match self.open {
            true if silent > SILENCE => {
                let seconds = SILENCE.as_secs();
                Some(format!("no audio from the microphone for {seconds} s: it hangs, or was unplugged"))
            }
            false if silent > OPENING => {
                Some(format!("the microphone does not open within {} s", OPENING.as_secs()))
            }
            _ => None,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.link.abandon();
    }
}

impl Stage for MicStage {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), block: &mut [i16]) -> Result<Flow, StageFault> {
        let began = Instant::now();
        let rate = self.rate;
        loop {
            if let Some(flow) = self.blocks.take(block) {
                return Ok(flow);
            }
            let connection = self.connect()?;
            let open = connection.opened(rate).map_err(StageFault::because)?;
            if let Some(connection) = &mut self.connection
                && open
                && connection.take_packet(&mut self.blocks).map_err(StageFault::because)?
            {
                continue;
            }
            if let Some(why) = self.connection.as_ref().and_then(Connection::failure) {
                return Err(self.lose(why));
            }
            let left = POLL_INTERVAL.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(Flow::Skip);
            }
            std::thread::park_timeout(left);
        }
    }

    /// Opens the device again. One that takes long goes on opening, and is looked at again the next time.
    fn recover(&mut self) -> Result<(), StageFault> {
        let (began, rate) = (Instant::now(), self.rate);
        // What waited of an incomplete block is lost with what was not heard.
        self.blocks.restart();
        while began.elapsed() < RECOVERING {
            let connection = self.connect()?;
            if connection.opened(rate).map_err(StageFault::because)? {
                return Ok(());
            }
            if let Some(why) = connection.failure() {
                return Err(self.lose(why));
            }
            std::thread::park_timeout(POLL_INTERVAL);
        }
        Err(StageFault::new("the microphone is still opening"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::super::callback::WAITING;
    use super::*;
    use crate::audio::Channel;

    const BLOCK: usize = 160;
    const RATE: u32 = 16_000;

    /// What the device's thread shall do.
    type Act = Box<dyn FnOnce(&mut MicCallback) -> Result<(), String> + Send>;

    /// A device that follows a script, each act once the one before is done.
    struct Puppet {
        acts: Sender<Act>,
        done: Receiver<()>,
    }

    impl Puppet {
        fn act(&self, act: impl FnOnce(&mut MicCallback) + Send + 'static) {
            self.end(|callback| {
                act(callback);
                Ok(())
            });
        }

        fn end(&self, act: impl FnOnce(&mut MicCallback) -> Result<(), String> + Send + 'static) {
            self.acts.send(Box::new(act)).unwrap();
            self.done.recv().unwrap();
        }

        fn push(&self, frames: Vec<i32>) {
            self.act(move |callback| callback.push(&frames, |sample| sample as f32 / 32_768.0));
        }
    }

    /// A stage, and the device that it listens to, of this rate and two channels. It is opened at the first firing.
    fn both(rate: u32, channel: Channel) -> (MicStage, Puppet) {
        let (acts, script) = mpsc::channel::<Act>();
        let (tell, done) = mpsc::channel();
        let script = Mutex::new(script);
        let listen = move |mut callback: MicCallback| {
            callback.begin(rate, 2, channel);
            let link = callback.link();
            while link.is_wanted() {
                let Ok(act) = script.lock().unwrap().recv() else { return Ok(()) };
                let ended = act(&mut callback);
                tell.send(()).unwrap();
                ended?;
            }
            Ok(())
        };
        (MicStage::new(Arc::new(listen), RATE, BLOCK), Puppet { acts, done })
    }

    /// Frames that bear their own number, different in each channel: their mean is the number.
    fn frames(numbers: std::ops::Range<i32>) -> Vec<i32> {
        numbers.flat_map(|number| [number % 30_000 - 3, number % 30_000 + 3]).collect()
    }

    /// Fires once more than nothing comes: whatever the device's thread has done by then is seen.
    fn fire(stage: &mut MicStage, block: &mut [i16]) -> Flow {
        stage.process((), block).unwrap()
    }

    /// Every block's first sample, and every gap as a negative number, until nothing comes.
    fn blocks(stage: &mut MicStage) -> Vec<i64> {
        let mut found = Vec::new();
        let mut block = [0; BLOCK];
        loop {
            match fire(stage, &mut block) {
                Flow::Skip => return found,
                Flow::Lost(lost) => found.push(-(lost as i64)),
                _ => {
                    assert!(block.windows(2).all(|pair| pair[1] == pair[0] + 1), "{block:?}");
                    found.push(i64::from(block[0]));
                }
            }
        }
    }

    /// Fires until the device is open.
    fn open(stage: &mut MicStage) {
        while !stage.connection.as_ref().is_some_and(|connection| connection.open) {
            assert_eq!(fire(stage, &mut [0; BLOCK]), Flow::Skip);
        }
    }

    #[test]
    fn callbacks_of_any_length_become_blocks() {
        let (mut stage, device) = both(RATE, Channel::default());
        open(&mut stage);
        (0..1024).step_by(128).for_each(|begin| device.push(frames(begin..begin + 128)));
        assert_eq!(blocks(&mut stage), [0, 160, 320, 480, 640, 800]);
    }

    #[test]
    fn one_channel_may_be_chosen() {
        let (mut stage, device) = both(RATE, Channel::One(1));
        open(&mut stage);
        device.push(frames(0..256));
        assert_eq!(blocks(&mut stage), [3]);
    }

    #[test]
    fn what_finds_no_room_is_a_gap_of_whole_blocks() {
        let (mut stage, device) = both(RATE, Channel::default());
        open(&mut stage);
        let (held, packet) = ((FRAMES * WAITING) as i32, FRAMES as i32);
        // Nobody listens meanwhile: the ring fills, and then three packets find no room.
        device.push(frames(0..held + 3 * packet));
        let mut block = [0; BLOCK];
        let mut samples = 0;
        while fire(&mut stage, &mut block) == Flow::Emit {
            assert_eq!(i32::from(block[0]), samples % 30_000);
            samples += 160;
        }
        assert_eq!(samples, held / 160 * 160);
        // What waited of an incomplete block is lost with them.
        let from = held + 3 * packet;
        device.push(frames(from..from + 1024));
        let next = (from as u64).next_multiple_of(160);
        assert_eq!(fire(&mut stage, &mut block), Flow::Lost(next - samples as u64));
        assert_eq!(fire(&mut stage, &mut block), Flow::Emit);
        assert_eq!(i32::from(block[0]), next as i32 % 30_000);
        assert_eq!(fire(&mut stage, &mut block), Flow::Emit);
    }

    #[test]
    fn an_overrun_of_the_device_is_a_gap() {
        let (mut stage, device) = both(RATE, Channel::default());
        open(&mut stage);
        device.push(frames(0..512));
        assert_eq!(blocks(&mut stage).len(), 3);
        device.act(|callback| callback.link().overrun());
        device.push(frames(512..1024));
        // 32 samples that waited, 256 of the gap, and 32 more up to a whole block.
        assert_eq!(blocks(&mut stage), [-320, 512 + 32, 512 + 192, 512 + 352]);
    }

    #[test]
    fn another_rate_is_resampled() {
        let (mut stage, device) = both(48_000, Channel::default());
        open(&mut stage);
        let tone = |n: i32| ((f64::from(n) / 48.0 * std::f64::consts::TAU).sin() * 1e4) as i32;
        let second: Vec<i32> = (0..48_000).flat_map(|n| [tone(n), tone(n)]).collect();
        let mut block = [0; BLOCK];
        let mut heard = Vec::new();
        second.chunks(500).for_each(|part| device.push(part.to_vec()));
        while fire(&mut stage, &mut block) == Flow::Emit {
            heard.extend_from_slice(&block);
        }
        let middle = &heard[1600..heard.len() - 1600];
        // A tone of 1 kHz has 16 samples to a period.
        assert!(middle.windows(17).all(|span| (span[0] - span[16]).abs() < 10), "no tone of 1 kHz");
        assert!(middle.iter().any(|sample| *sample > 9900));
    }

    #[test]
    fn a_device_that_is_lost_is_reported_once_all_is_heard_and_opened_again() {
        let (mut stage, device) = both(RATE, Channel::default());
        open(&mut stage);
        device.push(frames(0..256));
        device.end(|_| Err("it was unplugged".to_owned()));
        let mut block = [0; BLOCK];
        assert_eq!(fire(&mut stage, &mut block), Flow::Emit);
        let fault = std::iter::repeat_with(|| stage.process((), &mut block)).find_map(Result::err);
        assert_eq!(fault.unwrap().to_string(), "it was unplugged");
        stage.recover().unwrap();
        device.push(frames(1000..1256));
        // Nothing of what waited before is mixed with what comes now.
        assert_eq!(blocks(&mut stage), [1000]);
    }

    #[test]
    fn a_device_that_hangs_as_it_opens_keeps_nobody_waiting() {
        let (release, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let listen = move |_: MicCallback| {
            let _ = wait.lock().unwrap().recv();
            Err("it was released".to_owned())
        };
        let mut stage = MicStage::new(Arc::new(listen), RATE, BLOCK);
        assert_eq!(fire(&mut stage, &mut [0; BLOCK]), Flow::Skip);
        let fault = stage.recover().unwrap_err();
        assert_eq!(fault.to_string(), "the microphone is still opening");
        drop(stage);
        drop(release);
    }

    #[test]
    fn a_lane_that_waits_is_woken() {
        let (mut stage, device) = both(RATE, Channel::default());
        open(&mut stage);
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            device.push(frames(0..256));
            device
        });
        let mut block = [0; BLOCK];
        let flow = std::iter::repeat_with(|| fire(&mut stage, &mut block)).find(|flow| *flow != Flow::Skip);
        assert_eq!(flow, Some(Flow::Emit));
        thread.join().unwrap();
    }
}
