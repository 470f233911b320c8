//! What the build script of a board has written, as modules of its firmware.

/// Takes in the pipeline as the module `pipeline` and, with `cfg(linked)`, its link with another place as `uplink`, with the memory
/// that the link holds its blocks in. The pipeline names the board's devices as they are called where this stands.
#[macro_export]
macro_rules! generated {
    () => {
        #[allow(
            unreachable_pub,
            dead_code,
            clippy::legacy_numeric_constants,
            clippy::type_complexity,
            reason = "the build writes it for any crate, and what listens to a microphone does not finish"
        )]
        mod pipeline {
            include!(concat!(env!("OUT_DIR"), "/pipeline.rs"));
        }

        /// The link with another place.
        #[cfg(linked)]
        #[allow(unreachable_pub, reason = "the build writes it for any crate")]
        mod uplink {
            include!(concat!(env!("OUT_DIR"), "/uplink.rs"));

            use kws_link::Outbox;
            use static_cell::{ConstStaticCell, StaticCell};

            pub(crate) static HELD: ConstStaticCell<[u8; ROOM]> = ConstStaticCell::new([0; ROOM]);
            pub(crate) static OUTBOXES: StaticCell<[Outbox<&'static mut [u8]>; EDGES.len()]> =
                StaticCell::new();
        }
    };
}
