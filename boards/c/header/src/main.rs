//! Writes `kws.h` from the sources of `kws-c`; with `--check`, says whether it is current. A package of its own, since the
//! library would otherwise be compiled again with cbindgen's features of shared crates.

use std::path::Path;

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = folder.join("kws.h");
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => std::fs::write(&path, made(folder)?).with_context(|| path.display().to_string()),
        ["--check"] if std::fs::read(&path).unwrap_or_default() == made(folder)? => Ok(()),
        ["--check"] => bail!("`boards/c/kws.h` is not current: `cargo run -p kws-c-header` writes it"),
        _ => bail!("usage: kws-c-header [--check]"),
    }
}

/// The header that the sources give.
fn made(folder: &Path) -> Result<Vec<u8>> {
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).map_err(anyhow::Error::msg)?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in ["error", "event", "pipeline", "session"] {
        builder = builder.with_src(folder.join(format!("src/{source}.rs")));
    }
    let mut header = Vec::new();
    builder.generate().context("the header cannot be made")?.write(&mut header);
    Ok(header)
}
