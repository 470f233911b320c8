//! What the service counts, and how Prometheus reads it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use kws_service::exposition::{self, MetricKind};

/// Counters of a service.
pub(crate) struct Metrics {
    began: Instant,
    /// Connections that are open.
    pub(crate) open: AtomicUsize,
    /// Connections that were taken, and those that were turned away for want of room.
    pub(crate) taken: AtomicU64,
    pub(crate) turned_away: AtomicU64,
    /// Connections that were ended for what their clients did.
    pub(crate) refused: AtomicU64,
    /// Streams of audio that began, and bytes of audio that came.
    pub(crate) streams: AtomicU64,
    pub(crate) audio_bytes: AtomicU64,
    detections: Mutex<Vec<(String, u64)>>,
    /// Nanoseconds in which workers did not wait.
    pub(crate) busy: AtomicU64,
    /// Longest turn of a worker over all its clients since the last look, in µs.
    pub(crate) longest_turn: AtomicU64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Metrics {
            began: Instant::now(),
            open: AtomicUsize::new(0),
            taken: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            streams: AtomicU64::new(0),
            audio_bytes: AtomicU64::new(0),
            detections: Mutex::default(),
            busy: AtomicU64::new(0),
            longest_turn: AtomicU64::new(0),
        }
    }

    /// Counts a detection by this name: of all that happens the rarest.
    pub(crate) fn detections(&self, name: &str) {
        let mut all = self.detections.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, count)) => *count += 1,
            None => all.push((name.to_owned(), 1)),
        }
    }

    fn all_detections(&self) -> Vec<(String, u64)> {
        self.detections.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// All of it in one line.
    pub(crate) fn line(&self) -> String {
        let detections: u64 = self.all_detections().iter().map(|(_, count)| count).sum();
        format!(
            "{} connections open, {} taken, {} turned away, {} refused; {} streams, {} detections; busy {:.1} s of {:.0} s",
            self.open.load(Relaxed),
            self.taken.load(Relaxed),
            self.turned_away.load(Relaxed),
            self.refused.load(Relaxed),
            self.streams.load(Relaxed),
            detections,
            self.busy.load(Relaxed) as f64 / 1e9,
            self.began.elapsed().as_secs_f64(),
        )
    }

    /// Prometheus' text format, version 0.0.4.
    pub(crate) fn text(&self) -> String {
        use MetricKind::{Counter, Gauge};
        let mut metrics = exposition::Metrics::default();
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        metrics.one(Gauge, "connections", "Open connections.", self.open.load(Relaxed));
        metrics.one(Counter, "connections_total", "Connections taken.", count(&self.taken));
        let turned_away = "connections_turned_away_total";
        metrics.one(Counter, turned_away, "Connections beyond the limit.", count(&self.turned_away));
        let help = "Connections ended for what the client did.";
        metrics.one(Counter, "connections_refused_total", help, count(&self.refused));
        metrics.one(Counter, "streams_total", "Streams of audio begun.", count(&self.streams));
        metrics.one(Counter, "audio_bytes_total", "Bytes of audio received.", count(&self.audio_bytes));
        let busy = count(&self.busy) as f64 / 1e9;
        metrics.one(Counter, "busy_seconds_total", "Time in which workers did not wait.", busy);
        let longest = self.longest_turn.swap(0, Relaxed) as f64 / 1e6;
        let help = "Longest turn of a worker since the last scrape.";
        metrics.one(Gauge, "longest_turn_seconds", help, longest);
        metrics.one(Gauge, "uptime_seconds", "Time since the start.", self.began.elapsed().as_secs_f64());
        let detections = self.all_detections();
        let labels: Vec<[(&str, &str); 1]> =
            detections.iter().map(|(name, _)| [("name", name.as_str())]).collect();
        let values = labels.iter().zip(&detections).map(|(labels, (_, count))| (&labels[..], count));
        metrics.several(Counter, "detections_total", "Detections reported.", values);
        metrics.into_text()
    }
}
