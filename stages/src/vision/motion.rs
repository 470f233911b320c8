//! Whether anything moves.

use kws_engine::{Block, Flow, Stage, StageFault};

use super::Size;

/// Lets images through when something moves: a gate in front of a classifier that would cost more.
///
/// The image is divided into square cells, and each cell's mean is compared with that of the image before. An
/// image passes when at least `cells` of them differ by at least `difference`; so do those that follow for `hold_ms`,
/// and one every `every_ms` however still it is. The first image passes, also after a gap.
///
/// What it reads and writes: [`MotionParams`](super::MotionParams).
///
/// # Parameters
/// `cell`, `difference`, `cells`, `hold_ms`, `every_ms`.
///
/// # Example
/// ```
/// use kws_engine::{Block, Flow, Stage};
/// use kws_stages::vision::{Motion, Size, Watchfulness};
///
/// let size = Size { height: 1, width: 2, channels: 1 };
/// let watch = Watchfulness { cell: 1, difference: 10, cells: 1, hold: 0, every: u64::MAX };
/// let mut motion = Motion::new(size, watch, [0; 2]);
/// let mut out = [0; 2];
/// assert_eq!(motion.process(Block { at: 1, items: &[50, 50] }, &mut out), Ok(Flow::Emit));
/// assert_eq!(motion.process(Block { at: 2, items: &[50, 59] }, &mut out), Ok(Flow::Idle));
/// assert_eq!(motion.process(Block { at: 3, items: &[50, 69] }, &mut out), Ok(Flow::Emit));
/// ```
#[derive(Clone, Debug)]
pub struct Motion<B> {
    size: Size,
    watch: Watchfulness,
    /// Mean of each cell of the image before.
    before: B,
    seen: Seen,
}

/// What counts as motion, and how long it is believed to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watchfulness {
    /// Pixels along a cell's side.
    pub cell: u16,
    /// Steps by which a cell's mean must differ.
    pub difference: u8,
    /// Minimum number of changed cells.
    pub cells: u32,
    /// Ticks after the last motion during which everything passes.
    pub hold: u64,
    /// Ticks after the last image that passed, when one passes however still it is.
    pub every: u64,
}

/// What came before.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// There was an image.
    any: bool,
    /// Tick until which everything passes.
    hold_until: u64,
    /// Tick at which one passes in any case.
    due: u64,
}

const NOTHING: Seen = Seen { any: false, hold_until: 0, due: 0 };

impl<B> Motion<B> {
    /// A gate for images of a size; `before` has room for a byte for each cell, those at the edges counted.
    pub const fn new(size: Size, watch: Watchfulness, before: B) -> Self {
        Motion { size, watch, before, seen: NOTHING }
    }
}

impl<B: AsMut<[u8]>> Motion<B> {
    /// Takes in an image; how many of its cells differ.
    fn differing(&mut self, image: &[u8]) -> u32 {
        let cell = usize::from(self.watch.cell);
        let row = self.size.row();
        let cells = self.before.as_mut().chunks_mut(self.size.width.div_ceil(cell));
        let mut differing = 0;
        for (rows, before) in image.chunks(cell * row).zip(cells) {
            for (column, before) in before.iter_mut().enumerate() {
                let left = column * cell * self.size.channels;
                let right = (left + cell * self.size.channels).min(row);
                let (mut sum, mut count) = (0_u32, 0_u32);
                for row in rows.chunks_exact(row) {
                    sum += row[left..right].iter().map(|value| u32::from(*value)).sum::<u32>();
                    count += (right - left) as u32;
                }
                let mean = ((sum + count / 2) / count.max(1)) as u8;
                differing += u32::from(mean.abs_diff(*before) >= self.watch.difference);
                *before = mean;
            }
        }
        differing
    }
}

impl<B: AsMut<[u8]>> Stage for Motion<B> {
    type In = u8;
    type Out = u8;

