//! Sessions: streams, each of which runs a pipeline.

use std::ffi::c_char;

use program::{Samples, Stream};

use crate::error::{guard, handle, handle_mut, message, slice_of, str_of};
use crate::event::{KwsBlock, KwsEvent, Taken, TakenBlock};
use crate::pipeline::KwsPipeline;

/// A stream that runs a pipeline. One thread at a time may use it, any thread.
pub struct KwsSession {
    stream: Stream,
    event: Option<Taken>,
    block: Option<TakenBlock>,
}

// A session's handle goes from thread to thread.
const _: () = {
    const fn moved<T: Send>() {}
    moved::<KwsSession>();
};

/// Makes a session, one for each stream. It has its own state and shares the models of the pipeline, which may be freed
/// before it. NULL on failure.
///
/// # Safety
/// A pipeline that was not freed, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_session_new(pipeline: *const KwsPipeline) -> *mut KwsSession {
    guard(std::ptr::null_mut(), || {
        // SAFETY: the caller's contract.
        let pipeline = unsafe { handle(pipeline, "pipeline") }?;
        let stream = Stream::new(&pipeline.0).map_err(message)?;
        let made = KwsSession { stream, event: None, block: None };
        Ok(Box::into_raw(Box::new(made)))
    })
}

/// Frees a session. NULL is allowed.
///
/// # Safety
/// A session of this library that was not freed, and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_session_free(session: *mut KwsSession) {
    guard((), || {
        if !session.is_null() {
            // SAFETY: the caller's contract: it came of `Box::into_raw`.
            drop(unsafe { Box::from_raw(session) });
        }
        Ok(())
    });
}

/// Has `kws_next_block` return the blocks of a stage, such as features or posteriors. Call it before the first push; after
/// each push take the blocks, which are kept until then. False on failure.
///
/// # Safety
/// A session that was not freed, and that no other thread uses, or NULL; `stage` ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_session_tap(session: *mut KwsSession, stage: *const c_char) -> bool {
    guard(false, || {
        // SAFETY: the caller's contract.
        let session = unsafe { handle_mut(session, "session") }?;
        // SAFETY: the caller's contract.
        let stage = unsafe { str_of(stage, "stage") }?;
        session.stream.tap(stage).map_err(message)?;
        Ok(true)
    })
}

/// Pushes audio of 16 bits, any number of samples, into a source, or with NULL into the only one, and runs the pipeline on
/// it, on this thread. Returns how many samples were taken, or a negative number on failure. With one source all are taken;
/// with several, a push that was not taken whole waits for what the others bring: push to them, then push the rest.
///
/// # Safety
/// A session that was not freed, and that no other thread uses, or NULL; `source` is NULL or ends with a NUL; `samples` has
/// `count` of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_push_i16(
    session: *mut KwsSession,
    source: *const c_char,
    samples: *const i16,
    count: usize,
) -> isize {
    // SAFETY: the caller's contract.
    guard(-1, || unsafe { push(session, source, Samples::I16(slice_of(samples, count, "samples")?)) })
}

/// As `kws_push_i16`, of audio from −1 to 1.
///
/// # Safety
/// As `kws_push_i16`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_push_f32(
    session: *mut KwsSession,
    source: *const c_char,
    samples: *const f32,
    count: usize,
) -> isize {
    // SAFETY: the caller's contract.
    guard(-1, || unsafe { push(session, source, Samples::F32(slice_of(samples, count, "samples")?)) })
}

/// As `kws_push_i16`, of pixels: rows from the top, channels of a pixel beside each other, as the pipeline states them.
///
/// # Safety
/// As `kws_push_i16`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_push_u8(
    session: *mut KwsSession,
    source: *const c_char,
    pixels: *const u8,
    count: usize,
) -> isize {
    // SAFETY: the caller's contract.
    guard(-1, || unsafe { push(session, source, Samples::U8(slice_of(pixels, count, "pixels")?)) })
}

