//! Heat maps: confusion matrices.

use anyhow::{Result, ensure};
use plotters::prelude::*;

use super::style::{centred, colour, image, right, text, width};

/// Counts in rows and columns, each cell coloured by its share of its row.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    rows: String,
    columns: String,
    labels: Vec<String>,
    counts: Vec<Vec<usize>>,
}

impl Heat {
    /// A square matrix: `counts[row][column]`, the labels being those of the rows and of the columns.
    #[must_use]
    pub fn new(labels: &[String], counts: &[Vec<usize>]) -> Self {
        Self {
            rows: "said".into(),
            columns: "understood".into(),
            labels: labels.to_vec(),
            counts: counts.to_vec(),
        }
    }

    /// Says what rows and columns are: by default what was said, and what was understood.
    #[must_use]
    pub fn titled(self, rows: &str, columns: &str) -> Self {
        Self { rows: rows.to_owned(), columns: columns.to_owned(), ..self }
    }

    /// Draws it.
    ///
    /// # Errors
    /// When the matrix is not as large as its labels are many.
    pub fn svg(&self) -> Result<String> {
        let n = self.labels.len();
        ensure!(
            self.counts.len() == n && self.counts.iter().all(|row| row.len() == n),
            "a matrix of {} rows does not fit {n} labels",
            self.counts.len()
        );
        let side = self.labels.iter().map(|l| width(l, 13)).max().unwrap_or(0).clamp(40, 200);
        let cell = if n > 8 { 52.max(side / 2) } else { 64.max(side) };
        let (left, top) = (side + 40, 48);
        let size = (left + cell * n as i32 + 12, top + 34 * n as i32 + 12);
        image((size.0 as u32, size.1 as u32), |area| {
            area.draw(&Text::new(format!("{} ↓  {} →", self.rows, self.columns), (8, 4), text(12)))?;
            for (r, row) in self.counts.iter().enumerate() {
                let y = top + 34 * r as i32;
                let name = &self.labels[r];
                area.draw(&Text::new(name.clone(), (left - 10, y + 16), right(13)))?;
                // Names too long for their column are set at two heights.
                let raised = if n > 8 && r % 2 == 0 { 16 } else { 0 };
                let x = left + cell * r as i32 + cell / 2;
                area.draw(&Text::new(name.clone(), (x, top - 10 - raised), centred(13)))?;
                let total = row.iter().sum::<usize>().max(1) as f64;
                for (c, &count) in row.iter().enumerate() {
                    let (x, share) = (left + cell * c as i32, count as f64 / total);
                    // Diagonal and errors differ in colour; small shares are lifted, or rare errors would not be seen.
                    let hue = if r == c { colour(2) } else { colour(3) };
                    let fill = hue.mix(if count == 0 { 0.04 } else { 0.15 + 0.7 * share.sqrt() });
                    area.draw(&Rectangle::new([(x, y), (x + cell - 2, y + 32)], fill.filled()))?;
                    let number = count.to_string();
                    area.draw(&Text::new(number, (x + cell / 2, y + 16), centred(13)))?;
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_drawn() {
        let labels = ["yes".to_owned(), "no".to_owned()];
        let svg = Heat::new(&labels, &[vec![7, 1], vec![0, 9]]).svg().unwrap();
        assert_eq!(svg.matches("<rect").count(), 4);
        assert!(Heat::new(&labels, &[vec![7, 1]]).svg().is_err());
    }
}
