//! Plans the pipeline that `PIPELINE` names, and for the binaries that measure them the model that `MODEL` names, for the
//! machine that `MACHINE` names; writes them as Rust source. `DUT` is the benchmark of MLPerf Tiny that the model is for.

mod machine;
mod measured;
mod tap;

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use kws_devices::dut;
use kws_engine::{Registry, firmware};

use machine::Machine;
use tap::TapParams;

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    let machine = Machine::chosen()?;
    machine.link(out)?;
    // `kernels` compares those of the core.
    println!("cargo::rustc-check-cfg=cfg(helium)");
    if machine.board.core.kernels == "helium" {
        println!("cargo::rustc-cfg=helium");
    }
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    kws_devices::bind(&mut registry);
    registry.add::<TapParams>();
    if env::var_os("CARGO_FEATURE_SWW").is_some() {
        dut::bind(&mut registry);
        firmware::build_as(&machine.board, &registry, |pipeline| dut::listen(pipeline, &registry))?;
    } else {
        firmware::build(&machine.board, &registry)?;
    }
    fs::write(out.join("model.rs"), measured::model()?)?;
    fs::write(out.join("dut.rs"), measured::dut(&machine.board.name)?)?;
    fs::write(out.join("frontend.rs"), measured::frontend())?;
    Ok(())
}

/// A setting of the environment; the build runs again when it changes.
fn setting(name: &str, otherwise: &str) -> String {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}
