//! Which parts of the arena an operation touches.

use crate::op::{Op, Source, Span};

/// How an operation uses a part of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Reads it.
    Read,
    /// Writes it.
    Write,
    /// Uses it while it runs.
    Scratch,
}

/// Shows every span of the arena that an operation holds.
pub(super) fn visit(op: &mut Op, mut each: impl FnMut(Access, &mut Span)) {
    let (input, output) = match op {
        Op::Conv(op) => {
            each(Access::Scratch, &mut op.scratch);
            (&mut op.input, &mut op.output)
        }
        Op::Depthwise(op) => {
            each(Access::Scratch, &mut op.scratch);
            (&mut op.input, &mut op.output)
        }
        Op::Int16Conv(op) => (&mut op.input, &mut op.output),
        Op::Int16Depthwise(op) => (&mut op.input, &mut op.output),
        Op::FullyConnected(op) | Op::Int16FullyConnected(op) => (&mut op.input, &mut op.output),
        Op::Pool(op) | Op::Int16Pool(op) => (&mut op.input, &mut op.output),
        Op::Int16Softmax(op) => (&mut op.input, &mut op.output),
        Op::Int16Sigmoid(op) => (&mut op.input, &mut op.output),
        Op::Rescale(op) => (&mut op.input, &mut op.output),
        Op::Svdf(op) => {
            each(Access::Write, &mut op.state);
            (&mut op.input, &mut op.output)
        }
        Op::FloatSvdf(op) => {
            each(Access::Write, &mut op.state);
            (&mut op.input, &mut op.output)
        }
        Op::Softmax(op) | Op::SoftmaxToInt16(op) => (&mut op.input, &mut op.output),
        Op::Table(op) => (&mut op.input, &mut op.output),
        Op::Mean(op) | Op::Int16Mean(op) => (&mut op.input, &mut op.output),
        Op::Binary(op) | Op::Int16Binary(op) => {
            each(Access::Read, &mut op.a);
            (&mut op.b, &mut op.output)
        }
        Op::FloatConv(op) => (&mut op.input, &mut op.output),
        Op::HybridConv(op) => {
            each(Access::Scratch, &mut op.scratch);
            (&mut op.conv.input, &mut op.conv.output)
        }
        Op::FloatDepthwise(op) => (&mut op.input, &mut op.output),
        Op::FloatFullyConnected(op) => (&mut op.input, &mut op.output),
        Op::FloatPool(op) => (&mut op.input, &mut op.output),
        Op::FloatSoftmax(op) => (&mut op.input, &mut op.output),
        Op::FloatUnary(op) => (&mut op.input, &mut op.output),
        Op::FloatMean(op) => (&mut op.input, &mut op.output),
        Op::Quantise(op) | Op::Dequantise(op) => (&mut op.input, &mut op.output),
        Op::FloatBinary(op) => {
            each(Access::Read, &mut op.a);
            (&mut op.b, &mut op.output)
        }
        Op::Unscaled(op) => {
            each(Access::Read, &mut op.a);
            (&mut op.b, &mut op.output)
        }
        Op::Cast(op) => (&mut op.input, &mut op.output),
        Op::SignalWindow(op) => (&mut op.input, &mut op.output),
        Op::SignalAutoScale(op) => {
            each(Access::Write, &mut op.bits);
            (&mut op.input, &mut op.output)
        }
        Op::SignalRfft(op) => {
            each(Access::Scratch, &mut op.scratch);
            (&mut op.input, &mut op.output)
        }
        Op::SignalEnergy(op) => (&mut op.input, &mut op.output),
        Op::SignalFilterBank(op) => (&mut op.input, &mut op.output),
        Op::SignalSquareRoot(op) => {
            each(Access::Read, &mut op.bits);
            (&mut op.input, &mut op.output)
        }
        Op::SignalSubtraction(op) => {
            each(Access::Write, &mut op.state);
            each(Access::Write, &mut op.noise);
            (&mut op.input, &mut op.output)
        }
        Op::SignalPcan(op) => {
            each(Access::Read, &mut op.noise);
            (&mut op.input, &mut op.output)
        }
        Op::SignalLog(op) => (&mut op.input, &mut op.output),
        Op::Fill(op) => return each(Access::Write, &mut op.to),
        Op::Move(op) => {
            if let Source::Arena(from) = &mut op.from {
                each(Access::Read, from);
            }
            return each(Access::Write, &mut op.to);
        }
    };
    each(Access::Read, input);
    each(Access::Write, output);
}
