//! A `.tflite` file of our own back into the network that it was rounded from.

use anyhow::{Context, Result, ensure};
use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use kws_stages::nn::{Contents, operands};

use crate::nets::{Graph, Network, Op};
use crate::quantise::{Affine, Fake};

/// The fake-quantised network that an integer model was rounded from: weights and biases at the values that the
/// integers stand for, and the quantisation of every activation.
///
/// # Errors
/// When the file is damaged, or its operators are not those of the graph.
pub fn read(bytes: &[u8], graph: Graph, device: &Device) -> Result<(Network, Fake)> {
    let operators = operands(bytes)?;
    let steps = graph.steps.len();
    ensure!(
        operators.len() == steps + 1,
        "the file has {} operators, expected the graph's {steps} and a softmax",
        operators.len()
    );
    let mut network = Network::folded(graph, device);
    let mut activations =
        vec![affine(operators[0].inputs.first().context("the first operator reads nothing")?)?];
    let mut layers = network.layers.iter_mut();
    for (step, operator) in network.graph.steps.iter().zip(&operators) {
        activations.push(affine(operator.outputs.first().context("an operator writes nothing")?)?);
        if !step.op.has_weights() {
            continue;
        }
        let layer = layers.next().context("the graph has more layers than the network")?;
        let [_, weights, bias] = &operator.inputs[..] else {
            anyhow::bail!("`{}` has {} inputs, expected 3", operator.operator, operator.inputs.len());
        };
        let dims = layer.weight.val().dims();
        let weights = reals(weights, step.op, dims)?;
        layer.weight = Param::from_tensor(Tensor::from_data(TensorData::new(weights, dims), device));
        let bias = biases(bias, dims[0])?;
        layer.bias = Param::from_tensor(Tensor::from_data(TensorData::new(bias, [dims[0]]), device));
    }
    Ok((network, Fake { activations }))
}

fn affine(tensor: &Contents) -> Result<Affine> {
    let scale = tensor.scales.first().with_context(|| format!("`{}` is not quantised", tensor.name))?;
    Ok(Affine { scale: *scale, zero_point: tensor.zero_points.first().copied().unwrap_or(0) as i32 })
}

/// Weights in burn's order, `[out, in, rows, columns]`.
fn reals(tensor: &Contents, op: Op, [outputs, inputs, rows, columns]: [usize; 4]) -> Result<Vec<f32>> {
    let data = tensor.data.as_ref().with_context(|| format!("`{}` is not a constant", tensor.name))?;
    let taps = rows * columns;
    ensure!(
        data.len() == outputs * inputs * taps,
        "`{}` has {} weights, expected {}",
        tensor.name,
        data.len(),
        outputs * inputs * taps
    );
    let mut weights = Vec::with_capacity(data.len());
    for o in 0..outputs {
        let scale = tensor.scales[o % tensor.scales.len().max(1)];
        for i in 0..inputs {
            for tap in 0..taps {
                let place = match op {
                    Op::Depthwise { .. } => tap * outputs + o,
                    _ => (o * taps + tap) * inputs + i,
                };
                weights.push(f32::from(data[place] as i8) * scale);
            }
        }
    }
    Ok(weights)
}

fn biases(tensor: &Contents, outputs: usize) -> Result<Vec<f32>> {
    let data = tensor.data.as_ref().with_context(|| format!("`{}` is not a constant", tensor.name))?;
    ensure!(
        data.len() == 4 * outputs,
        "`{}` has {} bytes, expected {}",
        tensor.name,
        data.len(),
        4 * outputs
    );
    let words = data.chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let scale = |o: usize| f64::from(tensor.scales[o % tensor.scales.len().max(1)]);
    Ok(words.enumerate().map(|(o, word)| (f64::from(word) * scale(o)) as f32).collect())
}
