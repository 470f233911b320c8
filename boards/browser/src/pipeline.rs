//! Pipelines: what sessions are made of.

use std::cell::RefCell;

use kws::{Assets, Plan};

use crate::describe::describe;
use crate::message;
use crate::room::{Numbered, answer, outcome, text, with_room};

thread_local! {
    static PLANS: RefCell<Numbered<Plan>> = const { RefCell::new(Numbered::new()) };
    static FILES: RefCell<Assets> = RefCell::new(Assets::memory());
}

/// Keeps a file for the next pipeline. The room holds its path, `path` bytes long, then its contents.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_file(path: usize) -> i32 {
    outcome(with_room(|room| {
        let (path, contents) = room.split_at_checked(path).ok_or("the path is longer than the room")?;
        let path = text(path, "a path")?;
        FILES.with_borrow_mut(|files| *files = std::mem::take(files).with(path, contents));
        Ok(0)
    }))
}

/// Forgets the files.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_forget_files() {
    FILES.set(Assets::memory());
}

/// The paths that pipelines have named since the files were last forgotten and that are not among them, a line each, as the
/// answer. Returns how many.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_missing() -> i32 {
    let missing = FILES.with_borrow(Assets::missed);
    let lines: Vec<_> = missing.iter().map(|path| path.to_string_lossy()).collect();
    answer(|to| to.extend_from_slice(lines.join("\n").as_bytes()));
    lines.len() as i32
}

/// Plans a pipeline from its text, which is in the room, and from the files. Returns its number.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_pipeline() -> i32 {
    outcome(with_room(|room| {
        let toml = text(room, "the pipeline")?;
        let plan = FILES.with_borrow(|files| kws::from_memory(toml, files)).map_err(message)?;
        Ok(PLANS.with_borrow_mut(|plans| plans.add(plan)))
    }))
}

/// Frees a pipeline. Its sessions live on.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_free_pipeline(pipeline: i32) {
    PLANS.with_borrow_mut(|plans| plans.remove(pipeline));
}

/// Describes a pipeline: JSON, as the answer.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_describe(pipeline: i32) -> i32 {
    outcome(with_plan(pipeline, |plan| {
        let description = describe(plan).to_string();
        answer(|to| to.extend_from_slice(description.as_bytes()));
        Ok(0)
    }))
}

/// Turns a knob, counted as the description lists them, to a value from 0 to 1. All sessions of the pipeline share it.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_turn(pipeline: i32, knob: usize, value: f32) -> i32 {
    outcome(with_plan(pipeline, |plan| {
        let of = plan.knobs.len();
        let knob = plan.knobs.get(knob).ok_or_else(|| format!("found knob {knob}, expected one of {of}"))?;
        knob.turn(value);
        Ok(0)
    }))
}

/// Hands a pipeline to a call.
pub(crate) fn with_plan<T>(
    pipeline: i32,
    call: impl FnOnce(&mut Plan) -> Result<T, String>,
) -> Result<T, String> {
    PLANS.with_borrow_mut(|plans| call(plans.get(pipeline, "pipeline")?))
}
