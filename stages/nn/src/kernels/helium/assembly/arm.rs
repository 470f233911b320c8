//! The inner loops in Arm's assembly, for cores with Helium.
//!
//! Every function is reached through the checks of the module above. The loops are naked functions: they need all
//! registers. They are generic over nothing, but generic, see there.

use core::arch::naked_asm;

use super::{Patch, STEP};

/// Arguments of [`copy_loop`], in the order that it loads them.
#[repr(C)]
struct Rows {
    /// Bytes of a row, not zero.
    run: usize,
    /// From where reading a row ends, a multiple of 16 bytes from its start, to the next row.
    down: isize,
    /// The same of writing.
    across: isize,
}

/// Copies `rows` rows of `run` bytes; neither is zero.
#[inline]
pub(super) fn copy_rows(from: &[i8], down: usize, to: &mut [i8], across: usize, rows: usize, run: usize) {
    let past = run.next_multiple_of(STEP) as isize;
    let job = Rows { run, down: down as isize - past, across: across as isize - past };
    // SAFETY: the caller has checked that neither count is zero and that all rows lie in both slices.
    unsafe { copy_loop::<()>(from.as_ptr(), to.as_mut_ptr(), rows, &job) };
}

/// r0 reads and r1 writes; the loop leaves out lanes past the end of a row.
#[unsafe(naked)]
unsafe extern "C" fn copy_loop<Lazy>(from: *const i8, to: *mut i8, rows: usize, job: *const Rows) {
    naked_asm!(
        "push {{r4-r6, lr}}",
        "ldm r3, {{r4-r6}}",
        "2:",
        "dlstp.8 lr, r4",
        "3:",
        "vldrb.u8 q0, [r0], #16",
        "vstrb.8 q0, [r1], #16",
        "letp lr, 3b",
        "add r0, r0, r5",
        "add r1, r1, r6",
        "subs r2, r2, #1",
        "bne 2b",
        "pop {{r4-r6, pc}}",
    )
}

/// Arguments of [`pixel_loop`] and [`pair_loop`], at the offsets that they load them from.
#[repr(C)]
struct Pixels {
    windows: [*const i8; 2],
    outputs: [*mut i8; 2],
    stream: *const i32,
    /// Inputs of a window, or sixteens of them for a pair; not zero.
    inputs: usize,
    /// Not zero.
    channels: usize,
    bounds: [i32; 2],
}

/// All channels of one pixel.
#[inline]
pub(super) fn pixel(window: &[i8], stream: &[i32], output: &mut [i8], bounds: [i32; 2]) {
    let mut job = Pixels {
        windows: [window.as_ptr(); 2],
        outputs: [output.as_mut_ptr(); 2],
        stream: stream.as_ptr(),
        inputs: window.len(),
        channels: output.len(),
        bounds,
    };
    // SAFETY: the caller has checked that there are inputs and channels, and that the stream has a block for every four
    // channels, filled up to whole steps. The loop writes as many bytes as there are channels.
    unsafe { pixel_loop::<()>(&mut job) };
}

/// All channels of two pixels.
#[inline]
pub(super) fn pixel_pair(windows: [&[i8]; 2], stream: &[i32], outputs: [&mut [i8]; 2], bounds: [i32; 2]) {
    let mut job = Pixels {
        windows: windows.map(<[i8]>::as_ptr),
        stream: stream.as_ptr(),
        inputs: windows[0].len() / STEP,
        channels: outputs[0].len(),
        outputs: outputs.map(<[i8]>::as_mut_ptr),
        bounds,
    };
    // SAFETY: as in `pixel`; both windows are of one length and whole steps, and so are both outputs.
    unsafe { pair_loop::<()>(&mut job) };
}

/// Sums become outputs, as the next rows of the stream say: shifted to the left, multiplied, rounded away from zero where
/// a shift to the right follows, with the zero point added. q2 and q3 are overwritten; q4 and q5 are the bounds.
macro_rules! rescale {
    ($stream:literal: $($sums:literal),+) => {
        concat!(
            "vldrw.u32 q2, [", $stream, "], #16\n",
            $("vshl.s32 ", $sums, ", ", $sums, ", q2\n",)+
            "vldrw.u32 q3, [", $stream, "], #16\n",
            $("vqrdmulh.s32 ", $sums, ", ", $sums, ", q3\n",)+
            "vldrw.u32 q2, [", $stream, "], #16\n",
            $("vand q3, ", $sums, ", q2\n",
            "vshr.s32 q3, q3, #31\n",
            "vadd.i32 ", $sums, ", ", $sums, ", q3\n",)+
            "vldrw.u32 q3, [", $stream, "], #16\n",
            $("vadd.i32 ", $sums, ", ", $sums, ", q3\n",)+
            $("vshl.s32 ", $sums, ", ", $sums, ", q2\n",)+
            $("vmax.s32 ", $sums, ", ", $sums, ", q4\n", "vmin.s32 ", $sums, ", ", $sums, ", q5\n",)+
        )
    };
}

