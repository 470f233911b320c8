//! The inner loops in Arm's assembly, for cores with the DSP extension.
//!
//! Every function is reached through the checks of the module above. The loops are naked functions: they need all
//! fourteen registers. They are generic over nothing, but generic, see there.

use core::arch::naked_asm;
use core::cell::Cell;

use super::Patch;

/// Expands `rows` rows of `groups` groups of four bytes, `down` bytes apart.
#[inline]
pub(super) fn expand(image: &[i8], rows: usize, down: usize, groups: usize, offset: u32, to: &mut [u32]) {
    let job = [groups as isize, down as isize - 4 * groups as isize, offset as isize];
    // SAFETY: the caller has checked that neither count is zero, that all rows lie in the image, and that two words
    // to a group are in `to`.
    unsafe { expand_loop::<()>(image.as_ptr(), to.as_mut_ptr(), rows, &job) };
}

/// r0 walks the image and r1 the words; r4 groups, r5 bytes from the end of a row to the next, r6 offset.
#[unsafe(naked)]
unsafe extern "C" fn expand_loop<Lazy>(from: *const i8, to: *mut u32, rows: usize, job: *const [isize; 3]) {
    naked_asm!(
        "push {{r4-r8, lr}}",
        "ldm r3, {{r4-r6}}",
        "2:",
        "mov r12, r4",
        "3:",
        "ldr r8, [r0], #4",
        "subs r12, r12, #1",
        "sxtab16 r7, r6, r8",
        "sxtab16 r8, r6, r8, ror #8",
        "stm r1!, {{r7, r8}}",
        "bne 3b",
        "add r0, r0, r5",
        "subs r2, r2, #1",
        "bne 2b",
        "pop {{r4-r8, pc}}",
    )
}

/// Arguments of [`pairs_loop`], in the order that it loads them.
#[repr(C)]
struct Pairs {
    windows: [*const u32; 2],
    outputs: [*mut i8; 2],
    stream: *const i32,
    /// Rounds of eight inputs, not zero.
    rounds: usize,
    /// Pairs of channels, not zero.
    count: usize,
    second: usize,
}

/// `count` pairs of channels of two pixels; the second channel of a pair lies `second` bytes beyond the first.
#[inline]
pub(super) fn pairs(
    windows: [&[u32]; 2],
    stream: &[i32],
    outputs: [&[Cell<i8>]; 2],
    count: usize,
    second: usize,
) {
    let mut job = Pairs {
        windows: windows.map(<[u32]>::as_ptr),
        outputs: outputs.map(|output| output.as_ptr() as *mut i8),
        stream: stream.as_ptr(),
        rounds: windows[0].len() / 4,
        count,
        second,
    };
    // SAFETY: the caller has checked that both windows have four words to a round and not none, that the stream
    // has 8 words and 4 to a round for each pair, and that the outputs, which are cells and so may be the same
    // memory, have `2 · count` bytes, or one where `second` is 0.
    unsafe { pairs_loop::<()>(&mut job) };
}

/// Four inputs of two pixels times the weights of two channels: weights in r8 to r11, inputs in r12 and lr.
macro_rules! four_taps {
    () => {
        "ldm r0!, {{r8, r10}}
        sxtb16 r9, r8, ror #8
        sxtb16 r11, r10, ror #8
        sxtb16 r8, r8
        sxtb16 r10, r10
        ldm r1!, {{r12, lr}}
        smlad r4, r8, r12, r4
        smlad r5, r10, r12, r5
        smlad r4, r9, lr, r4
        smlad r5, r11, lr, r5
        ldm r2!, {{r12, lr}}
        smlad r6, r8, r12, r6
        smlad r7, r10, r12, r7
        smlad r6, r9, lr, r6
        smlad r7, r11, lr, r7"
    };
}

/// A sum becomes its output byte: the channel's multiplier, rounding and shift in the three registers that follow.
macro_rules! rescale {
    ($sum:literal, $multiplier:literal, $rounding:literal, $shift:literal) => {
        concat!(
            "lsl ",
            $sum,
            ", ",
            $sum,
            ", #1\n",
            "smmulr ",
            $sum,
            ", ",
            $sum,
            ", ",
            $multiplier,
            "\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", ",
            $sum,
            ", asr #31\n",
            "add ",
            $sum,
            ", ",
            $sum,
            ", ",
            $rounding,
            "\n",
            "asr ",
            $sum,
            ", ",
            $sum,
            ", ",
            $shift,
            "\n",
            "ssat ",
            $sum,
            ", #8, ",
            $sum,
        )
    };
}

