//! What a hostile client says to the Wyoming service: answers, or a refusal, and the same however the bytes are cut. The
//! first byte says how long the pieces are.
#![no_main]

use std::cell::RefCell;
use std::path::Path;

use kws_server::fuzzing::Served;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SERVED: RefCell<Served> = RefCell::new(Served::new(
        kws::Pipeline::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../pipelines/yes_no_tiny.toml")))
            .expect("the pipeline is there"),
    ));
}

fuzz_target!(|bytes: &[u8]| {
    let Some((piece, said)) = bytes.split_first() else { return };
    SERVED.with_borrow_mut(|served| {
        let whole = served.take(said, said.len());
        assert_eq!(served.take(said, usize::from(*piece)), whole);
    });
});
