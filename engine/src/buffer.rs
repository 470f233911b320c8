//! One block's memory on the host.

use crate::event::Event;
use crate::item::{Element, Item};

/// One block's items, of an element known at run time. Allocated when a pipeline is built, moved ever after.
#[derive(Clone, Debug, PartialEq)]
pub enum Buffer {
    /// Signed bytes.
    I8(Box<[i8]>),
    /// Unsigned bytes.
    U8(Box<[u8]>),
    /// 16-bit samples.
    I16(Box<[i16]>),
    /// Singles.
    F32(Box<[f32]>),
    /// Detections.
    Event(Box<[Event]>),
}

impl Buffer {
    /// A zeroed block of `len` items.
    pub fn zeroed(element: Element, len: usize) -> Self {
        match element {
            Element::I8 => Buffer::I8(vec![0; len].into()),
            Element::U8 => Buffer::U8(vec![0; len].into()),
            Element::I16 => Buffer::I16(vec![0; len].into()),
            Element::F32 => Buffer::F32(vec![0.0; len].into()),
            Element::Event => Buffer::Event(vec![Event::NONE; len].into()),
        }
    }

    /// A block without items, which allocates nothing: the port of a sink, and what travels with mere progress.
    pub fn empty() -> Self {
        Buffer::U8(Box::default())
    }

    /// What the items are.
    pub const fn element(&self) -> Element {
        match self {
            Buffer::I8(_) => Element::I8,
            Buffer::U8(_) => Element::U8,
            Buffer::I16(_) => Element::I16,
            Buffer::F32(_) => Element::F32,
            Buffer::Event(_) => Element::Event,
        }
    }

    /// Number of items.
    pub const fn len(&self) -> usize {
        match self {
            Buffer::I8(items) => items.len(),
            Buffer::U8(items) => items.len(),
            Buffer::I16(items) => items.len(),
            Buffer::F32(items) => items.len(),
            Buffer::Event(items) => items.len(),
        }
    }

    /// Whether there are no items.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of the items as they travel between machines: [`Port::bytes`](crate::Port::bytes) of them.
    pub fn to_wire(&self, mut put: impl FnMut(u8)) {
        match self {
            Buffer::I8(items) => items.iter().for_each(|item| item.to_wire(&mut put)),
            Buffer::U8(items) => items.iter().for_each(|item| item.to_wire(&mut put)),
            Buffer::I16(items) => items.iter().for_each(|item| item.to_wire(&mut put)),
            Buffer::F32(items) => items.iter().for_each(|item| item.to_wire(&mut put)),
            Buffer::Event(items) => items.iter().for_each(|item| item.to_wire(&mut put)),
        }
    }

    /// Takes items in that [`to_wire`](Self::to_wire) wrote.
    pub fn from_wire(&mut self, bytes: &[u8]) {
        fn fill<T: Item>(items: &mut [T], bytes: &[u8]) {
            let parts = bytes.chunks_exact(T::ELEMENT.bytes());
            items.iter_mut().zip(parts).for_each(|(item, part)| *item = T::from_wire(part));
        }
        match self {
            Buffer::I8(items) => fill(items, bytes),
            Buffer::U8(items) => fill(items, bytes),
            Buffer::I16(items) => fill(items, bytes),
            Buffer::F32(items) => fill(items, bytes),
            Buffer::Event(items) => fill(items, bytes),
        }
    }

    /// Copies the part of this number of a buffer whose items are a whole number of times as many as this one's.
    ///
    /// # Panics
    /// When the elements differ, or there is no such part.
    pub(crate) fn copy_part(&mut self, whole: &Buffer, index: usize) {
        fn copy<T: Copy>(part: &mut [T], whole: &[T], index: usize) {
            part.copy_from_slice(&whole[index * part.len()..][..part.len()]);
        }
        match (self, whole) {
            (Buffer::I8(part), Buffer::I8(whole)) => copy(part, whole, index),
            (Buffer::U8(part), Buffer::U8(whole)) => copy(part, whole, index),
            (Buffer::I16(part), Buffer::I16(whole)) => copy(part, whole, index),
            (Buffer::F32(part), Buffer::F32(whole)) => copy(part, whole, index),
            (Buffer::Event(part), Buffer::Event(whole)) => copy(part, whole, index),
            (part, whole) => panic!("a part of {} received a block of {}", part.element(), whole.element()),
        }
    }

    /// Writes the items to the part of this number of a buffer.
    ///
    /// # Panics
    /// As [`copy_part`](Self::copy_part).
    pub(crate) fn put_part(&self, whole: &mut Buffer, index: usize) {
        fn put<T: Copy>(part: &[T], whole: &mut [T], index: usize) {
            whole[index * part.len()..][..part.len()].copy_from_slice(part);
        }
        match (self, whole) {
            (Buffer::I8(part), Buffer::I8(whole)) => put(part, whole, index),
            (Buffer::U8(part), Buffer::U8(whole)) => put(part, whole, index),
            (Buffer::I16(part), Buffer::I16(whole)) => put(part, whole, index),
            (Buffer::F32(part), Buffer::F32(whole)) => put(part, whole, index),
            (Buffer::Event(part), Buffer::Event(whole)) => put(part, whole, index),
            (part, whole) => panic!("a block of {} received a part of {}", whole.element(), part.element()),
        }
    }

    /// Copies the items of a buffer of the same element and length.
    ///
    /// # Panics
    /// When element or length differ: the planner gives both ends of an edge the same port.
    pub fn copy_from(&mut self, other: &Buffer) {
        match (self, other) {
            (Buffer::I8(to), Buffer::I8(from)) => to.copy_from_slice(from),
            (Buffer::U8(to), Buffer::U8(from)) => to.copy_from_slice(from),
            (Buffer::I16(to), Buffer::I16(from)) => to.copy_from_slice(from),
            (Buffer::F32(to), Buffer::F32(from)) => to.copy_from_slice(from),
            (Buffer::Event(to), Buffer::Event(from)) => to.copy_from_slice(from),
            (to, from) => panic!("an edge of {} received a block of {}", to.element(), from.element()),
        }
    }
}
