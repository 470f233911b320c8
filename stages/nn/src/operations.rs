//! The table of operations: what each is, which family of kernels it belongs to, and which plain kernel runs it.
//!
//! A line makes a variant of [`Op`](crate::op::Op), a function of [`Kernels`](crate::kernels::Kernels) and of
//! [`Only`](crate::kernels::Only), an arm of the executor and a way through the planner, so that none of them can be
//! forgotten. The operation's struct says with `spans!` what it touches of the arena.
//!
//! `Variant(Struct): FAMILY, method = plain kernel;` with the kernel's path below `kernels`.

/// Hands the table to a macro that makes something of it.
macro_rules! operations {
    ($then:ident) => {
        $then! {
            /// CONV_2D.
            Conv(Conv): CONV, conv = conv::conv;
            /// DEPTHWISE_CONV_2D.
            Depthwise(Depthwise): DEPTHWISE, depthwise = depthwise::depthwise;
            /// FULLY_CONNECTED.
            FullyConnected(FullyConnected): FULLY_CONNECTED, fully_connected = fully_connected::fully_connected;
            /// AVERAGE_POOL_2D, MAX_POOL_2D.
            Pool(Pool): POOL, pool = pool::pool::<i8>;
            /// SOFTMAX.
            Softmax(Softmax): SOFTMAX, softmax = softmax::softmax::<i8>;
            /// A copy of any shape.
            Move(Move): MOVE, move_block = move_block::move_block;
            /// Bytes of one value.
            Fill(Fill): ALWAYS, fill = move_block::fill;
            /// A function of single bytes.
            Table(Table): TABLE, table = table::table;
            /// ADD, SUB, MUL.
            Binary(Binary): BINARY, binary = binary::binary::<i8, 20>;
            /// MEAN.
            Mean(Mean): MEAN, mean = mean::mean::<i8>;
            /// SVDF.
            Svdf(Svdf): SVDF, svdf = svdf::svdf;
            /// SOFTMAX, int8 to int16.
            SoftmaxToInt16(Softmax): INT16, softmax_to_int16 = softmax::softmax::<i16>;
            /// CONV_2D, int16.
            Int16Conv(Conv): INT16, int16_conv = int16::weighted::conv;
            /// DEPTHWISE_CONV_2D, int16.
            Int16Depthwise(Depthwise): INT16, int16_depthwise = int16::weighted::depthwise;
            /// FULLY_CONNECTED, int16.
            Int16FullyConnected(FullyConnected): INT16, int16_fully_connected = int16::weighted::fully_connected;
            /// AVERAGE_POOL_2D, MAX_POOL_2D, int16.
            Int16Pool(Pool): INT16, int16_pool = pool::pool::<i16>;
            /// SOFTMAX, int16.
            Int16Softmax(Int16Softmax): INT16, int16_softmax = int16::function::softmax;
            /// LOGISTIC, TANH, int16.
            Int16Sigmoid(Int16Sigmoid): INT16, int16_sigmoid = int16::function::sigmoid;
            /// ADD, SUB, MUL, int16.
            Int16Binary(Binary): INT16, int16_binary = binary::binary::<i16, 15>;
            /// MEAN, int16.
            Int16Mean(Mean): INT16, int16_mean = mean::mean::<i16>;
            /// QUANTIZE between integers, RELU and its kin on int16.
            Rescale(Rescale): INT16, rescale = int16::rescale::rescale;
            /// TRANSPOSE_CONV.
            TransposeConv(TransposeConv): TRANSPOSE_CONV, transpose_conv = crate::operators::transpose_conv::plain;
            /// TRANSPOSE_CONV, float32.
            FloatTransposeConv(FloatTransposeConv): FLOAT, float_transpose_conv = crate::operators::transpose_conv::float;
            /// CONV_2D whose weights have a zero point.
            OffsetConv(OffsetConv): OFFSET, offset_conv = crate::operators::offset::conv;
            /// DEPTHWISE_CONV_2D whose weights have a zero point.
            OffsetDepthwise(OffsetDepthwise): OFFSET, offset_depthwise = crate::operators::offset::depthwise;
            /// CONV_2D, float32.
            FloatConv(FloatConv): FLOAT, float_conv = float::conv::conv;
            /// CONV_2D, float32 with weights of bytes.
            HybridConv(HybridConv): FLOAT, hybrid_conv = float::hybrid::conv;
            /// DEPTHWISE_CONV_2D, float32.
            FloatDepthwise(FloatDepthwise): FLOAT, float_depthwise = float::conv::depthwise;
            /// FULLY_CONNECTED, float32.
            FloatFullyConnected(FloatFullyConnected): FLOAT, float_fully_connected = float::dense::fully_connected;
            /// AVERAGE_POOL_2D, MAX_POOL_2D, float32.
            FloatPool(FloatPool): FLOAT, float_pool = float::pool::pool;
            /// SOFTMAX, float32.
            FloatSoftmax(FloatSoftmax): FLOAT, float_softmax = float::dense::softmax;
            /// LOGISTIC, TANH, RELU and its kin, float32.
            FloatUnary(FloatUnary): FLOAT, float_unary = float::elementwise::unary;
            /// ADD, SUB, MUL, DIV, MINIMUM, MAXIMUM, float32.
            FloatBinary(FloatBinary): FLOAT, float_binary = float::elementwise::binary;
            /// MEAN, float32.
            FloatMean(FloatMean): FLOAT, float_mean = float::pool::mean;
            /// SVDF, float32.
            FloatSvdf(FloatSvdf): FLOAT, float_svdf = float::svdf::svdf;
            /// QUANTIZE, float32 to an integer.
            Quantise(Requantise): FLOAT, quantise = float::elementwise::quantise;
            /// DEQUANTIZE, an integer to float32.
            Dequantise(Requantise): FLOAT, dequantise = float::elementwise::dequantise;
            /// ADD, SUB, MUL, DIV, int32; MINIMUM, MAXIMUM, any integers.
            Unscaled(Unscaled): UNSCALED, unscaled = unscaled::unscaled;
            /// CAST.
            Cast(Cast): UNSCALED, cast = unscaled::cast;
            /// SignalWindow.
            SignalWindow(SignalWindow): SIGNAL, signal_window = signal::window;
            /// SignalFftAutoScale.
            SignalAutoScale(SignalAutoScale): SIGNAL, signal_auto_scale = signal::auto_scale;
            /// SignalRfft.
            SignalRfft(SignalRfft): SIGNAL, signal_rfft = signal::rfft;
            /// SignalEnergy.
            SignalEnergy(SignalEnergy): SIGNAL, signal_energy = signal::energy;
            /// SignalFilterBank.
            SignalFilterBank(SignalFilterBank): SIGNAL, signal_filter_bank = signal::filter_bank;
            /// SignalFilterBankSquareRoot.
            SignalSquareRoot(SignalSquareRoot): SIGNAL, signal_square_root = signal::square_root;
            /// SignalFilterBankSpectralSubtraction.
            SignalSubtraction(SignalSubtraction): SIGNAL, signal_subtraction = signal::subtraction;
            /// SignalPCAN.
            SignalPcan(SignalPcan): SIGNAL, signal_pcan = signal::pcan;
            /// SignalFilterBankLog.
            SignalLog(SignalLog): SIGNAL, signal_log = signal::log;
        }
    };
}

pub(crate) use operations;