/// The loop leaves out lanes past the end of the window. r1 walks the stream and r3 the window; r0, r2, r4 and r6 are the sums of four channels; r9 is the job.
#[unsafe(naked)]
unsafe extern "C" fn pixel_loop<Lazy>(job: *mut Pixels) {
    naked_asm!(
        "push {{r4-r9, r10, lr}}",
        "vpush {{d8-d11}}",
        "mov r9, r0",
        "ldr r1, [r9, #16]",
        "ldrd r5, r8, [r9, #24]",
        "vdup.32 q4, r8",
        "ldr r8, [r9, #32]",
        "vdup.32 q5, r8",
        "ldr r7, [r9, #8]",
        "ldr r10, [r9, #20]",
        "ldr r8, [r9]",
        // For each group of channels: sums begin at the biases.
        "2:",
        "ldrd r0, r2, [r1], #8",
        "ldrd r4, r6, [r1], #8",
        "mov r3, r8",
        "dlstp.8 lr, r10",
        "3:",
        "vldrb.u8 q0, [r3], #16",
        "vldrb.u8 q1, [r1], #16",
        "vmladava.s8 r0, q0, q1",
        "vldrb.u8 q2, [r1], #16",
        "vmladava.s8 r2, q0, q2",
        "vldrb.u8 q1, [r1], #16",
        "vmladava.s8 r4, q0, q1",
        "vldrb.u8 q2, [r1], #16",
        "vmladava.s8 r6, q0, q2",
        "letp lr, 3b",
        "vmov q0[2], q0[0], r0, r4",
        "vmov q0[3], q0[1], r2, r6",
        rescale!("r1": "q0"),
        "vctp.32 r5",
        "vpst",
        "vstrbt.32 q0, [r7], #4",
        "subs r5, r5, #4",
        "bgt 2b",
        "vpop {{d8-d11}}",
        "pop {{r4-r9, r10, pc}}",
    )
}

/// r1 walks the stream, r3 and r5 the windows; r0, r2, r4 and r6 are the first pixel's sums, r8, r10, r12 and lr the
/// second's; r9 is the job, r11 counts the channels.
#[unsafe(naked)]
unsafe extern "C" fn pair_loop<Lazy>(job: *mut Pixels) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "vpush {{d8-d11}}",
        "mov r9, r0",
        "ldrd r11, r8, [r9, #24]",
        "vdup.32 q4, r8",
        "ldr r8, [r9, #32]",
        "vdup.32 q5, r8",
        "ldr r1, [r9, #16]",
        // For each group of channels: sums begin at the biases.
        "2:",
        "ldrd r0, r2, [r1], #8",
        "ldrd r4, r6, [r1], #8",
        "ldrd r3, r5, [r9]",
        "ldr r7, [r9, #20]",
        "mov r8, r0",
        "mov r10, r2",
        "mov r12, r4",
        "mov lr, r6",
        "3:",
        "vldrb.u8 q0, [r3], #16",
        "vldrb.u8 q2, [r1], #16",
        "vmladava.s8 r0, q0, q2",
        "vldrb.u8 q1, [r5], #16",
        "vmladava.s8 r8, q1, q2",
        "vldrb.u8 q3, [r1], #16",
        "vmladava.s8 r2, q0, q3",
        "vmladava.s8 r10, q1, q3",
        "vldrb.u8 q2, [r1], #16",
        "vmladava.s8 r4, q0, q2",
        "vmladava.s8 r12, q1, q2",
        "vldrb.u8 q3, [r1], #16",
        "vmladava.s8 r6, q0, q3",
        "vmladava.s8 lr, q1, q3",
        "subs r7, r7, #1",
        "bne 3b",
        "vmov q0[2], q0[0], r0, r4",
        "vmov q0[3], q0[1], r2, r6",
        "vmov q1[2], q1[0], r8, r12",
        "vmov q1[3], q1[1], r10, lr",
        rescale!("r1": "q0", "q1"),
        "ldrd r3, r5, [r9, #8]",
        "vctp.32 r11",
        "vpstt",
        "vstrbt.32 q0, [r3], #4",
        "vstrbt.32 q1, [r5], #4",
        "strd r3, r5, [r9, #8]",
        "subs r11, r11, #4",
        "bgt 2b",
        "vpop {{d8-d11}}",
        "pop {{r4-r11, pc}}",
    )
}

/// Arguments of [`wide_loop`] and [`narrow_loop`], at the offsets that they load them from; distances in bytes.
#[repr(C)]
struct Groups {
    from: *const i8,
    pixel: *mut i8,
    /// Not zero.
    channels: usize,
    /// Not zero.
    rows: usize,
    /// Not zero.
    columns: usize,
    right: usize,
    /// From the end of a row of the patch to the start of the next.
    skip: isize,
    bounds: [i32; 2],
}

impl Groups {
    #[inline]
    fn new(patch: &Patch, from: &[i8], pixel: &mut [i8], bounds: [i32; 2]) -> Self {
        Self {
            from: from.as_ptr(),
            pixel: pixel.as_mut_ptr(),
            channels: pixel.len(),
            rows: patch.rows,
            columns: patch.columns,
            right: patch.right,
            skip: patch.down as isize - (patch.columns * patch.right) as isize,
            bounds,
        }
    }
}

