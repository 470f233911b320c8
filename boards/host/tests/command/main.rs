//! The program `kws-run` as a person or a script meets it: what it writes where, and how it ends.

mod bench;
mod interrupting;
mod recording;
mod running;
mod showing;
mod usage;
