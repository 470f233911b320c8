//! Names of TFLite's built-in operators.

use std::fmt;

/// An operator's kind: its number in the schema's `BuiltinOperator`, and a custom operator's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Builtin {
    pub(crate) code: i32,
    pub(crate) custom: String,
}

impl fmt::Display for Builtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match usize::try_from(self.code).ok().and_then(|code| NAMES.get(code)) {
            Some(&"CUSTOM") => write!(f, "CUSTOM {}", self.custom),
            Some(name) => f.write_str(name),
            None => write!(f, "number {}", self.code),
        }
    }
}

/// Numbers of the operators that the planner knows.
pub(crate) mod code {
    pub(crate) const ADD: i32 = 0;
    pub(crate) const AVERAGE_POOL_2D: i32 = 1;
    pub(crate) const CONCATENATION: i32 = 2;
    pub(crate) const CONV_2D: i32 = 3;
    pub(crate) const DEPTHWISE_CONV_2D: i32 = 4;
    pub(crate) const DEQUANTIZE: i32 = 6;
    pub(crate) const FULLY_CONNECTED: i32 = 9;
    pub(crate) const LOGISTIC: i32 = 14;
    pub(crate) const MAX_POOL_2D: i32 = 17;
    pub(crate) const MUL: i32 = 18;
    pub(crate) const RELU: i32 = 19;
    pub(crate) const RELU_N1_TO_1: i32 = 20;
    pub(crate) const RELU6: i32 = 21;
    pub(crate) const RESHAPE: i32 = 22;
    pub(crate) const SOFTMAX: i32 = 25;
    pub(crate) const SVDF: i32 = 27;
    pub(crate) const TANH: i32 = 28;
    pub(crate) const CUSTOM: i32 = 32;
    pub(crate) const PAD: i32 = 34;
    pub(crate) const TRANSPOSE: i32 = 39;
    pub(crate) const MEAN: i32 = 40;
    pub(crate) const SUB: i32 = 41;
    pub(crate) const DIV: i32 = 42;
    pub(crate) const SQUEEZE: i32 = 43;
    pub(crate) const STRIDED_SLICE: i32 = 45;
    pub(crate) const SPLIT: i32 = 49;
    pub(crate) const CAST: i32 = 53;
    pub(crate) const MAXIMUM: i32 = 55;
    pub(crate) const MINIMUM: i32 = 57;
    pub(crate) const PADV2: i32 = 60;
    pub(crate) const SLICE: i32 = 65;
    pub(crate) const EXPAND_DIMS: i32 = 70;
    pub(crate) const PACK: i32 = 83;
    pub(crate) const SPLIT_V: i32 = 102;
    pub(crate) const QUANTIZE: i32 = 114;
    pub(crate) const CALL_ONCE: i32 = 129;
    pub(crate) const VAR_HANDLE: i32 = 142;
    pub(crate) const READ_VARIABLE: i32 = 143;
    pub(crate) const ASSIGN_VARIABLE: i32 = 144;
}

/// Names of the custom operators that the planner knows: TFLite Micro's signal operators.
pub(crate) mod custom {
    pub(crate) const WINDOW: &str = "SignalWindow";
    pub(crate) const AUTO_SCALE: &str = "SignalFftAutoScale";
    pub(crate) const RFFT: &str = "SignalRfft";
    pub(crate) const ENERGY: &str = "SignalEnergy";
    pub(crate) const FILTER_BANK: &str = "SignalFilterBank";
    pub(crate) const SQUARE_ROOT: &str = "SignalFilterBankSquareRoot";
    pub(crate) const SUBTRACTION: &str = "SignalFilterBankSpectralSubtraction";
    pub(crate) const PCAN: &str = "SignalPCAN";
    pub(crate) const LOG: &str = "SignalFilterBankLog";
}

/// The operators that the planner knows, for the error about one that it does not.
pub(crate) const KNOWN: &str = "ADD, ASSIGN_VARIABLE, AVERAGE_POOL_2D, CALL_ONCE, CAST, CONCATENATION, CONV_2D, \
    DEPTHWISE_CONV_2D, DEQUANTIZE, DIV, EXPAND_DIMS, FULLY_CONNECTED, LOGISTIC, MAXIMUM, MAX_POOL_2D, MEAN, MINIMUM, \
    MUL, PACK, PAD, PADV2, QUANTIZE, READ_VARIABLE, RELU, RELU6, RELU_N1_TO_1, RESHAPE, SLICE, SOFTMAX, SPLIT, SPLIT_V, \
    SQUEEZE, STRIDED_SLICE, SUB, SVDF, TANH, TRANSPOSE, VAR_HANDLE, SignalEnergy, SignalFftAutoScale, SignalFilterBank, \
    SignalFilterBankLog, SignalFilterBankSpectralSubtraction, SignalFilterBankSquareRoot, SignalPCAN, SignalRfft, \
    SignalWindow";

