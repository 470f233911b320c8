//! The benchmarks that send one input at a time: what the input is, and what the runner wants to know of the output.

/// A model's input or output of int8: where the arena holds it, and what its numbers mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantised {
    /// The first byte in the arena.
    pub start: usize,
    /// How many there are.
    pub len: usize,
    /// Real value of one step.
    pub scale: f32,
    /// Integer that stands for real zero.
    pub zero_point: i32,
}

impl Quantised {
    fn real(&self, number: i8) -> f32 {
        (i32::from(number) - self.zero_point) as f32 * self.scale
    }

    fn quantise(&self, real: f32) -> i8 {
        (rounded(f64::from(real / self.scale)) + i64::from(self.zero_point)).clamp(-128, 127) as i8
    }
}

/// The integer nearest to a number; of two, the one farther from zero, as C's `round`.
pub(super) fn rounded(number: f64) -> i64 {
    (number + 0.5_f64.copysign(number)) as i64
}

/// The two ends of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// What it reads.
    pub input: Quantised,
    /// What it writes.
    pub output: Quantised,
}

/// A benchmark of MLPerf Tiny.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Benchmark {
    /// Keyword spotting: 49 × 10 coefficients, quantised by the runner; 12 classes.
    Kws01,
    /// Visual wake words: an image of 96 × 96 RGB pixels; no person, a person.
    Vww01,
    /// Image classification: an image of 32 × 32 RGB pixels; 10 classes.
    Ic01,
    /// Anomaly detection: a spectrogram of 640 floats; how far the model's copy of it is off, as mean squared error.
    Ad01,
}

impl Benchmark {
    /// All of them.
    pub const ALL: [Benchmark; 4] = [Benchmark::Kws01, Benchmark::Vww01, Benchmark::Ic01, Benchmark::Ad01];

    /// The name by which the runner chooses its test.
    pub const fn name(self) -> &'static str {
        match self {
            Benchmark::Kws01 => "kws01",
            Benchmark::Vww01 => "vww01",
            Benchmark::Ic01 => "ic01",
            Benchmark::Ad01 => "ad01",
        }
    }

    /// Bytes that the runner sends for one input.
    pub const fn input_bytes(self, ends: &Ends) -> usize {
        match self {
            Benchmark::Ad01 => size_of::<f32>() * ends.input.len,
            _ => ends.input.len,
        }
    }

    /// Writes an input of the runner's where the model reads it.
    pub(super) fn place(self, Ends { input: end, .. }: &Ends, input: &[u8], arena: &mut [i8]) {
        let numbers = &mut arena[end.start..end.start + end.len];
        match self {
            Benchmark::Kws01 => numbers.iter_mut().zip(input).for_each(|(to, byte)| *to = *byte as i8),
            Benchmark::Vww01 | Benchmark::Ic01 => {
                numbers.iter_mut().zip(input).for_each(|(to, byte)| *to = (*byte ^ 0x80) as i8);
            }
            Benchmark::Ad01 => {
                numbers.iter_mut().zip(reals(input)).for_each(|(to, real)| *to = end.quantise(real));
            }
        }
    }

    /// What the runner wants to know of the output.
    pub(super) fn results(self, ends: &Ends, input: &[u8], arena: &[i8]) -> impl Iterator<Item = f32> {
        let end = ends.output;
        let outputs = arena[end.start..end.start + end.len].iter().map(move |number| end.real(*number));
        let error = match self {
            Benchmark::Ad01 => {
                let squares =
                    outputs.clone().zip(reals(input)).map(|(copy, real)| (copy - real) * (copy - real));
                Some(squares.sum::<f32>() / end.len as f32)
            }
            _ => None,
        };
        let classes = if error.is_some() { 0 } else { end.len };
        outputs.take(classes).chain(error)
    }
}

/// Floats, the lower byte first.
fn reals(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}