    fn process(&mut self, input: Block<'_, u8>, output: &mut [u8]) -> Result<Flow, StageFault> {
        if input.len() != self.size.items() || output.len() != input.len() {
            return Err(StageFault::new("`motion` received images of another size"));
        }
        let moves = self.differing(&input) >= self.watch.cells;
        let first = !core::mem::replace(&mut self.seen.any, true);
        if moves || first {
            self.seen.hold_until = input.at.saturating_add(self.watch.hold);
        }
        if !moves && !first && input.at > self.seen.hold_until && input.at < self.seen.due {
            return Ok(Flow::Idle);
        }
        self.seen.due = input.at.saturating_add(self.watch.every);
        output.copy_from_slice(&input);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.seen = NOTHING;
    }
}

#[cfg(feature = "std")]
mod kind {
    use kws_engine::firmware::{self, Code};
    use kws_engine::{Cost, Design, DesignError, Kind, Site, Trace};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::{Motion, Watchfulness};
    use crate::resolved::{Emit, Resolved};
    use crate::vision::Size;

    /// Passes images while something moves.
    ///
    /// # Reads
    /// `image` u8 `[height, width, channels]`.
    ///
    /// # Writes
    /// The same images, or nothing: an idle stretch, which is a gap to what follows.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    #[serde(default)]
    pub struct MotionParams {
        /// Side of the square cells whose means are compared.
        #[schemars(range(min = 1, max = 4096), extend("unit" = "pixels"))]
        pub cell: u16,
        /// Minimum change of a cell's mean.
        #[schemars(range(min = 1, max = 255))]
        pub difference: u8,
        /// Minimum number of changed cells.
        #[schemars(range(min = 1), extend("unit" = "cells"))]
        pub cells: u32,
        /// Time to keep passing images after the last motion.
        #[schemars(range(min = 0, max = 3_600_000), extend("unit" = "ms"))]
        pub hold_ms: f64,
        /// Passes an image after this time even without motion; 0 for never.
        #[schemars(range(min = 0, max = 3_600_000), extend("unit" = "ms"))]
        pub every_ms: f64,
    }

    impl Default for MotionParams {
        fn default() -> Self {
            MotionParams { cell: 8, difference: 12, cells: 2, hold_ms: 1000.0, every_ms: 5000.0 }
        }
    }

    impl Emit for Motion<Vec<u8>> {
        fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
            let mut code = Code::new(site);
            for name in ["Motion", "Size", "Watchfulness"] {
                code.uses(&format!("kws_stages::vision::{name}"));
            }
            let before = code.lend("before", "means of the cells.", "u8", self.before.len(), "0");
            let value = format!("Motion::new({:?}, {:?}, {})", self.size, self.watch, before.value);
            Ok(code.is(format!("Motion<{}>", before.of), value))
        }
    }

    impl Kind for MotionParams {
        const NAME: &'static str = "motion";
        const TRACE: Trace = Trace::Unseen;

        fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
            let (input, size) = Size::read_by(site)?;
            let cell = usize::from(self.cell.max(1));
            let cells = size.height.div_ceil(cell) * size.width.div_ceil(cell);
            if self.cells as usize > cells {
                let found = format!("found {}, expected at most the {cells} that the image has", self.cells);
                return Err(DesignError::of("cells", found));
            }
            let watch = Watchfulness {
                cell: cell as u16,
                difference: self.difference,
                cells: self.cells,
                hold: input.ticks(self.hold_ms),
                every: if self.every_ms > 0.0 { input.ticks(self.every_ms) } else { u64::MAX },
            };
            let cost = Cost { state: cells + size_of::<super::Seen>(), ..Cost::default() };
            let stage = Motion::new(size, watch, vec![0; cells]);
            Ok(Resolved { output: input.gated(), cost, stage }.boxed())
        }
    }
}
#[cfg(feature = "std")]
pub use kind::MotionParams;
