//! What the image takes of flash and memory, and the deepest that its stack has been.
//!
//! Its `unsafe`: linker symbols, and the paint that the start-up code puts on the stack.

use core::ptr::addr_of;

/// Where flash begins.
const FLASH: usize = crate::machine::number(env!("FLASH")) as usize;

unsafe extern "C" {
    static __sdata: u8;
    static __edata: u8;
    static __sidata: u8;
    static __ebss: u8;
    static __sheap: u32;
    static _stack_start: u32;
}

/// What the stack is painted with: on Arm by `cortex-m-rt`.
const PAINT: u32 = 0xCCCC_CCCC;

#[cfg(target_arch = "arm")]
const _: () = assert!(PAINT == cortex_m_rt::STACK_PAINT_VALUE);

// `riscv-rt` calls this before anything of Rust runs; it uses no memory but that which it paints.
#[cfg(target_arch = "riscv32")]
core::arch::global_asm!(
    ".section .init.paint, \"ax\"",
    ".global __pre_init",
    "__pre_init:",
    "la t0, __sheap",
    "la t1, _stack_start",
    "li t2, {paint}",
    "0: bgeu t0, t1, 1f",
    "sw t2, 0(t0)",
    "addi t0, t0, 4",
    "j 0b",
    "1: ret",
    paint = const PAINT,
);

/// Bytes of flash: start-up, code, constants, and the first values of variables.
pub fn flash() -> usize {
    addr_of!(__sidata) as usize - FLASH + (addr_of!(__edata) as usize - addr_of!(__sdata) as usize)
}

/// Bytes of memory that variables take, arenas among them.
pub fn variables() -> usize {
    addr_of!(__ebss) as usize - addr_of!(__sdata) as usize
}

/// Most bytes that the stack has taken so far.
pub fn stack() -> usize {
    let (bottom, top) = (addr_of!(__sheap), addr_of!(_stack_start));
    let mut at = bottom;
    // SAFETY: all words from the end of the variables up to the stack's start are memory of this machine, painted
    // at start-up and since then written by nothing but the stack.
    while at < top && unsafe { at.read_volatile() } == PAINT {
        at = at.wrapping_add(1);
    }
    top as usize - at as usize
}