/// r0 walks the stream, r1 and r2 the windows; r4 and r5 are the first pixel's sums, r6 and r7 the second's.
#[unsafe(naked)]
unsafe extern "C" fn pairs_loop<Lazy>(job: *mut Pairs) {
    naked_asm!(
        "push {{r0, r4-r11, lr}}",
        "mov r12, r0",
        "ldr r0, [r12, #16]",
        // For each pair of channels: sums begin at the biases.
        "2:",
        "ldm r0!, {{r4, r5}}",
        "mov r6, r4",
        "mov r7, r5",
        "ldrd r1, r2, [r12]",
        "ldr r3, [r12, #20]",
        "3:",
        four_taps!(),
        four_taps!(),
        "subs r3, r3, #1",
        "bne 3b",
        "ldm r0!, {{r8-r10}}",
        rescale!("r4", "r8", "r9", "r10"),
        rescale!("r6", "r8", "r9", "r10"),
        "ldm r0!, {{r8-r10}}",
        rescale!("r5", "r8", "r9", "r10"),
        rescale!("r7", "r8", "r9", "r10"),
        "ldr r12, [sp]",
        "ldrd r1, r2, [r12, #8]",
        "ldr r3, [r12, #28]",
        "strb r5, [r1, r3]",
        "strb r4, [r1], #2",
        "strb r7, [r2, r3]",
        "strb r6, [r2], #2",
        "strd r1, r2, [r12, #8]",
        "ldr r3, [r12, #24]",
        "subs r3, r3, #1",
        "str r3, [r12, #24]",
        "bne 2b",
        "pop {{r0, r4-r11, pc}}",
    )
}

/// Arguments of [`patch_loop`], in the order that it loads them; distances in bytes.
#[repr(C)]
struct Groups {
    image: *const i8,
    stream: *const i32,
    pixel: *mut i8,
    /// Groups of four channels, not zero.
    count: usize,
    /// Not zero.
    rows: usize,
    /// Not zero.
    columns: usize,
    right: usize,
    offset: u32,
    /// From the end of a row of the patch to the start of the next: in the image and in the stream.
    skip: [isize; 2],
    /// From the start of a group's stream to its first tap inside the image.
    first_tap: usize,
    /// From the start of a group's stream to its scaling.
    scaling: usize,
}

/// Groups of four channels of one pixel.
#[inline]
pub(super) fn patch(patch: &Patch, image: &[i8], stream: &[i32], offset: u32, pixel: &mut [i8]) {
    let mut job = Groups {
        image: image.as_ptr(),
        stream: stream.as_ptr(),
        pixel: pixel.as_mut_ptr(),
        count: pixel.len() / 4,
        rows: patch.rows,
        columns: patch.columns,
        right: patch.right,
        offset,
        skip: [
            patch.down as isize - (patch.columns * patch.right) as isize,
            8 * (patch.taps_down as isize - patch.columns as isize),
        ],
        first_tap: 16 + 8 * patch.first_tap,
        scaling: 16 + 8 * patch.taps,
    };
    // SAFETY: the caller has checked that the patch lies inside the image with all channels of the pixel, that its
    // taps are among those of the stream, that the stream has a block for each group, and that no count is zero.
    unsafe { patch_loop::<()>(&mut job) };
}

