//! What is recorded and replayed, by its element.

use std::fmt::Debug;
use std::path::Path;

use kws_engine::{Element, Event, Item, Port};

use super::keep::{self, Keep};
use super::recall::{self, Extent, Recall};
use super::recording::Layout;

/// An item that is kept in files.
pub(crate) trait Kept: Item + Debug {
    /// Opens the blocks of a recording.
    ///
    /// # Errors
    /// A text that says what is wrong with the file.
    fn recall(path: &Path, port: &Port, extent: Extent) -> Result<Box<dyn Recall<Self>>, String>;

    /// Makes the file for blocks.
    ///
    /// # Errors
    /// A text that says why it cannot be made.
    fn keep(port: &Port, path: &Path) -> Result<Box<dyn Keep<Self>>, String>;

    /// Whether two items have the same bits.
    fn is_same(&self, other: &Self) -> bool;

    /// The item where the stream's ticks are counted from elsewhere: `by` more than before. Of those before the first tick
    /// the first is left.
    fn moved(self, _by: i64) -> Self {
        self
    }
}

macro_rules! array {
    ($($type:ty: $same:expr),*) => {$(
        impl Kept for $type {
            fn recall(path: &Path, port: &Port, _: Extent) -> Result<Box<dyn Recall<Self>>, String> {
                recall::array(path, port)
            }

            fn keep(port: &Port, path: &Path) -> Result<Box<dyn Keep<Self>>, String> {
                keep::array(port, path)
            }

            fn is_same(&self, other: &Self) -> bool {
                $same(self, other)
            }
        }
    )*};
}

array!(i8: i8::eq, u8: u8::eq, f32: |one: &f32, other: &f32| one.to_bits() == other.to_bits());

impl Kept for i16 {
    fn recall(path: &Path, port: &Port, _: Extent) -> Result<Box<dyn Recall<Self>>, String> {
        match Layout::of(port) {
            Layout::Wav => Ok(Box::new(recall::Wav::open(path, port)?)),
            _ => recall::array(path, port),
        }
    }

    fn keep(port: &Port, path: &Path) -> Result<Box<dyn Keep<Self>>, String> {
        match Layout::of(port) {
            Layout::Wav => Ok(Box::new(keep::Wav::create(port, path)?)),
            _ => keep::array(port, path),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Kept for Event {
    fn recall(path: &Path, _: &Port, extent: Extent) -> Result<Box<dyn Recall<Self>>, String> {
        Ok(Box::new(recall::Lines::open(path, extent)?))
    }

    fn keep(port: &Port, path: &Path) -> Result<Box<dyn Keep<Self>>, String> {
        Ok(Box::new(keep::Lines::create(port, path)?))
    }

    fn is_same(&self, other: &Self) -> bool {
        self == other
    }

    fn moved(self, by: i64) -> Self {
        if !self.is_some() {
            return self;
        }
        Event { start: self.start.saturating_add_signed(by), end: self.end.saturating_add_signed(by), ..self }
    }
}

/// What is done with an edge whose element is known only now.
pub(crate) trait OfAny {
    /// What comes of it.
    type Done;
    /// Does it.
    fn of<T: Kept>(self) -> Self::Done;
}

/// Does something with an edge of this element.
pub(crate) fn of_any<W: OfAny>(element: Element, work: W) -> W::Done {
    match element {
        Element::I8 => work.of::<i8>(),
        Element::U8 => work.of::<u8>(),
        Element::I16 => work.of::<i16>(),
        Element::F32 => work.of::<f32>(),
        Element::Event => work.of::<Event>(),
    }
}
