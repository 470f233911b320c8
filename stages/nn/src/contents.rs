//! What a `.tflite` file holds, for tools that look into models rather than run them.

use super::error::ModelError;
use super::schema::{self, Element, File};

/// A tensor of an operator, with what the file says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// Name in the file.
    pub name: String,
    /// Element type.
    pub element: Element,
    /// Shape, slowest dimension first.
    pub dims: Vec<usize>,
    /// One scale, or one for each index of one dimension; empty where the tensor is not quantised.
    pub scales: Vec<f32>,
    /// One for each scale, or none.
    pub zero_points: Vec<i64>,
    /// The bytes of a constant; nothing for a tensor that is computed.
    pub data: Option<Vec<u8>>,
}

/// The tensors of one operator.
#[derive(Clone, Debug, PartialEq)]
pub struct Operands {
    /// Name of the operator.
    pub operator: String,
    /// Tensors that it reads, those that are left out excepted.
    pub inputs: Vec<Contents>,
    /// Tensors that it writes.
    pub outputs: Vec<Contents>,
}

/// The operators of a `.tflite` file's first graph, in the order in which they run.
///
/// # Errors
///
/// When the file is damaged.
pub fn operands(bytes: &[u8]) -> Result<Vec<Operands>, ModelError> {
    let file = File::read(bytes)?;
    let graph = &file.graphs[0];
    let of = |numbers: &mut dyn Iterator<Item = i32>| -> Vec<Contents> {
        let present = numbers.filter_map(|number| usize::try_from(number).ok());
        present.map(|number| Contents::new(&graph.tensors[number])).collect()
    };
    let operators = graph.operators.iter().map(|operator| Operands {
        operator: operator.code.to_string(),
        inputs: of(&mut operator.inputs.iter()),
        outputs: of(&mut operator.outputs.iter()),
    });
    Ok(operators.collect())
}

impl Contents {
    fn new(tensor: &schema::Tensor<'_>) -> Self {
        Self {
            name: tensor.name.clone(),
            element: tensor.element,
            dims: tensor.shape.clone(),
            scales: tensor.quantisation.scales.iter().collect(),
            zero_points: tensor.quantisation.zero_points.iter().collect(),
            data: tensor.data.map(<[u8]>::to_vec),
        }
    }
}
