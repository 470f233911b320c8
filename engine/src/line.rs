//! An event as a line of JSON: one text for the host's `jsonl` and for boards, byte for byte.
//!
//! `{"time":1.240,"tick":19840,"stage":"trigger","label":"yes","point":"wake","score":0.9700,"start":0.800,"end":1.240}`
//!
//! `time`, `start` and `end` are seconds of the stream with three digits, `tick` is exact, and `stage` is the stage that
//! wrote the event. All is computed in integers, the score too, since formatting of floating point takes some 10 kB of
//! flash.

use core::fmt::{self, Display, Formatter, Write};

use crate::block::Block;
use crate::event::Event;
use crate::stage::{Any, Flow, Stage, StageFault};

/// What the events of one input mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names<'a, T = &'a str> {
    /// The stage that wrote them.
    pub stage: &'a str,
    /// Names of the labels.
    pub labels: &'a [T],
    /// Names of the operating points.
    pub points: &'a [T],
    /// Ticks in a second.
    pub clock: u32,
}

impl<'a, T: AsRef<str>> Names<'a, T> {
    /// The name of an event's label; its number where it has no name.
    pub fn label(&self, event: &Event) -> Name<'a> {
        Name { text: self.labels.get(usize::from(event.label)).map(AsRef::as_ref), number: event.label }
    }

    /// The name of an event's operating point; its number where it has no name.
    pub fn point(&self, event: &Event) -> Name<'a> {
        Name { text: self.points.get(usize::from(event.point)).map(AsRef::as_ref), number: event.point }
    }

    /// Seconds of the stream at a tick.
    pub fn seconds(&self, tick: u64) -> Seconds {
        Seconds { tick, clock: self.clock }
    }

    /// The line of an event that came in a block of tick `at`, without a line feed.
    pub fn line<'e>(&self, at: u64, event: &'e Event) -> Line<'a, 'e, T> {
        let Names { stage, labels, points, clock } = *self;
        Line { names: Names { stage, labels, points, clock }, at, event }
    }
}

/// An event as a line of JSON, without a line feed.
pub struct Line<'a, 'e, T> {
    names: Names<'a, T>,
    at: u64,
    event: &'e Event,
}

impl<T: AsRef<str>> Display for Line<'_, '_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Line { names, at, event } = self;
        let (time, stage) = (names.seconds(*at), Json(names.stage));
        write!(f, "{{\"time\":{time},\"tick\":{at},\"stage\":\"{stage}\"")?;
        write!(f, ",\"label\":\"{}\",\"point\":\"{}\"", Json(names.label(event)), Json(names.point(event)))?;
        let (start, end) = (names.seconds(event.start), names.seconds(event.end));
        write!(f, ",\"score\":{},\"start\":{start},\"end\":{end}}}", Score(event.score))
    }
}

/// A name, or a number where there is none.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    text: Option<&'a str>,
    number: u16,
}

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.text {
            Some(text) => f.pad(text),
            None => Display::fmt(&self.number, f),
        }
    }
}

/// A time of the stream, shown in seconds with three digits, rounded to the nearest.
#[derive(Clone, Copy, Debug)]
pub struct Seconds {
    /// Tick of the stream.
    pub tick: u64,
    /// Ticks in a second.
    pub clock: u32,
}

impl Display for Seconds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let clock = u64::from(self.clock.max(1));
        let (seconds, rest) = (self.tick / clock, self.tick % clock);
        let ms = (rest * 1000 + clock / 2) / clock;
        write!(f, "{}.{:03}", seconds + ms / 1000, ms % 1000)
    }
}

/// A score as JSON has it, with four digits as `{:.4}` writes them; `null` for what is none: not a number, or 2³² and
/// more.
#[derive(Clone, Copy, Debug)]
pub struct Score(pub f32);

