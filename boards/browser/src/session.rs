//! Sessions: streams, each of which runs a pipeline.

use std::cell::RefCell;

use kws::{Block, Buffer, Samples, Stream};

use crate::message;
use crate::pipeline::with_plan;
use crate::room::{Numbered, answer, outcome, text, with_room};

thread_local! {
    static SESSIONS: RefCell<Numbered<Running>> = const { RefCell::new(Numbered::new()) };
}

/// A session, and the samples of the push at hand, whose memory serves all pushes.
struct Running {
    stream: Stream,
    floats: Vec<f32>,
    shorts: Vec<i16>,
}

/// Makes a session of a pipeline. Returns its number.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_session(pipeline: i32) -> i32 {
    outcome(with_plan(pipeline, |plan| {
        let stream = Stream::new(plan).map_err(message)?;
        let running = Running { stream, floats: Vec::new(), shorts: Vec::new() };
        Ok(SESSIONS.with_borrow_mut(|sessions| sessions.add(running)))
    }))
}

/// Frees a session.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_free_session(session: i32) {
    SESSIONS.with_borrow_mut(|sessions| sessions.remove(session));
}

/// Has [`kws_next_block`] return the blocks of a stage, whose name is in the room. Before the first push.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_tap(session: i32) -> i32 {
    with_session(session, |running, room| {
        running.stream.tap(text(room, "the stage")?).map_err(message)?;
        Ok(0)
    })
}

/// Pushes float32 from −1 to 1 and runs the pipeline on it. The room holds the samples, then the name of the source, `name`
/// bytes long, which may be left out where there is only one. Returns how many samples were taken.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_push_f32(session: i32, name: usize) -> i32 {
    with_session(session, |running, room| {
        let (bytes, source) = arguments(room, name)?;
        let Running { stream, floats, .. } = running;
        floats.clear();
        floats.extend(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        taken(stream.push(source, Samples::F32(floats)))
    })
}

/// As [`kws_push_f32`], of audio of 16 bits.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_push_i16(session: i32, name: usize) -> i32 {
    with_session(session, |running, room| {
        let (bytes, source) = arguments(room, name)?;
        let Running { stream, shorts, .. } = running;
        shorts.clear();
        shorts.extend(bytes.as_chunks().0.iter().map(|bytes| i16::from_le_bytes(*bytes)));
        taken(stream.push(source, Samples::I16(shorts)))
    })
}

/// As [`kws_push_f32`], of pixels: rows from the top, the channels of a pixel side by side.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_push_u8(session: i32, name: usize) -> i32 {
    with_session(session, |running, room| {
        let (pixels, source) = arguments(room, name)?;
        taken(running.stream.push(source, Samples::U8(pixels)))
    })
}

/// Says that so many ticks of a source were lost, whose name is in the room, or nothing where there is only one.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_lose(session: i32, ticks: f64) -> i32 {
    with_session(session, |running, room| {
        let (_, source) = arguments(room, room.len())?;
        // Numbers of JavaScript: a cast takes what is not a number of ticks to the nearest that is.
        running.stream.lose(source, ticks as u64).map_err(message)?;
        Ok(0)
    })
}

/// Ends all sources and works off what is left.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_finish(session: i32) -> i32 {
    with_session(session, |running, _| running.stream.finish().map(|()| 0).map_err(message))
}

/// Begins a new stream, with everything forgotten.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_reset(session: i32) -> i32 {
    with_session(session, |running, _| {
        running.stream.reset();
        Ok(0)
    })
}

/// Takes the oldest event: the line of JSON that `kws-run --json` writes, as the answer. Returns 0 where there is none, else 1.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_next_event(session: i32) -> i32 {
    with_session(session, |running, _| {
        let Some(event) = running.stream.next_event() else { return Ok(0) };
        answer(|to| to.extend_from_slice(event.json.as_bytes()));
        Ok(1)
    })
}

/// Takes the oldest block of the tapped stages, as the answer: tick, seconds and lost ticks as float64, the name of its stage, a
/// zero, and its items. Returns 0 where there is none, else 1.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_next_block(session: i32) -> i32 {
    with_session(session, |running, _| {
        let Some(block) = running.stream.next_block() else { return Ok(0) };
        answer(|to| write(&block, to));
        Ok(1)
    })
}

fn write(block: &Block, to: &mut Vec<u8>) {
    for number in [block.tick as f64, block.time, block.lost as f64] {
        to.extend_from_slice(&number.to_le_bytes());
    }
    to.extend_from_slice(block.stage.as_bytes());
    to.push(0);
    match &block.items {
        Buffer::I8(items) => to.extend(items.iter().map(|item| *item as u8)),
        Buffer::U8(items) => to.extend_from_slice(items),
        Buffer::I16(items) => to.extend(items.iter().flat_map(|item| item.to_le_bytes())),
        Buffer::F32(items) => to.extend(items.iter().flat_map(|item| item.to_le_bytes())),
        Buffer::Event(_) => unreachable!("an inbox keeps no blocks of events"),
    }
}

/// Items and the name of a source, `name` bytes at the room's end.
fn arguments(room: &[u8], name: usize) -> Result<(&[u8], Option<&str>), String> {
    let items = room.len().checked_sub(name).ok_or("the source's name is longer than the room")?;
    let (items, source) = room.split_at(items);
    let source = text(source, "the source")?;
    Ok((items, Some(source).filter(|source| !source.is_empty())))
}

fn taken(count: Result<usize, kws::SessionError>) -> Result<i32, String> {
    count.map(|count| count as i32).map_err(message)
}

/// Hands a session and the room to a call.
fn with_session(session: i32, call: impl FnOnce(&mut Running, &[u8]) -> Result<i32, String>) -> i32 {
    let result = SESSIONS.with_borrow_mut(|sessions| {
        let running = sessions.get(session, "session")?;
        with_room(|room| call(running, room))
    });
    outcome(result)
}
