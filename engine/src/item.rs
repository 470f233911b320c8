//! Elements of a stream.

use crate::event::Event;

/// What one item of a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "std", serde(rename_all = "lowercase"))]
pub enum Element {
    /// Signed byte: quantised features, weights and posteriors.
    I8,
    /// Unsigned byte: pixels.
    U8,
    /// Signed 16-bit integer: audio samples.
    I16,
    /// IEEE single: windowed frames, spectra, features, scores.
    F32,
    /// A detection, see [`Event`].
    Event,
}

impl Element {
    /// Size of one item in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Element::I8 | Element::U8 => 1,
            Element::I16 => 2,
            Element::F32 => 4,
            Element::Event => core::mem::size_of::<Event>(),
        }
    }

    /// The name that messages and files use.
    pub const fn name(self) -> &'static str {
        match self {
            Element::I8 => "i8",
            Element::U8 => "u8",
            Element::I16 => "i16",
            Element::F32 => "f32",
            Element::Event => "event",
        }
    }
}

impl core::fmt::Display for Element {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// A type that streams can carry. The set is closed: `i8`, `u8`, `i16`, `f32` and [`Event`].
pub trait Item: Copy + Default + Send + Sync + 'static + sealed::Sealed {
    /// The value that names this type at run time.
    const ELEMENT: Element;

    /// Takes a later block in where the latest is kept: all of it; of events the newest of each place.
    #[doc(hidden)]
    fn renew(latest: &mut [Self], block: &[Self]) {
        latest.copy_from_slice(block);
    }

    /// Hands over the bytes of the item as they travel between machines, the lowest first: as many as
    /// [`Element::bytes`](Element::bytes) on a computer.
    fn to_wire(self, put: &mut impl FnMut(u8));

    /// The item of bytes that [`to_wire`](Self::to_wire) wrote; missing ones count as zero.
    fn from_wire(bytes: &[u8]) -> Self;

    /// The items of `buffer`, or `None` when it holds another element.
    #[cfg(feature = "std")]
    fn items(buffer: &crate::Buffer) -> Option<&[Self]>;

    /// The items of `buffer` for writing, or `None` when it holds another element.
    #[cfg(feature = "std")]
    fn items_mut(buffer: &mut crate::Buffer) -> Option<&mut [Self]>;
}

mod sealed {
    pub trait Sealed {}
}

/// How a number travels.
macro_rules! number {
    ($type:ty) => {
        fn to_wire(self, put: &mut impl FnMut(u8)) {
            self.to_le_bytes().into_iter().for_each(put);
        }

        fn from_wire(bytes: &[u8]) -> Self {
            Self::from_le_bytes(taken(bytes, 0))
        }
    };
}

/// How an event travels.
macro_rules! event {
    ($type:ty) => {
        fn to_wire(self, put: &mut impl FnMut(u8)) {
            let Event { label, point, score, start, end } = self;
            let names = label.to_le_bytes().into_iter().chain(point.to_le_bytes());
            let times = start.to_le_bytes().into_iter().chain(end.to_le_bytes());
            names.chain(score.to_le_bytes()).chain(times).for_each(put);
        }

        fn from_wire(bytes: &[u8]) -> Self {
            Event {
                label: u16::from_le_bytes(taken(bytes, 0)),
                point: u16::from_le_bytes(taken(bytes, 2)),
                score: f32::from_le_bytes(taken(bytes, 4)),
                start: u64::from_le_bytes(taken(bytes, 8)),
                end: u64::from_le_bytes(taken(bytes, 16)),
            }
        }
    };
}

/// Bytes from a place on.
fn taken<const N: usize>(bytes: &[u8], from: usize) -> [u8; N] {
    bytes.get(from..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

macro_rules! item {
    ($($type:ty => $element:ident by $wire:ident $({ $($renew:tt)* })?),*) => {$(
        impl sealed::Sealed for $type {}
        impl Item for $type {
            const ELEMENT: Element = Element::$element;

            $($($renew)*)?

            $wire!($type);

            #[cfg(feature = "std")]
            fn items(buffer: &crate::Buffer) -> Option<&[Self]> {
                if let crate::Buffer::$element(items) = buffer { Some(items) } else { None }
            }

            #[cfg(feature = "std")]
            fn items_mut(buffer: &mut crate::Buffer) -> Option<&mut [Self]> {
                if let crate::Buffer::$element(items) = buffer { Some(items) } else { None }
            }
        }
    )*};
}

item!(i8 => I8 by number, u8 => U8 by number, i16 => I16 by number, f32 => F32 by number, Event => Event by event {
    fn renew(latest: &mut [Self], block: &[Self]) {
        for (latest, event) in latest.iter_mut().zip(block).filter(|(_, event)| event.is_some()) {
            *latest = *event;
        }
    }
});
