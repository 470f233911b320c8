//! Rows that count by their direction alone, and the way back.

use crate::nets::SHORTEST;

/// Brings rows to length 1; their lengths.
pub(super) fn directions(rows: &mut [f32], width: usize) -> Vec<f32> {
    let unit = |row: &mut [f32]| {
        let length = (row.iter().map(|x| x * x).sum::<f32>() + SHORTEST).sqrt();
        row.iter_mut().for_each(|x| *x /= length);
        length
    };
    rows.chunks_exact_mut(width).map(unit).collect()
}

/// From the gradients of directions to those of the rows: what points along a row changes nothing.
pub(super) fn back(gradients: &mut [f32], directions: &[f32], lengths: &[f32]) {
    let width = directions.len() / lengths.len();
    let rows = gradients.chunks_exact_mut(width).zip(directions.chunks_exact(width)).zip(lengths);
    for ((gradient, direction), length) in rows {
        let along: f32 = gradient.iter().zip(direction).map(|(g, d)| g * d).sum();
        gradient.iter_mut().zip(direction).for_each(|(g, d)| *g = (*g - d * along) / length);
    }
}
