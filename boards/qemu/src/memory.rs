//! What the image takes of flash and memory, and the deepest that its stack has been.
//!
//! The `unsafe` of this crate: linker symbols, and the paint that the start-up code puts on the stack.

use core::ptr::addr_of;

unsafe extern "C" {
    static __sdata: u8;
    static __edata: u8;
    static __sidata: u8;
    static __ebss: u8;
    static __sheap: u32;
    static _stack_start: u32;
}

/// What `cortex-m-rt` paints the stack with, where its feature `paint-stack` is on.
const PAINT: u32 = cortex_m_rt::STACK_PAINT_VALUE;

/// Bytes of flash: vectors, code, constants, and the first values of variables.
pub fn flash() -> usize {
    addr_of!(__sidata) as usize + (addr_of!(__edata) as usize - addr_of!(__sdata) as usize)
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
