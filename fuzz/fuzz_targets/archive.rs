//! Unpacks hostile bytes as an archive: nothing is written outside its folder, nor more than the ceiling.
#![no_main]

use kws_fuzz::{file, folder};
use libfuzzer_sys::fuzz_target;

/// The part of `kws-lab` that unpacks, without the training framework beside it.
#[path = "../../lab/src/corpus"]
mod corpus {
    pub(crate) mod disk;
    #[allow(dead_code)]
    pub(crate) mod progress;
    #[path = "fetch/unpack.rs"]
    pub(crate) mod unpack;
}

fuzz_target!(|bytes: &[u8]| {
    let archive = file("archive", bytes);
    let room = folder();
    let _ = corpus::unpack::unpack(&archive, &room.path().join("inside"));
    let outside = std::fs::read_dir(room.path()).expect("the folder is there").flatten();
    let stray: Vec<_> = outside.map(|file| file.file_name()).filter(|name| name != "inside").collect();
    assert!(stray.is_empty(), "{stray:?}");
});
