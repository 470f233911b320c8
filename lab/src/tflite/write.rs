//! From the integer model to the bytes of a `.tflite` file.

use flatbuffers::{FlatBufferBuilder, Push, Vector, WIPOffset};

use super::flat::{
    AVERAGE_POOL_2D, CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, Field, Operator, SOFTMAX, Table, aligned,
    element, table,
};
use crate::nets::{Op, Padding, Shape, Step};
use crate::quantise::{Affine, IntLayer, IntModel};

/// Writes a model: int8 features in, int8 probabilities out, a softmax last.
#[must_use]
pub fn write(model: &IntModel) -> Vec<u8> {
    let mut writer = Writer::new();
    let first = model.layers.first().expect("a model has layers").step.input;
    let input = writer.activation("features", &shape(first), model.input);
    let mut last = (input, model.input);
    for (index, layer) in model.layers.iter().enumerate() {
        last = (writer.layer(index, layer, last), layer.output);
    }
    let labels = model.layers.last().map_or(0, |l| l.step.output[2]) as i32;
    let output = writer.activation("probabilities", &[1, labels], Affine::PROBABILITY);
    let options = table(&mut writer.builder, &[(0, Field::Real(1.0))]);
    writer.operator(SOFTMAX, &[last.0], output, options);
    writer.finish(input, output)
}

/// Tables that have been written, in the order of their indices.
pub(super) struct Writer<'b> {
    pub(super) builder: FlatBufferBuilder<'b>,
    buffers: Vec<Table>,
    tensors: Vec<Table>,
    codes: Vec<Operator>,
    operators: Vec<Table>,
}

impl<'b> Writer<'b> {
    pub(super) fn new() -> Self {
        let mut builder = FlatBufferBuilder::new();
        // By convention buffer 0 is empty: it stands for tensors without data.
        let buffers = vec![table(&mut builder, &[])];
        Self { builder, buffers, tensors: Vec::new(), codes: Vec::new(), operators: Vec::new() }
    }

    fn layer(&mut self, index: usize, layer: &IntLayer, (input, quantised): (i32, Affine)) -> i32 {
        let step = &layer.step;
        let dense = matches!(step.op, Op::Dense { .. });
        let dims = if dense { vec![1, step.output[2] as i32] } else { shape(step.output) };
        let mut inputs = vec![input];
        if step.op.has_weights() {
            let axis = if matches!(step.op, Op::Depthwise { .. }) { 3 } else { 0 };
            let bytes: Vec<u8> = layer.weights.iter().map(|&w| w as u8).collect();
            let weights = self.quantisation(&layer.scales, &vec![0; layer.scales.len()], axis);
            inputs.push(self.constant(
                &format!("weights{index}"),
                &weight_dims(step),
                element::INT8,
                &bytes,
                weights,
            ));
            let scales: Vec<f32> = layer.scales.iter().map(|s| s * quantised.scale).collect();
            let bytes: Vec<u8> = layer.bias.iter().flat_map(|b| b.to_le_bytes()).collect();
            let bias = self.quantisation(&scales, &vec![0; scales.len()], 0);
            let outputs = [layer.bias.len() as i32];
            inputs.push(self.constant(&format!("bias{index}"), &outputs, element::INT32, &bytes, bias));
        }
        let output = self.activation(&format!("activation{index}"), &dims, layer.output);
        let (code, options) = self.options(step);
        self.operator(code, &inputs, output, options);
        output
    }

    fn options(&mut self, step: &Step) -> (Operator, Table) {
        const RELU: Field = Field::Byte(1);
        let rim = |padding| Field::Byte(i8::from(padding == Padding::Valid));
        let word = |n: usize| Field::Word(n as i32);
        let (code, fields) = match step.op {
            Op::Conv { stride, padding, .. } => {
                let fields = vec![(0, rim(padding)), (1, word(stride[1])), (2, word(stride[0])), (3, RELU)];
                (CONV_2D, fields)
            }
            Op::Depthwise { stride, padding, .. } => {
                let strides = [(1, word(stride[1])), (2, word(stride[0]))];
                (
                    DEPTHWISE_CONV_2D,
                    [(0, rim(padding)), (3, word(1)), (4, RELU)].into_iter().chain(strides).collect(),
                )
            }
            Op::Mean => {
                let [rows, columns, _] = step.input;
                let fields = vec![
                    (0, rim(Padding::Valid)),
                    (1, word(columns)),
                    (2, word(rows)),
                    (3, word(columns)),
                    (4, word(rows)),
                ];
                (AVERAGE_POOL_2D, fields)
            }
            Op::Dense { .. } => (FULLY_CONNECTED, vec![(0, Field::Byte(0))]),
        };
        (code, table(&mut self.builder, &fields))
    }

