//! `kws-run`.
fn main() {}
