//! Where the time of a model goes: every operation of its plan, timed by itself.
//!
//! `cargo bench -p kws-stages --bench operators -- MODEL.tflite [KERNELS [FRAME]]`
//!
//! With `FRAME` features in a frame, the model is planned to stream, one new frame in a run.

use std::hint::black_box;
use std::time::Instant;

use kws_nn::Model;
use kws_nn::kernels::{KernelSet, Kernels};
use kws_nn::op::Op;
use kws_nn::plan::Plan;

/// Operations are timed for so long, in nanoseconds, and the fastest of several rounds counts.
const ROUND: f64 = 2e6;
const ROUNDS: usize = 9;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(path) = arguments.next() else {
        println!("skipped: no model was named");
        return;
    };
    let kernels = arguments.next().map_or(KernelSet::best(), |name| {
        KernelSet::named(&name).expect("the name of a kernel set of this computer")
    });
    let frame = arguments.next().map(|features| features.parse().expect("a number of features in a frame"));
    let bytes = std::fs::read(path).expect("a model");
    let model = match frame {
        Some(frame) => Model::open_streaming_for(&bytes, frame, Some(1), kernels),
        None => Model::open_for(&bytes, kernels),
    };
    let model = model.expect("a model that opens");
    match kernels {
        KernelSet::Plain(set) => table(&model, set),
        KernelSet::Dsp(set) => table(&model, set),
        KernelSet::Helium(set) => table(&model, set),
        #[cfg(target_arch = "x86_64")]
        KernelSet::Avx2(set) => table(&model, set),
        #[cfg(target_arch = "x86_64")]
        KernelSet::AvxVnni(set) => table(&model, set),
        #[cfg(target_arch = "x86_64")]
        KernelSet::Vnni(set) => table(&model, set),
        #[cfg(target_arch = "aarch64")]
        KernelSet::Neon(set) => table(&model, set),
        #[cfg(target_arch = "aarch64")]
        KernelSet::NeonDot(set) => table(&model, set),
    }
}

fn table(model: &Model, kernels: impl Kernels) {
    let (plan, mut arena) = (model.plan(), model.arena());
    let whole = nanoseconds(&plan.ops, model, kernels, &mut arena);
    let mut sum = 0.0;
    for (number, op) in plan.ops.iter().enumerate() {
        let time = nanoseconds(std::slice::from_ref(op), model, kernels, &mut arena);
        sum += time;
        println!("{number:4} {time:10.1} ns {:5.1} %  {}", 100.0 * time / whole, about(op));
    }
    let (macs, arena) = (model.macs(), model.arena_bytes());
    println!(
        "     {whole:10.1} ns, all in one run; {sum:.1} ns, one by one; {macs} MACs, arena {arena} bytes"
    );
}

/// Nanoseconds that a run of `ops` takes.
fn nanoseconds(ops: &[Op], model: &Model, kernels: impl Kernels, arena: &mut [i8]) -> f64 {
    let plan = model.plan();
    let plan = Plan {
        ops,
        start: &[][..],
        bytes: &plan.bytes[..],
        words: &plan.words[..],
        input: plan.input,
        output: plan.output,
        variables: plan.variables,
        arena: plan.arena,
    };
    let mut round = |runs: u32| {
        let start = Instant::now();
        for _ in 0..runs {
            plan.run_with(kernels, black_box(&mut *arena));
        }
        start.elapsed().as_nanos() as f64 / f64::from(runs)
    };
    let runs = (ROUND / round(10).max(1.0)) as u32 + 1;
    (0..ROUNDS).map(|_| round(runs)).fold(f64::INFINITY, f64::min)
}

/// An operation's name and shape.
fn about(op: &Op) -> String {
    match op {
        Op::Conv(op) => format!(
            "conv {}x{}x{} {}x{} -> {}x{}x{}, {:?}",
            op.from.height,
            op.from.width,
            op.from.channels,
            op.window.height,
            op.window.width,
            op.to.height,
            op.to.width,
            op.to.channels,
            op.layout
        ),
        Op::Depthwise(op) | Op::MultipliedDepthwise(op) => format!(
            "depthwise {}x{}x{} {}x{} -> {}x{}, {:?}",
            op.from.height,
            op.from.width,
            op.from.channels,
            op.window.height,
            op.window.width,
            op.to.height,
            op.to.width,
            op.layout
        ),
        Op::FullyConnected(op) => {
            format!("fully connected {}x{} -> {}, {:?}", op.rows, op.inputs, op.outputs, op.layout)
        }
        Op::Move(op) => format!("move runs of {} by {:?}", op.run, op.counts),
        other => format!("{other:?}").chars().take_while(|c| c.is_alphanumeric()).collect(),
    }
}
