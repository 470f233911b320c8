//! From a model of whole windows to one that runs on the frames that are new.
//!
//! A model whose rows along time depend only on rows near them computes, each time that its window moves, almost
//! everything anew that it computed before. The conversion finds the tensors whose rows are the same in two windows
//! that overlap ([`trace`]), rewrites the graph such that each operator computes the new rows only, from the newest rows
//! of its input ([`rewrite`]), and keeps those rows in variables ([`history`]). From the first full window on the
//! outputs are those of the whole window, bit for bit: each row is computed by the same kernel from the same bytes.
//!
//! Window number k covers the frames from k · hop up to k · hop + window. A tensor that *flows* has one row for every
//! `step` frames: row j of window k is row k · hop / step + j of the stream. Where an operator mixes rows in a way that
//! is not the same in every window (a fully connected layer over all of them, a mean over time), its input's rows are
//! kept for the whole window, and from there on everything is computed in each run.

mod history;
mod rewrite;
mod rule;
mod trace;

use super::node::Node;
use super::{Lowering, Planned};
use crate::error::{ModelError, ModelErrorKind};
use crate::kernels::KernelSet;
use crate::schema::File;
pub(super) use rule::Along;
pub(crate) use rule::{Rule, axis, when};
use trace::Trace;

/// What a model that was converted to run on new frames reads, and what that saves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streaming {
    /// Features of one frame.
    pub frame: usize,
    /// Frames of the window that each output is about.
    pub window: usize,
    /// New frames that one run reads, and by which the window moves.
    pub hop: usize,
    /// Multiply-accumulates of a run over the whole window.
    pub whole_macs: u64,
}

impl Streaming {
    /// Runs until the first whose output is about a full window, that one not counted.
    pub fn silent(&self) -> usize {
        self.window.div_ceil(self.hop) - 1
    }

    /// Frames that are missing in the first run's input, where the window is no multiple of the hop; they stand before
    /// the stream's first frame and may hold anything.
    pub fn missing(&self) -> usize {
        self.window.next_multiple_of(self.hop) - self.window
    }
}

/// Plans the first graph of a file to run on `hop` new frames of `frame` features at a time, or on as few as it allows.
pub(crate) fn plan(
    file: &File<'_>,
    kernels: KernelSet,
    frame: usize,
    hop: Option<usize>,
) -> Result<(Planned, Vec<Vec<usize>>, Streaming), ModelError> {
    let whole_macs = macs(&super::plan(file, kernels, None)?);
    let graph = &file.graphs[0];
    let hop = match hop {
        Some(hop) => hop,
        None => Trace::new(graph, frame, None)?.least_hop(),
    };
    let trace = Trace::new(graph, frame, Some(hop))?;
    let rewritten = rewrite::Rewritten::new(graph, &trace)?;
    let file = File { graphs: vec![rewritten.graph(graph)], unsigned: file.unsigned };
    let graph = &file.graphs[0];

    let mut lowering = Lowering::new(&file, kernels);
    for number in &graph.inputs {
        lowering.define_input(*number)?;
    }
    for number in 0..graph.operators.len() {
        rewritten.histories(number).try_for_each(|history| lowering.history(history))?;
        lowering.operator(Node::new(graph, number))?;
    }
    rewritten.histories(graph.operators.len()).try_for_each(|history| lowering.history(history))?;
    let inputs = graph.inputs.iter().filter_map(|number| lowering.span(*number)).collect();
    let outputs = graph.outputs.iter().map(|n| lowering.result(*n)).collect::<Result<Vec<_>, _>>()?;
    let shapes = graph.inputs.iter().chain(&graph.outputs).map(|n| graph.tensors[*n].shape.clone()).collect();
    let planned = lowering.finish(inputs, outputs)?;
    let streaming = Streaming { frame, window: trace.window(), hop, whole_macs };
    if macs(&planned) >= whole_macs {
        return Err(saves_nothing(trace.mixes(), hop));
    }
    Ok((planned, shapes, streaming))
}

fn macs(planned: &Planned) -> u64 {
    planned.steps.iter().map(|step| step.macs).sum()
}

fn saves_nothing(mixes: Option<&str>, hop: usize) -> ModelError {
    let found = match mixes {
        Some(operator) => {
            format!("nothing that a run on new frames saves: {operator} reads the whole window")
        }
        None => {
            format!("nothing that a run on {hop} new frames saves: windows so far apart share too little")
        }
    };
    ModelError::new(
        ModelErrorKind::Unsupported,
        "model",
        found,
        "a model of convolutions along time, or no streaming",
    )
}
