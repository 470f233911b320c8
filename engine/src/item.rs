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

macro_rules! item {
    ($($type:ty => $element:ident $({ $($renew:tt)* })?),*) => {$(
        impl sealed::Sealed for $type {}
        impl Item for $type {
            const ELEMENT: Element = Element::$element;

            $($($renew)*)?

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

item!(i8 => I8, u8 => U8, i16 => I16, f32 => F32, Event => Event {
    fn renew(latest: &mut [Self], block: &[Self]) {
        for (latest, event) in latest.iter_mut().zip(block).filter(|(_, event)| event.is_some()) {
            *latest = *event;
        }
    }
});
