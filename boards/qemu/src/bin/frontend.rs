//! Runs TFLite Micro's front end on pseudo-random windows and tells what one took.

#![no_std]
#![no_main]

use kws_qemu::machine::{Clock, entry};
use kws_qemu::random::{Hash, Random};
use kws_qemu::report;
use kws_stages::audio::micro_frontend::{Analyser, CHANNELS, WINDOW};
use static_cell::ConstStaticCell;

#[allow(unreachable_pub, reason = "the build writes it for any crate")]
mod frontend {
    include!(concat!(env!("OUT_DIR"), "/frontend.rs"));
}
use frontend::{EXPECTED, FRONTEND, RUNS};

static ANALYSER: ConstStaticCell<Analyser<&kws_stages::audio::micro_frontend::Tables>> =
    ConstStaticCell::new(Analyser::new(&FRONTEND));

#[entry]
fn main() -> ! {
    let clock = Clock::start();
    let analyser = ANALYSER.take();
    let (mut random, mut hash, mut most) = (Random::new(), Hash::new(), 0);
    for run in 0..RUNS {
        let (window, mut features) = (random.window::<WINDOW>(run), [0; CHANNELS]);
        most = most.max(clock.count(|| analyser.process(&window, &mut features)));
        hash.add(features.iter().flat_map(|feature| feature.to_le_bytes()));
    }
    report::figure("instructions", most);
    report::end(hash.value(), EXPECTED);
}
