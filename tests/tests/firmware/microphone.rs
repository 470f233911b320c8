//! A microphone that plays the repository's recording, and stalls and overruns at set times.

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use kws_engine::{Block, Flow, Pipeline, Plan, Stage, StageFault, node};
use kws_tests::root;

/// Blocks from one overrun to the next, and the samples that each of them loses: no whole number of blocks.
const LOSES_EVERY: usize = 701;
const LOSES: usize = 1111;
/// Turns from one without a block to the next.
const STALLS_EVERY: usize = 53;

/// The samples of the recording.
static SAMPLES: LazyLock<Arc<[i16]>> = LazyLock::new(|| {
    let toml =
        "[[stage]]\nkind = 'audio_file'\npath = 'yes_no.flac'\n\n[[stage]]\nkind = 'gain'\nfactor = 1\n";
    let folder = root().join("pipelines/recordings");
    let mut registry = kws_host::registry();
    crate::own_stage::register(&mut registry);
    let plan = Plan::new(&Pipeline::parse(toml, "samples.toml", Path::new(&folder)).unwrap(), &registry);
    let heard: Arc<Mutex<Vec<i16>>> = Arc::default();
    plan.unwrap_or_else(|error| panic!("{error}"))
        .run_here(|stage, made| if stage.kind == "gain" { node(Ear(heard.clone())) } else { made })
        .unwrap();
    let samples = heard.lock().unwrap();
    samples.as_slice().into()
});

struct Ear(Arc<Mutex<Vec<i16>>>);

impl Stage for Ear {
    type In = i16;
    type Out = i16;

    fn process(&mut self, input: Block<'_, i16>, _: &mut [i16]) -> Result<Flow, StageFault> {
        self.0.lock().unwrap().extend_from_slice(&input);
        Ok(Flow::Skip)
    }
}

/// What firmware is given as its microphone.
pub struct Mic<const BLOCK: usize> {
    samples: Arc<[i16]>,
    place: usize,
    turn: usize,
}

#[allow(clippy::new_without_default, reason = "a microphone has no default")]
impl<const BLOCK: usize> Mic<BLOCK> {
    /// At the begin of the recording.
    pub fn new() -> Self {
        Mic { samples: SAMPLES.clone(), place: 0, turn: 0 }
    }
}

impl<const BLOCK: usize> Stage for Mic<BLOCK> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), output: &mut [i16]) -> Result<Flow, StageFault> {
        self.turn += 1;
        if self.turn.is_multiple_of(STALLS_EVERY) {
            return Ok(Flow::Skip);
        }
        if self.turn.is_multiple_of(LOSES_EVERY) {
            self.place += LOSES;
            return Ok(Flow::Lost(LOSES as u64));
        }
        let Some(samples) = self.samples.get(self.place..self.place + output.len()) else {
            return Ok(Flow::End);
        };
        output.copy_from_slice(samples);
        self.place += output.len();
        Ok(Flow::Emit)
    }
}