/// Says that ticks of a source (NULL: the only one) were lost, as when a microphone's buffer overran: stages with memory
/// reset at the gap. For audio a tick is a sample. False on failure.
///
/// # Safety
/// A session that was not freed, and that no other thread uses, or NULL; `source` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_lose(session: *mut KwsSession, source: *const c_char, ticks: u64) -> bool {
    guard(false, || {
        // SAFETY: the caller's contract.
        let session = unsafe { handle_mut(session, "session") }?;
        // SAFETY: the caller's contract.
        let source = unsafe { source_of(source) }?;
        session.stream.lose(source, ticks).map_err(message)?;
        Ok(true)
    })
}

/// Ends the stream, and works off what is left. False on failure.
///
/// # Safety
/// A session that was not freed, and that no other thread uses, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_finish(session: *mut KwsSession) -> bool {
    guard(false, || {
        // SAFETY: the caller's contract.
        let session = unsafe { handle_mut(session, "session") }?;
        session.stream.finish().map_err(message)?;
        Ok(true)
    })
}

/// Begins a new stream at tick 0, with everything forgotten, events that were not taken too. False on failure.
///
/// # Safety
/// A session that was not freed, and that no other thread uses, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_reset(session: *mut KwsSession) -> bool {
    guard(false, || {
        // SAFETY: the caller's contract.
        let session = unsafe { handle_mut(session, "session") }?;
        session.stream.reset();
        Ok(true)
    })
}

/// Takes the oldest event that was not taken. False where there is none, or on failure.
///
/// # Safety
/// A session that was not freed, and that no other thread uses, or NULL; `event` may be written to, or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_next_event(session: *mut KwsSession, event: *mut KwsEvent) -> bool {
    guard(false, || {
        // SAFETY: the caller's contract.
        let session = unsafe { handle_mut(session, "session") }?;
        if event.is_null() {
            return Err("found NULL for `event`, expected where to write it".to_owned());
        }
        let Some(heard) = session.stream.next_event() else { return Ok(false) };
        let taken = session.event.insert(Taken::new(heard));
        // SAFETY: the caller's contract; what was there, which may be nothing, is not read.
        unsafe { event.write(taken.event()) };
        Ok(true)
    })
}

/// Takes the oldest block of the tapped stages that was not taken. False where there is none, or on failure.
///
/// # Safety
/// A session that was not freed, and that no other thread uses, or NULL; `block` may be written to, or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kws_next_block(session: *mut KwsSession, block: *mut KwsBlock) -> bool {
    guard(false, || {
        // SAFETY: the caller's contract.
        let session = unsafe { handle_mut(session, "session") }?;
        if block.is_null() {
            return Err("found NULL for `block`, expected where to write it".to_owned());
        }
        let Some(next) = session.stream.next_block() else { return Ok(false) };
        let taken = session.block.insert(TakenBlock::new(next));
        // SAFETY: the caller's contract; what was there, which may be nothing, is not read.
        unsafe { block.write(taken.block()) };
        Ok(true)
    })
}

/// # Safety
/// As `kws_push_i16`.
unsafe fn push(
    session: *mut KwsSession,
    source: *const c_char,
    samples: Samples<'_>,
) -> Result<isize, String> {
    // SAFETY: the caller's contract.
    let session = unsafe { handle_mut(session, "session") }?;
    // SAFETY: the caller's contract.
    let source = unsafe { source_of(source) }?;
    let taken = session.stream.push(source, samples).map_err(message)?;
    // No slice is longer than `isize::MAX`.
    Ok(taken as isize)
}

/// The source that was named, if any.
///
/// # Safety
/// NULL, or a text that ends with a NUL and stays as it is during `'a`.
unsafe fn source_of<'a>(source: *const c_char) -> Result<Option<&'a str>, String> {
    if source.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's contract.
    unsafe { str_of(source, "source") }.map(Some)
}