/// Groups of 16 channels of one pixel.
#[inline]
pub(super) fn patch_wide(patch: &Patch, from: &[i8], stream: &[i32], pixel: &mut [i8], bounds: [i32; 2]) {
    let mut job = Groups::new(patch, from, pixel, bounds);
    // SAFETY: the caller has checked that all taps lie in `from` with all channels of the pixel, which are a multiple of
    // 16, that the stream has a block for each 16 of them, and that no count is zero.
    unsafe { wide_loop::<()>(&mut job, stream.as_ptr()) };
}

/// Groups of 8 channels of one pixel, the last one of fewer.
#[inline]
pub(super) fn patch_narrow(patch: &Patch, from: &[i8], stream: &[i32], pixel: &mut [i8], bounds: [i32; 2]) {
    let mut job = Groups::new(patch, from, pixel, bounds);
    // SAFETY: as in `patch_wide`, for each 8 channels or fewer; the loop leaves out lanes past the last one.
    unsafe { narrow_loop::<()>(&mut job, stream.as_ptr()) };
}

/// q0 to q3 are the sums of the channels of even and of odd number, of the first eight and of the others; r1 walks the
/// stream and r3 the image; r0 is the job.
#[unsafe(naked)]
unsafe extern "C" fn wide_loop<Lazy>(job: *mut Groups, stream: *const i32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        "ldrd r2, r4, [r0]",
        "ldrd r5, r6, [r0, #8]",
        "ldrd r7, r8, [r0, #16]",
        "ldr r9, [r0, #24]",
        "ldrd r10, r11, [r0, #28]",
        "mov r0, r4",
        // For each group of channels: r4 counts the rows.
        "2:",
        "vldrw.u32 q0, [r1], #16",
        "vldrw.u32 q1, [r1], #16",
        "vldrw.u32 q2, [r1], #16",
        "vldrw.u32 q3, [r1], #16",
        "mov r3, r2",
        "mov r4, r6",
        "3:",
        "dls lr, r7",
        // For each tap.
        "4:",
        "vldrb.s16 q4, [r3]",
        "vldrb.s16 q5, [r1], #8",
        "vmullb.s16 q6, q4, q5",
        "vadd.i32 q0, q0, q6",
        "vmullt.s16 q7, q4, q5",
        "vldrb.s16 q4, [r3, #8]",
        "vadd.i32 q1, q1, q7",
        "vldrb.s16 q5, [r1], #8",
        "vmullb.s16 q6, q4, q5",
        "vadd.i32 q2, q2, q6",
        "vmullt.s16 q7, q4, q5",
        "add r3, r3, r8",
        "vadd.i32 q3, q3, q7",
        "le lr, 4b",
        "add r3, r3, r9",
        "subs r4, r4, #1",
        "bne 3b",
        "vdup.32 q4, r10",
        "vdup.32 q5, r11",
        // The second half of the sums makes room for the constants.
        "vmov q6, q2",
        "vmov q7, q3",
        rescale!("r1": "q0"),
        rescale!("r1": "q1"),
        // Odd channels between the even ones.
        "vmovnt.i32 q0, q1",
        "vstrb.16 q0, [r0], #8",
        rescale!("r1": "q6"),
        rescale!("r1": "q7"),
        "vmovnt.i32 q6, q7",
        "vstrb.16 q6, [r0], #8",
        "add r2, r2, #16",
        "subs r5, r5, #16",
        "bgt 2b",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}

/// The same for eight channels, q0 and q1, of which those from number r5 on do not exist.
#[unsafe(naked)]
unsafe extern "C" fn narrow_loop<Lazy>(job: *mut Groups, stream: *const i32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        "ldrd r2, r4, [r0]",
        "ldrd r5, r6, [r0, #8]",
        "ldrd r7, r8, [r0, #16]",
        "ldr r9, [r0, #24]",
        "ldrd r10, r11, [r0, #28]",
        "mov r0, r4",
        "vdup.32 q4, r10",
        "vdup.32 q5, r11",
        "2:",
        "vldrw.u32 q0, [r1], #16",
        "vldrw.u32 q1, [r1], #16",
        "mov r3, r2",
        "mov r4, r6",
        "vctp.16 r5",
        "3:",
        "dls lr, r7",
        "4:",
        "vpst",
        "vldrbt.s16 q2, [r3]",
        "vldrb.s16 q3, [r1], #8",
        "vmullb.s16 q6, q2, q3",
        "vadd.i32 q0, q0, q6",
        "vmullt.s16 q7, q2, q3",
        "add r3, r3, r8",
        "vadd.i32 q1, q1, q7",
        "le lr, 4b",
        "add r3, r3, r9",
        "subs r4, r4, #1",
        "bne 3b",
        rescale!("r1": "q0"),
        rescale!("r1": "q1"),
        "vmovnt.i32 q0, q1",
        "vpst",
        "vstrbt.16 q0, [r0], #8",
        "add r2, r2, #8",
        "subs r5, r5, #8",
        "bgt 2b",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}