/// r0 walks the weights and r1 the image; r4 to r7 are the sums of the four channels.
#[unsafe(naked)]
unsafe extern "C" fn patch_loop<Lazy>(job: *mut Groups) {
    naked_asm!(
        "push {{r0, r4-r11, lr}}",
        "mov r8, r0",
        // For each group of channels: sums begin at the biases.
        "2:",
        "ldrd r1, r0, [r8]",
        "ldm r0, {{r4-r7}}",
        "ldr r9, [r8, #40]",
        "add r0, r0, r9",
        "ldr lr, [r8, #16]",
        "ldrd r12, r3, [r8, #24]",
        // For each row of the patch.
        "3:",
        "ldr r2, [r8, #20]",
        // For each tap: the words of channels 0 and 2, and of 1 and 3.
        "4:",
        "ldr r8, [r1]",
        "ldm r0!, {{r10, r11}}",
        "add r1, r1, r12",
        "sxtab16 r9, r3, r8, ror #8",
        "sxtab16 r8, r3, r8",
        "smlabb r4, r8, r10, r4",
        "smlatt r6, r8, r10, r6",
        "smlabb r5, r9, r11, r5",
        "smlatt r7, r9, r11, r7",
        "subs r2, r2, #1",
        "bne 4b",
        "ldr r8, [sp]",
        "ldrd r9, r10, [r8, #32]",
        "add r1, r1, r9",
        "add r0, r0, r10",
        "subs lr, lr, #1",
        "bne 3b",
        "ldrd r1, r0, [r8]",
        "ldr r9, [r8, #44]",
        "add r0, r0, r9",
        "ldm r0!, {{r9-r11}}",
        rescale!("r4", "r9", "r10", "r11"),
        "ldm r0!, {{r9-r11}}",
        rescale!("r5", "r9", "r10", "r11"),
        "ldm r0!, {{r9-r11}}",
        rescale!("r6", "r9", "r10", "r11"),
        "ldm r0!, {{r9-r11}}",
        rescale!("r7", "r9", "r10", "r11"),
        "add r1, r1, #4",
        "strd r1, r0, [r8]",
        "ldrd r2, r3, [r8, #8]",
        "strb r4, [r2], #1",
        "strb r5, [r2], #1",
        "strb r6, [r2], #1",
        "strb r7, [r2], #1",
        "subs r3, r3, #1",
        "strd r2, r3, [r8, #8]",
        "bne 2b",
        "pop {{r0, r4-r11, pc}}",
    )
}

/// Arguments of [`line_loop`], in the order that it loads them; distances in bytes.
#[repr(C)]
struct Line {
    stream: *const i32,
    inputs: *const i16,
    /// From a window to the next.
    step: usize,
    /// Words of weights of a channel, not zero.
    words: usize,
    outputs: *mut i8,
    right: usize,
    /// Not zero.
    pairs: usize,
}

/// Two channels of `pairs` pairs of pixels.
#[inline]
pub(super) fn line(
    inputs: &[i16],
    step: usize,
    stream: &[i32],
    outputs: &mut [i8],
    right: usize,
    pairs: usize,
) {
    let words = (stream.len() - 8) / 2;
    let (stream, inputs, outputs) = (stream.as_ptr(), inputs.as_ptr(), outputs.as_mut_ptr());
    let job = Line { stream, inputs, step: 2 * step, words, outputs, right, pairs };
    // SAFETY: the caller has checked that the stream has 8 words and 2 to each of `words`, not none, that the window of every
    // pixel lies among the inputs, and that two bytes of every pixel are among the outputs; there are two pixels to a pair,
    // which may be the same, and not none.
    unsafe { line_loop::<()>(&job) };
}

/// r0 walks the stream, r1 and r2 the windows, which need not be aligned; r4 and r5 are the first pixel's sums, r6 and r7 the
/// second's. The job lies on the stack.
#[unsafe(naked)]
unsafe extern "C" fn line_loop<Lazy>(job: *const Line) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r0, {{r1-r7}}",
        "push {{r1-r7}}",
        // For each pair of pixels: sums begin at the biases.
        "2:",
        "ldm sp, {{r0-r3}}",
        "add r2, r1, r2",
        "ldm r0!, {{r4, r5}}",
        "mov r6, r4",
        "mov r7, r5",
        // For every two taps: weights in r8 and r9, inputs in r10 and r11.
        "3:",
        "ldr r10, [r1], #4",
        "ldr r11, [r2], #4",
        "ldm r0!, {{r8, r9}}",
        "subs r3, r3, #1",
        "smlad r4, r8, r10, r4",
        "smlad r5, r9, r10, r5",
        "smlad r6, r8, r11, r6",
        "smlad r7, r9, r11, r7",
        "bne 3b",
        "ldm r0, {{r8-r12, lr}}",
        rescale!("r4", "r8", "r9", "r10"),
        rescale!("r6", "r8", "r9", "r10"),
        rescale!("r5", "r11", "r12", "lr"),
        rescale!("r7", "r11", "r12", "lr"),
        "ldrd r0, r1, [sp, #16]",
        "strb r6, [r0, r1]",
        "strb r4, [r0], #1",
        "strb r7, [r0, r1]",
        "strb r5, [r0], #-1",
        "add r0, r0, r1, lsl #1",
        "str r0, [sp, #16]",
        "ldrd r1, r2, [sp, #4]",
        "add r1, r1, r2, lsl #1",
        "str r1, [sp, #4]",
        "ldr r3, [sp, #24]",
        "subs r3, r3, #1",
        "str r3, [sp, #24]",
        "bne 2b",
        "add sp, sp, #28",
        "pop {{r4-r11, pc}}",
    )
}

