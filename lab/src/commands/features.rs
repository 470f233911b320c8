//! `kws-lab features`.

use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use kws_engine::{Buffer, Pipeline};
use kws_lab::audio::read_16k;
use kws_lab::features::Chain;
use kws_lab::npy::{self, Array};

/// Writes the output of a pipeline stage for a recording, one row per block.
#[derive(Args)]
pub(crate) struct Features {
    /// The pipeline file.
    #[arg(long)]
    pipeline: PathBuf,
    /// Recording at 16 kHz.
    #[arg(long)]
    input: PathBuf,
    /// Name of the stage; the stages from the source to it must form a chain.
    #[arg(long)]
    stage: String,
    /// Output `.npy` file; its first axis counts the blocks.
    #[arg(long)]
    output: PathBuf,
}

impl Features {
    pub(crate) fn run(self) -> Result<()> {
        let mut chain = Chain::up_to(Pipeline::read(&self.pipeline)?, &self.stage)?;
        let mut blocks = Vec::new();
        chain.run(&read_16k(&self.input)?, |_, block| {
            blocks.push(block.clone());
            ControlFlow::Continue(())
        })?;
        let mut shape = vec![blocks.len()];
        shape.extend(&chain.port().shape);
        npy::write(&self.output, &array(shape, &blocks)?)
    }
}

/// Blocks of one element type as one array.
fn array(shape: Vec<usize>, blocks: &[Buffer]) -> Result<Array> {
    Ok(match blocks.first() {
        None => anyhow::bail!("the recording is too short: the stage wrote no block"),
        Some(Buffer::I8(_)) => {
            let items = |b: &Buffer| if let Buffer::I8(items) = b { items.to_vec() } else { Vec::new() };
            Array::I8 { shape, items: blocks.iter().flat_map(items).collect() }
        }
        Some(Buffer::F32(_)) => {
            let items = |b: &Buffer| if let Buffer::F32(items) = b { items.to_vec() } else { Vec::new() };
            Array::F32 { shape, items: blocks.iter().flat_map(items).collect() }
        }
        Some(other) => {
            anyhow::bail!(
                "the stage writes {}, which cannot be written as `.npy`; `kws-run` prints events",
                other.element()
            )
        }
    })
}
