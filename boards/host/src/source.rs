//! Sources: what a pipeline on a computer listens to and looks at.

mod audio_file;
mod camera;
mod image_files;
mod mic;
mod player;
mod raw;
mod video_file;

pub use audio_file::AudioFileParams;
use camera::Camera;
pub use image_files::ImageFilesParams;
use mic::Mic;
pub use raw::RawParams;
pub use video_file::VideoFileParams;
#[cfg(fuzzing)]
pub(crate) use video_file::show;

use kws_engine::{Cost, Design, Element, Node, Port, Registry, Role, Simple, Site, StageFault};

/// Adds every source of this crate to a registry.
pub fn register(registry: &mut Registry) {
    registry.add::<AudioFileParams>().add::<Mic>().add::<RawParams>();
    registry.add::<Camera>().add::<ImageFilesParams>().add::<VideoFileParams>();
}

/// Milliseconds of a block where neither the file nor the pipeline asks for another.
const BLOCK_MS: u64 = 10;

/// The port of a source of samples. Its block is what the file says, else what the pipeline needs, else 10 ms.
fn samples(element: Element, rate: u32, block: Option<u32>, site: &Site<'_>) -> Port {
    let usual = (u64::from(rate) * BLOCK_MS / 1000).max(1);
    let block = block.map(u64::from).or(site.block).unwrap_or(usual);
    Port::source(element, vec![block as usize], Role::SAMPLES, rate, block)
}

/// The design of a source that may know how long its stream is.
struct Lasting<F> {
    design: Box<dyn Design>,
    seconds: F,
}

impl<F: Fn() -> Option<f64> + Send + Sync + 'static> Lasting<F> {
    fn boxed(design: Box<dyn Design>, seconds: F) -> Box<dyn Design> {
        Box::new(Lasting { design, seconds })
    }
}

impl<F: Fn() -> Option<f64> + Send + Sync> Design for Lasting<F> {
    fn output(&self) -> Option<Port> {
        self.design.output()
    }

    fn seconds(&self) -> Option<f64> {
        (self.seconds)()
    }

    fn build(&self) -> Result<Box<dyn Node>, StageFault> {
        self.design.build()
    }
}

/// What stands for a device that is not here: the pipeline can be planned, and cannot run.
fn absent(what: &str, port: Port, why: &str, help: &str, site: &Site<'_>) -> Box<dyn Design> {
    let text = format!("{why}; {help}");
    site.notice(format!("no {what}: {text}"));
    Simple::boxed(Some(port), Cost::default(), move || Err(StageFault::because(text.clone())))
}

fn default_rate() -> u32 {
    16_000
}
