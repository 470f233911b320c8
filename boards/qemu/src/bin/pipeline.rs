//! A pipeline as firmware: what `PIPELINE` names, planned and written by the build.
//!
//! Event lines go to standard output, byte for byte those of the host; gaps and figures to standard error.

#![no_std]
#![no_main]

use kws_engine::Flow;
use kws_qemu::arguments::{Arguments, Pace};
#[allow(unused_imports, reason = "a pipeline has one source")]
use kws_qemu::camera::Camera;
use kws_qemu::machine::entry;
#[allow(unused_imports, reason = "a pipeline has one source")]
use kws_qemu::mic::{self, Mic};
use kws_qemu::output::Output;
use kws_qemu::run::{Run, tell_gap};
use static_cell::ConstStaticCell;

#[allow(unreachable_pub, reason = "the build writes it for any crate")]
mod pipeline {
    include!(concat!(env!("OUT_DIR"), "/pipeline.rs"));
}
use pipeline::{Memory, Pipeline};

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

#[entry]
fn main() -> ! {
    Arguments::read().run(|mut arguments| {
        let (busy, pace, rate) = (arguments.take_busy(), arguments.pace, arguments.rate());
        let (source, clock) = arguments.play();
        let mut pipeline = Pipeline::new(MEMORY.take(), source, Output);
        pipeline.start();
        let mut run = Run::new(&clock, busy);
        loop {
            match run.fire(|| pipeline.tick()) {
                Flow::End => break,
                // Nothing came: there is nothing to do before the next interrupt.
                Flow::Skip if pace == Pace::Clock => run.sleep(mic::heard),
                _ => {}
            }
            pipeline.gaps(|gap| tell_gap(gap, rate));
        }
        run.complete(|| pipeline.finish());
        run.end()
    })
}
