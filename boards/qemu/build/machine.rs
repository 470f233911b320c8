//! Links for the machine that `MACHINE` names.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use crate::setting;

/// What the build needs to know of a machine: a row of the file `machines`.
pub(crate) struct Machine {
    pub(crate) name: String,
    target: String,
    timer: String,
    /// Origin and length.
    flash: [String; 2],
    ram: [String; 2],
}

impl Machine {
    /// The machine that `MACHINE` names.
    pub(crate) fn chosen() -> Result<Self, Box<dyn Error>> {
        println!("cargo::rerun-if-changed=machines");
        let (name, table) = (setting("MACHINE", "mps2-an386"), fs::read_to_string("machines")?);
        let rows = || table.lines().filter(|line| !line.starts_with('#')).map(str::split_whitespace);
        let Some(row) = rows().find(|row| row.clone().next() == Some(&name)) else {
            let names: Vec<&str> = rows().filter_map(|mut row| row.next()).collect();
            return Err(format!("no machine `{name}`; `MACHINE` may name `{}`", names.join("`, `")).into());
        };
        let columns: Vec<String> = row.take(7).map(str::to_owned).collect();
        let columns: [String; 7] = columns.try_into().map_err(|_| format!("`machines`: too few columns for `{name}`"))?;
        let [name, target, timer, flash, flash_length, ram, ram_length] = columns;
        let machine = Self { name, target, timer, flash: [flash, flash_length], ram: [ram, ram_length] };
        let target = env::var("TARGET")?;
        if target != machine.target {
            let Self { name, target: wanted, .. } = machine;
            return Err(format!("`{name}` is built with `--target {wanted}`, found `{target}`; `./run` does").into());
        }
        Ok(machine)
    }

    /// Tells the compiler and the linker of it.
    pub(crate) fn link(&self, out: &Path) -> Result<(), Box<dyn Error>> {
        let ([flash, flash_length], [ram, ram_length]) = (&self.flash, &self.ram);
        let mut memory = format!(
            "MEMORY\n{{\n  FLASH : ORIGIN = {flash}, LENGTH = {flash_length}\n  RAM : ORIGIN = {ram}, LENGTH = {ram_length}\n}}\n"
        );
        if self.target.starts_with("riscv") {
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
        println!("cargo::rustc-env=TIMER_HZ={}", self.timer);
        let origin = u32::from_str_radix(flash.trim_start_matches("0x"), 16)?;
        println!("cargo::rustc-env=FLASH={origin}");
        Ok(())
    }
}