impl Display for Score {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        const FRACTION: u32 = 23;
        let bits = self.0.to_bits();
        let exponent = (bits >> FRACTION) & 0xFF;
        if exponent >= 127 + 32 {
            return f.write_str("null");
        }
        let fraction = u64::from(bits & ((1 << FRACTION) - 1));
        // The value is `whole` times 2 to the power of `exponent` − 150; subnormal numbers are without the leading 1.
        let whole = if exponent == 0 { fraction } else { fraction | 1 << FRACTION };
        let scaled = whole * 10_000;
        let rounded = match 150 - exponent.max(1) as i32 {
            // 24 bits times 10⁴ are less than half of this.
            40.. => 0,
            down @ 1.. => {
                let (quotient, rest, half) = (scaled >> down, scaled & ((1 << down) - 1), 1 << (down - 1));
                quotient + u64::from(rest > half || (rest == half && quotient % 2 == 1))
            }
            up => scaled << -up,
        };
        let sign = if bits >> 31 == 1 { "-" } else { "" };
        write!(f, "{sign}{}.{:04}", rounded / 10_000, rounded % 10_000)
    }
}

/// A text within the quotes of JSON.
struct Json<T>(T);

impl<T: Display> Display for Json<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaped(f), "{}", self.0)
    }
}

struct Escaped<'a, 'b>(&'a mut Formatter<'b>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|char| match char {
            '"' => self.0.write_str("\\\""),
            '\\' => self.0.write_str("\\\\"),
            '\u{8}' => self.0.write_str("\\b"),
            '\u{c}' => self.0.write_str("\\f"),
            '\n' => self.0.write_str("\\n"),
            '\r' => self.0.write_str("\\r"),
            '\t' => self.0.write_str("\\t"),
            '\0'..'\u{20}' => write!(self.0, "\\u{:04x}", u32::from(char)),
            _ => self.0.write_char(char),
        })
    }
}

/// A sink that writes every event as a line, to whatever takes text.
pub struct Lines<W, const N: usize> {
    names: &'static [Names<'static>; N],
    out: W,
}

impl<W, const N: usize> Lines<W, N> {
    /// Lines of events by `N` inputs.
    pub const fn new(names: &'static [Names<'static>; N], out: W) -> Self {
        Lines { names, out }
    }
}

impl<W: Write, const N: usize> Stage for Lines<W, N> {
    type In = Any<Event>;
    type Out = ();

    fn process(&mut self, (which, events): (usize, Block<'_, Event>), (): ()) -> Result<Flow, StageFault> {
        let Some(names) = self.names.get(which) else {
            return Err(StageFault::new("events came by an input that has no names"));
        };
        for event in events.iter().filter(|event| event.is_some()) {
            let written = writeln!(self.out, "{}", names.line(events.at, event));
            written.map_err(|_| StageFault::new("cannot write events"))?;
        }
        Ok(Flow::Skip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_in_integers() {
        let shown = |tick, clock| Seconds { tick, clock }.to_string();
        assert_eq!(shown(19_840, 16_000), "1.240");
        assert_eq!(shown(7, 16_000), "0.000");
        assert_eq!(shown(8, 16_000), "0.001");
        assert_eq!(shown(15_999, 16_000), "1.000");
        assert_eq!(shown(u64::MAX, 1), "18446744073709551615.000");
    }

    #[test]
    fn scores_are_rounded_as_the_library_rounds() {
        let mut random = 1_u32;
        let drawn = core::iter::repeat_with(|| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from_bits(random)
        });
        let unit = (0..=160_000).map(|n| n as f32 / 160_000.0);
        let ties = [0.031_25, 0.093_75, 0.000_05, -0.0, -0.000_01, 1e-40, 0.5, 255.031_25, 4_294_967_040.0];
        let scores = drawn.take(200_000).chain(unit).chain(ties);
        for score in scores.filter(|score| score.abs() < 4_294_967_296.0) {
            assert_eq!(Score(score).to_string(), format!("{score:.4}"), "{score:e}");
        }
        assert_eq!(Score(f32::NAN).to_string(), "null");
        assert_eq!(Score(f32::NEG_INFINITY).to_string(), "null");
        assert_eq!(Score(4_294_967_296.0).to_string(), "null");
    }

    #[cfg(feature = "std")]
    #[test]
    fn texts_are_escaped_as_serde_escapes_them() {
        let text: String = (0..0x90).filter_map(char::from_u32).chain("äß✓".chars()).collect();
        assert_eq!(format!("\"{}\"", Json(&text)), serde_json::to_string(&text).unwrap());
    }
}
