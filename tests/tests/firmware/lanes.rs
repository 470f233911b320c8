//! A pipeline of two lanes: one after the other, and side by side.

use kws_engine::Flow;
use kws_engine::tick::{Gap, TickError};

use crate::{Mic, Output, Run, TURN, WRITTEN, assert_same, on_host};

#[allow(missing_docs)]
pub mod written {
    include!(concat!(env!("OUT_DIR"), "/lanes.rs"));
}
use written::{Memory, Pipeline, Ring, Second, SecondMemory};

const PATH: &str = "tests/tests/firmware/pipelines/lanes.toml";

type Gaps = Vec<(String, u64, u64)>;

fn note(gaps: &mut Gaps) -> impl FnMut(Gap) {
    |gap| gaps.push((gap.stage.to_owned(), gap.at, gap.lost))
}

/// One tick of the first lane; whether it was the last.
fn first(lane: &mut Pipeline<'_>, gaps: &mut Gaps) -> Result<Flow, TickError> {
    let flow = lane.tick();
    lane.gaps(note(gaps));
    flow
}

fn second(lane: &mut Second<'_>, gaps: &mut Gaps) -> Result<Flow, TickError> {
    let flow = lane.tick();
    lane.gaps(note(gaps));
    flow
}

fn run(go: impl FnOnce(Pipeline<'_>, Second<'_>) -> Result<Gaps, TickError>) {
    let _turn = TURN.lock();
    let (mut ring, mut memory, mut other) = (Ring::new(), Memory::new(), SecondMemory::new());
    let (to, from) = ring.split();
    let (mut lane, mut beside) =
        (Pipeline::new(&mut memory, to, Mic::new()), Second::new(&mut other, from, Output));
    lane.start();
    beside.start();
    let gaps = go(lane, beside).unwrap_or_else(|failed| panic!("{failed}"));
    let found = Run::take(std::mem::take(&mut *WRITTEN.lock().unwrap()), gaps);
    assert!(found.lines.len() > 100 && !found.gaps.is_empty(), "{found:?}");
    assert_same(&found, &on_host(PATH, false));
}

#[test]
fn one_after_the_other() {
    run(|mut lane, mut beside| {
        let (mut gaps, mut waited) = (Gaps::new(), 0);
        let mut turn = 0;
        loop {
            turn += 1;
            waited += u32::from(first(&mut lane, &mut gaps)? == Flow::Skip);
            // The second lane has its turn so seldom that the first one waits for it.
            if turn % 100 == 0 && second(&mut beside, &mut gaps)? == Flow::End {
                break;
            }
        }
        assert!(waited > 1000, "{waited}");
        lane.finish()?;
        beside.finish()?;
        Ok(gaps)
    });
}

#[test]
fn side_by_side() {
    run(|mut lane, mut beside| {
        let (mut gaps, mut others) = (Gaps::new(), Gaps::new());
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                while second(&mut beside, &mut others)? != Flow::End {
                    std::thread::yield_now();
                }
                beside.finish()
            });
            while first(&mut lane, &mut gaps)? != Flow::End {}
            lane.finish()?;
            thread.join().unwrap()
        })?;
        gaps.extend(others);
        Ok(gaps)
    });
}
