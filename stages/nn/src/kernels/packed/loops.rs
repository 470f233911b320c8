//! The loops that all packed kernel sets have in common.
//!
//! They are a macro because a generic function cannot take on the processor features of its caller.

/// Writes the convolution of one form of weights, for the processor features `$features`: its loops over blocks, tiles of
/// pixels and steps.
///
/// The module that calls it has what [`packed_kernels`] asks for, but for `dot` and `depthwise_sums`.
macro_rules! packed_convolution {
    ($features:literal) => {
        /// Bytes of a vector of weights.
        const WEIGHTS: usize = FORM.word() * LANES;

        /// Three panels, where a block has more.
        const THREE: usize = if FORM.panels < 3 { FORM.panels } else { 3 };

        /// CONV_2D of bytes, whose weights have this module's form.
        #[target_feature(enable = $features)]
        pub(super) fn conv(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
            let [input, output, image] = crate::kernels::lend(arena, op.input, op.output, op.scratch);
            let padded = Padded::new(op.from, op.to, &op.window);
            let spans = (op.weights, op.channels);
            let (channels, single) = (FORM.paired(op.to), op.to.channels as usize);
            let tables = Tables::new(FORM, constants, spans, channels, op.rescaling);
            let corners = Corners::new(padded, op.to, &op.window);
            check(&tables, corners, ITEM, 4, image);
            // Where a window has several rows, the words of each begin anew.
            let words = op.window.height == 1 || (padded.row() * ITEM).is_multiple_of(4);
            let whole = padded.is_window(&op.window) && words;
            let apart = corners.right * ITEM;
            let corners = corners.spread(op.to, channels, 2 * corners.right).joined();
            let offset = op.rescaling.input_offset;
            for batch in 0..op.from.batch as usize {
                let from = &input[batch * op.from.plane()..][..op.from.plane()];
                let to = &mut output[batch * op.to.plane()..][..op.to.plane()];
                let items = &mut image.as_chunks_mut().0[..padded.len()];
                padded.fill(from, (op.from, &op.window), items, padding(offset), |byte| item(byte, offset));
                for (first, panels, weights, rows) in tables.blocks(FORM, tables.steps.len()) {
                    let block =
                        Block { image, to: &mut *to, sums: None, first, weights, rows, tables: &tables };
                    if whole {
                        match panels {
                            1 => line::<1>(block),
                            2 => line::<2>(block),
                            3 => line::<THREE>(block),
                            _ => line::<{ FORM.panels }>(block),
                        }
                        continue;
                    }
                    // SAFETY: `check` made sure that every window lies in the image.
                    unsafe {
                        match panels {
                            1 if channels != single => tiles::<1, 2>(block, corners, apart),
                            1 => tiles::<1, 1>(block, corners, apart),
                            2 => tiles::<2, 1>(block, corners, apart),
                            3 => tiles::<THREE, 1>(block, corners, apart),
                            _ => tiles::<{ FORM.panels }, 1>(block, corners, apart),
                        }
                    }
                }
            }
        }

        /// Computes the only pixel, whose window is the whole image, of `P` panels of channels: what models that see
        /// one frame at a time do most.
        #[target_feature(enable = $features)]
        fn line<const P: usize>(mut block: Block<'_>) {
            let mut sums: [[Vector; P]; 4] = [[zero(); P]; 4];
            sums[0] = core::array::from_fn(|p| load(block.rows.biases(), p));
            let panels = block.weights.as_chunks::<WEIGHTS>().0.as_chunks::<P>().0;
            // A sum waits for the one before it, so the words go to four sets in turn.
            let quads = panels.as_chunks::<4>();
            let words = block.image.as_chunks::<4>().0;
            let mut quad = |words: &[[i8; 4]], panels: &[[[i8; WEIGHTS]; P]]| {
                for ((word, panels), sums) in words.iter().zip(panels).zip(&mut sums) {
                    // SAFETY: an array of four bytes is as long as a word.
                    let word = unsafe { self::words::<1>(word.as_ptr(), 0) };
                    for (sum, panel) in sums.iter_mut().zip(panels) {
                        *sum = accumulate(*sum, word, weights(panel));
                    }
                }
            };
            for (words, panels) in words.as_chunks::<4>().0.iter().zip(quads.0) {
                quad(words, panels);
            }
            quad(&words[4 * quads.0.len()..], quads.1);
            let [a, b, c, d] = sums;
            let scales: [Scale; P] = core::array::from_fn(|p| scale(&block.rows, p));
            let sum = |p: usize| add(add(a[p], b[p]), add(c[p], d[p]));
            put(&mut block, &scales, [core::array::from_fn(sum)], 0);
        }

        /// Computes all pixels of `P` panels of channels; a vector of sums holds `T` pixels, which lie `apart`.
        ///
        /// # Safety
        ///
        /// Every corner of every pixel, in bytes, plus every step of the tables plus four bytes must lie in the image.
        #[target_feature(enable = $features)]
        unsafe fn tiles<const P: usize, const T: usize>(
            mut block: Block<'_>,
            corners: Corners,
            apart: usize,
        ) {
            let scales: [Scale; P] = core::array::from_fn(|p| scale(&block.rows, p));
            let (right, most) = (corners.right * ITEM, FORM.pixels(P));
            let mut pixel = 0;
            for y in 0..corners.rows {
                let (mut corner, mut left) = (y * corners.down * ITEM, corners.columns);
                while left > 0 {
                    let (places, count) = ([corner, right, apart], left.min(most));
                    // SAFETY: passed on to the caller.
                    unsafe {
                        match count {
                            1 => sums::<1, P, T>(&mut block, &scales, places, pixel),
                            2 => sums::<2, P, T>(&mut block, &scales, places, pixel),
                            3 => sums::<3, P, T>(&mut block, &scales, places, pixel),
                            4 => sums::<4, P, T>(&mut block, &scales, places, pixel),
                            5 => sums::<5, P, T>(&mut block, &scales, places, pixel),
                            6 => sums::<6, P, T>(&mut block, &scales, places, pixel),
                            7 => sums::<7, P, T>(&mut block, &scales, places, pixel),
                            _ => sums::<8, P, T>(&mut block, &scales, places, pixel),
                        }
                    }
                    pixel += count;
                    left -= count;
                    corner += count * right;
                }
            }
        }

        /// Computes `M` pixels, or pairs of them, by `P` panels: from a corner on, each so far right of the one before.
        ///
        /// # Safety
        ///
        /// As [`tiles`], for the `M` corners.
        #[target_feature(enable = $features)]
        unsafe fn sums<const M: usize, const P: usize, const T: usize>(
            block: &mut Block<'_>,
            scales: &[Scale; P],
            [corner, right, apart]: [usize; 3],
            pixel: usize,
        ) {
            let biases: [Vector; P] = core::array::from_fn(|p| load(block.rows.biases(), p));
            let mut sums = [biases; M];
            // A sum waits for the one before it. Where there are few of them, every other step goes to a second set.
            let mut others = [[zero(); P]; M];
            let panels = block.weights.as_chunks::<WEIGHTS>().0.as_chunks::<P>().0;
            for (i, (step, panels)) in block.tables.steps.iter().zip(panels).enumerate() {
                let panels = panels.each_ref().map(|bytes| weights(bytes));
                let to = if M * P < 4 && i % 2 == 1 { &mut others } else { &mut sums };
                for (m, sums) in to.iter_mut().enumerate() {
                    // SAFETY: the caller made sure that these words lie in the image.
                    let word = unsafe {
                        words::<T>(block.image.as_ptr().add(corner + m * right + *step as usize), apart)
                    };
                    for (sum, panel) in sums.iter_mut().zip(panels) {
                        *sum = accumulate(*sum, word, panel);
                    }
                }
            }
            if M * P < 4 {
                for (sums, others) in sums.iter_mut().zip(others) {
                    sums.iter_mut().zip(others).for_each(|(sum, other)| *sum = add(*sum, other));
                }
            }
            put(block, scales, sums, pixel);
        }

        /// Writes the outputs of `M` pixels that follow each other, or hands on their sums.
        #[target_feature(enable = $features)]
        fn put<const M: usize, const P: usize>(
            block: &mut Block<'_>,
            scales: &[Scale; P],
            sums: [[Vector; P]; M],
            pixel: usize,
        ) {
            let Some(to) = &mut block.sums else { return write(block, scales, sums, pixel) };
            let lanes = block.tables.totals().len();
            for (m, sums) in sums.into_iter().enumerate() {
                let to = to[(pixel + m) * lanes + block.first..].as_chunks_mut::<LANES>().0;
                for (to, sum) in to.iter_mut().zip(sums) {
                    // SAFETY: a vector of sums is as long as so many arrays of four bytes, and need not be aligned.
                    unsafe { to.as_mut_ptr().cast::<Vector>().write_unaligned(sum) };
                }
            }
        }
    };
}

