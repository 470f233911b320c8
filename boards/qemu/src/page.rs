//! The page of flash for enrolled words, which the emulator fills from the file that `PAGE` names.
//!
//! Its `unsafe`: a linker symbol.

use kws_stages::decide::Page;
use semihosting::eprintln;

unsafe extern "C" {
    /// The last page of flash, which the image leaves free.
    static _page: [u8; 4096];
}

/// The page, for a `match` whose words are replaceable.
// SAFETY: the linker script keeps these bytes of flash free, and nothing writes them while the firmware runs.
pub static PAGE: Page = Page::new(unsafe { &_page }, |found| match found {
    Ok(words) => eprintln!("enrolled: {words} words of the page"),
    Err(why) => eprintln!("enrolled: the words of the firmware: {why}"),
});
