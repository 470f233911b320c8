//! Links for the machine that `MACHINE` names.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use kws_engine::firmware::Board;

use crate::setting;

/// The emulated machine that the build is for.
pub(crate) struct Machine {
    pub(crate) board: Board,
    target: String,
    /// Ticks of its timer in a second.
    timer: String,
    /// Where flash and RAM begin.
    flash: String,
    ram: String,
    /// Where the page for enrolled words begins.
    page: String,
}

/// Bytes of the page.
const PAGE: usize = 4096;

impl Machine {
    /// The machine that `MACHINE` names.
    pub(crate) fn chosen() -> Result<Self, Box<dyn Error>> {
        println!("cargo::rerun-if-changed=machines");
        let (name, table) = (setting("MACHINE", "mps2-an386"), fs::read_to_string("machines")?);
        let rows = || table.lines().filter(|line| !line.starts_with('#')).map(str::split_whitespace);
        let Some(mut row) = rows().find(|row| row.clone().next() == Some(&name)) else {
            let names: Vec<&str> = rows().filter_map(|mut row| row.next()).collect();
            return Err(format!("no machine `{name}`; `MACHINE` may name `{}`", names.join("`, `")).into());
        };
        let mut next = || row.next().map(str::to_owned).ok_or("`machines`: too few columns");
        let [name, target, timer, flash, ram, page] = [next()?, next()?, next()?, next()?, next()?, next()?];
        let found = env::var("TARGET")?;
        if found != target {
            return Err(
                format!("`{name}` is built for `{target}`, found `{found}`; `./run` builds for it").into()
            );
        }
        let board = Board::read("../boards.toml", &name).map_err(|failure| failure.to_string())?;
        Ok(Self { board, target, timer, flash, ram, page })
    }

    /// Tells the compiler and the linker of it.
    pub(crate) fn link(&self, out: &Path) -> Result<(), Box<dyn Error>> {
        let Self { board, target, timer, flash, ram, page } = self;
        let mut memory = format!(
            "MEMORY\n{{\n  FLASH : ORIGIN = {flash}, LENGTH = {}\n  RAM : ORIGIN = {ram}, LENGTH = {}\n}}\n_page = {page};\n",
            board.flash - PAGE,
            board.ram
        );
        if target.starts_with("riscv") {
            for region in ["TEXT", "RODATA"] {
                memory += &format!("REGION_ALIAS(\"REGION_{region}\", FLASH);\n");
            }
            for region in ["DATA", "BSS", "HEAP", "STACK"] {
                memory += &format!("REGION_ALIAS(\"REGION_{region}\", RAM);\n");
            }
        }
        fs::write(out.join("memory.x"), memory)?;
        println!("cargo::rustc-link-search={}", out.display());
        println!("cargo::rustc-link-arg=-Tlink.x");
        let flash = u32::from_str_radix(flash.trim_start_matches("0x"), 16)?;
        println!("cargo::rustc-env=TIMER_HZ={timer}");
        println!("cargo::rustc-env=FLASH={flash}");
        Ok(())
    }
}
