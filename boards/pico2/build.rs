//! Plans the pipeline that `PIPELINE` names, or else `pipelines/yes_no_tiny.toml`, and writes it as Rust; with the feature `dut` also
//! the device under test of MLPerf Tiny for the benchmark `DUT`, of the model `MODEL`.

use std::error::Error;

use kws_engine::{Registry, firmware};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rustc-link-arg=-Tlink.x");
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rustc-check-cfg=cfg(rp2040)");
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    kws_devices::register(&mut registry);
    kws_devices::bind(&mut registry);
    let board = firmware::Board::read("../boards.toml", "pico2")?;
    if std::env::var_os("CARGO_FEATURE_DUT").is_some() {
        kws_devices::dut::build(&board)?;
    }
    Ok(firmware::build(&board, &registry)?)
}
