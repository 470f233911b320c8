//! Plans the pipeline that `PIPELINE` names, or else `pipelines/yes_no_tiny.toml`, and writes it as Rust.

use kws_engine::{Registry, firmware};

fn main() -> Result<(), firmware::BuildError> {
    println!("cargo::rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rustc-link-arg=-Tlink.x");
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rustc-check-cfg=cfg(rp2040)");
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    kws_devices::register(&mut registry);
    kws_devices::bind(&mut registry);
    firmware::build(&firmware::Board::read("../boards.toml", "pico2")?, &registry)
}
