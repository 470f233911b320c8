//! Sessions: streams, each of which runs the pipeline.
//!
//! Its `unsafe`: the memory that a pipeline borrows lives as long as it does, since both are of one session.

use std::cell::RefCell;
use std::marker::PhantomData;

use kws_engine::tick::TickError;

use crate::about::{BLOCK, Item, TICKS};
use crate::enrolled;
use crate::outbox::{self, Outbox};
use crate::output::Output;
use crate::pipeline::{Memory, Pipeline};
use crate::room::{Numbered, answer, outcome, text, with_room};
use crate::source::{Next, Pushable, Pushed};

thread_local! {
    static SESSIONS: RefCell<Numbered<Session>> = const { RefCell::new(Numbered::new()) };
}

/// A session.
struct Session {
    lane: Lane,
    /// Items that are no block yet.
    rest: Vec<Item>,
    outbox: Outbox,
    ended: bool,
}

/// A pipeline and the memory that it borrows.
struct Lane {
    pipeline: Option<Pipeline<'static>>,
    memory: *mut Memory,
}

impl Lane {
    fn new() -> Self {
        let memory = Box::into_raw(Box::new(Memory::new()));
        // SAFETY: the memory lives until `drop` frees it, after the pipeline, which alone has a reference to it.
        let mut pipeline = Pipeline::new(unsafe { &mut *memory }, Pushed(PhantomData), Output);
        pipeline.start();
        Lane { pipeline: Some(pipeline), memory }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.pipeline = None;
        // SAFETY: it comes from `Box::into_raw`, and who borrowed it is gone.
        drop(unsafe { Box::from_raw(self.memory) });
    }
}

impl Session {
    fn new() -> Self {
        Session { lane: Lane::new(), rest: Vec::new(), outbox: Outbox::default(), ended: false }
    }

    fn run(
        &mut self,
        call: impl FnOnce(&mut Pipeline<'static>) -> Result<(), TickError>,
    ) -> Result<(), String> {
        let pipeline = self.lane.pipeline.as_mut().ok_or("the session is gone")?;
        outbox::within(&mut self.outbox, || call(pipeline)).map_err(|error| error.to_string())
    }

    fn tick(&mut self, next: Next<Item>) -> Result<(), String> {
        Item::NEXT.set(next);
        self.run(|pipeline| pipeline.tick().map(|_| ()))
    }

    fn push(&mut self, items: impl Iterator<Item = Item>) -> Result<i32, String> {
        if self.ended {
            return Err("the stream has ended; `reset` begins a new one".to_owned());
        }
        let mut taken = 0;
        for item in items {
            self.rest.push(item);
            taken += 1;
            if self.rest.len() == BLOCK {
                let block = std::mem::replace(&mut self.rest, Vec::with_capacity(BLOCK));
                self.tick(Next::Block(block))?;
            }
        }
        Ok(taken)
    }
}

/// What a stage writes last, of so many int8, when a session of its own hears a clip.
pub(crate) fn heard(clip: &[i16], stage: &str, values: usize) -> Result<Vec<i8>, String> {
    enrolled::without(values, || {
        let mut session = Session::new();
        session.outbox.taps.push(stage.to_owned());
        session.push(clip.iter().map(|sample| Item::of_sample(*sample)))?;
        let block =
            session.outbox.blocks.pop_back().ok_or_else(|| format!("`{stage}` heard nothing in the clip"))?;
        let items =
            block.len().checked_sub(values).ok_or_else(|| format!("`{stage}` wrote less than expected"))?;
        Ok(block[items..].iter().map(|byte| *byte as i8).collect())
    })
}

/// Makes a session. Returns its number.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_session(_: i32) -> i32 {
    SESSIONS.with_borrow_mut(|sessions| sessions.add(Session::new()))
}

/// Frees a session.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_free_session(session: i32) {
    SESSIONS.with_borrow_mut(|sessions| sessions.remove(session));
}

/// Has [`kws_next_block`] return the blocks of a stage, whose name is in the room.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_tap(session: i32) -> i32 {
    with_session(session, |session, room| {
        let stage = text(room, "the stage")?;
        if !crate::about::TAPPED.contains(&stage) {
            let of = crate::about::TAPPED.join("`, `");
            return Err(format!("the module keeps no blocks of `{stage}`, expected one of `{of}`"));
        }
        session.outbox.taps.push(stage.to_owned());
        Ok(0)
    })
}

/// Pushes float32 from −1 to 1: the room holds the samples, then the source's name, `name` bytes long. Returns how many were
/// taken.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_push_f32(session: i32, name: usize) -> i32 {
    with_session(session, |session, room| {
        session.push(
            items(room, name)?.as_chunks().0.iter().map(|bytes| Item::of_unit(f32::from_le_bytes(*bytes))),
        )
    })
}

/// As [`kws_push_f32`], of audio of 16 bits.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_push_i16(session: i32, name: usize) -> i32 {
    with_session(session, |session, room| {
        session.push(
            items(room, name)?.as_chunks().0.iter().map(|bytes| Item::of_sample(i16::from_le_bytes(*bytes))),
        )
    })
}

/// As [`kws_push_f32`], of pixels.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_push_u8(session: i32, name: usize) -> i32 {
    with_session(session, |session, room| {
        session.push(items(room, name)?.iter().map(|byte| Item::of_pixel(*byte)))
    })
}

/// Says that so many ticks were lost: items of an incomplete block before them are lost, too.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_lose(session: i32, ticks: f64) -> i32 {
    with_session(session, |session, _| {
        let begun = session.rest.len() as u64 * TICKS / BLOCK as u64;
        session.rest.clear();
        let lost = begun + ticks as u64;
        session.outbox.lost += lost;
        session.tick(Next::Lost(lost))?;
        Ok(0)
    })
}

/// Ends the stream. An incomplete last block is dropped.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_finish(session: i32) -> i32 {
    with_session(session, |session, _| {
        session.ended = true;
        session.run(Pipeline::finish)?;
        Ok(0)
    })
}

/// Begins a new stream, with everything forgotten.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_reset(session: i32) -> i32 {
    with_session(session, |session, _| {
        let taps = std::mem::take(&mut session.outbox.taps);
        *session = Session::new();
        session.outbox.taps = taps;
        Ok(0)
    })
}

/// Takes the oldest event: the line of JSON that `kws-run --json` writes, as the answer. Returns 0 where there is none, else 1.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_next_event(session: i32) -> i32 {
    with_session(session, |session, _| Ok(handed(session.outbox.events.pop_front())))
}

/// Takes the oldest block of the tapped stages, as `kws.wasm` answers it. Returns 0 where there is none, else 1.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn kws_next_block(session: i32) -> i32 {
    with_session(session, |session, _| Ok(handed(session.outbox.blocks.pop_front())))
}

fn handed(bytes: Option<Vec<u8>>) -> i32 {
    let Some(bytes) = bytes else { return 0 };
    answer(|to| *to = bytes);
    1
}

/// The items in the room, before the name of their source.
fn items(room: &[u8], name: usize) -> Result<&[u8], String> {
    let length = room.len().checked_sub(name).ok_or("the source's name is longer than the room")?;
    Ok(&room[..length])
}

/// Hands a session and the room to a call.
fn with_session(session: i32, call: impl FnOnce(&mut Session, &[u8]) -> Result<i32, String>) -> i32 {
    outcome(SESSIONS.with_borrow_mut(|sessions| {
        let session = sessions.get(session, "session")?;
        with_room(|room| call(session, room))
    }))
}
