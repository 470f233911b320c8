//! What the page pushes, as the pipeline's source.

use std::cell::RefCell;
use std::thread::LocalKey;

use kws_engine::{Flow, Item, Stage, StageFault};

/// A microphone: samples of the page.
#[allow(dead_code, reason = "a pipeline has one of the two")]
pub(crate) type Mic<const N: usize> = Pushed<i16, N>;
/// A camera: pixels of the page.
#[allow(dead_code, reason = "as `Mic`")]
pub(crate) type Camera<const N: usize> = Pushed<u8, N>;

/// A source of what the page pushes, in blocks of `N` items.
pub(crate) struct Pushed<T, const N: usize>(pub(crate) std::marker::PhantomData<T>);

/// What its next firing gives.
pub(crate) enum Next<T> {
    /// Nothing yet.
    Nothing,
    /// So many ticks are missing.
    Lost(u64),
    /// A block.
    Block(Vec<T>),
}

/// What sources deliver, and what of it a page has.
pub(crate) trait Pushable: Item {
    /// Where the session puts what the next firing gives.
    const NEXT: &'static LocalKey<RefCell<Next<Self>>>;
    /// Of a sample from −1 to 1.
    fn of_unit(unit: f32) -> Self;
    /// Of a sample of 16 bits.
    fn of_sample(sample: i16) -> Self;
    /// Of a pixel.
    fn of_pixel(pixel: u8) -> Self;
}

thread_local! {
    static SAMPLES: RefCell<Next<i16>> = const { RefCell::new(Next::Nothing) };
    static PIXELS: RefCell<Next<u8>> = const { RefCell::new(Next::Nothing) };
}

impl Pushable for i16 {
    const NEXT: &'static LocalKey<RefCell<Next<Self>>> = &SAMPLES;

    /// As `kws::Samples` does it: to the nearest, and limited.
    fn of_unit(unit: f32) -> Self {
        let scaled = unit * 32_768.0;
        (scaled + 0.5_f32.copysign(scaled)) as i16
    }

    fn of_sample(sample: i16) -> Self {
        sample
    }

    fn of_pixel(pixel: u8) -> Self {
        pixel.into()
    }
}

impl Pushable for u8 {
    const NEXT: &'static LocalKey<RefCell<Next<Self>>> = &PIXELS;

    fn of_unit(unit: f32) -> Self {
        unit as u8
    }

    fn of_sample(sample: i16) -> Self {
        sample as u8
    }

    fn of_pixel(pixel: u8) -> Self {
        pixel
    }
}

impl<T: Pushable, const N: usize> Stage for Pushed<T, N> {
    type In = ();
    type Out = T;

    fn process(&mut self, (): (), block: &mut [T]) -> Result<Flow, StageFault> {
        Ok(match T::NEXT.replace(Next::Nothing) {
            Next::Nothing => Flow::Skip,
            Next::Lost(ticks) => Flow::Lost(ticks),
            Next::Block(items) => {
                block.copy_from_slice(&items);
                Flow::Emit
            }
        })
    }
}
