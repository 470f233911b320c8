//! Runs one model on pseudo-random inputs and tells what it took.

#![no_std]
#![no_main]

use kws_qemu::machine::{Clock, entry};
use kws_qemu::random::{Hash, Random};
use kws_qemu::report;
use static_cell::ConstStaticCell;

#[allow(unreachable_pub, clippy::legacy_numeric_constants, reason = "the build writes it for any crate")]
mod model {
    include!(concat!(env!("OUT_DIR"), "/model.rs"));
}
use model::{ARENA, EXPECTED, KERNELS, MULTIPLICATIONS, PLAN, RUNS};

/// Memory that a kernel may load whole words of.
#[repr(align(16))]
struct Arena([i8; ARENA]);

static MEMORY: ConstStaticCell<Arena> = ConstStaticCell::new(Arena([0; ARENA]));

#[entry]
fn main() -> ! {
    let clock = Clock::start();
    let Arena(arena) = MEMORY.take();
    PLAN.reset_with(KERNELS, arena);
    let (mut random, mut hash, mut most) = (Random::new(), Hash::new(), 0);
    for run in 0..RUNS {
        PLAN.input_mut(arena).fill_with(|| random.byte(run));
        most = most.max(clock.count(|| PLAN.run_with(KERNELS, arena)));
        hash.add(PLAN.output(arena).iter().map(|byte| *byte as u8));
    }
    report::figure("instructions", most);
    report::figure("multiplications", MULTIPLICATIONS);
    report::figure("arena", ARENA as u64);
    report::end(hash.value(), EXPECTED);
}
