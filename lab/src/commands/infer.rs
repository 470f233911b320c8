//! `kws-lab infer`.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use kws_lab::npy::{self, Array};
use kws_stages::nn::{Element, Model};

/// Runs a `.tflite` model on raw tensors, for whoever checks the runtime against another one.
#[derive(Args)]
pub(crate) struct Infer {
    /// The model, of one input and one output.
    #[arg(long)]
    model: PathBuf,
    /// Inputs as a `.npy` file of int8, batch in the first axis.
    #[arg(long)]
    input: PathBuf,
    /// Outputs as a `.npy` file of int8 or uint8, batch in the first axis.
    #[arg(long)]
    output: PathBuf,
}

impl Infer {
    pub(crate) fn run(self) -> Result<()> {
        let bytes =
            std::fs::read(&self.model).with_context(|| format!("cannot read `{}`", self.model.display()))?;
        let model = Model::open(&bytes).with_context(|| format!("cannot run `{}`", self.model.display()))?;
        let ([input], [output]) = (model.inputs(), model.outputs()) else {
            anyhow::bail!("`{}` has several inputs or outputs, expected one of each", self.model.display());
        };
        let array = npy::read(&self.input)?;
        let Array::I8 { shape, items } = &array else {
            anyhow::bail!("`{}` holds {}, expected int8", self.input.display(), array.kind());
        };
        let count = input.count();
        ensure!(
            shape.first().is_some_and(|batch| batch * count == items.len()),
            "`{}` has shape {shape:?}, expected [batch, …] with {count} values for each: the model takes {:?}",
            self.input.display(),
            input.dims
        );
        let mut arena = model.arena();
        let mut out = Vec::with_capacity(shape[0] * output.count());
        for clip in items.chunks_exact(count) {
            model.plan().input_mut(&mut arena).copy_from_slice(clip);
            model.run(&mut arena);
            out.extend_from_slice(model.plan().output(&arena));
        }
        let mut dims = vec![shape[0]];
        dims.extend(output.dims.iter().skip(usize::from(output.dims.len() > 1)));
        let result = match output.element {
            Element::U8 => Array::U8 { shape: dims, items: out.iter().map(|&b| b as u8).collect() },
            _ => Array::I8 { shape: dims, items: out },
        };
        npy::write(&self.output, &result)
    }
}
