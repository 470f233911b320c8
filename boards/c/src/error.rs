//! What failed last, for each thread, and the wall that no panic passes.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// The message of the last call that failed on this thread, or an empty text. It may have several lines: where a pipeline
/// file is wrong, it shows the line. Valid until the next call fails on this thread.
#[unsafe(no_mangle)]
pub extern "C" fn kws_last_error() -> *const c_char {
    LAST.with_borrow(|message| message.as_ptr())
}

/// Runs a call; what it returns where it fails or panics is `failed`.
pub(crate) fn guard<T>(failed: T, call: impl FnOnce() -> Result<T, String>) -> T {
    let outcome = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("of no message");
        Err(format!("kws has a bug, a panic: {text}; free the handles of this call and report it"))
    });
    outcome.unwrap_or_else(|message| {
        LAST.set(text(&message));
        failed
    })
}

/// As C has it. A NUL, which would end it, becomes a space.
pub(crate) fn text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

pub(crate) fn message(error: impl Display) -> String {
    error.to_string()
}

/// A text of the caller; `what` names the argument.
///
/// # Safety
/// NULL, or a text that ends with a NUL and stays as it is during `'a`.
pub(crate) unsafe fn str_of<'a>(text: *const c_char, what: &str) -> Result<&'a str, String> {
    if text.is_null() {
        return Err(format!("found NULL for `{what}`, expected a text"));
    }
    // SAFETY: the caller's contract.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|error| format!("`{what}` is no UTF-8: {error}"))
}

/// An array of the caller. None is needed where there are no items.
///
/// # Safety
/// NULL, or so many items that stay as they are during `'a`.
pub(crate) unsafe fn slice_of<'a, T>(items: *const T, count: usize, what: &str) -> Result<&'a [T], String> {
    if count == 0 {
        return Ok(&[]);
    }
    if items.is_null() {
        return Err(format!("found NULL for `{what}`, expected {count} items"));
    }
    if !items.is_aligned()
        || count.checked_mul(size_of::<T>()).is_none_or(|bytes| bytes > isize::MAX as usize)
    {
        return Err(format!("found {count} items for `{what}`, expected an aligned array that fits memory"));
    }
    // SAFETY: the caller's contract; not NULL, aligned and not too long, as seen above.
    Ok(unsafe { std::slice::from_raw_parts(items, count) })
}

/// What a handle of the caller stands for.
///
/// # Safety
/// NULL, or a handle that was not freed, which nobody changes during `'a`.
pub(crate) unsafe fn handle<'a, T>(handle: *const T, what: &str) -> Result<&'a T, String> {
    // SAFETY: the caller's contract.
    unsafe { handle.as_ref() }.ok_or_else(|| format!("found NULL for `{what}`, expected a handle"))
}

/// As [`handle`], to change it.
///
/// # Safety
/// NULL, or a handle that was not freed, which nobody else uses during `'a`.
pub(crate) unsafe fn handle_mut<'a, T>(handle: *mut T, what: &str) -> Result<&'a mut T, String> {
    // SAFETY: the caller's contract.
    unsafe { handle.as_mut() }.ok_or_else(|| format!("found NULL for `{what}`, expected a handle"))
}
