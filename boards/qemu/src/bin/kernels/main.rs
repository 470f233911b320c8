//! The kernels for Arm's DSP extension, and on a core with Helium those for it, against the plain ones, bit for bit, on
//! random shapes, strides, dilations, paddings and extreme values.

#![no_std]
#![no_main]

mod cases;
mod sets;

use cases::{Bench, CASES};
use kws_qemu::machine::entry;
use kws_qemu::random::Random;
use kws_stages::nn::kernels::Dsp;
#[cfg(helium)]
use kws_stages::nn::kernels::Helium;
use semihosting::{println, process};
use static_cell::ConstStaticCell;

/// One random case: whether both kernels agree, or nothing where it has no packed form.
type Case = fn(&mut Bench, &mut Random) -> Option<bool>;

static BENCH: ConstStaticCell<Bench> = ConstStaticCell::new(Bench::new());

#[entry]
fn main() -> ! {
    let (bench, random) = (BENCH.take(), &mut Random::new());
    let kinds: &[(&str, Case)] = &[
        ("convolution", Bench::convolution::<Dsp>),
        ("depthwise", Bench::depthwise::<Dsp>),
        ("depthwise with several outputs of a channel", Bench::multiplied::<Dsp>),
        ("depthwise of one channel", Bench::single::<Dsp>),
        ("fully connected", Bench::fully_connected),
        #[cfg(helium)]
        ("convolution by Helium", Bench::convolution::<Helium>),
        #[cfg(helium)]
        ("depthwise by Helium", Bench::depthwise::<Helium>),
        #[cfg(helium)]
        ("depthwise of one channel by Helium", Bench::single::<Helium>),
    ];
    let mut failed = false;
    for (name, case) in kinds {
        failed |= fails(name, *case, bench, random);
    }
    process::exit(i32::from(failed));
}

fn fails(name: &str, case: Case, bench: &mut Bench, random: &mut Random) -> bool {
    let (mut packed, mut failed) = (0, false);
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
    println!("{name}: {packed} of {CASES} random cases packed and equal to the plain kernel");
    // Most cases must have a packed form, or the test would show nothing.
    failed || packed < CASES * 3 / 4
}
