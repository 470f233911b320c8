//! Wrappers: stages for any edge that pass every block on unchanged, and the source that plays their recordings.

mod element;
mod fault;
mod keep;
mod npy;
mod recall;
mod record;
mod recording;
mod replay;

pub(crate) use element::{Kept, OfAny, of_any};
pub use fault::FaultParams;
pub(crate) use keep::Keeper;
pub(crate) use recall::{Moment, Recorded, read_port};
pub use record::RecordParams;
pub(crate) use recording::{Files, PORT, write_whole};
pub use replay::ReplayParams;

use kws_engine::{Cost, Design, Element, Event, Item, Node, Port, Registry, Simple, StageFault};

/// Adds every wrapper of this crate to a registry.
pub fn register(registry: &mut Registry) {
    registry.add::<FaultParams>().add::<RecordParams>().add::<ReplayParams>();
}

/// Makes a stage for an element that is known only now.
pub(crate) trait Make {
    fn make<T: Item>(&self) -> Result<Box<dyn Node>, StageFault>;
}

/// A design that makes a stage for whatever element a port carries.
pub(crate) fn for_any(port: Port, make: impl Make + Send + Sync + 'static) -> Box<dyn Design> {
    let element = port.element;
    Simple::boxed(Some(port), Cost::default(), move || match element {
        Element::I8 => make.make::<i8>(),
        Element::U8 => make.make::<u8>(),
        Element::I16 => make.make::<i16>(),
        Element::F32 => make.make::<f32>(),
        Element::Event => make.make::<Event>(),
    })
}
