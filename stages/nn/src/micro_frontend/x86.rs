//! The same steps, compiled for AVX2: not other code, but wider registers.

use core::borrow::{Borrow, BorrowMut};

use super::{Analyser, CHANNELS, Tables, WINDOW, Work};

/// Computes the features where this computer has AVX2; says whether it has.
pub(super) fn process<T: Borrow<Tables>, W: BorrowMut<Work>>(
    analyser: &mut Analyser<T, W>,
    samples: &[i16; WINDOW],
    features: &mut [u16; CHANNELS],
) -> bool {
    let has = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt");
    if has {
        // SAFETY: the processor has all that the function is compiled for.
        unsafe { with_avx2(analyser, samples, features) };
    }
    has
}

#[target_feature(enable = "avx2,bmi2,lzcnt")]
fn with_avx2<T: Borrow<Tables>, W: BorrowMut<Work>>(
    analyser: &mut Analyser<T, W>,
    samples: &[i16; WINDOW],
    features: &mut [u16; CHANNELS],
) {
    analyser.steps(samples, features);
}
