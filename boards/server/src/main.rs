//! `kws-serve`: see [`kws_server::command`].

use std::process::ExitCode;

fn main() -> ExitCode {
    kws_server::command::run()
}
