//! How much audio is measured in how much time of processors.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::audio::RATE;

/// Audio, and the time that it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Throughput {
    /// Samples that were decoded and listened to.
    pub samples: u64,
    /// Seconds of processor time, all cores together; none where the system does not say.
    pub processor_seconds: Option<f64>,
    /// Seconds that went by.
    pub seconds: f64,
}

impl Throughput {
    /// Two runs as one, one after the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let both = self.processor_seconds.zip(other.processor_seconds);
        Self {
            samples: self.samples + other.samples,
            processor_seconds: both.map(|(a, b)| a + b),
            seconds: self.seconds + other.seconds,
        }
    }

    /// Hours of audio in an hour of one core, decoding included.
    #[must_use]
    pub fn per_core_hour(&self) -> Option<f64> {
        let audio = self.samples as f64 / f64::from(RATE);
        self.processor_seconds.filter(|seconds| *seconds > 0.0).map(|seconds| audio / seconds)
    }

    /// A sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let hours = self.samples as f64 / f64::from(RATE) / 3600.0;
        match self.processor_seconds.zip(self.per_core_hour()) {
            Some((seconds, rate)) => format!(
                "{hours:.2} h of audio in {seconds:.1} s of processor time, decoding included: {rate:.0} h per core-hour"
            ),
            None => format!("{hours:.2} h of audio in {:.1} s", self.seconds),
        }
    }
}

/// Measures the time of a run.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    began: Instant,
    processor: Option<f64>,
}

impl Stopwatch {
    /// Begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { began: Instant::now(), processor: processor_seconds() }
    }

    /// What has passed until now, for so many samples.
    #[must_use]
    pub fn stop(self, samples: u64) -> Throughput {
        let processor = processor_seconds().zip(self.processor).map(|(now, then)| now - then);
        Throughput { samples, processor_seconds: processor, seconds: self.began.elapsed().as_secs_f64() }
    }
}

/// Processor time of this process, all threads together.
#[cfg(unix)]
fn processor_seconds() -> Option<f64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9)
}

/// Processor time of this process, which nothing portable states.
#[cfg(not(unix))]
fn processor_seconds() -> Option<f64> {
    None
}
