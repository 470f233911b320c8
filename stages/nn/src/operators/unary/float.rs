//! LOGISTIC, TANH, RELU and its kin, float32.

use crate::kernels::Constants;
use crate::kernels::float::{get, pair, put};
use crate::op::{Bounds, Span, spans};

/// A function of single floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// RELU, RELU6, RELU_N1_TO_1.
    Clamp(Bounds),
    /// LOGISTIC.
    Logistic,
    /// TANH.
    Tanh,
}

/// LOGISTIC, TANH, RELU and its kin, float32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatUnary<A = Span> {
    /// The function.
    pub function: Function,
    /// Input in the arena.
    pub input: A,
    /// Output in the arena.
    pub output: A,
}

spans!(FloatUnary { input: Read, output: Write } { function });

/// A function of each float.
pub(crate) fn unary(op: &FloatUnary, _: Constants<'_>, arena: &mut [i8]) {
    let (input, output) = pair(arena, op.input, op.output);
    for (x, out) in input.iter().map(get).zip(output) {
        *out = put(match op.function {
            Function::Clamp(bounds) => bounds.clamp(x),
            // As TFLite, which takes the tails to be straight.
            Function::Logistic if x > 16.619_047 => 1.0,
            Function::Logistic if x < -9.0 => libm::expf(x),
            Function::Logistic => 1.0 / (1.0 + libm::expf(-x)),
            Function::Tanh => libm::tanhf(x),
        });
    }
}

#[cfg(feature = "std")]
mod lower {
    use super::{FloatUnary, Function};
    use crate::error::ModelError;
    use crate::op::Op;
    use crate::planner::Lowering;
    use crate::planner::node::Node;
    use crate::planner::operators::code;
    use crate::schema::Element;

    impl<'a> Lowering<'_, 'a> {
        /// LOGISTIC, TANH, RELU and its kin.
        pub(in crate::operators::unary) fn float_unary(
            &mut self,
            node: &Node<'_, 'a>,
        ) -> Result<(), ModelError> {
            let (input, output) = (node.input(0)?, node.output(0)?);
            node.expect(&output, Element::F32)?;
            if input.tensor.count() != output.tensor.count() {
                return Err(node.shape(&output, format!("{:?}, as the input", input.tensor.shape)));
            }
            let function = match node.operator.code.code {
                code::LOGISTIC => Function::Logistic,
                code::TANH => Function::Tanh,
                code::RELU => Function::Clamp(node.bounds(1)?),
                code::RELU_N1_TO_1 => Function::Clamp(node.bounds(2)?),
                _ => Function::Clamp(node.bounds(3)?),
            };
            let (input, output) = (self.read(node, &input)?, self.write(node, &output)?);
            self.ops.push(Op::FloatUnary(FloatUnary { function, input, output }));
            Ok(())
        }
    }
}
