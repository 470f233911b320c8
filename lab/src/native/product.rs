//! Products of matrices, by the crate `gemm`, which burn's own processor backend uses as well.
#![expect(unsafe_code, reason = "`gemm` takes pointers and strides")]

use gemm::{Parallelism, gemm};

/// A matrix in memory that is borrowed.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    /// Distances of two neighbours in a column and in a row.
    strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// Row by row, each of so many columns.
    pub(super) fn new(values: &'a [f32], columns: usize) -> Self {
        assert!(columns > 0 && values.len().is_multiple_of(columns), "whole rows");
        Self { values, rows: values.len() / columns, columns, strides: [columns, 1] }
    }

    /// Rows for columns.
    pub(super) fn transposed(self) -> Self {
        let [down, along] = self.strides;
        Self { rows: self.columns, columns: self.rows, strides: [along, down], ..self }
    }
}

/// Writes `left` × `right` to `out`, row by row.
pub(super) fn multiply(left: Matrix, right: Matrix, out: &mut [f32]) {
    product(left, right, out, 0.0);
}

/// Adds `left` × `right` to `out`, row by row.
pub(super) fn add_product(left: Matrix, right: Matrix, out: &mut [f32]) {
    product(left, right, out, 1.0);
}

/// Multiplies what is in `out` by `share` and adds the product.
fn product(left: Matrix, right: Matrix, out: &mut [f32], share: f32) {
    let (rows, columns, inner) = (left.rows, right.columns, left.columns);
    assert_eq!(right.rows, inner, "as many rows as the left matrix has columns");
    assert_eq!(out.len(), rows * columns, "room for the product");
    for matrix in [left, right] {
        assert_eq!(matrix.values.len(), matrix.rows * matrix.columns, "all values, and no others");
    }
    let [[left_down, left_along], [right_down, right_along]] =
        [left, right].map(|matrix| matrix.strides.map(|stride| stride as isize));
    // SAFETY: each matrix is a slice of rows × columns values without gaps, by rows or, transposed, by columns, so every
    // element that the sizes and strides reach lies in its slice; `out` is borrowed alone and has rows × columns values.
    unsafe {
        gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            1,
            columns as isize,
            share != 0.0,
            left.values.as_ptr(),
            left_along,
            left_down,
            right.values.as_ptr(),
            right_along,
            right_down,
            share,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_schoolbook_whichever_way_the_matrices_lie() {
        let (a, b): (Vec<f32>, Vec<f32>) =
            ((0..6).map(|v| v as f32).collect(), (0..12).map(|v| v as f32).collect());
        let mut out = vec![9.0; 8];
        multiply(Matrix::new(&a, 3), Matrix::new(&b, 4), &mut out);
        assert_eq!(out, [20.0, 23.0, 26.0, 29.0, 56.0, 68.0, 80.0, 92.0]);
        add_product(Matrix::new(&a, 3), Matrix::new(&b, 4), &mut out);
        assert_eq!(out[7], 184.0);
        let mut square = vec![0.0; 9];
        multiply(Matrix::new(&a, 3).transposed(), Matrix::new(&a, 3), &mut square);
        assert_eq!(square, [9.0, 12.0, 15.0, 12.0, 17.0, 22.0, 15.0, 22.0, 29.0]);
    }
}