/// Arguments of [`dense_loop`], in the order that it loads them.
#[repr(C)]
struct Dense {
    vector: *const [i8; 4],
    stream: *const i32,
    /// From the first pair of rows of a group to the second, in bytes.
    other: usize,
    /// Words of the vector before the last.
    words: usize,
    outputs: *mut [i8; 4],
    /// Groups of four outputs, not zero.
    count: usize,
    last: [i8; 4],
    offset: u32,
}

/// Groups of four outputs of a vector: two blocks of the stream, `other` words apart.
#[inline]
pub(super) fn dense(
    vector: &[[i8; 4]],
    last: [i8; 4],
    stream: &[i32],
    other: usize,
    offset: u32,
    outputs: &mut [[i8; 4]],
) {
    let (count, words) = (outputs.len(), vector.len());
    let (vector, stream, outputs) = (vector.as_ptr(), stream.as_ptr(), outputs.as_mut_ptr());
    let job = Dense { vector, stream, other: 4 * other, words, outputs, count, last, offset };
    // SAFETY: the caller has checked that there is a group, and that every group has two blocks in the stream, `other` words
    // apart: two biases, two words of weights to each word of the vector and to the last, and six words of scaling. The two
    // may be the same block if there is one group.
    unsafe { dense_loop::<()>(&job) };
}

/// Two rows of weights, at the register given, times the inputs in r12 and lr: added to the two sums.
macro_rules! two_rows {
    ($weights:literal, $first:literal, $second:literal) => {
        concat!(
            "ldm ",
            $weights,
            "!, {{r8, r9}}
        sxtb16 r10, r8, ror #8
        sxtb16 r8, r8
        smlad ",
            $first,
            ", r10, lr, ",
            $first,
            "
        smlad ",
            $first,
            ", r8, r12, ",
            $first,
            "
        sxtb16 r10, r9, ror #8
        sxtb16 r9, r9
        smlad ",
            $second,
            ", r10, lr, ",
            $second,
            "
        smlad ",
            $second,
            ", r9, r12, ",
            $second
        )
    };
}

/// r0 walks the vector, r1 and r2 the two streams; r3 counts, r4 to r7 are the sums, r11 the offset. The job lies on the
/// stack.
#[unsafe(naked)]
unsafe extern "C" fn dense_loop<Lazy>(job: *const Dense) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r0, {{r1-r8}}",
        "push {{r1-r8}}",
        // For each group of four outputs: sums begin at the biases.
        "2:",
        "ldm sp, {{r0-r3}}",
        "add r2, r1, r2",
        "ldm r1!, {{r4, r5}}",
        "ldm r2!, {{r6, r7}}",
        "ldr r11, [sp, #28]",
        "cbz r3, 5f",
        "3:",
        "ldr r12, [r0], #4",
        "4:",
        "sxtab16 lr, r11, r12, ror #8",
        "sxtab16 r12, r11, r12",
        two_rows!("r1", "r4", "r5"),
        two_rows!("r2", "r6", "r7"),
        "subs r3, r3, #1",
        "bgt 3b",
        "blt 6f",
        // The last word, which may be filled up, is not in the vector.
        "5:",
        "ldr r12, [sp, #24]",
        "b 4b",
        "6:",
        "ldm r1, {{r8-r12, lr}}",
        rescale!("r4", "r8", "r9", "r10"),
        rescale!("r5", "r11", "r12", "lr"),
        "ldm r2!, {{r8-r12, lr}}",
        rescale!("r6", "r8", "r9", "r10"),
        rescale!("r7", "r11", "r12", "lr"),
        "str r2, [sp, #4]",
        "ldr r0, [sp, #16]",
        "strb r4, [r0], #1",
        "strb r5, [r0], #1",
        "strb r6, [r0], #1",
        "strb r7, [r0], #1",
        "str r0, [sp, #16]",
        "ldr r3, [sp, #20]",
        "subs r3, r3, #1",
        "str r3, [sp, #20]",
        "bne 2b",
        "add sp, sp, #32",
        "pop {{r4-r11, pc}}",
    )
}
