//! What comes out of a session.

use std::ffi::{CString, c_char, c_void};

use program::{Block, Buffer, Heard};

use crate::error::text;

/// A detection. Its texts are valid until the next one is taken, or the session is freed.
#[repr(C)]
pub struct KwsEvent {
    /// The label.
    pub label: *const c_char,
    /// The operating point.
    pub point: *const c_char,
    /// The stage that found it.
    pub stage: *const c_char,
    /// The line of JSON that `kws-run --json` writes, without a line feed.
    pub json: *const c_char,
    /// The score, 0 to 1.
    pub score: f32,
    /// Tick of the stream at which it was certain.
    pub tick: u64,
    /// That tick in seconds.
    pub time: f64,
    /// Seconds of the stream at which the evidence began.
    pub start: f64,
    /// Seconds of the stream at which it ended.
    pub end: f64,
}

/// What the items of a block are.
#[repr(C)]
pub enum KwsElement {
    /// `int8_t`.
    KwsI8,
    /// `uint8_t`.
    KwsU8,
    /// `int16_t`.
    KwsI16,
    /// `float`.
    KwsF32,
}

/// A block of a tapped stage. Its stage and items are valid until the next one is taken, or the session is freed.
#[repr(C)]
pub struct KwsBlock {
    /// The stage that wrote it.
    pub stage: *const c_char,
    /// What its items are.
    pub element: KwsElement,
    /// The items.
    pub items: *const c_void,
    /// How many there are.
    pub count: usize,
    /// Tick that completed it.
    pub tick: u64,
    /// That tick in seconds.
    pub time: f64,
    /// Ticks that are missing before it.
    pub lost: u64,
}

/// The event that a program has taken last.
pub(crate) struct Taken {
    label: CString,
    point: CString,
    stage: CString,
    json: CString,
    heard: Heard,
}

impl Taken {
    pub(crate) fn new(heard: Heard) -> Self {
        let (label, point) = (text(&heard.label), text(&heard.point));
        Taken { label, point, stage: text(&heard.stage), json: text(&heard.json), heard }
    }

    pub(crate) fn event(&self) -> KwsEvent {
        let Taken { label, point, stage, json, heard } = self;
        KwsEvent {
            label: label.as_ptr(),
            point: point.as_ptr(),
            stage: stage.as_ptr(),
            json: json.as_ptr(),
            score: heard.score,
            tick: heard.tick,
            time: heard.time,
            start: heard.start,
            end: heard.end,
        }
    }
}

/// The block that a program has taken last.
pub(crate) struct TakenBlock {
    stage: CString,
    block: Block,
}

impl TakenBlock {
    pub(crate) fn new(block: Block) -> Self {
        TakenBlock { stage: text(&block.stage), block }
    }

    pub(crate) fn block(&self) -> KwsBlock {
        let TakenBlock { stage, block } = self;
        let (element, items) = match &block.items {
            Buffer::I8(items) => (KwsElement::KwsI8, items.as_ptr().cast()),
            Buffer::U8(items) => (KwsElement::KwsU8, items.as_ptr().cast()),
            Buffer::I16(items) => (KwsElement::KwsI16, items.as_ptr().cast()),
            Buffer::F32(items) => (KwsElement::KwsF32, items.as_ptr().cast()),
            Buffer::Event(_) => unreachable!("an inbox keeps no blocks of events"),
        };
        let (stage, count) = (stage.as_ptr(), block.items.len());
        KwsBlock { stage, element, items, count, tick: block.tick, time: block.time, lost: block.lost }
    }
}
