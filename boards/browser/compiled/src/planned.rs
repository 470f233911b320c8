//! The pipeline, which was planned when the module was built: what `src/pipeline.rs` of `kws.wasm` offers, as far as it can.

use crate::about;
use crate::room::{answer, outcome, with_room};

/// Refuses a file: the module has all that its pipeline names.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_file(_: usize) -> i32 {
    outcome(Err("this module was built of one pipeline, with its files: `pipeline()` takes none".to_owned()))
}

/// There are none to forget.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_forget_files() {}

/// None is missing.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_missing() -> i32 {
    answer(Vec::clear);
    0
}

/// Returns the number of the module's pipeline. A text, which the room then holds, is refused.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_pipeline() -> i32 {
    outcome(with_room(|room| match room {
        [] => Ok(0),
        _ => Err("this module was built of one pipeline: load `kws.wasm` to plan others".to_owned()),
    }))
}

/// Frees nothing: the pipeline is the module.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_free_pipeline(_: i32) {}

/// Describes the pipeline: JSON, as the answer.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_describe(_: i32) -> i32 {
    answer(|to| to.extend_from_slice(about::DESCRIPTION.as_bytes()));
    0
}

/// Turns a knob, counted as the description lists them, to a value from 0 to 1. All sessions share it.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_turn(_: i32, knob: usize, value: f32) -> i32 {
    let of = about::SCORES.len();
    outcome(if knob >= of {
        Err(format!("found knob {knob}, expected one of {of}"))
    } else {
        if !value.is_nan() {
            about::turn(knob, value.clamp(0.0, 1.0));
        }
        Ok(0)
    })
}
