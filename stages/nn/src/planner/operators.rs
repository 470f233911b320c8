//! The table of operators: what a `.tflite` file may ask for.
//!
//! A line says an operator's number in the schema, what lowers it to operations, and how it treats the rows of a stream.
//! From it come the names of errors, the planner's choice and streaming's: an operator that is in one is in all.
//!
//! `NAME = number: what lowers it, how it treats rows;`

use super::Lowering;
use super::node::Node;
use super::streaming::Along;
use crate::error::ModelError;

macro_rules! operators {
    ($($name:ident = $number:literal: $lower:ident, $along:ident;)+) => {
        /// Numbers of the operators.
        pub(crate) mod code {
            $(pub(crate) const $name: i32 = $number;)+
            /// An operator that is known by its name.
            pub(crate) const CUSTOM: i32 = 32;
        }

        const BUILTIN: &[&str] = &[$(stringify!($name)),+];

        #[cfg(test)]
        const NUMBERS: &[(&str, i32)] = &[$((stringify!($name), $number)),+];

        impl<'a> Lowering<'_, 'a> {
            fn builtin(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
                match node.operator.code.code {
                    $(code::$name => self.$lower(node),)+
                    _ => Err(node.unsupported()),
                }
            }
        }

        fn builtin_along(code: i32) -> Option<Along> {
            match code {
                $(code::$name => Some(Along::$along),)+
                _ => None,
            }
        }
    };
}

macro_rules! custom_operators {
    ($($name:ident = $text:literal: $lower:ident, $along:ident;)+) => {
        const CUSTOM: &[&str] = &[$($text),+];

        impl<'a> Lowering<'_, 'a> {
            fn custom(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
                match node.operator.code.custom.as_str() {
                    $($text => self.$lower(node),)+
                    _ => Err(node.unsupported()),
                }
            }
        }

        fn custom_along(name: &str) -> Option<Along> {
            match name {
                $($text => Some(Along::$along),)+
                _ => None,
            }
        }
    };
}

operators! {
    ADD = 0: binary, Elementwise;
    ASSIGN_VARIABLE = 144: assign_variable, State;
    AVERAGE_POOL_2D = 1: pool_2d, Pool;
    CALL_ONCE = 129: call_once, State;
    CAST = 53: cast, Each;
    CONCATENATION = 2: concatenation, Join;
    CONV_2D = 3: conv_2d, Convolution;
    DEPTHWISE_CONV_2D = 4: depthwise_conv_2d, Depthwise;
    DEQUANTIZE = 6: requantise, Each;
    DIV = 42: combination, Elementwise;
    EXPAND_DIMS = 70: reshape, Reshape;
    FULLY_CONNECTED = 9: fully_connected, Dense;
    LOGISTIC = 14: unary, Each;
    MAXIMUM = 55: combination, Elementwise;
    MAX_POOL_2D = 17: pool_2d, Pool;
    MEAN = 40: mean, Reduce;
    MINIMUM = 57: combination, Elementwise;
    MUL = 18: binary, Elementwise;
    PACK = 83: pack, Join;
    PAD = 34: pad, Pad;
    PADV2 = 60: pad, Pad;
    QUANTIZE = 114: unary, Each;
    READ_VARIABLE = 143: read_variable, State;
    RELU = 19: unary, Each;
    RELU6 = 21: unary, Each;
    RELU_N1_TO_1 = 20: unary, Each;
    RESHAPE = 22: reshape, Reshape;
    SLICE = 65: slice, Cut;
    SOFTMAX = 25: softmax, LastAxis;
    SPLIT = 49: split, Split;
    SPLIT_V = 102: split, Split;
    SQUEEZE = 43: reshape, Reshape;
    STRIDED_SLICE = 45: strided_slice, Cut;
    SUB = 41: binary, Elementwise;
    SVDF = 27: svdf, State;
    TANH = 28: unary, Each;
    TRANSPOSE = 39: transpose, Transpose;
    TRANSPOSE_CONV = 67: transpose_conv, Mix;
    VAR_HANDLE = 142: var_handle, State;
}

// TFLite Micro's signal operators.
custom_operators! {
    WINDOW = "SignalWindow": signal_window, Mix;
    AUTO_SCALE = "SignalFftAutoScale": signal_auto_scale, Mix;
    RFFT = "SignalRfft": signal_rfft, Mix;
    ENERGY = "SignalEnergy": signal_energy, Mix;
    FILTER_BANK = "SignalFilterBank": signal_filter_bank, Mix;
    SQUARE_ROOT = "SignalFilterBankSquareRoot": signal_square_root, Mix;
    SUBTRACTION = "SignalFilterBankSpectralSubtraction": signal_subtraction, State;
    PCAN = "SignalPCAN": signal_pcan, Mix;
    LOG = "SignalFilterBankLog": signal_log, Mix;
}

impl<'a> Lowering<'_, 'a> {
    /// Lowers an operator to operations.
    pub(crate) fn lower(&mut self, node: &Node<'_, 'a>) -> Result<(), ModelError> {
        if node.operator.code.code == code::CUSTOM { self.custom(node) } else { self.builtin(node) }
    }
}

impl Node<'_, '_> {
    /// How this operator treats the rows of a stream; an unknown one mixes them.
    pub(in crate::planner) fn along(&self) -> Along {
        let code = &self.operator.code;
        let known =
            if code.code == code::CUSTOM { custom_along(&code.custom) } else { builtin_along(code.code) };
        known.unwrap_or(Along::Mix)
    }
}

/// The operators that the planner knows, for the error about one that it does not.
pub(crate) fn known() -> String {
    let sorted = [BUILTIN, CUSTOM].into_iter().flat_map(|names| {
        let mut names = names.to_vec();
        names.sort_unstable();
        names
    });
    sorted.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::NUMBERS;
    use crate::builtin::Builtin;

    #[test]
    fn numbers_are_those_of_the_schema_s_names() {
        for (name, code) in NUMBERS {
            assert_eq!(Builtin { code: *code, custom: String::new() }.to_string(), *name);
        }
    }
}
