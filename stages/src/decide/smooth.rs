//! Posteriors averaged over time.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::posterior::{Posterior, Scale};

/// The mean of each label's posteriors over a window of time.
///
/// Until the window is full, at the start and after a gap, it is the mean of what has come, so that a clip that is
/// just long enough for one inference can be detected; a trigger's `min_count` guards against that first inference
/// where this is not wanted.
///
/// What it reads and writes: [`SmoothParams`](super::SmoothParams).
///
/// # Parameters
/// `window_ms`.
///
/// # Reference
/// G. Chen, C. Parada, G. Heigold, "Small-footprint keyword spotting using deep neural networks", 2014, section 2.3.
///
/// # Example
/// ```
/// use kws_engine::{Block, Stage};
/// use kws_stages::decide::{Scale, Smooth};
///
/// // Two labels over two blocks, posteriors in 256ths above −128.
/// let mut smooth = Smooth::new(2, Scale { step: 1.0 / 256.0, zero_point: -128 }, [0i8; 4]);
/// let mut out = [0.0; 2];
/// smooth.process(Block { at: 1, items: &[-128, 0] }, &mut out)?;
/// assert_eq!(out, [0.0, 0.5]);
/// smooth.process(Block { at: 2, items: &[0, -128] }, &mut out)?;
/// assert_eq!(out, [0.25, 0.25]);
/// # Ok::<(), kws_engine::StageFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Smooth<I, B> {
    blocks: u16,
    scale: Scale,
    /// A ring of blocks.
    ring: B,
    /// The place of the oldest block, which the next one takes.
    next: u16,
    /// Blocks that have come, until the ring is full.
    count: u16,
    item: core::marker::PhantomData<I>,
}

impl<I, B> Smooth<I, B> {
    /// A mean over `blocks` blocks; `ring` has room for them.
    pub const fn new(blocks: u16, scale: Scale, ring: B) -> Self {
        Smooth { blocks, scale, ring, next: 0, count: 0, item: core::marker::PhantomData }
    }
}

impl<I: Posterior, B: AsMut<[I]>> Stage for Smooth<I, B> {
    type In = I;
    type Out = f32;

    fn process(&mut self, input: Block<'_, I>, output: &mut [f32]) -> Result<Flow, StageFault> {
        let ring = self.ring.as_mut();
        let labels = input.len();
        if labels * usize::from(self.blocks) != ring.len() || output.len() != labels {
            return Err(StageFault::new("`smooth` received blocks that do not match its memory"));
        }
        let place = usize::from(self.next) * labels;
        ring[place..place + labels].copy_from_slice(&input);
        self.next = if self.next + 1 == self.blocks { 0 } else { self.next + 1 };
        self.count = (self.count + 1).min(self.blocks);
        let come = &ring[..usize::from(self.count) * labels];
        let oldest = if self.count < self.blocks { 0 } else { usize::from(self.next) * labels };
        let (newer, older) = come.split_at(oldest);
        for (label, out) in output.iter_mut().enumerate() {
            let of_label = |blocks: &'_ [I], sum| {
                blocks.iter().skip(label).step_by(labels).fold(sum, |sum, value| I::plus(sum, *value))
            };
            // Oldest first: a sum of reals depends on its order, and shall depend on nothing else.
            let sum = of_label(newer, of_label(older, I::Sum::default()));
            *out = I::mean(sum, self.count, self.scale);
        }
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.next = 0;
        self.count = 0;
    }
}

#[cfg(feature = "std")]
mod kind;
#[cfg(feature = "std")]
pub use kind::SmoothParams;
