//! Arrays that the host has recorded, NumPy's `.npy`, read over semihosting.

use core::str;

use semihosting::fs::File;
use semihosting::io::Read;

use crate::path;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
/// Most bytes of a header.
const HEADER: usize = 256;

/// An array, read row by row.
pub struct Array {
    file: File,
    /// Rows that are still to be read.
    left: u32,
}

impl Array {
    /// Opens one, of a path in two parts, whose rows have so many elements, of the type that NumPy calls `descr`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(path: [&str; 2], descr: &str, row: usize) -> Result<Self, &'static str> {
        let mut file = path::open(path)?;
        let (mut begin, mut header) = ([0; 10], [0; HEADER]);
        file.read_exact(&mut begin).map_err(|_| "it ends too early")?;
        let length = usize::from(u16::from_le_bytes([begin[8], begin[9]]));
        let header = header.get_mut(..length).filter(|_| begin.starts_with(MAGIC));
        let header = header.ok_or("it is not a .npy file of `kws-run --record`")?;
        file.read_exact(header).map_err(|_| "it ends too early")?;
        let header = str::from_utf8(header).map_err(|_| "its header is not text")?;
        if !header.contains(descr) {
            return Err("its elements are of another type");
        }
        let (_, shape) = header.split_once("'shape': (").ok_or("its header states no shape")?;
        let (shape, _) = shape.split_once(')').ok_or("its header states no shape")?;
        let mut extents = shape.split(',').filter_map(|extent| extent.trim().parse::<u32>().ok());
        let left = extents.next().ok_or("its header states no shape")?;
        if extents.product::<u32>() as usize != row {
            return Err("its rows are of another size than the pipeline's");
        }
        Ok(Array { file, left })
    }

    /// Rows that are still to be read.
    pub fn left(&self) -> u32 {
        self.left
    }

    /// Reads the next row; `None` where there is no more.
    pub fn read(&mut self, row: &mut [u8]) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        self.file.read_exact(row).ok()
    }
}
