//! Files of the older kind, whose tensors are uint8, as the int8 files that mean the same numbers.
//!
//! A byte b with the zero point z and the byte b − 128 with the zero point z − 128 stand for the same number, so only
//! element types, zero points and constants change. The weights of such files need not be symmetric.
#![forbid(unsafe_code)]

use super::error::{ModelError, ModelErrorKind};
use super::flatbuffer::I64s;
use super::planner::operators::code;
use super::schema::{Element, File, Graph, Quantisation, Tensor};

/// Most bytes of constants that are copied: a file may name one buffer many times.
const MOST: usize = 1 << 26;

/// What changes of one tensor.
struct Changed {
    zero_points: Vec<[u8; 8]>,
    data: Option<Vec<u8>>,
}

/// What changes in a file of uint8.
pub(crate) struct Signed {
    /// For each graph and each of its tensors.
    tensors: Vec<Vec<Option<Changed>>>,
}

impl Signed {
    /// What changes, where an operator of the file has weights of uint8.
    ///
    /// # Errors
    ///
    /// When its constants are more than may be copied.
    pub(crate) fn of(file: &File<'_>) -> Result<Option<Self>, ModelError> {
        if !file.graphs.iter().any(has_unsigned_weights) {
            return Ok(None);
        }
        let tensors =
            || file.graphs.iter().flat_map(|graph| &graph.tensors).filter(|tensor| is_unsigned(tensor));
        let bytes: usize = tensors().filter_map(|tensor| tensor.data).map(<[u8]>::len).sum();
        if bytes > MOST {
            let found = format!("{bytes} bytes of uint8 constants");
            return Err(ModelError::new(ModelErrorKind::Limit, "model", found, format!("at most {MOST}")));
        }
        let changed = |tensor: &Tensor<'_>| {
            is_unsigned(tensor).then(|| {
                let Quantisation { scales, zero_points, .. } = tensor.quantisation;
                let zero = |index| zero_points.get(index).unwrap_or(0).saturating_sub(128).to_le_bytes();
                Changed {
                    zero_points: (0..scales.len()).map(zero).collect(),
                    data: tensor.data.map(|data| data.iter().map(|byte| byte ^ 0x80).collect()),
                }
            })
        };
        let tensors = file.graphs.iter().map(|graph| graph.tensors.iter().map(changed).collect()).collect();
        Ok(Some(Self { tensors }))
    }

    /// The file of int8.
    pub(crate) fn file<'s>(&'s self, file: &'s File<'_>) -> File<'s> {
        let graph = |(graph, changed): (&'s Graph<'_>, &'s Vec<Option<Changed>>)| Graph {
            tensors: graph
                .tensors
                .iter()
                .zip(changed)
                .map(|(tensor, changed)| signed(tensor, changed))
                .collect(),
            operators: graph.operators.clone(),
            inputs: graph.inputs.clone(),
            outputs: graph.outputs.clone(),
        };
        File { graphs: file.graphs.iter().zip(&self.tensors).map(graph).collect(), unsigned: true }
    }
}

fn signed<'s>(tensor: &'s Tensor<'_>, changed: &'s Option<Changed>) -> Tensor<'s> {
    let Some(Changed { zero_points, data }) = changed else { return tensor.clone() };
    let quantisation = Quantisation { zero_points: I64s::lent(zero_points), ..tensor.quantisation };
    Tensor { element: Element::I8, quantisation, data: data.as_deref(), ..tensor.clone() }
}

fn is_unsigned(tensor: &Tensor<'_>) -> bool {
    tensor.element == Element::U8 && tensor.quantisation.scales.len() > 0
}

fn has_unsigned_weights(graph: &Graph<'_>) -> bool {
    let weighted = [code::CONV_2D, code::DEPTHWISE_CONV_2D, code::FULLY_CONNECTED];
    graph.operators.iter().filter(|operator| weighted.contains(&operator.code.code)).any(|operator| {
        let weights = operator.inputs.get(1).and_then(|number| usize::try_from(number).ok());
        weights.and_then(|number| graph.tensors.get(number)).is_some_and(is_unsigned)
    })
}
