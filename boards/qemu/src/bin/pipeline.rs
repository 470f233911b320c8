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
#[cfg(not(linked))]
use kws_qemu::output::Output;
#[allow(unused_imports, reason = "only pipelines with replaceable words read it")]
use kws_qemu::page::PAGE;
use kws_qemu::run::{Run, tell_gap};
use static_cell::ConstStaticCell;

#[allow(unreachable_pub, reason = "the build writes it for any crate")]
mod pipeline {
    include!(concat!(env!("OUT_DIR"), "/pipeline.rs"));
}
use pipeline::{Memory, Pipeline};

/// The link with another place, where the pipeline is a part of one.
#[cfg(linked)]
#[allow(unreachable_pub, reason = "the build writes it for any crate")]
mod uplink {
    include!(concat!(env!("OUT_DIR"), "/uplink.rs"));

    use kws_link::Outbox;
    use static_cell::{ConstStaticCell, StaticCell};

    pub static HELD: ConstStaticCell<[u8; ROOM]> = ConstStaticCell::new([0; ROOM]);
    pub static OUTBOXES: StaticCell<[Outbox<&'static mut [u8]>; EDGES.len()]> = StaticCell::new();
}
/// What goes to another place.
#[cfg(linked)]
type Uplink<T, const EDGE: u8> = kws_devices::Uplink<kws_qemu::uplink::Shared, T, EDGE>;

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

#[entry]
fn main() -> ! {
    Arguments::read().run(|mut arguments| {
        let (busy, pace, rate) = (arguments.take_busy(), arguments.pace, arguments.rate());
        let (source, clock) = arguments.play();
        #[cfg(not(linked))]
        let mut pipeline = Pipeline::new(MEMORY.take(), source, Output);
        #[cfg(linked)]
        let mut pipeline = Pipeline::new(MEMORY.take(), source);
        #[cfg(linked)]
        let mut line = {
            let (memory, places) = (&uplink::HELD, &uplink::OUTBOXES);
            kws_qemu::uplink::open(uplink::PIPELINE, &uplink::EDGES, memory, places, &clock)
        };
        pipeline.start();
        let mut run = Run::new(&clock, busy);
        loop {
            #[cfg(linked)]
            match pace {
                Pace::Free => line.wait_for_room(&uplink::EDGES),
                Pace::Clock => line.carry(),
            }
            match run.fire(|| pipeline.tick()) {
                Flow::End => break,
                // Nothing came: there is nothing to do before the next interrupt.
                Flow::Skip if pace == Pace::Clock => run.sleep(mic::heard),
                _ => {}
            }
            pipeline.gaps(|gap| tell_gap(gap, rate));
        }
        run.complete(|| pipeline.finish());
        #[cfg(linked)]
        line.complete();
        run.end()
    })
}
