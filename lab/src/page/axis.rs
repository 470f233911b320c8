//! Axes: what they say and how they run.

use std::ops::Range;

/// An axis of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub(super) label: String,
    pub(super) logarithmic: bool,
    pub(super) range: Option<Range<f64>>,
}

impl Axis {
    /// A linear axis that reaches over all that is drawn.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), logarithmic: false, range: None }
    }

    /// Makes it logarithmic. Points of zero or less are then left out.
    #[must_use]
    pub fn logarithmic(self) -> Self {
        Self { logarithmic: true, ..self }
    }

    /// Fixes its ends, the smaller one first. Points beyond them are left out.
    #[must_use]
    pub fn within(self, range: Range<f64>) -> Self {
        Self { range: Some(range), ..self }
    }

    /// Whether a value has a place on it.
    pub(super) fn shows(&self, value: f64) -> bool {
        let inside = self.range.as_ref().is_none_or(|r| r.start <= value && value <= r.end);
        value.is_finite() && inside && (!self.logarithmic || value > 0.0)
    }

    /// Its ends: the fixed ones, or those that hold all values with a little room.
    pub(super) fn ends(&self, values: impl Iterator<Item = f64>) -> Range<f64> {
        if let Some(range) = &self.range {
            return range.clone();
        }
        let shown = values.filter(|&v| self.shows(v));
        let (low, high) = shown.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        match (low <= high, self.logarithmic) {
            (false, false) => 0.0..1.0,
            (false, true) => 0.1..1.0,
            (true, true) => low / 1.3..high * 1.3,
            (true, false) => {
                let room = if high > low { (high - low) * 0.04 } else { low.abs().max(1.0) * 0.1 };
                // An axis that nearly reaches zero shows it: a curve near the ground is seen to be there.
                let start = if low >= 0.0 && low < high / 2.0 { 0.0 } else { low - room };
                start..high + room
            }
        }
    }
}

/// A tick's number, without digits that say nothing.
pub(super) fn tick(value: f64) -> String {
    let rounded = format!("{value:.6}");
    let short = rounded.trim_end_matches('0').trim_end_matches('.');
    match short {
        "" | "-0" | "0" if value != 0.0 && value.abs() < 1e-6 => format!("{value:.0e}"),
        "" | "-0" => "0".to_owned(),
        _ => short.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_hold_what_can_be_shown() {
        assert_eq!(Axis::new("x").ends([1.0, f64::NAN, 9.0].into_iter()).start, 0.0);
        let logarithmic = Axis::new("x").logarithmic().ends([0.0, 0.13, 10.0].into_iter());
        assert!((logarithmic.start - 0.1).abs() < 1e-9 && (logarithmic.end - 13.0).abs() < 1e-9);
        assert_eq!(Axis::new("x").within(2.0..3.0).ends([9.0].into_iter()), 2.0..3.0);
        assert!(Axis::new("x").ends([5.0].into_iter()).start < 5.0);
    }

    #[test]
    fn ticks_are_short() {
        assert_eq!([tick(0.5), tick(100.0), tick(-0.0), tick(1e-7)], ["0.5", "100", "0", "1e-7"]);
    }
}
