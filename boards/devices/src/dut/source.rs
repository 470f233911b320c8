//! A device under test as source, for the build of a board.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use kws_engine::firmware;
use kws_stages::nn::kernels::KernelSet;
use kws_stages::nn::{Model, kernels_code, model_code};
use sha2::{Digest, Sha256};

use super::{Benchmark, Ends};

/// SHA-256 of a model's file, as devices tell it.
pub fn hash(model: &[u8]) -> String {
    Sha256::digest(model).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Rust constants of a device under test: the model `PLAN` with its `KERNELS` and bytes of its `ARENA`, and what [`Dut`](super::Dut) and
/// [`Board`](super::Board) need: `BENCHMARK`, `ENDS`, bytes of an `INPUT`, the `BOARD`'s name and the model's `SHA256`.
///
/// # Errors
/// Says why the model cannot be read, or is none for this benchmark.
pub fn source(board: &str, kernels: &str, model: &Path, benchmark: Benchmark) -> Result<String, String> {
    let wrong = |reason: String| format!("`{}`: {reason}", model.display());
    let set = KernelSet::named(kernels).ok_or_else(|| format!("no kernels `{kernels}`"))?;
    let bytes = fs::read(model).map_err(|error| wrong(error.to_string()))?;
    let opened = Model::open_for(&bytes, set).map_err(|error| wrong(error.to_string()))?;
    let ends = Ends::of(&opened, benchmark).map_err(wrong)?;
    let (plan, kernels) = (model_code(&opened, "model"), kernels_code(&opened));
    Ok(format!(
        "// Written by the build.\n{plan}{kernels}\n\
         use kws_devices::dut::{{Benchmark, Ends, Quantised}};\n\
         /// The plan.\npub const PLAN: {} = {};\n\
         /// Its kernels.\npub const KERNELS: {} = {};\n\
         /// Bytes of its arena.\npub const ARENA: usize = {};\n\
         /// The benchmark.\npub const BENCHMARK: Benchmark = Benchmark::{benchmark:?};\n\
         /// The model's ends.\npub const ENDS: Ends = {ends:?};\n\
         /// Bytes of an input.\npub const INPUT: usize = BENCHMARK.input_bytes(&ENDS);\n\
         /// The board.\npub const BOARD: &str = {board:?};\n\
         /// SHA-256 of the model's file.\npub const SHA256: &str = {:?};\n",
        plan.of,
        plan.value,
        kernels.of,
        kernels.value,
        opened.arena_bytes(),
        hash(&bytes),
    ))
}

/// For a board's build script: writes the device under test of the model that the environment's `MODEL` names, for the benchmark `DUT`,
/// to `$OUT_DIR/dut.rs`.
///
/// # Errors
/// When one of them is not set or wrong, or the model is none for the benchmark.
pub fn build(board: &firmware::Board) -> Result<(), Box<dyn Error>> {
    let setting = |name: &str| {
        println!("cargo::rerun-if-env-changed={name}");
        env::var(name).map_err(|error| format!("`{name}`: {error}"))
    };
    let (model, benchmark) = (setting("MODEL")?, setting("DUT")?.parse()?);
    println!("cargo::rerun-if-changed={model}");
    let source = source(&board.name, &board.core.kernels, model.as_ref(), benchmark)?;
    Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("dut.rs"), source)?)
}
