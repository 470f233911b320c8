//! Writes `.tflite` files: the part of the schema that the tests' networks need.
#![allow(dead_code, unreachable_pub, reason = "tests share it, and none needs all of it")]

use flatbuffers::{FlatBufferBuilder, TableFinishedWIPOffset, WIPOffset};

/// Numbers of the operators in the schema.
pub mod code {
    pub const ADD: i32 = 0;
    pub const AVERAGE_POOL_2D: i32 = 1;
    pub const CONCATENATION: i32 = 2;
    pub const CONV_2D: i32 = 3;
    pub const DEPTHWISE_CONV_2D: i32 = 4;
    pub const FULLY_CONNECTED: i32 = 9;
    pub const MAX_POOL_2D: i32 = 17;
    pub const RELU: i32 = 19;
    pub const RESHAPE: i32 = 22;
    pub const SOFTMAX: i32 = 25;
    pub const PAD: i32 = 34;
    pub const MEAN: i32 = 40;
    pub const DIV: i32 = 42;
    pub const STRIDED_SLICE: i32 = 45;
    pub const SLICE: i32 = 65;
    pub const GELU: i32 = 150;
}

/// Element types of the schema.
pub const I32: i8 = 2;
pub const I16: i8 = 7;
pub const I8: i8 = 9;
pub const U64: i8 = 12;
pub const U32: i8 = 15;

/// Number of custom operators in the schema.
const CUSTOM: i32 = 32;

/// A field of an operator's options: its slot and its value.
#[derive(Clone, Copy, Debug)]
pub enum Field {
    /// A byte.
    I8(u16, i8),
    /// A word.
    I32(u16, i32),
    /// A real number.
    F32(u16, f32),
}

#[derive(Clone, Debug)]
struct Tensor {
    shape: Vec<i32>,
    element: i8,
    scales: Vec<f32>,
    zero_point: i64,
    /// The dimension that the scales run along.
    axis: i32,
    data: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Operator {
    code: i32,
    inputs: Vec<i32>,
    outputs: Vec<i32>,
    options: Vec<Field>,
    /// Name and options of a custom operator.
    custom: Option<(String, Vec<u8>)>,
}

/// A network under construction.
#[derive(Clone, Debug, Default)]
pub struct Network {
    tensors: Vec<Tensor>,
    operators: Vec<Operator>,
}

impl Network {
    /// Adds an int8 tensor that is computed, and returns its number.
    pub fn tensor(&mut self, shape: &[usize], scale: f32, zero_point: i64) -> i32 {
        self.push(Tensor { scales: vec![scale], zero_point, ..tensor(shape, I8, Vec::new()) })
    }

    /// Adds a tensor of any element that is computed and has a scale.
    pub fn quantised(&mut self, shape: &[usize], element: i8, scale: f32) -> i32 {
        self.push(Tensor { scales: vec![scale], ..tensor(shape, element, Vec::new()) })
    }

    /// Adds constant weights with a scale for each index of dimension `axis`, or with one for all.
    pub fn weights(&mut self, shape: &[usize], data: &[i8], scales: Vec<f32>, axis: i32) -> i32 {
        let data = data.iter().map(|byte| *byte as u8).collect();
        self.push(Tensor { scales, axis, ..tensor(shape, I8, data) })
    }

    /// Adds a constant of words.
    pub fn words(&mut self, shape: &[usize], data: &[i32]) -> i32 {
        let data = data.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.push(tensor(shape, I32, data))
    }

    /// Adds an operator.
    pub fn op(&mut self, code: i32, inputs: &[i32], outputs: &[i32], options: &[Field]) {
        let (inputs, outputs, options) = (inputs.to_vec(), outputs.to_vec(), options.to_vec());
        self.operators.push(Operator { code, inputs, outputs, options, custom: None });
    }

    /// Adds a custom operator; `options` is its map.
    pub fn custom(&mut self, name: &str, inputs: &[i32], outputs: &[i32], options: &[u8]) {
        let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
        let custom = Some((name.to_owned(), options.to_vec()));
        self.operators.push(Operator { code: CUSTOM, inputs, outputs, options: Vec::new(), custom });
    }

    /// Adds a tensor of any element without a scale, and a constant where there are bytes.
    pub fn plain(&mut self, shape: &[usize], element: i8, data: &[u8]) -> i32 {
        self.push(tensor(shape, element, data.to_vec()))
    }

    /// Shape of a tensor.
    pub fn shape(&self, tensor: i32) -> Vec<usize> {
        self.tensors[tensor as usize].shape.iter().map(|size| *size as usize).collect()
    }

    /// Scale and zero point of a tensor.
    pub fn quantisation(&self, tensor: i32) -> (f32, i64) {
        let tensor = &self.tensors[tensor as usize];
        (tensor.scales[0], tensor.zero_point)
    }

    /// Names of the operators' numbers, for messages.
    pub fn codes(&self) -> Vec<i32> {
        self.operators.iter().map(|operator| operator.code).collect()
    }

