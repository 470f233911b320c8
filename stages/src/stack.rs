//! The last few blocks of a stream as one block.

use kws_engine::{Block, Flow, Item, Stage, StageFault};

/// Gathers the newest blocks into one: the context that a classifier looks at.
///
/// What it reads and writes: [`StackParams`](crate::StackParams).
///
/// # Parameters
/// `frames`, `hop`.
///
/// # Example
/// ```
/// use kws_engine::{Block, Flow, Stage};
/// use kws_stages::Stack;
///
/// // Two blocks of two values, after each block.
/// let mut stack = Stack::new(2, 1, [0i8; 4]);
/// let mut out = [0; 4];
/// assert_eq!(stack.process(Block { at: 1, items: &[1, 2] }, &mut out), Ok(Flow::Skip));
/// assert_eq!(stack.process(Block { at: 2, items: &[3, 4] }, &mut out), Ok(Flow::Emit));
/// assert_eq!(stack.process(Block { at: 3, items: &[5, 6] }, &mut out), Ok(Flow::Emit));
/// assert_eq!(out, [3, 4, 5, 6]);
/// ```
#[derive(Clone, Debug)]
pub struct Stack<I, B> {
    frames: usize,
    hop: usize,
    /// A ring of blocks.
    ring: B,
    /// The place of the oldest block, which the next one takes.
    next: usize,
    /// Blocks that must still come before one is written.
    missing: usize,
    item: core::marker::PhantomData<I>,
}

impl<I, B> Stack<I, B> {
    /// A stack of `frames` blocks, written after every `hop`; `ring` has room for `frames` blocks.
    pub const fn new(frames: usize, hop: usize, ring: B) -> Self {
        Stack { frames, hop, ring, next: 0, missing: frames, item: core::marker::PhantomData }
    }
}

impl<I: Item, B: AsMut<[I]>> Stage for Stack<I, B> {
    type In = I;
    type Out = I;

    fn process(&mut self, input: Block<'_, I>, output: &mut [I]) -> Result<Flow, StageFault> {
        let ring = self.ring.as_mut();
        if input.len() * self.frames != ring.len() || output.len() != ring.len() {
            return Err(StageFault::new("`stack` received blocks that do not match its memory"));
        }
        let place = self.next * input.len();
        ring[place..place + input.len()].copy_from_slice(&input);
        self.next = if self.next + 1 == self.frames { 0 } else { self.next + 1 };
        self.missing -= 1;
        if self.missing > 0 {
            return Ok(Flow::Skip);
        }
        self.missing = self.hop;
        let (newer, older) = ring.split_at(self.next * input.len());
        let (first, second) = output.split_at_mut(older.len());
        first.copy_from_slice(older);
        second.copy_from_slice(newer);
        Ok(Flow::Emit)
    }

    fn reset(&mut self) {
        self.next = 0;
        self.missing = self.frames;
    }
}

#[cfg(feature = "std")]
mod kind {
    use kws_engine::firmware::{self, Code};
    use kws_engine::{Cost, Design, DesignError, Element, HostInput, HostOutput, Item, Kind, Port, Site};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::Stack;
    use crate::resolved::{Emit, Resolved};

    /// Joins the newest blocks into one: the context of a classifier.
    ///
    /// # Reads
    /// f32 or i8, any shape and role.
    ///
    /// # Writes
    /// The same element, role and quantisation, shape `[frames, …]`, oldest first. The first block is written when
    /// `frames` have come, and then one after every `hop`. After a gap it fills anew.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct StackParams {
        /// Blocks to join.
        #[schemars(range(min = 1, max = 65_536), extend("unit" = "blocks"))]
        pub frames: usize,
        /// Blocks between outputs.
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = 65_536), extend("unit" = "blocks"))]
        pub hop: usize,
    }

    fn one() -> usize {
        1
    }

    impl<I: Item> Emit for Stack<I, Vec<I>> {
        fn emit(&self, site: &firmware::EmitSite<'_>) -> Result<Code, DesignError> {
            let (item, zero) = (I::ELEMENT.name(), firmware::zero(I::ELEMENT));
            let mut code = Code::new(site);
            code.uses("kws_stages::Stack");
            let ring = code.lend("ring", "the newest blocks.", item, self.ring.len(), zero);
            let value = format!("Stack::new({}, {}, {})", self.frames, self.hop, ring.value);
            Ok(code.is(format!("Stack<{item}, {}>", ring.of), value))
        }
    }

    impl StackParams {
        fn design_of<I>(&self, input: &Port, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError>
        where
            I: Item + HostInput + HostOutput,
        {
            let block = input.bytes() as u64;
            site.room("frames", block.saturating_mul(self.frames as u64))?;
            let shape = std::iter::once(self.frames).chain(input.shape.iter().copied()).collect();
            let output = Port {
                period: input.period * self.hop as u64,
                quant: input.quant,
                ..input.then(input.element, shape, input.role.clone())
            };
            let ring = vec![I::default(); output.len()];
            let cost = Cost { state: output.bytes() + 2 * size_of::<usize>(), ..Cost::default() };
            Ok(Resolved { output, cost, stage: Stack::<I, _>::new(self.frames, self.hop, ring) }.boxed())
        }
    }

    impl Kind for StackParams {
        const NAME: &'static str = "stack";

        fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
            let input = site.input(&[Element::F32, Element::I8])?;
            match input.element {
                Element::I8 => self.design_of::<i8>(input, site),
                _ => self.design_of::<f32>(input, site),
            }
        }
    }
}
#[cfg(feature = "std")]
pub use kind::StackParams;
