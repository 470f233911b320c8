//! Samples in, features out.

use core::borrow::{Borrow, BorrowMut};
use core::marker::PhantomData;

use kws_engine::{Block, Flow, Stage, StageFault};

use super::{Analyser, CHANNELS, Feature, Tables, WINDOW, Work};

/// TFLite Micro's integer front end as a stage: what micro_speech and microWakeWord models read.
///
/// What it reads and writes: [`MicroFrontendParams`](super::MicroFrontendParams).
///
/// # Parameters
/// `hop_ms`, `encoding`, `reference`.
///
/// # Reference
/// See the [module](super).
///
/// # Example
/// ```
/// use kws_engine::{Block, Flow, Stage};
/// use kws_stages::audio::micro_frontend::{MicroFrontend, Reference, Tables};
///
/// // A frame every 20 ms, from a history of two hops.
/// let tables = Tables::new(Reference::CLibrary);
/// let mut frontend = MicroFrontend::<_, _, i8>::new(320, &tables, [0; 640]);
/// let mut features = [0i8; 40];
/// assert_eq!(frontend.process(Block { at: 320, items: &[0; 320] }, &mut features), Ok(Flow::Skip));
/// assert_eq!(frontend.process(Block { at: 640, items: &[0; 320] }, &mut features), Ok(Flow::Emit));
/// assert_eq!(features, [-128; 40]);
/// ```
#[derive(Debug, Clone)]
pub struct MicroFrontend<T, H, F, W = Work> {
    pub(super) hop: usize,
    pub(super) history: H,
    filled: usize,
    pub(super) analyser: Analyser<T, W>,
    feature: PhantomData<F>,
}

impl<T, H, F> MicroFrontend<T, H, F> {
    /// A front end with a frame every `hop` samples; `history` has as many whole hops as a window needs.
    pub const fn new(hop: usize, tables: T, history: H) -> Self {
        Self::over(hop, tables, history, Work::new())
    }
}

impl<T, H, F, W> MicroFrontend<T, H, F, W> {
    /// The same, working in memory of the caller's.
    pub const fn over(hop: usize, tables: T, history: H, work: W) -> Self {
        Self { hop, history, filled: 0, analyser: Analyser::over(tables, work), feature: PhantomData }
    }
}

impl<T, H, F, W> Stage for MicroFrontend<T, H, F, W>
where
    T: Borrow<Tables>,
    H: AsMut<[i16]>,
    F: Feature,
    W: BorrowMut<Work>,
{
    type In = i16;
    type Out = F;

    fn process(&mut self, input: Block<'_, i16>, output: &mut [F]) -> Result<Flow, StageFault> {
        let history = self.history.as_mut();
        let filled = self.filled + input.len();
        let Some(free) = history.get_mut(self.filled..filled) else {
            return Err(StageFault::new(
                "`micro_frontend` received blocks whose length does not divide the hop",
            ));
        };
        free.copy_from_slice(&input);
        self.filled = filled;
        if filled < history.len() {
            return Ok(Flow::Skip);
        }
        let Some(window) = history.first_chunk::<WINDOW>() else {
            return Err(StageFault::new("`micro_frontend` was given a history shorter than a window"));
        };
        let mut features = [0; CHANNELS];
        self.analyser.process(window, &mut features);
        for (out, feature) in output.iter_mut().zip(features) {
            *out = F::encode(feature);
        }
        history.copy_within(self.hop.., 0);
        self.filled -= self.hop;
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.filled = 0;
        self.analyser.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reference;
    use super::*;

    /// All that a stage emits for a stream of `hop`-sample hops, with the tick of each frame.
    fn frames(samples: &[i16], hop: usize, block: usize) -> Vec<(u64, [i16; CHANNELS])> {
        let tables = Tables::new(Reference::CLibrary);
        let mut stage = MicroFrontend::new(hop, &tables, vec![0; WINDOW.div_ceil(hop) * hop]);
        run(&mut stage, samples, block)
    }

    fn run(
        stage: &mut MicroFrontend<&Tables, Vec<i16>, i16>,
        samples: &[i16],
        block: usize,
    ) -> Vec<(u64, [i16; CHANNELS])> {
        let mut frames = Vec::new();
        for (index, items) in samples.chunks_exact(block).enumerate() {
            let (at, mut frame) = (((index + 1) * block) as u64, [0; CHANNELS]);
            if stage.process(Block { at, items }, &mut frame) == Ok(Flow::Emit) {
                frames.push((at, frame));
            }
        }
        frames
    }

    /// Loud, soft, loud: the noise estimate has something to remember.
    fn samples() -> Vec<i16> {
        let sample = |i: i32| ((i * i) % 3001 - 1500) as i16 * if i / 1600 % 2 == 0 { 20 } else { 1 };
        (0..8000).map(sample).collect()
    }

    #[test]
    fn the_source_s_block_changes_nothing() {
        let samples = samples();
        for hop in [160, 320] {
            let whole = frames(&samples, hop, hop);
            assert_eq!(whole.len(), samples.len() / hop - WINDOW.div_ceil(hop) + 1);
            assert_eq!(frames(&samples, hop, 32), whole);
        }
    }

    #[test]
    fn frames_start_at_multiples_of_the_hop() {
        let (samples, tables) = (samples(), Tables::new(Reference::CLibrary));
        let mut analyser = Analyser::new(&tables);
        for (index, (at, frame)) in frames(&samples, 320, 160).into_iter().enumerate() {
            let mut expected = [0; CHANNELS];
            let window = samples[index * 320..].first_chunk().expect("a frame is made of a whole window");
            analyser.process(window, &mut expected);
            assert_eq!((at, frame), ((index as u64 + 2) * 320, expected.map(|value| value as i16)));
        }
    }

    #[test]
    fn after_a_gap_nothing_of_the_past_is_left() {
        let (samples, tables) = (samples(), Tables::new(Reference::CLibrary));
        let mut stage = MicroFrontend::new(160, &tables, vec![0; WINDOW]);
        let first = run(&mut stage, &samples, 160);
        let _ = run(&mut stage, &samples[..320], 160);
        stage.reset();
        assert_eq!(run(&mut stage, &samples, 160), first);
    }
}