/// Names by number, as far as the schema goes before its StableHLO operators.
#[rustfmt::skip]
const NAMES: [&str; 162] = [
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE",
    "DEQUANTIZE", "EMBEDDING_LOOKUP", "FLOOR", "FULLY_CONNECTED", "HASHTABLE_LOOKUP", "L2_NORMALIZATION",
    "L2_POOL_2D", "LOCAL_RESPONSE_NORMALIZATION", "LOGISTIC", "LSH_PROJECTION", "LSTM", "MAX_POOL_2D",
    "MUL", "RELU", "RELU_N1_TO_1", "RELU6", "RESHAPE", "RESIZE_BILINEAR", "RNN", "SOFTMAX",
    "SPACE_TO_DEPTH", "SVDF", "TANH", "CONCAT_EMBEDDINGS", "SKIP_GRAM", "CALL", "CUSTOM",
    "EMBEDDING_LOOKUP_SPARSE", "PAD", "UNIDIRECTIONAL_SEQUENCE_RNN", "GATHER", "BATCH_TO_SPACE_ND",
    "SPACE_TO_BATCH_ND", "TRANSPOSE", "MEAN", "SUB", "DIV", "SQUEEZE", "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "STRIDED_SLICE", "BIDIRECTIONAL_SEQUENCE_RNN", "EXP", "TOPK_V2", "SPLIT", "LOG_SOFTMAX", "DELEGATE",
    "BIDIRECTIONAL_SEQUENCE_LSTM", "CAST", "PRELU", "MAXIMUM", "ARG_MAX", "MINIMUM", "LESS", "NEG", "PADV2",
    "GREATER", "GREATER_EQUAL", "LESS_EQUAL", "SELECT", "SLICE", "SIN", "TRANSPOSE_CONV", "SPARSE_TO_DENSE",
    "TILE", "EXPAND_DIMS", "EQUAL", "NOT_EQUAL", "LOG", "SUM", "SQRT", "RSQRT", "SHAPE", "POW", "ARG_MIN",
    "FAKE_QUANT", "REDUCE_PROD", "REDUCE_MAX", "PACK", "LOGICAL_OR", "ONE_HOT", "LOGICAL_AND",
    "LOGICAL_NOT", "UNPACK", "REDUCE_MIN", "FLOOR_DIV", "REDUCE_ANY", "SQUARE", "ZEROS_LIKE", "FILL",
    "FLOOR_MOD", "RANGE", "RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU", "SQUARED_DIFFERENCE", "MIRROR_PAD",
    "ABS", "SPLIT_V", "UNIQUE", "CEIL", "REVERSE_V2", "ADD_N", "GATHER_ND", "COS", "WHERE", "RANK", "ELU",
    "REVERSE_SEQUENCE", "MATRIX_DIAG", "QUANTIZE", "MATRIX_SET_DIAG", "ROUND", "HARD_SWISH", "IF", "WHILE",
    "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "SCATTER_ND", "SELECT_V2", "DENSIFY", "SEGMENT_SUM",
    "BATCH_MATMUL", "PLACEHOLDER_FOR_GREATER_OP_CODES", "CUMSUM", "CALL_ONCE", "BROADCAST_TO", "RFFT2D",
    "CONV_3D", "IMAG", "REAL", "COMPLEX_ABS", "HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT",
    "HASHTABLE_SIZE", "REDUCE_ALL", "CONV_3D_TRANSPOSE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE",
    "BROADCAST_ARGS", "RANDOM_STANDARD_NORMAL", "BUCKETIZE", "RANDOM_UNIFORM", "MULTINOMIAL", "GELU",
    "DYNAMIC_UPDATE_SLICE", "RELU_0_TO_1", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX",
    "UNSORTED_SEGMENT_SUM", "ATAN2", "UNSORTED_SEGMENT_MIN", "SIGN", "BITCAST", "BITWISE_XOR",
    "RIGHT_SHIFT",
];
