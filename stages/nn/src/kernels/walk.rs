//! Walks over blocks of several axes.

use crate::op::AXES;

/// Calls `visit` for every index below `counts`, the last axis fastest, with the offset that each list of steps gives
/// it.
pub(crate) fn each<const N: usize>(
    counts: &[u32; AXES],
    steps: [&[i32; AXES]; N],
    mut visit: impl FnMut([i64; N]),
) {
    let mut index = [0u32; AXES];
    loop {
        visit(
            steps
                .map(|steps| index.iter().zip(steps).map(|(i, step)| i64::from(*i) * i64::from(*step)).sum()),
        );
        let mut axis = AXES;
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            index[axis] += 1;
            if index[axis] < counts[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}