/// Writes a set's `Kernels` and its loops over blocks, tiles of pixels and steps, for the processor features
/// `$features`.
///
/// The module that calls it has: `FORM`, `LANES`, `ITEM` (bytes of an item of the image), `item` (an input byte as the
/// image holds it, from the byte and the input's offset) and `padding` (what the image holds beyond its border, from that
/// offset), the types `Vector` and `Scale`, and with the same features `load` (a vector of a row of lanes), `weights` (a
/// vector of weights), `words` (words of `T` pixels to all lanes), `accumulate` (adds products to sums), `add`, `zero`,
/// `scale` (what rescales the lanes of a panel), `write` (rescales the sums of `M` pixels that follow each other and
/// writes their channels), `dot` and the unsafe `depthwise_sums`. `$second` is a module with the convolution of weights in the
/// set's second form, where it has one.
macro_rules! packed_kernels {
    ($set:ident, $features:literal $(, $second:ident)?) => {
        $crate::kernels::packed::loops::packed_convolution!($features);

        impl $crate::kernels::Kernels for $set {
            fn conv(self, op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
                match op.layout {
                    Layout::Plain => Plain.conv(op, constants, arena),
                    // SAFETY: `detect` alone makes a value of the set, and only where the processor has the features.
                    $(Layout::Second => unsafe { $second::conv(op, constants, arena) },)?
                    // SAFETY: likewise.
                    _ => unsafe { conv(op, constants, arena) },
                }
            }

            fn depthwise(self, op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
                match op.layout {
                    Layout::Plain => Plain.depthwise(op, constants, arena),
                    // SAFETY: as in `conv`.
                    _ => unsafe { depthwise(op, constants, arena) },
                }
            }

            fn fully_connected(self, op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
                match op.layout {
                    Layout::Plain => Plain.fully_connected(op, constants, arena),
                    // SAFETY: as in `conv`.
                    _ => unsafe { fully_connected(op, constants, arena) },
                }
            }

            fn binary(self, op: &Binary, constants: Constants<'_>, arena: &mut [i8]) {
                // SAFETY: as in `conv`.
                unsafe { binary(op, constants, arena) }
            }

            fn pool(self, op: &Pool, _: Constants<'_>, arena: &mut [i8]) {
                // SAFETY: as in `conv`.
                unsafe { pool(op, arena) }
            }

            fn mean(self, op: &Mean, constants: Constants<'_>, arena: &mut [i8]) {
                // SAFETY: as in `conv`.
                unsafe { mean(op, constants, arena) }
            }

            fn float_conv(self, op: &FloatConv, constants: Constants<'_>, arena: &mut [i8]) {
                // SAFETY: as in `conv`.
                unsafe { float_conv(op, constants, arena) }
            }

            fn float_depthwise(self, op: &FloatDepthwise, constants: Constants<'_>, arena: &mut [i8]) {
                // SAFETY: as in `conv`.
                unsafe { float_depthwise(op, constants, arena) }
            }

            fn float_fully_connected(
                self,
                op: &FloatFullyConnected,
                constants: Constants<'_>,
                arena: &mut [i8],
            ) {
                // SAFETY: as in `conv`.
                unsafe { float_fully_connected(op, constants, arena) }
            }

            fn hybrid_conv(self, op: &HybridConv, constants: Constants<'_>, arena: &mut [i8]) {
                match op.conv.layout {
                    Layout::Plain => Plain.hybrid_conv(op, constants, arena),
                    // SAFETY: as in `conv`.
                    _ => unsafe { hybrid_conv(op, constants, arena) },
                }
            }

            fn int16_conv(self, op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
                // SAFETY: as in `conv`.
                unsafe { int16_conv(op, constants, arena) }
            }

            fn int16_depthwise(self, op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
                // SAFETY: as in `conv`.
                unsafe { int16_depthwise(op, constants, arena) }
            }

            fn int16_fully_connected(self, op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
                // SAFETY: as in `conv`.
                unsafe { int16_fully_connected(op, constants, arena) }
            }
        }

        /// CONV_2D of floats with weights of bytes: the sums of bytes as in [`conv`], which then get their scales back.
        #[target_feature(enable = $features)]
        fn hybrid_conv(op: &HybridConv, constants: Constants<'_>, arena: &mut [i8]) {
            let conv = &op.conv;
            let [input, output, scratch] = crate::kernels::lend(arena, conv.input, conv.output, op.scratch);
            let padded = Padded::new(conv.from, conv.to, &conv.window);
            let channels = conv.to.channels as usize;
            let tables =
                Tables::new(FORM, constants, (conv.weights, op.packed), channels, Rescaling::default());
            let (bytes, image, sums) = hybrid::parts(op, FORM.walked(channels), scratch);
            let corners = Corners::new(padded, conv.to, &conv.window);
            check(&tables, corners, ITEM, 4, image);
            let corners = corners.joined();
            let (from, to) = (conv.from.plane(), conv.to.plane());
            let images =
                input.as_chunks().0.chunks_exact(from).zip(output.as_chunks_mut().0.chunks_exact_mut(to));
            for (from, to) in images {
                let steps = hybrid::round(op, from, bytes);
                let offset = -steps.zero;
                let items = &mut image.as_chunks_mut().0[..padded.len()];
                let shape = (conv.from, &conv.window);
                padded.fill(bytes, shape, items, padding(offset), |byte| item(byte, offset));
                for (first, panels, weights, rows) in tables.blocks(FORM, tables.steps.len()) {
                    let sums = Some(&mut *sums);
                    let block = Block { image, to: &mut [], sums, first, weights, rows, tables: &tables };
                    // SAFETY: `check` made sure that every window lies in the image.
                    unsafe {
                        match panels {
                            1 => tiles::<1, 1>(block, corners, 0),
                            2 => tiles::<2, 1>(block, corners, 0),
                            3 => tiles::<THREE, 1>(block, corners, 0),
                            _ => tiles::<{ FORM.panels }, 1>(block, corners, 0),
                        }
                    }
                }
                // What the image's items have beyond the inputs less their zero point.
                let beyond = FORM.bias.map_or(0, |bias| bias - offset);
                hybrid::finish(op, constants, &steps, (sums, tables.totals(), beyond), to);
            }
        }

        #[target_feature(enable = $features)]
        fn int16_conv(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
            $crate::kernels::packed::int16_float::int16_conv::<{ $set::PANEL }>(op, constants, arena);
        }

        #[target_feature(enable = $features)]
        fn int16_depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
            $crate::kernels::packed::int16_float::int16_depthwise::<{ $set::PANEL }>(op, constants, arena);
        }

        #[target_feature(enable = $features)]
        fn int16_fully_connected(op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
            $crate::kernels::packed::int16_float::int16_fully_connected::<{ $set::PANEL }>(
                op, constants, arena,
            );
        }

        impl $set {
            /// Output channels of a panel of floats or of int16: two vectors.
            pub(crate) const PANEL: usize = 2 * LANES;
        }

        #[target_feature(enable = $features)]
        fn float_conv(op: &FloatConv, constants: Constants<'_>, arena: &mut [i8]) {
            $crate::kernels::packed::int16_float::float_conv::<{ $set::PANEL }>(op, constants, arena);
        }

        #[target_feature(enable = $features)]
        fn float_depthwise(op: &FloatDepthwise, constants: Constants<'_>, arena: &mut [i8]) {
            $crate::kernels::packed::int16_float::float_depthwise::<{ $set::PANEL }>(op, constants, arena);
        }

        #[target_feature(enable = $features)]
        fn float_fully_connected(op: &FloatFullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
            $crate::kernels::packed::int16_float::float_fully_connected::<{ $set::PANEL }>(
                op, constants, arena,
            );
        }

        #[target_feature(enable = $features)]
        fn pool(op: &Pool, arena: &mut [i8]) {
            $crate::operators::pool::vectors(op, arena);
        }

        #[target_feature(enable = $features)]
        fn mean(op: &Mean, constants: Constants<'_>, arena: &mut [i8]) {
            $crate::operators::mean::vectors(op, constants, arena);
        }

        #[target_feature(enable = $features)]
        fn binary(op: &Binary, constants: Constants<'_>, arena: &mut [i8]) {
            $crate::operators::binary::vectors(op, constants, arena);
        }

        #[target_feature(enable = $features)]
        fn depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
            let [input, output, image] = crate::kernels::lend(arena, op.input, op.output, op.scratch);
            let padded = Padded::new(op.from, op.to, &op.window).repeated(op.multiplier);
            let channels = FORM.spread(op);
            let tables = Tables::new(FORM, constants, (op.weights, op.channels), channels, op.rescaling);
            let corners = Corners::new(padded, op.to, &op.window).spread(op.to, channels, channels).joined();
            let single = (corners.rows, corners.columns) == (1, 1);
            // A vector of channels may read past those of the last tap.
            check(&tables, corners, ITEM, (channels + FORM.block() - 1) * ITEM, image);
            let offset = op.rescaling.input_offset;
            for batch in 0..op.from.batch as usize {
                let from = &input[batch * op.from.plane()..][..op.from.plane()];
                let to = &mut output[batch * op.to.plane()..][..op.to.plane()];
                let items = &mut image.as_chunks_mut().0[..padded.len()];
                padded.fill(from, (op.from, &op.window), items, padding(offset), |byte| item(byte, offset));
                for (first, panels, weights, rows) in tables.blocks(FORM, tables.steps.len() / FORM.inputs) {
                    let block =
                        Block { image, to: &mut *to, sums: None, first, weights, rows, tables: &tables };
                    // SAFETY: `check` made sure that the vectors of every window lie in the image.
                    unsafe {
                        match panels {
                            1 if single => pixel::<1>(block),
                            2 if single => pixel::<2>(block),
                            3 if single => pixel::<THREE>(block),
                            _ if single => pixel::<{ FORM.panels }>(block),
                            1 => pixels::<1>(block, corners),
                            2 => pixels::<2>(block, corners),
                            3 => pixels::<THREE>(block, corners),
                            _ => pixels::<{ FORM.panels }>(block, corners),
                        }
                    }
                }
            }
        }

        /// Computes the depthwise sums of a block of `P` panels of channels at the only pixel.
        ///
        /// # Safety
        ///
        /// As [`pixels`], for the first item of the image.
        #[target_feature(enable = $features)]
        unsafe fn pixel<const P: usize>(mut block: Block<'_>) {
            let (scales, corner) = (core::array::from_fn(|p| scale(&block.rows, p)), block.first * ITEM);
            // SAFETY: passed on to the caller.
            unsafe { together::<1, P>(&mut block, &scales, [corner, 0], 0) };
        }

        /// Computes the depthwise sums of all pixels of a block of `P` panels of channels.
        ///
        /// # Safety
        ///
        /// `P` vectors of items from each corner plus every step on must lie in the image.
        #[target_feature(enable = $features)]
        unsafe fn pixels<const P: usize>(mut block: Block<'_>, corners: Corners) {
            let scales: [Scale; P] = core::array::from_fn(|p| scale(&block.rows, p));
            let (right, mut pixel) = (corners.right * ITEM, 0);
            for y in 0..corners.rows {
                let (mut corner, mut left) = ((y * corners.down + block.first) * ITEM, corners.columns);
                while left > 0 {
                    // SAFETY: passed on to the caller.
                    let count = unsafe {
                        if P < FORM.panels && left >= FORM.together {
                            together::<{ FORM.together }, P>(&mut block, &scales, [corner, right], pixel)
                        } else {
                            together::<1, P>(&mut block, &scales, [corner, right], pixel)
                        }
                    };
                    pixel += count;
                    left -= count;
                    corner += count * right;
                }
            }
        }

        /// Computes the depthwise sums of `M` pixels of a block, from a corner on, each so far right of the one before; returns
        /// their number.
        ///
        /// # Safety
        ///
        /// As [`pixels`], for the `M` corners.
        #[target_feature(enable = $features)]
        unsafe fn together<const M: usize, const P: usize>(
            block: &mut Block<'_>,
            scales: &[Scale; P],
            [corner, right]: [usize; 2],
            pixel: usize,
        ) -> usize {
            let sums = core::array::from_fn(|m| {
                // SAFETY: passed on to the caller.
                unsafe { depthwise_sums::<P>(block, corner + m * right) }
            });
            write::<M, P>(block, scales, sums, pixel);
            M
        }

        #[target_feature(enable = $features)]
        fn fully_connected(op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
            let (input, output) = kernels::pair(arena, op.input, op.output);
            let weights = &constants.bytes[op.weights.range()];
            let channels = kernels::Channels::of(&constants.words[op.channels.range()]);
            let (inputs, outputs) = (op.inputs as usize, op.outputs as usize);
            for (vector, results) in input.chunks_exact(inputs).zip(output.chunks_exact_mut(outputs)) {
                for (channel, (row, out)) in weights.chunks_exact(inputs).zip(results).enumerate() {
                    let sum = channels.biases[channel].wrapping_add(dot(vector, row));
                    *out = channels.output(channel, sum, &op.rescaling);
                }
            }
        }
    };
}

pub(super) use {packed_convolution, packed_kernels};
