//! What `model` and `frontend` run, as source, and what this computer makes of the same inputs.

use std::error::Error;
use std::fs;
use std::path::Path;

use kws_devices::dut::{self, Benchmark};
use kws_stages::audio::micro_frontend::{Analyser, CHANNELS, Reference, Tables, WINDOW, tables_code};
use kws_stages::nn::kernels::KernelSet;
use kws_stages::nn::{Model, kernels_code, model_code};

use crate::setting;

#[allow(unreachable_pub, reason = "the firmware's library is built of this file too")]
#[path = "../src/random.rs"]
#[allow(dead_code, reason = "the board draws more from it")]
mod random;
use random::{Hash, Random};

/// A model that is always at hand.
const MODEL: &str = "../../pipelines/models/yes_no_tiny/model.tflite";
/// Runs of the model, and windows of the front end, that firmware and host are compared on.
const RUNS: u32 = 8;

/// The model as source, and what this computer makes of its inputs.
pub(crate) fn model() -> Result<String, Box<dyn Error>> {
    let (path, kernels) = (setting("MODEL", MODEL), setting("KERNELS", "dsp"));
    println!("cargo::rerun-if-changed={path}");
    println!("cargo::rerun-if-changed=src/random.rs");
    let bytes = fs::read(&path).map_err(|error| format!("`{path}`, which `MODEL` names: {error}"))?;
    let plain = KernelSet::named("plain").ok_or("no plain kernels")?;
    let set = KernelSet::named(&kernels)
        .ok_or_else(|| format!("`KERNELS` names `{kernels}`; expected `helium`, `dsp` or `plain`"))?;
    let (expected, model) = (Model::open_for(&bytes, plain)?, Model::open_for(&bytes, set)?);
    let (plan, kernels) = (model_code(&model, "model"), kernels_code(&model));
    let (arena, multiplications) = (model.arena_bytes(), model.macs());
    Ok(format!(
        "// Written by the build from `{path}`.\n{plan}{kernels}\n\
         /// The plan.\npub const PLAN: {} = {};\n\
         /// Its kernels.\npub const KERNELS: {} = {};\n\
         /// Bytes of its arena.\npub const ARENA: usize = {arena};\n\
         /// Multiplications of weights in a run.\npub const MULTIPLICATIONS: u64 = {multiplications};\n\
         /// Runs that are compared.\npub const RUNS: u32 = {RUNS};\n\
         /// Hash of the outputs of these runs, from the host's plain kernels.\npub const EXPECTED: u32 = {};\n",
        plan.of,
        plan.value,
        kernels.of,
        kernels.value,
        outputs(&expected),
    ))
}

/// The model as a device under test, for the benchmark that `DUT` names.
pub(crate) fn dut(machine: &str) -> Result<String, Box<dyn Error>> {
    let (path, chosen) = (setting("MODEL", MODEL), setting("DUT", ""));
    let benchmark = if chosen.is_empty() { Benchmark::Kws01 } else { chosen.parse()? };
    match dut::source(machine, &setting("KERNELS", "dsp"), Path::new(&path), benchmark) {
        // Nobody asked for this device.
        Err(reason) if chosen.is_empty() => Ok(format!("compile_error!({reason:?});\n")),
        source => Ok(source?),
    }
}

/// Hash of the outputs of all runs.
fn outputs(model: &Model) -> u32 {
    let (mut random, mut hash, mut arena) = (Random::new(), Hash::new(), model.arena());
    for run in 0..RUNS {
        model.plan().input_mut(&mut arena).fill_with(|| random.byte(run));
        model.run(&mut arena);
        hash.add(model.plan().output(&arena).iter().map(|byte| *byte as u8));
    }
    hash.value()
}

/// The front end's tables as source, and what this computer makes of its windows.
pub(crate) fn frontend() -> String {
    let tables = Tables::new(Reference::CLibrary);
    let code = tables_code(&tables, "frontend");
    let mut analyser = Analyser::new(tables);
    let (mut random, mut hash) = (Random::new(), Hash::new());
    for run in 0..RUNS {
        let (window, mut features) = (random.window::<WINDOW>(run), [0; CHANNELS]);
        analyser.process(&window, &mut features);
        hash.add(features.iter().flat_map(|feature| feature.to_le_bytes()));
    }
    format!(
        "// Written by the build.\n{code}\n\
         /// Windows that are compared.\npub const RUNS: u32 = {RUNS};\n\
         /// Hash of their features, from the host.\npub const EXPECTED: u32 = {};\n",
        hash.value()
    )
}
