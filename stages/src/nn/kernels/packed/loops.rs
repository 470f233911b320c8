//! The loops that all packed kernel sets have in common.
//!
//! They are a macro because a generic function cannot take on the processor features of its caller.

/// Writes a set's `Kernels` and its loops over blocks, tiles of pixels and steps, for the processor features
/// `$features`.
///
/// The module that calls it has: `FORM`, `LANES`, `ITEM` (bytes of an item of the image), `PIXELS` (most pixels that are
/// computed side by side), `item` (an input byte as the image holds it, from the byte and the input's offset) and
/// `padding` (what the image holds beyond its border, from that offset), the type `Vector`, and with the same features
/// `load` (a vector of a row of lanes), `weights` (a vector of weights), `broadcast` (a word to all lanes),
/// `accumulate` (adds products to sums), `write` (rescales the sums of a pixel and writes its channels), `dot` and the
/// unsafe `depthwise_pixel`.
macro_rules! packed_kernels {
    ($set:ident, $features:literal) => {
        impl $crate::nn::kernels::Kernels for $set {
            fn conv(self, op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
                match op.layout {
                    Layout::Plain => Plain.conv(op, constants, arena),
                    // SAFETY: `detect` alone makes a value of the set, and only where the processor has the features.
                    Layout::Packed => unsafe { conv(op, constants, arena) },
                }
            }

            fn depthwise(self, op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
                match op.layout {
                    Layout::Plain => Plain.depthwise(op, constants, arena),
                    // SAFETY: as in `conv`.
                    Layout::Packed => unsafe { depthwise(op, constants, arena) },
                }
            }

            fn fully_connected(self, op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
                match op.layout {
                    Layout::Plain => Plain.fully_connected(op, constants, arena),
                    // SAFETY: as in `conv`.
                    Layout::Packed => unsafe { fully_connected(op, constants, arena) },
                }
            }
        }

        #[target_feature(enable = $features)]
        fn conv(op: &Conv, constants: Constants<'_>, arena: &mut [i8]) {
            let [input, output, image] = lend(arena, op.input, op.output, op.scratch);
            let padded = Padded::new(op.from, op.to, &op.window);
            let spans = (op.weights, op.channels);
            let tables = Tables::new(FORM, constants, spans, op.to.channels as usize, op.rescaling);
            let corners = Corners::new(padded, op.to, &op.window);
            check(&tables, corners, ITEM, 4, image);
            let offset = op.rescaling.input_offset;
            let images = input.chunks_exact(op.from.plane());
            for (from, to) in images.zip(output.chunks_exact_mut(op.to.plane())) {
                let items = &mut image.as_chunks_mut().0[..padded.len()];
                padded.fill(from, (op.from, &op.window), items, padding(offset), |byte| item(byte, offset));
                for (first, panels, weights, rows) in tables.blocks(tables.steps.len()) {
                    let block = Block { image, to: &mut *to, first, weights, rows, tables: &tables };
                    // SAFETY: `check` made sure that every window lies in the image.
                    unsafe {
                        match panels {
                            1 => tiles::<1>(block, corners.iter()),
                            2 => tiles::<2>(block, corners.iter()),
                            _ => tiles::<{ FORM.panels }>(block, corners.iter()),
                        }
                    }
                }
            }
        }

        /// # Safety
        ///
        /// Every corner, in bytes, plus every step of the tables plus four bytes must lie in the image.
        #[target_feature(enable = $features)]
        unsafe fn tiles<const P: usize>(mut block: Block<'_>, mut corners: impl Iterator<Item = usize>) {
            let mut pixel = 0;
            loop {
                let mut tile = [0; PIXELS];
                let count = tile.iter_mut().zip(&mut corners).map(|(to, corner)| *to = corner * ITEM).count();
                // SAFETY: passed on to the caller.
                unsafe {
                    match count {
                        0 => return,
                        1 => sums::<1, P>(&mut block, &tile, pixel),
                        2 => sums::<2, P>(&mut block, &tile, pixel),
                        3 => sums::<3, P>(&mut block, &tile, pixel),
                        4 => sums::<4, P>(&mut block, &tile, pixel),
                        5 => sums::<5, P>(&mut block, &tile, pixel),
                        _ => sums::<6, P>(&mut block, &tile, pixel),
                    }
                }
                pixel += count;
            }
        }

        /// Computes `M` pixels by `P` panels.
        ///
        /// # Safety
        ///
        /// As [`tiles`], for the first `M` corners.
        #[target_feature(enable = $features)]
        unsafe fn sums<const M: usize, const P: usize>(
            block: &mut Block<'_>,
            corners: &[usize; PIXELS],
            pixel: usize,
        ) {
            let biases: [Vector; P] = core::array::from_fn(|p| load(block.rows[0], p));
            let mut sums = [biases; M];
            let panels = block.weights.as_chunks::<{ 4 * LANES }>().0.as_chunks::<P>().0;
            for (step, panels) in block.tables.steps.iter().zip(panels) {
                let panels = panels.each_ref().map(|bytes| weights(bytes));
                for (sums, corner) in sums.iter_mut().zip(corners) {
                    // SAFETY: the caller made sure that these four bytes lie in the image.
                    let word = unsafe {
                        block.image.as_ptr().add(corner + *step as usize).cast::<i32>().read_unaligned()
                    };
                    let word = broadcast(word);
                    for (sum, panel) in sums.iter_mut().zip(panels) {
                        *sum = accumulate(*sum, word, panel);
                    }
                }
            }
            for (m, sums) in sums.into_iter().enumerate() {
                write(block, sums, pixel + m);
            }
        }

        #[target_feature(enable = $features)]
        fn depthwise(op: &Depthwise, constants: Constants<'_>, arena: &mut [i8]) {
            let [input, output, image] = lend(arena, op.input, op.output, op.scratch);
            let padded = Padded::new(op.from, op.to, &op.window);
            let channels = FORM.spread(op);
            let tables = Tables::new(FORM, constants, (op.weights, op.channels), channels, op.rescaling);
            let corners = Corners::new(padded, op.to, &op.window).spread(op.to, channels);
            // A vector of channels may read past those of the last tap.
            check(&tables, corners, ITEM, (channels + FORM.block() - 1) * ITEM, image);
            let offset = op.rescaling.input_offset;
            let images = input.chunks_exact(op.from.plane());
            for (from, to) in images.zip(output.chunks_exact_mut(op.to.plane())) {
                let items = &mut image.as_chunks_mut().0[..padded.len()];
                padded.fill(from, (op.from, &op.window), items, padding(offset), |byte| item(byte, offset));
                for (first, panels, weights, rows) in tables.blocks(tables.steps.len() / FORM.inputs) {
                    let mut block = Block { image, to: &mut *to, first, weights, rows, tables: &tables };
                    for (pixel, corner) in corners.iter().enumerate() {
                        // SAFETY: `check` made sure that the vectors of every window lie in the image.
                        unsafe { depthwise_pixel(&mut block, (corner + first) * ITEM, pixel, panels) };
                    }
                }
            }
        }

        #[target_feature(enable = $features)]
        fn fully_connected(op: &FullyConnected, constants: Constants<'_>, arena: &mut [i8]) {
            let (input, output) = kernels::pair(arena, op.input, op.output);
            let weights = &constants.bytes[op.weights.range()];
            let channels = kernels::Channels::of(constants, op.channels);
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

pub(super) use packed_kernels;
