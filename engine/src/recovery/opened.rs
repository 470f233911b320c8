//! A stage that holds something outside, which may be missing when the run begins.

use crate::stage::{Flow, Read, Stage, StageFault, Write};

/// What happens to what is open when the stage has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// It is still good: a file that is written on.
    Keep,
    /// It is opened anew: a device that was unplugged.
    Anew,
}

/// A stage that is made when the run begins, by what opens a file or a device: where that fails, `on_fault` says what happens, as
/// when a stage fails later.
pub struct Opened<S, F> {
    open: F,
    after: After,
    stage: Option<S>,
}

impl<S, F: FnMut() -> Result<S, StageFault>> Opened<S, F> {
    /// After a failure the stage goes on with what it has open.
    pub const fn once(open: F) -> Self {
        Opened { open, after: After::Keep, stage: None }
    }

    /// After a failure everything is opened anew.
    pub const fn anew(open: F) -> Self {
        Opened { open, after: After::Anew, stage: None }
    }

    /// The stage, which is opened if that was not done.
    fn stage(&mut self) -> Result<&mut S, StageFault> {
        let opened = match self.stage.take() {
            Some(stage) => stage,
            None => (self.open)()?,
        };
        Ok(self.stage.insert(opened))
    }
}

impl<S: Stage, F: FnMut() -> Result<S, StageFault>> Stage for Opened<S, F> {
    type In = S::In;
    type Out = S::Out;
    const ACTS: bool = S::ACTS;

    fn start(&mut self) -> Result<(), StageFault> {
        self.stage()?.start()
    }

    fn process(&mut self, input: Read<'_, S::In>, output: Write<'_, S::Out>) -> Result<Flow, StageFault> {
        match &mut self.stage {
            Some(stage) => stage.process(input, output),
            None => self.stage()?.process(input, output),
        }
    }

    fn reset(&mut self) {
        if let Some(stage) = &mut self.stage {
            stage.reset();
        }
    }

    fn reset_beside(&mut self) {
        if let Some(stage) = &mut self.stage {
            stage.reset_beside();
        }
    }

    fn restart(&mut self) {
        if let Some(stage) = &mut self.stage {
            stage.restart();
        }
    }

    fn recover(&mut self) -> Result<(), StageFault> {
        match &mut self.stage {
            Some(stage) if self.after == After::Keep => stage.recover(),
            _ => {
                // What is open goes first: a device is often there but once.
                self.stage = None;
                self.start()
            }
        }
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.stage.as_mut().map_or(Ok(()), Stage::finish)
    }
}
