//! `kws-lab infer`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use kws_lab::npy::{self, Array};
use kws_stages::nn::kernels::KernelSet;
use kws_stages::nn::{Element, Model, Tensor};

/// Runs a `.tflite` model on raw tensors, for comparing the runtime with another one.
///
/// Tensors are `.npy` files of int8, uint8, int16 or float32, matching the element type of the model. The first axis
/// counts the runs. A stateful model keeps its state between runs, so the runs are the steps of one stream.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    kws-lab infer --model model.tflite --input x.npy --output y.npy\n  \
    kws-lab infer --model model.tflite --input x.npy --output y.npy --repeat 1000 --kernels plain")]
pub(crate) struct Infer {
    /// The model.
    #[arg(long)]
    model: PathBuf,
    /// Input, with the runs in the first axis; one file for each input of the model, in its order.
    #[arg(long, required = true, value_name = "NPY")]
    input: Vec<PathBuf>,
    /// Output, with the runs in the first axis; one file for each output of the model, in its order.
    #[arg(long, required = true, value_name = "NPY")]
    output: Vec<PathBuf>,
    /// Runs the model N more times on the first input and prints the time per run, on one thread.
    #[arg(long, value_name = "N")]
    repeat: Option<usize>,
    /// Kernels: `plain`, `avx2`, `vnni` or `neon` [default: the fastest that this CPU supports].
    #[arg(long, value_name = "NAME")]
    kernels: Option<String>,
}

impl Infer {
    pub(crate) fn run(self) -> Result<()> {
        let bytes =
            std::fs::read(&self.model).with_context(|| format!("cannot read `{}`", self.model.display()))?;
        let kernels = self.kernels()?;
        let model = Model::open_for(&bytes, kernels)
            .with_context(|| format!("cannot run `{}`", self.model.display()))?;
        fits("--input", self.input.len(), model.inputs().len())?;
        fits("--output", self.output.len(), model.outputs().len())?;
        let mut runs = None;
        let mut inputs = Vec::new();
        for (path, tensor) in self.input.iter().zip(model.inputs()) {
            let (count, bytes) = read(path, tensor)?;
            let expected = *runs.get_or_insert(count);
            ensure!(count == expected, "`{}` has {count} runs, the first input {expected}", path.display());
            inputs.push(bytes);
        }
        let mut arena = model.arena();
        let mut outputs = vec![Vec::new(); model.outputs().len()];
        for run in 0..runs.unwrap_or(0) {
            enter(&model, &mut arena, &inputs, run);
            model.run(&mut arena);
            for (out, tensor) in outputs.iter_mut().zip(model.outputs()) {
                out.extend_from_slice(&arena[tensor.span.range()]);
            }
        }
        for ((path, tensor), bytes) in self.output.iter().zip(model.outputs()).zip(outputs) {
            npy::write(path, &array(tensor, runs.unwrap_or(0), &bytes)?)?;
        }
        if let Some(repeat) = self.repeat {
            time(&model, &inputs, repeat, kernels.name());
        }
        Ok(())
    }

    fn kernels(&self) -> Result<KernelSet> {
        let Some(name) = &self.kernels else { return Ok(KernelSet::best()) };
        KernelSet::named(name).with_context(|| {
            let known: Vec<&str> = KernelSet::all().iter().map(KernelSet::name).collect();
            format!(
                "this CPU does not support the kernels `{name}`, expected one of `{}`",
                known.join("`, `")
            )
        })
    }
}

fn fits(option: &str, found: usize, expected: usize) -> Result<()> {
    ensure!(
        found == expected,
        "found {found} `{option}`, expected {expected}: one for each of the model's, in its order"
    );
    Ok(())
}

/// Count of runs, and the bytes of all.
fn read(path: &Path, tensor: &Tensor) -> Result<(usize, Vec<i8>)> {
    let array = npy::read(path)?;
    let (shape, element, bytes): (&[usize], Element, Vec<i8>) = match &array {
        Array::I8 { shape, items } => (shape, Element::I8, items.clone()),
        Array::U8 { shape, items } => (shape, Element::U8, items.iter().map(|&i| i as i8).collect()),
        Array::I16 { shape, items } => {
            (shape, Element::I16, items.iter().flat_map(|i| i.to_le_bytes()).map(|b| b as i8).collect())
        }
        Array::F32 { shape, items } => {
            (shape, Element::F32, items.iter().flat_map(|i| i.to_le_bytes()).map(|b| b as i8).collect())
        }
    };
    ensure!(
        element == tensor.element,
        "`{}` contains {}, expected {:?} for input `{}`",
        path.display(),
        array.kind(),
        tensor.element,
        tensor.name
    );
    let (runs, size) = (shape.first().copied().unwrap_or(0), tensor.count() * element.size());
    ensure!(
        runs > 0 && bytes.len() == runs * size,
        "`{}` has shape {shape:?}, expected [runs, …] with {} values for each: the model takes {:?}",
        path.display(),
        tensor.count(),
        tensor.dims
    );
    Ok((runs, bytes))
}

/// Puts the tensors of one run into the arena.
fn enter(model: &Model, arena: &mut [i8], inputs: &[Vec<i8>], run: usize) {
    for (bytes, tensor) in inputs.iter().zip(model.inputs()) {
        let to = &mut arena[tensor.span.range()];
        to.copy_from_slice(&bytes[run * to.len()..(run + 1) * to.len()]);
    }
}

fn array(tensor: &Tensor, runs: usize, bytes: &[i8]) -> Result<Array> {
    let mut shape = vec![runs];
    shape.extend(&tensor.dims[usize::from(tensor.dims.len() > 1 && tensor.dims[0] == 1)..]);
    let raw: Vec<u8> = bytes.iter().map(|&b| b as u8).collect();
    Ok(match tensor.element {
        Element::I8 => Array::I8 { shape, items: bytes.to_vec() },
        Element::U8 => Array::U8 { shape, items: raw },
        Element::I16 => {
            let items = raw.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
            Array::I16 { shape, items }
        }
        Element::F32 => {
            let items = raw.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            Array::F32 { shape, items }
        }
        other => bail!("output `{}` is {other:?}, expected I8, U8, I16 or F32", tensor.name),
    })
}

/// Times runs on the first input, state and all, and prints the result.
fn time(model: &Model, inputs: &[Vec<i8>], repeat: usize, kernels: &str) {
    let mut arena = model.arena();
    let mut times: Vec<f64> = (0..repeat.max(1))
        .map(|_| {
            // A run may overwrite its input.
            enter(model, &mut arena, inputs, 0);
            let start = Instant::now();
            model.run(&mut arena);
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "one run: median {:.2} µs, minimum {:.2} µs ({} runs, one thread, kernels `{kernels}`)",
        times[times.len() / 2],
        times[0],
        times.len()
    );
}
