//! `kws-run`: see [`kws_host::command`].

use std::process::ExitCode;

fn main() -> ExitCode {
    kws_host::command::run(&kws_host::registry())
}
