//! The kernels for Arm's DSP extension against the plain ones, bit for bit, on random shapes, strides, dilations,
//! paddings and extreme values.

#![no_std]
#![no_main]

mod cases;

use cases::{Bench, CASES};
use kws_qemu::machine::entry;
use kws_qemu::random::Random;
use semihosting::{println, process};
use static_cell::ConstStaticCell;

static BENCH: ConstStaticCell<Bench> = ConstStaticCell::new(Bench::new());

#[entry]
fn main() -> ! {
    let (bench, random) = (BENCH.take(), &mut Random::new());
    let mut failed = false;
    let kinds: [(&str, fn(&mut Bench, &mut Random) -> Option<bool>); 4] = [
        ("convolution", Bench::convolution),
        ("depthwise", Bench::depthwise),
        ("depthwise of one channel", Bench::single),
        ("fully connected", Bench::fully_connected),
    ];
    for (name, case) in kinds {
        let mut packed = 0;
        for number in 0..CASES {
            match case(bench, random) {
                Some(true) => packed += 1,
                Some(false) => {
                    println!("{name}: case {number} differs from the plain kernel");
                    failed = true;
                }
                None => {}
            }
        }
        // Most cases must have a packed form, or the test would show nothing.
        failed |= packed < CASES * 3 / 4;
        println!("{name}: {packed} of {CASES} random cases packed and equal to the plain kernel");
    }
    process::exit(i32::from(failed));
}
