//! The pipeline, which was planned when the module was built: what `src/pipeline.rs` of `kws.wasm` offers, as far as it can.

use std::cell::RefCell;

use kws_engine::line::Score;

use crate::room::{answer, outcome, text, with_room};
use crate::{about, enrolled};

thread_local! {
    static VALUES: RefCell<Vec<f32>> = RefCell::new(vec![0.5; about::SCORES.len()]);
}

/// Takes the enrolled word, the only file that is not in the module: the room holds its label, so many bytes long, then what
/// `kws_enrol` answered.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_file(path: usize) -> i32 {
    outcome(with_room(|room| {
        let (label, contents) = room.split_at_checked(path).ok_or("the path is longer than the room")?;
        if !about::ENROLS {
            return Err("this module was built of one pipeline, with its files".to_owned());
        }
        enrolled::take(text(label, "the word")?, contents)?;
        VALUES.with_borrow(|values| values.iter().enumerate().for_each(|(knob, value)| turn(knob, *value)));
        Ok(0)
    }))
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
    answer(|to| {
        if !about::ENROLS {
            return to.extend_from_slice(about::DESCRIPTION.as_bytes());
        }
        let (label, scores) = enrolled::with(|word| (word.label.clone(), scores(word.on)));
        let [strict, own, loose] = scores.map(Score);
        let text = about::DESCRIPTION
            .replace("\"{scores}\"", &format!("[{strict},{own},{loose}]"))
            .replace("{word}", &enrolled::escaped(&label));
        to.extend_from_slice(text.as_bytes());
    });
    0
}

/// Turns a knob to a value from 0 to 1.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_turn(_: i32, knob: usize, value: f32) -> i32 {
    outcome(VALUES.with_borrow_mut(|values| {
        let of = values.len();
        let kept = values.get_mut(knob).ok_or_else(|| format!("found knob {knob}, expected one of {of}"))?;
        if !value.is_nan() {
            *kept = value.clamp(0.0, 1.0);
            turn(knob, *kept);
        }
        Ok(0)
    }))
}

fn turn(knob: usize, value: f32) {
    if about::ENROLS {
        about::turn(knob, value, &enrolled::with(|word| scores(word.on)));
    } else {
        about::turn(knob, value, about::SCORES[knob]);
    }
}

/// The scores of an enrolled word, at the sensitivities 0, ½ and 1: as of every point around which nothing was measured.
fn scores(on: f32) -> [f32; 3] {
    [0.5 * (1.0 + on), on, 0.5 * on]
}
