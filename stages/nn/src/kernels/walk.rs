//! Walks over blocks of several axes.

use crate::op::AXES;

/// All indices below `counts`, the last axis fastest, each as the offset that every list of steps gives it.
struct Walk<'a, const N: usize> {
    counts: [u32; AXES],
    steps: [&'a [i32; AXES]; N],
    /// The next one; nothing after the last.
    index: Option<[u32; AXES]>,
}

impl<'a, const N: usize> Walk<'a, N> {
    fn new(counts: [u32; AXES], steps: [&'a [i32; AXES]; N]) -> Self {
        Self { counts, steps, index: Some([0; AXES]) }
    }
}

impl<const N: usize> Iterator for Walk<'_, N> {
    type Item = [i64; N];

    fn next(&mut self) -> Option<[i64; N]> {
        let index = self.index.as_mut()?;
        let offset = |steps: &[i32; AXES]| {
            index.iter().zip(steps).map(|(i, step)| i64::from(*i) * i64::from(*step)).sum()
        };
        let offsets = self.steps.map(offset);
        for (i, count) in index.iter_mut().zip(&self.counts).rev() {
            *i += 1;
            if *i < *count {
                return Some(offsets);
            }
            *i = 0;
        }
        self.index = None;
        Some(offsets)
    }
}

/// Calls `visit` for every index below `counts`, the last axis fastest, with the offset that each list of steps gives
/// it.
pub(crate) fn each<const N: usize>(
    counts: &[u32; AXES],
    steps: [&[i32; AXES]; N],
    visit: impl FnMut([i64; N]),
) {
    Walk::new(*counts, steps).for_each(visit);
}

/// Combines two inputs, each spaced by its steps along `counts`, to a dense output, row by row of the last axis: along it
/// an input goes on or stands still.
#[inline(always)]
pub(crate) fn rows<T: Copy>(
    counts: &[u32; AXES],
    steps: [&[i32; AXES]; 2],
    [a, b]: [&[T]; 2],
    output: &mut [T],
    combine: impl Fn(T, T) -> T,
) {
    let (mut outer, last) = (*counts, AXES - 1);
    let length = core::mem::replace(&mut outer[last], 1) as usize;
    let (mut walk, mut results) = (Walk::new(outer, steps), output.chunks_exact_mut(length.max(1)));
    while let (Some(results), Some([x, y])) = (results.next(), walk.next()) {
        let (a, b) = (&a[x as usize..], &b[y as usize..]);
        match steps.map(|steps| steps[last] != 0) {
            [true, true] => {
                let pairs = a[..length].iter().zip(&b[..length]);
                pairs.zip(results).for_each(|((a, b), result)| *result = combine(*a, *b));
            }
            [true, false] => {
                let b = b[0];
                a[..length].iter().zip(results).for_each(|(a, result)| *result = combine(*a, b));
            }
            [false, true] => {
                let a = a[0];
                b[..length].iter().zip(results).for_each(|(b, result)| *result = combine(a, *b));
            }
            [false, false] => results.fill(combine(a[0], b[0])),
        }
    }
}
