//! How a convolution's window lies in scratch memory.

use crate::op::Conv;

/// Inputs of a window in the order in which they are multiplied: *runs* of inputs that lie together in the image, each
/// filled up to whole groups of four, and the whole window to an even number of groups.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taps {
    /// Runs in one row of the window: one, or, where dilation tears the columns apart, one to a column.
    pub(super) row_runs: usize,
    /// Inputs in a run.
    pub(super) run: usize,
    /// Rows of the window.
    rows: usize,
}

impl Taps {
    pub(super) fn new(op: &Conv<impl Copy>) -> Self {
        let (width, depth) = (op.window.width as usize, op.depth as usize);
        let (row_runs, run) = if op.window.dilation_x == 1 { (1, width * depth) } else { (width, depth) };
        Self { row_runs, run, rows: op.window.height as usize }
    }

    /// Groups of four inputs in a run.
    pub(super) fn run_groups(&self) -> usize {
        self.run.div_ceil(4)
    }

    /// Groups of four inputs in a window.
    pub(super) fn groups(&self) -> usize {
        (self.rows * self.row_runs * self.run_groups()).next_multiple_of(2)
    }

    /// Words of scratch memory that two expanded windows take.
    pub(super) fn scratch_words(&self) -> usize {
        2 * 2 * self.groups()
    }

    /// Which weight of a kernel, as the file has them, belongs to input `i` of a group; nothing where it only fills up.
    pub(super) fn weight(&self, group: usize, i: usize) -> Option<usize> {
        let (run, at) = (group / self.run_groups(), group % self.run_groups() * 4 + i);
        (run < self.rows * self.row_runs && at < self.run).then_some(run * self.run + at)
    }
}
