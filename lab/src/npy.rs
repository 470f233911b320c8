//! NumPy's `.npy` files of the few types that cross our borders.
//!
//! Written here rather than by a crate: the ones there are bring a parser of Python literals and its C code.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

/// A dense array in C order.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// `int8`.
    I8 {
        /// Extents, slowest first.
        shape: Vec<usize>,
        /// Values.
        items: Vec<i8>,
    },
    /// `uint8`.
    U8 {
        /// Extents, slowest first.
        shape: Vec<usize>,
        /// Values.
        items: Vec<u8>,
    },
    /// `int16`.
    I16 {
        /// Extents, slowest first.
        shape: Vec<usize>,
        /// Values.
        items: Vec<i16>,
    },
    /// `float32`.
    F32 {
        /// Extents, slowest first.
        shape: Vec<usize>,
        /// Values.
        items: Vec<f32>,
    },
}

const MAGIC: &[u8] = b"\x93NUMPY";

impl Array {
    /// NumPy's name of the element type.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::I8 { .. } => "int8",
            Self::U8 { .. } => "uint8",
            Self::I16 { .. } => "int16",
            Self::F32 { .. } => "float32",
        }
    }

    fn parts(&self) -> (&'static str, &[usize], Vec<u8>) {
        match self {
            Self::I8 { shape, items } => ("|i1", shape, items.iter().map(|&i| i as u8).collect()),
            Self::U8 { shape, items } => ("|u1", shape, items.clone()),
            Self::I16 { shape, items } => {
                ("<i2", shape, items.iter().flat_map(|i| i.to_le_bytes()).collect())
            }
            Self::F32 { shape, items } => {
                ("<f4", shape, items.iter().flat_map(|i| i.to_le_bytes()).collect())
            }
        }
    }
}

/// Writes a file of format version 1.0.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, array: &Array) -> Result<()> {
    let (descr, shape, data) = array.parts();
    let extents: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({extents}), }}");
    // The data starts at a multiple of 64, after a newline.
    let padded = (MAGIC.len() + 4 + header.len() + 1).next_multiple_of(64);
    header.extend(std::iter::repeat_n(' ', padded - MAGIC.len() - 4 - header.len() - 1));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    std::fs::write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Reads a file of int8, uint8, int16 or float32 in C order.
///
/// # Errors
/// When it is no `.npy` file, is cut short, or holds another type.
pub fn read(path: &Path) -> Result<Array> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    parse(&bytes).with_context(|| format!("`{}` is not a supported array", path.display()))
}

fn parse(bytes: &[u8]) -> Result<Array> {
    let rest = bytes.strip_prefix(MAGIC).context("the magic string of `.npy` is missing")?;
    let wide = *rest.first().context("the version is missing")? > 1;
    let sized = rest.get(2..).context("the header is missing")?;
    let (length, body) = match (wide, sized) {
        (false, [a, b, body @ ..]) => (usize::from(u16::from_le_bytes([*a, *b])), body),
        (true, [a, b, c, d, body @ ..]) => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, body),
        _ => bail!("the header is missing"),
    };
    ensure!(body.len() >= length, "the header is cut short");
    let (header, data) = body.split_at(length);
    let header = std::str::from_utf8(header).context("the header is not text")?;
    ensure!(header.contains("'fortran_order': False"), "the array is in Fortran order; save it with C order");
    let shape = shape(header)?;
    let count = shape.iter().try_fold(1usize, |a, &b| a.checked_mul(b)).context("the shape is too large")?;
    let whole = |size: usize| {
        ensure!(
            Some(data.len()) == count.checked_mul(size),
            "the shape {shape:?} needs {count} items, found {}",
            data.len() / size
        );
        Ok(())
    };
    if header.contains("'|i1'") {
        whole(1)?;
        Ok(Array::I8 { shape, items: data.iter().map(|&b| b as i8).collect() })
    } else if header.contains("'|u1'") {
        whole(1)?;
        Ok(Array::U8 { shape, items: data.to_vec() })
    } else if header.contains("'<i2'") {
        whole(2)?;
        let items = data.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
        Ok(Array::I16 { shape, items })
    } else if header.contains("'<f4'") {
        whole(4)?;
        let real = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        Ok(Array::F32 { shape, items: data.chunks_exact(4).map(real).collect() })
    } else {
        bail!("its type is `{}`, expected int8, uint8, int16 or float32", header.trim())
    }
}

fn shape(header: &str) -> Result<Vec<usize>> {
    let (_, after) = header.split_once("'shape': (").context("the header states no shape")?;
    let (inside, _) = after.split_once(')').context("the header states no shape")?;
    let extents = inside.split(',').map(str::trim).filter(|e| !e.is_empty());
    extents.map(|e| e.parse().with_context(|| format!("`{e}` is not an extent"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_numpy_writes() {
        // numpy.save of numpy.array([[1, -2, 3]], dtype=numpy.int8)
        let mut bytes =
            b"\x93NUMPY\x01\x00v\x00{'descr': '|i1', 'fortran_order': False, 'shape': (1, 3), }".to_vec();
        bytes.resize(127, b' ');
        bytes.extend(b"\n\x01\xfe\x03");
        assert_eq!(parse(&bytes).unwrap(), Array::I8 { shape: vec![1, 3], items: vec![1, -2, 3] });
        bytes.pop();
        assert!(parse(&bytes).unwrap_err().to_string().contains("needs 3 items, found 2"));
    }
}