    fn push(&mut self, tensor: Tensor) -> i32 {
        self.tensors.push(tensor);
        self.tensors.len() as i32 - 1
    }

    /// The finished file.
    pub fn file(&self, inputs: &[i32], outputs: &[i32]) -> Vec<u8> {
        let mut to = FlatBufferBuilder::new();
        let buffers: Vec<_> = std::iter::once(&Vec::new())
            .chain(self.tensors.iter().map(|tensor| &tensor.data))
            .map(|data| {
                let data = (!data.is_empty()).then(|| to.create_vector(data));
                table(&mut to, |to| {
                    if let Some(data) = data {
                        to.push_slot_always(slot(0), data);
                    }
                })
            })
            .collect();
        let tensors: Vec<_> = self
            .tensors
            .iter()
            .enumerate()
            .map(|(number, tensor)| write_tensor(&mut to, number, tensor))
            .collect();
        let operators: Vec<_> = (0u32..)
            .zip(&self.operators)
            .map(|(number, operator)| write_operator(&mut to, number, operator))
            .collect();
        let codes: Vec<_> = self
            .operators
            .iter()
            .map(|operator| {
                let name = operator.custom.as_ref().map(|(name, _)| to.create_string(name));
                table(&mut to, |to| {
                    to.push_slot_always(slot(0), operator.code.min(127) as i8);
                    if let Some(name) = name {
                        to.push_slot_always(slot(1), name);
                    }
                    to.push_slot_always(slot(3), operator.code);
                })
            })
            .collect();
        let (tensors, operators) = (to.create_vector(&tensors), to.create_vector(&operators));
        let (inputs, outputs) = (to.create_vector(inputs), to.create_vector(outputs));
        let graph = table(&mut to, |to| {
            to.push_slot_always(slot(0), tensors);
            to.push_slot_always(slot(1), inputs);
            to.push_slot_always(slot(2), outputs);
            to.push_slot_always(slot(3), operators);
        });
        let (codes, graphs, buffers) =
            (to.create_vector(&codes), to.create_vector(&[graph]), to.create_vector(&buffers));
        let model = table(&mut to, |to| {
            to.push_slot_always(slot(0), 3u32);
            to.push_slot_always(slot(1), codes);
            to.push_slot_always(slot(2), graphs);
            to.push_slot_always(slot(4), buffers);
        });
        to.finish(model, Some("TFL3"));
        to.finished_data().to_vec()
    }
}

fn tensor(shape: &[usize], element: i8, data: Vec<u8>) -> Tensor {
    let shape = shape.iter().map(|size| *size as i32).collect();
    Tensor { shape, element, scales: Vec::new(), zero_point: 0, axis: 0, data }
}

/// The offset in a table's vtable that belongs to a field.
fn slot(number: u16) -> u16 {
    4 + 2 * number
}

/// A table of any type: what it is, the schema knows.
type Offset = WIPOffset<TableFinishedWIPOffset>;

fn table<'b>(to: &mut FlatBufferBuilder<'b>, fields: impl FnOnce(&mut FlatBufferBuilder<'b>)) -> Offset {
    let start = to.start_table();
    fields(to);
    to.end_table(start)
}

fn write_tensor(to: &mut FlatBufferBuilder<'_>, number: usize, tensor: &Tensor) -> Offset {
    let quantisation = (!tensor.scales.is_empty()).then(|| {
        let zeros = vec![tensor.zero_point; tensor.scales.len()];
        let (scales, zeros) = (to.create_vector(&tensor.scales), to.create_vector(&zeros));
        table(to, |to| {
            to.push_slot_always(slot(2), scales);
            to.push_slot_always(slot(3), zeros);
            to.push_slot_always(slot(6), tensor.axis);
        })
    });
    let (shape, name) = (to.create_vector(&tensor.shape), to.create_string(&format!("t{number}")));
    table(to, |to| {
        to.push_slot_always(slot(0), shape);
        to.push_slot_always(slot(1), tensor.element);
        to.push_slot_always(slot(2), number as u32 + 1);
        to.push_slot_always(slot(3), name);
        if let Some(quantisation) = quantisation {
            to.push_slot_always(slot(4), quantisation);
        }
    })
}

fn write_operator(to: &mut FlatBufferBuilder<'_>, number: u32, operator: &Operator) -> Offset {
    let options = table(to, |to| {
        for field in &operator.options {
            match *field {
                Field::I8(at, value) => to.push_slot_always(slot(at), value),
                Field::I32(at, value) => to.push_slot_always(slot(at), value),
                Field::F32(at, value) => to.push_slot_always(slot(at), value),
            }
        }
    });
    let (inputs, outputs) = (to.create_vector(&operator.inputs), to.create_vector(&operator.outputs));
    let custom = operator.custom.as_ref().map(|(_, options)| to.create_vector(options));
    table(to, |to| {
        to.push_slot_always(slot(0), number);
        to.push_slot_always(slot(1), inputs);
        to.push_slot_always(slot(2), outputs);
        to.push_slot_always(slot(4), options);
        if let Some(custom) = custom {
            to.push_slot_always(slot(5), custom);
        }
    })
}
