//! What the engine itself costs: a hop within a lane, and a block between two lanes, each beside a yardstick that is
//! measured in the same run.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use kws_engine::run::RunOptions;
use kws_engine::{
    Block, Cost, Design, DesignError, Element, Flow, Kind, Pipeline, Plan, Port, Registry, Role, Simple,
    Site, Stage, StageFault, node,
};
use ringbuf::HeapRb;
use ringbuf::traits::{Consumer, Producer, Split};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const BLOCK: usize = 160;
const BLOCKS: u64 = 400_000;
const CHAIN: usize = 32;
const REPEATS: usize = 7;

/// Blocks of zeros.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Zeros {}

struct ZeroSource(u64);

impl Stage for ZeroSource {
    type In = ();
    type Out = i16;
    fn process(&mut self, (): (), output: &mut [i16]) -> Result<Flow, StageFault> {
        output[0] = self.0 as i16;
        self.0 += 1;
        Ok(if self.0 > BLOCKS { Flow::End } else { Flow::Emit })
    }
}

impl Kind for Zeros {
    const NAME: &'static str = "zeros";
    const INPUTS: std::ops::RangeInclusive<usize> = 0..=0;
    fn design(self, _: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = Port::source(Element::I16, vec![BLOCK], Role::SAMPLES, 16_000, BLOCK as u64);
        Ok(Simple::boxed(Some(port), Cost::default(), || Ok(node(ZeroSource(0)))))
    }
}

/// Copies its block.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Copy {}

struct CopyStage;

impl Stage for CopyStage {
    type In = i16;
    type Out = i16;
    fn process(&mut self, input: Block<'_, i16>, output: &mut [i16]) -> Result<Flow, StageFault> {
        output.copy_from_slice(&input);
        Ok(Flow::Emit)
    }
}

impl Kind for Copy {
    const NAME: &'static str = "copy";
    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let port = site.input(&[Element::I16])?.clone();
        Ok(Simple::boxed(Some(port), Cost::default(), || Ok(node(CopyStage))))
    }
}

/// Swallows its blocks.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Drain {}

struct DrainStage;

impl Stage for DrainStage {
    type In = i16;
    type Out = ();
    fn process(&mut self, input: Block<'_, i16>, (): ()) -> Result<Flow, StageFault> {
        black_box(input[0]);
        Ok(Flow::Skip)
    }
}

impl Kind for Drain {
    const NAME: &'static str = "drain";
    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        site.input(&[Element::I16])?;
        Ok(Simple::boxed(None, Cost::default(), || Ok(node(DrainStage))))
    }
}

/// Runs a source, so many copies and a sink, all in one lane or the sink in another; nanoseconds per block.
fn pipeline(copies: usize, sink_lane: &str, depth: usize) -> f64 {
    let mut registry = Registry::new();
    registry.add::<Zeros>().add::<Copy>().add::<Drain>();
    let mut text = String::from("[[stage]]\nkind = \"zeros\"\nlane = \"a\"\n");
    for index in 0..copies {
        text += &format!("[[stage]]\nkind = \"copy\"\nname = \"copy{index}\"\nlane = \"a\"\n");
    }
    text += &format!("[[stage]]\nkind = \"drain\"\nlane = \"{sink_lane}\"\ndepth = {depth}\n");
    let pipeline = Pipeline::parse(&text, "bench", Path::new("")).expect("the benchmark's pipeline is valid");
    let plan = Plan::new(&pipeline, &registry).expect("the benchmark's pipeline can be planned");
    let start = Instant::now();
    let outcome = plan.start(RunOptions::default()).expect("the benchmark's stages build").wait();
    assert!(outcome.fault.is_none());
    per_block(start.elapsed())
}

fn per_block(elapsed: Duration) -> f64 {
    elapsed.as_nanos() as f64 / BLOCKS as f64
}

/// The yardstick of a hop: direct calls through trait objects, each of which copies a block.
fn direct_calls() -> f64 {
    trait Step {
        fn step(&mut self, from: &[i16], to: &mut [i16]) -> bool;
    }
    impl Step for CopyStage {
        fn step(&mut self, from: &[i16], to: &mut [i16]) -> bool {
            to.copy_from_slice(from);
            true
        }
    }
    let mut chain: Vec<Box<dyn Step>> = (0..CHAIN).map(|_| Box::new(CopyStage) as Box<dyn Step>).collect();
    let mut buffers: Vec<Box<[i16]>> = (0..=CHAIN).map(|_| vec![0; BLOCK].into()).collect();
    let start = Instant::now();
    for _ in 0..BLOCKS {
        for (index, step) in chain.iter_mut().enumerate() {
            let [from, to] = buffers.get_disjoint_mut([index, index + 1]).expect("two buffers");
            black_box(step.step(from, to));
        }
    }
    per_block(start.elapsed()) / CHAIN as f64
}

/// The yardstick of a ring: a bare `ringbuf` of arrays between two threads that spin.
fn bare_ringbuf(depth: usize) -> f64 {
    let (mut tail, mut head) = HeapRb::<[i16; BLOCK]>::new(depth).split();
    let start = Instant::now();
    let producer = std::thread::spawn(move || {
        for number in 0..BLOCKS {
            let mut block = [number as i16; BLOCK];
            while let Err(back) = tail.try_push(block) {
                block = back;
                std::hint::spin_loop();
            }
        }
    });
    let mut taken = 0;
    while taken < BLOCKS {
        if let Some(block) = head.try_pop() {
            black_box(&block);
            taken += 1;
        } else {
            std::hint::spin_loop();
        }
    }
    let elapsed = start.elapsed();
    producer.join().expect("the producer does not panic");
    per_block(elapsed)
}

/// The median and the best of several runs.
fn repeated(mut run: impl FnMut() -> f64) -> (f64, f64) {
    let mut times: Vec<f64> = (0..REPEATS).map(|_| run()).collect();
    times.sort_by(f64::total_cmp);
    (times[REPEATS / 2], times[0])
}

fn row(what: &str, (median, best): (f64, f64), unit: &str) {
    println!("{what:<58} {median:>9.2} {best:>9.2}  {unit}");
}

fn main() {
    println!("{:<58} {:>9} {:>9}", "blocks of 160 samples", "median", "best");
    let hop = || (pipeline(CHAIN, "a", 8) - pipeline(0, "a", 8)) / CHAIN as f64;
    row("hop within a lane, with copy", repeated(hop), "ns");
    row("  yardstick: direct dynamic call, with copy", repeated(direct_calls), "ns");
    for depth in [8, 64] {
        let (median, best) = repeated(|| pipeline(0, "b", depth));
        row(&format!("between two lanes, ring of {depth}"), (1e3 / median, 1e3 / best), "M blocks/s");
        let (median, best) = repeated(|| bare_ringbuf(depth));
        row(
            &format!("  yardstick: bare ringbuf of {depth}, spinning"),
            (1e3 / median, 1e3 / best),
            "M blocks/s",
        );
    }
}
