//! Pipelines: what sessions are made of.

use std::ffi::c_char;

use program::{Assets, Plan};

use crate::error::{guard, message, slice_of, str_of};

/// A pipeline, read and checked. All threads may use one at the same time.
pub struct KwsPipeline(pub(crate) Plan);

// A pipeline's handle goes from thread to thread.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<KwsPipeline>();
};

/// A file that a pipeline names, in memory.
#[repr(C)]
pub struct KwsFile {
    /// The path by which the pipeline names it.
    pub path: *const c_char,
    /// What it holds.
    pub bytes: *const u8,
    /// How many bytes that is.
    pub length: usize,
}

/// Reads a pipeline file and the models that it names, and checks all of it. NULL on failure.
///
/// # Safety
/// `path` ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_pipeline_open(path: *const c_char) -> *mut KwsPipeline {
    guard(std::ptr::null_mut(), || {
        // SAFETY: the caller's contract.
        let path = unsafe { str_of(path, "path") }?;
        program::read(path).map(handle).map_err(message)
    })
}

/// Makes a pipeline of its text and of the files that it names, all from memory: nothing is read from disk, and nothing
/// is used after the call. NULL on failure.
///
/// # Safety
/// `toml` ends with a NUL; `files` has `count` files, each with a path that ends with a NUL and so many bytes as it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_pipeline_from_memory(
    toml: *const c_char,
    files: *const KwsFile,
    count: usize,
) -> *mut KwsPipeline {
    guard(std::ptr::null_mut(), || {
        let mut assets = Assets::memory();
        // SAFETY: the caller's contract.
        for file in unsafe { slice_of(files, count, "files") }? {
            // SAFETY: the caller's contract.
            let path = unsafe { str_of(file.path, "path") }?;
            // SAFETY: the caller's contract.
            let bytes = unsafe { slice_of(file.bytes, file.length, path) }?;
            assets = assets.with(path, bytes);
        }
        // SAFETY: the caller's contract.
        let toml = unsafe { str_of(toml, "toml") }?;
        program::from_memory(toml, &assets).map(handle).map_err(message)
    })
}

/// Frees a pipeline. Sessions that were made of it live on. NULL is allowed.
///
/// # Safety
/// A pipeline of this library that was not freed, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_pipeline_free(pipeline: *mut KwsPipeline) {
    guard((), || {
        if !pipeline.is_null() {
            // SAFETY: the caller's contract: it came of `Box::into_raw`.
            drop(unsafe { Box::from_raw(pipeline) });
        }
        Ok(())
    });
}

fn handle(plan: Plan) -> *mut KwsPipeline {
    Box::into_raw(Box::new(KwsPipeline(plan)))
}
