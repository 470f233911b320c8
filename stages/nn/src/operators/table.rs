//! The two tables: the operations that plans are made of, and the operators that a `.tflite` file may ask for.
//!
//! A line of [`operations`] makes a variant of [`Op`](crate::op::Op), a function of [`Kernels`](crate::kernels::Kernels)
//! and of [`Only`](crate::kernels::Only), an arm of the executor and a way through the planner. A line of
//! `builtin_operators` or `custom_operators` makes the name in errors, the planner's choice and streaming's. So none of
//! them can be forgotten.

/// Hands the table of operations to a macro that makes something of it.
///
/// `Variant(Struct): FAMILY, method = plain kernel;` where `FAMILY` is a constant of [`only`](crate::kernels::only). The
/// struct states with `spans!` which of its fields are parts of the arena.
macro_rules! operations {
    ($then:ident) => {
        $then! {
            /// CONV_2D.
            Conv(Conv): CONV, conv = operators::conv::conv;
            /// DEPTHWISE_CONV_2D.
            Depthwise(Depthwise): DEPTHWISE, depthwise = operators::depthwise::depthwise;
            /// DEPTHWISE_CONV_2D in packed form, with several outputs of each input channel.
            MultipliedDepthwise(Depthwise): MULTIPLIED, multiplied_depthwise = operators::depthwise::depthwise;
            /// FULLY_CONNECTED.
            FullyConnected(FullyConnected): FULLY_CONNECTED, fully_connected = operators::fully_connected::fully_connected;
            /// AVERAGE_POOL_2D, MAX_POOL_2D.
            Pool(Pool): POOL, pool = operators::pool::pool::<i8>;
            /// SOFTMAX.
            Softmax(Softmax): SOFTMAX, softmax = operators::softmax::softmax::<i8>;
            /// A copy of any shape.
            Move(Move): MOVE, move_block = operators::moves::move_block;
            /// Bytes of one value.
            Fill(Fill): ALWAYS, fill = operators::moves::fill;
            /// A function of single bytes.
            Table(Table): TABLE, table = operators::unary::table;
            /// ADD, SUB, MUL.
            Binary(Binary): BINARY, binary = operators::binary::binary::<i8, { operators::binary::HEADROOM }>;
            /// MEAN.
            Mean(Mean): MEAN, mean = operators::mean::mean::<i8>;
            /// SVDF.
            Svdf(Svdf): SVDF, svdf = operators::svdf::svdf;
            /// SOFTMAX, int8 to int16.
            SoftmaxToInt16(Softmax): INT16, softmax_to_int16 = operators::softmax::softmax::<i16>;
            /// CONV_2D, int16.
            Int16Conv(Conv): INT16, int16_conv = operators::conv::int16::conv;
            /// DEPTHWISE_CONV_2D, int16.
            Int16Depthwise(Depthwise): INT16, int16_depthwise = operators::depthwise::int16::depthwise;
            /// FULLY_CONNECTED, int16.
            Int16FullyConnected(FullyConnected): INT16, int16_fully_connected = operators::fully_connected::int16;
            /// AVERAGE_POOL_2D, MAX_POOL_2D, int16.
            Int16Pool(Pool): INT16, int16_pool = operators::pool::pool::<i16>;
            /// SOFTMAX, int16.
            Int16Softmax(Int16Softmax): INT16, int16_softmax = operators::softmax::int16::softmax;
            /// LOGISTIC, TANH, int16.
            Int16Sigmoid(Int16Sigmoid): INT16, int16_sigmoid = operators::unary::int16::sigmoid;
            /// ADD, SUB, MUL, int16.
            Int16Binary(Binary): INT16, int16_binary = operators::binary::binary::<i16, { operators::binary::INT16_HEADROOM }>;
            /// MEAN, int16.
            Int16Mean(Mean): INT16, int16_mean = operators::mean::mean::<i16>;
            /// QUANTIZE between integers, RELU and its kin on int16.
            Rescale(Rescale): INT16, rescale = operators::requantise::rescale;
            /// TRANSPOSE_CONV.
            TransposeConv(TransposeConv): TRANSPOSE_CONV, transpose_conv = operators::transpose_conv::plain;
            /// TRANSPOSE_CONV, float32.
            FloatTransposeConv(FloatTransposeConv): FLOAT, float_transpose_conv = operators::transpose_conv::float;
            /// CONV_2D whose weights have a zero point.
            OffsetConv(OffsetConv): OFFSET, offset_conv = operators::offset::conv;
            /// DEPTHWISE_CONV_2D whose weights have a zero point.
            OffsetDepthwise(OffsetDepthwise): OFFSET, offset_depthwise = operators::offset::depthwise;
            /// CONV_2D, float32.
            FloatConv(FloatConv): FLOAT, float_conv = operators::conv::float::conv;
            /// CONV_2D, float32 with weights of bytes.
            HybridConv(HybridConv): FLOAT, hybrid_conv = operators::conv::hybrid::conv;
            /// DEPTHWISE_CONV_2D, float32.
            FloatDepthwise(FloatDepthwise): FLOAT, float_depthwise = operators::depthwise::float::depthwise;
            /// FULLY_CONNECTED, float32.
            FloatFullyConnected(FloatFullyConnected): FLOAT, float_fully_connected = operators::fully_connected::float;
            /// AVERAGE_POOL_2D, MAX_POOL_2D, float32.
            FloatPool(FloatPool): FLOAT, float_pool = operators::pool::float;
            /// SOFTMAX, float32.
            FloatSoftmax(FloatSoftmax): FLOAT, float_softmax = operators::softmax::float::softmax;
            /// LOGISTIC, TANH, RELU and its kin, float32.
            FloatUnary(FloatUnary): FLOAT, float_unary = operators::unary::float::unary;
            /// ADD, SUB, MUL, DIV, MINIMUM, MAXIMUM, float32.
            FloatBinary(FloatBinary): FLOAT, float_binary = operators::binary::float::binary;
            /// MEAN, float32.
            FloatMean(FloatMean): FLOAT, float_mean = operators::mean::float;
            /// SVDF, float32.
            FloatSvdf(FloatSvdf): FLOAT, float_svdf = operators::svdf::float::svdf;
            /// QUANTIZE, float32 to an integer.
            Quantise(Requantise): FLOAT, quantise = operators::requantise::quantise;
            /// DEQUANTIZE, an integer to float32.
            Dequantise(Requantise): FLOAT, dequantise = operators::requantise::dequantise;
            /// ADD, SUB, MUL, DIV, int32; MINIMUM, MAXIMUM, any integers.
            Unscaled(Unscaled): UNSCALED, unscaled = operators::binary::unscaled::unscaled;
            /// CAST.
            Cast(Cast): UNSCALED, cast = operators::cast::cast;
            /// SignalWindow.
            SignalWindow(SignalWindow): SIGNAL, signal_window = operators::signal::window::window;
            /// SignalFftAutoScale.
            SignalAutoScale(SignalAutoScale): SIGNAL, signal_auto_scale = operators::signal::auto_scale::auto_scale;
            /// SignalRfft.
            SignalRfft(SignalRfft): SIGNAL, signal_rfft = operators::signal::rfft::rfft;
            /// SignalEnergy.
            SignalEnergy(SignalEnergy): SIGNAL, signal_energy = operators::signal::energy::energy;
            /// SignalFilterBank.
            SignalFilterBank(SignalFilterBank): SIGNAL, signal_filter_bank = operators::signal::filter_bank::filter_bank;
            /// SignalFilterBankSquareRoot.
            SignalSquareRoot(SignalSquareRoot): SIGNAL, signal_square_root = operators::signal::square_root::square_root;
            /// SignalFilterBankSpectralSubtraction.
            SignalSubtraction(SignalSubtraction): SIGNAL, signal_subtraction = operators::signal::subtraction::subtraction;
            /// SignalPCAN.
            SignalPcan(SignalPcan): SIGNAL, signal_pcan = operators::signal::pcan::pcan;
            /// SignalFilterBankLog.
            SignalLog(SignalLog): SIGNAL, signal_log = operators::signal::log::log;
        }
    };
}

/// Hands the table of the schema's operators to a macro, likewise.
///
/// `NAME = number in the schema: method of Lowering, how it treats the rows of a stream (Along);`
#[cfg(feature = "std")]
macro_rules! builtin_operators {
    ($then:ident) => {
        $then! {
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
    };
}

/// Hands the table of operators that are known by their names to a macro: TFLite Micro's signal operators.
///
/// `NAME = "name in the file": method of Lowering, how it treats the rows of a stream (Along);`
#[cfg(feature = "std")]
macro_rules! custom_operators {
    ($then:ident) => {
        $then! {
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
    };
}

pub(crate) use operations;
#[cfg(feature = "std")]
pub(crate) use {builtin_operators, custom_operators};
