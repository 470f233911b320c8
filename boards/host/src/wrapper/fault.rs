//! `fault`: what can go wrong with a stream, on purpose.

use std::time::Duration;

use kws_engine::{
    Block, Design, DesignError, Flow, Item, Kind, Node, Port, Site, Stage, StageFault, Trace, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Make, for_any};

/// Injects gaps, stalls, an early end, a fault or a panic into a stream: for tests.
///
/// # Reads, writes
/// Any blocks, passed on unchanged except for those that a gap swallows.
///
/// # Example
/// ```toml
/// [[stage]]
/// kind = "fault"
/// gaps = [{ at_ms = 1000, length_ms = 200 }]
/// end_at_ms = 5000
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FaultParams {
    /// Parts of the stream to drop; the next block reports a gap.
    gaps: Vec<Span>,
    /// Times in the stream at which the stage sleeps.
    stalls: Vec<Span>,
    /// Ends the stream with the first block after this time.
    #[schemars(range(min = 0), extend("unit" = "ms"))]
    end_at_ms: Option<f64>,
    /// Fails at the first block after this time.
    #[schemars(range(min = 0), extend("unit" = "ms"))]
    fault_at_ms: Option<f64>,
    /// Panics at the first block after this time.
    #[schemars(range(min = 0), extend("unit" = "ms"))]
    panic_at_ms: Option<f64>,
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
struct Span {
    /// Start in the stream.
    #[schemars(range(min = 0), extend("unit" = "ms"))]
    at_ms: f64,
    /// Duration.
    #[schemars(range(min = 0), extend("unit" = "ms"))]
    length_ms: f64,
}

impl Kind for FaultParams {
    const NAME: &'static str = "fault";
    const TRACE: Trace = Trace::Unseen;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = site.inputs[0].clone();
        let script = Script::of(&self, &port);
        Ok(for_any(port, script))
    }
}

/// What happens when, in ticks.
#[derive(Clone, Debug)]
struct Script {
    period: u64,
    /// Blocks that end later than the first and no later than the second.
    gaps: Vec<(u64, u64)>,
    stalls: Vec<(u64, Duration)>,
    end: Option<u64>,
    fault: Option<u64>,
    panic: Option<u64>,
}

impl Script {
    fn of(params: &FaultParams, port: &Port) -> Self {
        let ticks = |ms: Option<f64>| ms.map(|ms| port.ticks(ms));
        let gap = |span: &Span| (port.ticks(span.at_ms), port.ticks(span.at_ms + span.length_ms));
        let stall = |span: &Span| (port.ticks(span.at_ms), Duration::from_secs_f64(span.length_ms / 1000.0));
        Script {
            period: port.period,
            gaps: params.gaps.iter().map(gap).collect(),
            stalls: params.stalls.iter().map(stall).collect(),
            end: ticks(params.end_at_ms),
            fault: ticks(params.fault_at_ms),
            panic: ticks(params.panic_at_ms),
        }
    }
}

impl Make for Script {
    fn make<T: Item>(&self) -> Result<Box<dyn Node>, StageFault> {
        Ok(node(Faulty::<T> { script: self.clone(), last: 0, element: Default::default() }))
    }
}

struct Faulty<T> {
    script: Script,
    /// Tick of the last block that was passed on.
    last: u64,
    element: std::marker::PhantomData<T>,
}

impl<T: Item> Stage for Faulty<T> {
    type In = T;
    type Out = T;

    fn process(&mut self, block: Block<'_, T>, output: &mut [T]) -> Result<Flow, StageFault> {
        let at = block.at;
        let past = |mark: Option<u64>| mark.is_some_and(|mark| at > mark);
        if past(self.script.end) {
            return Ok(Flow::End);
        }
        if past(self.script.fault) {
            return Err(StageFault::new("`fault_at_ms` was reached"));
        }
        assert!(!past(self.script.panic), "`panic_at_ms` was reached");
        self.script.stalls.retain(|(begin, length)| {
            let now = at > *begin;
            if now {
                std::thread::sleep(*length);
            }
            !now
        });
        if let Some((_, end)) = self.script.gaps.iter().find(|(begin, end)| at > *begin && at <= *end) {
            let last = at + self.script.period > *end;
            return Ok(if last { Flow::Lost(at - self.last) } else { Flow::Skip });
        }
        output.copy_from_slice(&block);
        self.last = at;
        Ok(Flow::Emit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kws_engine::{Element, Role};

    fn faulty(params: FaultParams) -> Faulty<i16> {
        let port = Port::source(Element::I16, vec![2], Role::SAMPLES, 1000, 10);
        let script = Script::of(&params, &port);
        Faulty { script, last: 0, element: Default::default() }
    }

    fn flows(mut stage: Faulty<i16>, until: u64) -> Vec<Flow> {
        (1..=until)
            .map(|block| stage.process(Block { at: block * 10, items: &[1, 2] }, &mut [0; 2]).unwrap())
            .collect()
    }

    #[test]
    fn gaps_swallow_blocks_and_say_how_many() {
        let gaps = vec![Span { at_ms: 10.0, length_ms: 20.0 }];
        let found = flows(faulty(FaultParams { gaps, ..FaultParams::default() }), 5);
        assert_eq!(found, [Flow::Emit, Flow::Skip, Flow::Lost(20), Flow::Emit, Flow::Emit]);
    }

    #[test]
    fn ends_and_fails_where_asked() {
        let found = flows(faulty(FaultParams { end_at_ms: Some(20.0), ..FaultParams::default() }), 3);
        assert_eq!(found, [Flow::Emit, Flow::Emit, Flow::End]);
        let mut stage = faulty(FaultParams { fault_at_ms: Some(5.0), ..FaultParams::default() });
        assert!(stage.process(Block { at: 10, items: &[1, 2] }, &mut [0; 2]).is_err());
    }

    #[test]
    #[should_panic(expected = "`panic_at_ms` was reached")]
    fn panics_where_asked() {
        flows(faulty(FaultParams { panic_at_ms: Some(5.0), ..FaultParams::default() }), 1);
    }

    #[test]
    fn stalls_once() {
        let stalls = vec![Span { at_ms: 5.0, length_ms: 30.0 }];
        let mut stage = faulty(FaultParams { stalls, ..FaultParams::default() });
        let began = std::time::Instant::now();
        assert_eq!(stage.process(Block { at: 10, items: &[1, 2] }, &mut [0; 2]), Ok(Flow::Emit));
        assert!(began.elapsed() >= Duration::from_millis(30), "{:?}", began.elapsed());
        assert_eq!(stage.script.stalls, [], "it has stalled");
    }
}
