//! Kinds of these tests, which the build script writes and the tests run.

mod event;
mod join;
mod sink;
mod source;
mod through;

use std::collections::BTreeMap;
use std::sync::Mutex;

use kws_engine::firmware::Code;
use kws_engine::{Design, DesignError, Registry};

pub use event::{About, Mark};
pub use join::{Door, Pair, Three};
pub use sink::{Keep, KeepAll};
pub use source::Count;
pub use through::{Every, Frail, Gain, Holes};

type Designed = Result<Box<dyn Design>, DesignError>;

/// Adds all of them.
pub fn register(registry: &mut Registry) {
    registry
        .add::<source::CountParams>()
        .add::<through::GainParams>()
        .add::<through::EveryParams>()
        .add::<through::HolesParams>();
    registry.add::<join::DoorParams>().add::<join::PairParams>().add::<join::ThreeParams>();
    registry.add::<sink::KeepParams>().add::<sink::KeepAllParams>();
    registry
        .add::<kws_stages::CaptureParams>()
        .add::<event::MarkParams>()
        .add::<event::AboutParams>()
        .add::<through::FrailParams>();
}

/// What a sink saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    Block(usize, u64, Vec<f32>),
    Reset,
    Finish,
}

/// What every sink of a run saw, by its name.
pub static SEEN: Mutex<BTreeMap<&'static str, Vec<Seen>>> = Mutex::new(BTreeMap::new());

fn note(name: &'static str, seen: Seen) {
    SEEN.lock().unwrap().entry(name).or_default().push(seen);
}

/// What the code of a stage without memory of its own is.
fn code(site: &kws_engine::firmware::EmitSite<'_>, of: &str, value: String) -> Code {
    let mut code = Code::new(site);
    code.uses(&format!("crate::kinds::{of}"));
    code.is(of, value)
}
