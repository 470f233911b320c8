//! The page of flash that replaces enrolled words: the last 4 kB, which the image leaves free.
//!
//! Its `unsafe`: a linker symbol.

use core::cell::Cell;

use critical_section::Mutex;
use kws_stages::decide::{Page, PageError};

unsafe extern "C" {
    static _page: [u8; 4096];
}

/// The page, for a `match` whose words are replaceable.
// SAFETY: `memory.x` keeps these bytes of flash free, and nothing writes them while the firmware runs.
pub static PAGE: Page = Page::new(unsafe { &_page }, |found| {
    critical_section::with(|section| FOUND.borrow(section).set(Some(found)));
});

static FOUND: Mutex<Cell<Option<Result<usize, PageError>>>> = Mutex::new(Cell::new(None));

/// How many words were found in it, or why those of the firmware are used; once, if a stage has looked.
pub(crate) fn found() -> Option<Result<usize, PageError>> {
    critical_section::with(|section| FOUND.borrow(section).take())
}
