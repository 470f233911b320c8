//! Plans the pipeline that `PIPELINE` names, or else `pipelines/yes_no_micro.toml`, and writes it as Rust.

use kws_engine::{Registry, firmware};

fn main() -> Result<(), firmware::BuildError> {
    println!("cargo::rustc-link-arg=-Tlinkall.x");
    println!("cargo::rustc-check-cfg=cfg(esp32c3)");
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    kws_devices::register(&mut registry);
    kws_devices::bind(&mut registry);
    firmware::build(&firmware::Board::read("../boards.toml", "esp32c6")?, &registry)
}