    pub(super) fn activation(&mut self, name: &str, dims: &[i32], affine: Affine) -> i32 {
        let quantisation = self.quantisation(&[affine.scale], &[i64::from(affine.zero_point)], 0);
        self.tensor(name, dims, element::INT8, 0, quantisation)
    }

    pub(super) fn constant(
        &mut self,
        name: &str,
        dims: &[i32],
        kind: i8,
        bytes: &[u8],
        quantisation: Table,
    ) -> i32 {
        let data = aligned(&mut self.builder, bytes);
        self.buffers.push(table(&mut self.builder, &[(0, Field::Bytes(data))]));
        self.tensor(name, dims, kind, self.buffers.len() as u32 - 1, quantisation)
    }

    fn tensor(&mut self, name: &str, dims: &[i32], kind: i8, buffer: u32, quantisation: Table) -> i32 {
        let dims = self.vector(dims);
        let name = self.builder.create_string(name).as_union_value();
        let fields = [
            (0, dims),
            (1, Field::Byte(kind)),
            (2, Field::Index(buffer)),
            (3, Field::Offset(name)),
            (4, Field::Offset(quantisation.as_union_value())),
        ];
        self.tensors.push(table(&mut self.builder, &fields));
        self.tensors.len() as i32 - 1
    }

    pub(super) fn quantisation(&mut self, scales: &[f32], zero_points: &[i64], axis: i32) -> Table {
        let (scales, zero_points) = (self.vector(scales), self.vector(zero_points));
        table(&mut self.builder, &[(2, scales), (3, zero_points), (6, Field::Word(axis))])
    }

    pub(super) fn operator(&mut self, operator: Operator, inputs: &[i32], output: i32, options: Table) {
        let index = self.codes.iter().position(|&c| c == operator).unwrap_or_else(|| {
            self.codes.push(operator);
            self.codes.len() - 1
        });
        let (inputs, outputs) = (self.vector(inputs), self.vector(&[output]));
        let mut fields = vec![(0, Field::Index(index as u32)), (1, inputs), (2, outputs)];
        if operator.options != 0 {
            fields.push((3, Field::Choice(operator.options)));
            fields.push((4, Field::Offset(options.as_union_value())));
        }
        self.operators.push(table(&mut self.builder, &fields));
    }

    fn vector<T: Push + Copy + 'b>(&mut self, items: &[T]) -> Field<'b> {
        self.builder.start_vector::<T>(items.len());
        for &item in items.iter().rev() {
            self.builder.push(item);
        }
        let vector: WIPOffset<Vector<T>> = self.builder.end_vector(items.len());
        Field::Offset(vector.as_union_value())
    }

    pub(super) fn finish(mut self, input: i32, output: i32) -> Vec<u8> {
        let codes: Vec<Table> = std::mem::take(&mut self.codes)
            .iter()
            .map(|c| {
                let fields =
                    [(0, Field::Byte(c.code)), (2, Field::Word(c.version)), (3, Field::Word(c.code.into()))];
                table(&mut self.builder, &fields)
            })
            .collect();
        let [tensors, operators, buffers] =
            [&mut self.tensors, &mut self.operators, &mut self.buffers].map(std::mem::take);
        let (tensors, operators, buffers) =
            (self.vector(&tensors), self.vector(&operators), self.vector(&buffers));
        let (inputs, outputs, codes) = (self.vector(&[input]), self.vector(&[output]), self.vector(&codes));
        let graph = table(&mut self.builder, &[(0, tensors), (1, inputs), (2, outputs), (3, operators)]);
        let graphs = self.vector(&[graph]);
        let description = self.builder.create_string("kws-lab").as_union_value();
        let version = Field::Index(3);
        let fields = [(0, version), (1, codes), (2, graphs), (3, Field::Offset(description)), (4, buffers)];
        let model = table(&mut self.builder, &fields);
        self.builder.finish(model, Some("TFL3"));
        self.builder.finished_data().to_vec()
    }
}

/// TFLite's dimensions of an activation: one clip first.
fn shape([rows, columns, channels]: Shape) -> Vec<i32> {
    [1, rows, columns, channels].map(|n| n as i32).to_vec()
}

fn weight_dims(step: &Step) -> Vec<i32> {
    let [_, _, channels] = step.input;
    let dims = match step.op {
        Op::Conv { filters, kernel, .. } => vec![filters, kernel[0], kernel[1], channels],
        Op::Depthwise { kernel, .. } => vec![1, kernel[0], kernel[1], channels],
        Op::Dense { units } => vec![units, step.input.iter().product()],
        Op::Mean => unreachable!("a mean has no weights"),
    };
    dims.into_iter().map(|n| n as i32).collect()
}
