//! Numbers as people read them.

/// Bytes: `960 B`, `2.5 KiB`, `1.2 MiB`.
pub(crate) fn bytes(count: usize) -> String {
    scaled(count as f64, 1024.0, &["B", "KiB", "MiB", "GiB"])
}

/// As [`bytes`], of a number that need not be whole.
pub(crate) fn bytes_of(count: f64) -> String {
    scaled(count, 1024.0, &["B", "KiB", "MiB", "GiB"])
}

/// A number, to three figures.
pub(crate) fn number(value: f64) -> String {
    digits(value)
}

/// A count: `12`, `3.4 k`, `2.66 M`.
pub(crate) fn count(count: f64) -> String {
    scaled(count, 1000.0, &["", "k", "M", "G", "T"]).trim_end().to_owned()
}

/// A duration given in nanoseconds: `850 ns`, `1.3 µs`, `20 ms`, `3.2 s`.
pub(crate) fn nanos(nanos: u64) -> String {
    scaled(nanos as f64, 1000.0, &["ns", "µs", "ms", "s"])
}

/// A span of a stream in milliseconds: `10 ms`, `0.5 ms`.
pub(crate) fn millis(seconds: f64) -> String {
    format!("{} ms", trimmed(seconds * 1000.0))
}

/// A share: `0.031 %`, `12 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", digits(share * 100.0))
}

/// How many times faster than the stream itself.
pub(crate) fn times(factor: f64) -> String {
    format!("{}×", digits(factor))
}

fn scaled(mut value: f64, step: f64, units: &[&str]) -> String {
    let mut unit = 0;
    while value >= step && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    format!("{} {}", digits(value), units[unit])
}

/// Three figures, or all before the point where there are more.
fn digits(value: f64) -> String {
    let places = match value.abs() {
        v if v >= 100.0 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    trimmed_to(value, places)
}

fn trimmed(value: f64) -> String {
    trimmed_to(value, 3)
}

fn trimmed_to(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_figures_and_a_unit() {
        assert_eq!(bytes(960), "960 B");
        assert_eq!(bytes(2560), "2.5 KiB");
        assert_eq!(count(0.0), "0");
        assert_eq!(count(2_656_768.0), "2.66 M");
        assert_eq!(nanos(1_340), "1.34 µs");
        assert_eq!(nanos(3_204_000_000), "3.2 s");
        assert_eq!(millis(0.0305), "30.5 ms");
        assert_eq!(percent(0.000_31), "0.031 %");
        assert_eq!(times(3120.4), "3120×");
    }
}
