//! What stands at both ends of a session.

use crate::buffer::Buffer;
use crate::item::Element;
use crate::lane::driver::Driver;
use crate::node::{Firing, Inputs, Node, Signature};
use crate::run::RunError;
use crate::stage::{Flow, StageFault};

/// The program, as the lane sees it: it has no clock, and learns of gaps by the blocks that come after them.
#[derive(Default)]
pub(super) struct Program {
    /// Why the session cannot go on.
    pub(super) fault: Option<RunError>,
}

impl Driver for Program {
    fn gap(&mut self, _: &str, _: u64, _: u64) {}

    fn fault(&mut self, stage: &str, fault: StageFault) {
        self.fault.get_or_insert(RunError { stage: stage.to_owned(), fault });
    }
}

/// The place of a stage that the program stands for: it is never fired.
pub(crate) struct Door {
    reads: &'static [Element],
    writes: Option<Element>,
}

impl Door {
    /// In the place of a source.
    pub(crate) fn source(element: Element) -> Self {
        Door { reads: &[], writes: Some(element) }
    }

    /// In the place of a sink, which reads its inputs in the order of their ticks.
    pub(crate) fn sink(element: Element) -> Self {
        let reads: &[Element] = match element {
            Element::I8 => &[Element::I8],
            Element::U8 => &[Element::U8],
            Element::I16 => &[Element::I16],
            Element::F32 => &[Element::F32],
            Element::Event => &[Element::Event],
        };
        Door { reads, writes: None }
    }
}

impl Node for Door {
    fn signature(&self) -> Signature {
        let firing = if self.reads.is_empty() { Firing::Source } else { Firing::Each };
        Signature { reads: self.reads, firing, writes: self.writes, acts: false }
    }

    fn start(&mut self) -> Result<(), StageFault> {
        Ok(())
    }

    fn fire(&mut self, _: Inputs<'_>, _: &mut Buffer) -> Result<Flow, StageFault> {
        Ok(Flow::Skip)
    }

    fn reset(&mut self) {}

    fn reset_beside(&mut self) {}

    fn restart(&mut self) {}

    fn recover(&mut self) -> Result<(), StageFault> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        Ok(())
    }
}
