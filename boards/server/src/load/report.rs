//! What a load found.

use std::fmt;

use serde_json::{Value, json};

/// What a load found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    satellites: usize,
    seconds: f64,
    pub(super) expected: usize,
    pub(super) found: usize,
    pub(super) lost: usize,
    pub(super) surplus: usize,
    /// Seconds from the chunk that a detection names to the detection, in order once it is closed.
    pub(super) latencies: Vec<f64>,
    /// Why satellites did not go on.
    pub(super) broken: Vec<String>,
    /// How late chunks were sent: the middle, and the 99th percentile.
    lag: (f64, f64),
    /// Cores that the service kept busy.
    pub(super) cores: Option<f64>,
    /// Bytes of the service's resident memory, before and under load.
    pub(super) resident: Option<(u64, u64)>,
    /// What hostile clients did.
    pub(super) attacks: Option<u64>,
}

impl Report {
    pub(super) fn new(satellites: usize, seconds: f64, lags: &mut [f64]) -> Self {
        lags.sort_by(f64::total_cmp);
        let lag = (quantile(lags, 0.5), quantile(lags, 0.99));
        Report { satellites, seconds, lag, ..Report::default() }
    }

    pub(super) fn close(&mut self) {
        self.latencies.sort_by(f64::total_cmp);
    }

    /// Whether no detection was lost and all satellites went on.
    pub fn is_whole(&self) -> bool {
        self.lost == 0 && self.broken.is_empty()
    }

    /// Detections that were expected, those of them that came, and others that came.
    pub fn detections(&self) -> (usize, usize, usize) {
        (self.expected, self.found, self.surplus)
    }

    /// Seconds from the chunk that a detection names to the detection, of this share of all.
    pub fn latency(&self, share: f64) -> f64 {
        quantile(&self.latencies, share)
    }

    /// As one JSON object.
    pub fn json(&self) -> Value {
        json!({
            "satellites": self.satellites,
            "seconds": self.seconds,
            "expected": self.expected,
            "found": self.found,
            "lost": self.lost,
            "surplus": self.surplus,
            "latency_ms": {"p50": ms(self.latency(0.5)), "p99": ms(self.latency(0.99)), "max": ms(self.latency(1.0))},
            "sent_late_ms": {"p50": ms(self.lag.0), "p99": ms(self.lag.1)},
            "broken": self.broken,
            "cores": self.cores,
            "resident_bytes": self.resident.map(|(idle, loaded)| json!({"idle": idle, "loaded": loaded})),
            "attacks": self.attacks,
        })
    }
}

fn ms(seconds: f64) -> f64 {
    (seconds * 1e5).round() / 100.0
}

/// Of sorted values; 0 of none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let index = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(index.saturating_sub(1).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { satellites, seconds, expected, found, lost, surplus, .. } = self;
        writeln!(f, "{satellites} satellites, {seconds} s each")?;
        writeln!(f, "detections  {expected} expected, {found} found, {lost} lost, {surplus} others")?;
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| ms(self.latency(share)));
        writeln!(f, "latency     p50 {p50} ms, p99 {p99} ms, longest {max} ms")?;
        writeln!(f, "sent late   p50 {} ms, p99 {} ms", ms(self.lag.0), ms(self.lag.1))?;
        if let Some(cores) = self.cores {
            writeln!(f, "processor   {cores:.2} cores")?;
        }
        if let Some((idle, loaded)) = self.resident {
            let each = loaded.saturating_sub(idle) as f64 / 1e3 / (*satellites).max(1) as f64;
            let (idle, loaded) = (idle as f64 / 1e6, loaded as f64 / 1e6);
            writeln!(f, "memory      {idle:.1} MB before, {loaded:.1} MB loaded: {each:.1} kB a satellite")?;
        }
        if let Some(attacks) = self.attacks {
            writeln!(f, "hostile     {attacks} connections")?;
        }
        if let Some(first) = self.broken.first() {
            writeln!(f, "broken off  {} satellites; the first: {first}", self.broken.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| quantile(&values, share)), [1.0, 50.0, 99.0, 100.0]);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
