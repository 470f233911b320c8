//! Enrolment of a word in the page: what `kws-lab enrol --word` does, with the module's own embedding. The page has the speaker's name and
//! consent, and writes the word's file.

use std::cell::RefCell;
use std::fmt::Write as _;

use kws_stages::enrol::{Digits, FEWEST, OF_WORDS, Prompt, RATE, Recorder, Take, WordBank, Words, rooms};

use crate::about::{EMBEDDING, ENROLS};
use crate::enrolled::escaped;
use crate::room::{answer, outcome, text, with_room};
use crate::session::heard;
use crate::source::Pushable;

thread_local! {
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };
}

/// Begins an enrolment.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_enrol_begin() -> i32 {
    if !ENROLS {
        return outcome(Err("this module has no stage `match`, whose word a page could enrol".to_owned()));
    }
    RECORDER.set(Some(Recorder::new(RATE).without_others()));
    0
}

/// Hears float32 from −1 to 1 of the microphone, which the room holds. The answer has a line of JSON for each thing that the
/// speaker is to see.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_enrol_hear() -> i32 {
    with_recorder(|recorder, room| {
        let mut lines = String::new();
        for prompt in recorder.hear(&samples(room)) {
            let line = shown(recorder, prompt);
            let _ = writeln!(lines, "{line}");
        }
        answer(|to| *to = lines.into_bytes());
        Ok(0)
    })
}

/// Says that some of the microphone's samples are missing. The answer is as that of [`kws_enrol_hear`].
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_enrol_lose() -> i32 {
    with_recorder(|recorder, _| {
        let line = recorder.lose().map_or_else(String::new, |prompt| shown(recorder, prompt));
        answer(|to| *to = line.into_bytes());
        Ok(0)
    })
}

/// Takes a clip of the word: float32 from −1 to 1, which the room holds.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_enrol_add() -> i32 {
    with_recorder(|recorder, room| {
        let samples = samples(room);
        Take::of(&samples).map_err(|why| why.to_string())?;
        recorder.takes.push(samples);
        Ok(0)
    })
}

/// Answers a clip, as int16. Returns 0 where there is none, else 1.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_enrol_clip(index: usize) -> i32 {
    with_recorder(|recorder, _| {
        let Some(clip) = recorder.takes.get(index) else { return Ok(0) };
        answer(|to| *to = clip.iter().flat_map(|sample| sample.to_le_bytes()).collect());
        Ok(1)
    })
}

/// Makes a word of the clips: the room holds the word, so many bytes long, and the bank of words. Returns 1 with the cosine from which on it
/// counts as heard and the share of others that is accepted, as float64, then the centre and the direction as int8; or 0 with the bad
/// clips as JSON, which are then asked for again.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_enrol_word(word: usize) -> i32 {
    with_recorder(|recorder, room| {
        let (word, bank) = room.split_at_checked(word).ok_or("the word is longer than the room")?;
        let bank = WordBank::read(bank)?;
        if bank.centre().len() != EMBEDDING.values {
            return Err("the bank of words is of another embedding than the module".to_owned());
        }
        made(recorder, text(word, "the word")?, bank)
    })
}

/// A line of JSON of what the speaker is to see. A take must also be one to make a word of.
fn shown(recorder: &mut Recorder, prompt: Prompt) -> String {
    match prompt {
        Prompt::Level(level) => format!("{{\"level\":{}}}", Digits::<1>(level)),
        Prompt::Room(level, loud) => format!("{{\"room\":{},\"loud\":{loud}}}", Digits::<1>(level)),
        Prompt::Say(take) => format!("{{\"say\":{take}}}"),
        Prompt::Good(take, level) => match recorder.takes.last().map(|take| Take::of(take)) {
            Some(Err(why)) => {
                recorder.takes.pop();
                again(&why.to_string())
            }
            _ => format!("{{\"good\":{take},\"loudest\":{}}}", Digits::<1>(level)),
        },
        Prompt::Again(why) => again(why),
        Prompt::Done => "{\"done\":true}".to_owned(),
        // Nobody else is recorded.
        Prompt::Others | Prompt::NoOthers => "{}".to_owned(),
    }
}

fn made(recorder: &mut Recorder, word: &str, bank: WordBank) -> Result<i32, String> {
    let clips = recorder.takes.len();
    if clips < FEWEST {
        return Err(format!(
            "found {clips} clips, expected at least {FEWEST} of the word; five or ten are better"
        ));
    }
    let takes: Vec<Take> = recorder
        .takes
        .iter()
        .map(|take| Take::of(take))
        .collect::<Result<_, _>>()
        .map_err(|why| why.to_string())?;
    if let Some((loudest, _, apart)) = rooms(&takes) {
        let apart = Digits::<0>(apart);
        let why = format!("another room: its background is {apart} dB louder than that of another clip");
        return Ok(refuse(recorder, &[loudest], &why));
    }
    let embeddings: Vec<Vec<i8>> = takes
        .iter()
        .map(|take| heard(&take.samples, EMBEDDING.stage, EMBEDDING.values))
        .collect::<Result<_, _>>()?;
    let embeddings: Vec<&[i8]> = embeddings.iter().map(Vec::as_slice).collect();
    let words = Words::new(bank);
    let unlike = words.unlike(word, &embeddings);
    if !unlike.is_empty() {
        return Ok(refuse(recorder, &unlike, "it does not sound like the same word as the other clips"));
    }
    let prototype = words.enrol(word, &embeddings, OF_WORDS);
    answer(|to| {
        to.extend([prototype.on, OF_WORDS].into_iter().flat_map(f64::to_le_bytes));
        to.extend(prototype.centre.iter().chain(&prototype.direction).map(|value| *value as u8));
    });
    Ok(1)
}

fn refuse(recorder: &mut Recorder, bad: &[usize], why: &str) -> i32 {
    recorder.refuse(bad);
    answer(|to| *to = format!("{{\"bad\":{bad:?},\"why\":\"{}\"}}", escaped(why)).into_bytes());
    0
}

fn again(why: &str) -> String {
    format!("{{\"again\":\"{}\"}}", escaped(why))
}

fn samples(room: &[u8]) -> Vec<i16> {
    room.as_chunks().0.iter().map(|bytes| i16::of_unit(f32::from_le_bytes(*bytes))).collect()
}

/// Hands the enrolment under way and the room to a call.
fn with_recorder(call: impl FnOnce(&mut Recorder, &[u8]) -> Result<i32, String>) -> i32 {
    if !ENROLS {
        return outcome(Err("this module enrols no word".to_owned()));
    }
    outcome(RECORDER.with_borrow_mut(|recorder| {
        let recorder = recorder.as_mut().ok_or("no enrolment has begun")?;
        with_room(|room| call(recorder, room))
    }))
}
