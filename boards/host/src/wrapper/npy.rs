//! NumPy's `.npy` files, version 1.0: arrays that grow along their first axis.
//!
//! Reference: NEP 1, "A Simple File Format for NumPy Arrays".

use std::fs::File;
use std::io::{BufReader, BufWriter, Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
/// Bytes of the header that we write, whatever the array's length comes to be.
const HEADER: usize = 192;
/// Bytes of a row that there is always room for.
const SMALL: u64 = 1 << 20;

/// A number that such a file may hold.
pub(super) trait Number: Copy {
    /// NumPy's name of the type.
    const DESCR: &'static str;
    /// Bytes of one.
    const BYTES: usize;
    /// Writes it to so many bytes.
    fn put(self, bytes: &mut [u8]);
    /// Reads it from so many bytes.
    fn take(bytes: &[u8]) -> Self;
}

macro_rules! number {
    ($($type:ty => $descr:literal),*) => {$(
        impl Number for $type {
            const DESCR: &'static str = $descr;
            const BYTES: usize = size_of::<$type>();

            fn put(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }

            fn take(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$type>()];
                own.copy_from_slice(bytes);
                <$type>::from_le_bytes(own)
            }
        }
    )*};
}

number!(i8 => "|i1", u8 => "|u1", i16 => "<i2", f32 => "<f4", u64 => "<u8");

/// Writes rows of one shape. The header holds the number of rows at the last [`state`](Self::state).
pub(super) struct Writer<T> {
    file: BufWriter<File>,
    shape: Vec<usize>,
    rows: usize,
    bytes: Vec<u8>,
    element: std::marker::PhantomData<T>,
}

impl<T: Number> Writer<T> {
    /// Makes a file whose rows have a shape.
    pub(super) fn create(path: &Path, shape: &[usize]) -> Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&header::<T>(0, shape)?)?;
        let bytes = vec![0; shape.iter().product::<usize>() * T::BYTES];
        Ok(Writer { file, shape: shape.to_vec(), rows: 0, bytes, element: std::marker::PhantomData })
    }

    /// Adds a row, as long as the product of the shape.
    pub(super) fn write(&mut self, row: &[T]) -> Result<()> {
        self.bytes.chunks_exact_mut(T::BYTES).zip(row).for_each(|(bytes, item)| item.put(bytes));
        self.rows += 1;
        self.file.write_all(&self.bytes)
    }

    /// Hands what was written to the system.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }

    /// The same, and states the number of rows in the header.
    pub(super) fn state(&mut self) -> Result<()> {
        // What the header tells of is there before it.
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header::<T>(self.rows, &self.shape)?)?;
        self.file.seek(SeekFrom::End(0))?;
        self.file.flush()
    }
}

fn header<T: Number>(rows: usize, shape: &[usize]) -> Result<Vec<u8>> {
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&((HEADER - MAGIC.len() - 2) as u16).to_le_bytes());
    let shape: String = std::iter::once(&rows).chain(shape).map(|extent| format!("{extent}, ")).collect();
    let (descr, shape) = (T::DESCR, shape.trim_end());
    write!(header, "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}")?;
    if header.len() >= HEADER {
        return Err(Error::new(ErrorKind::InvalidInput, "its shape has too many axes"));
    }
    header.resize(HEADER - 1, b' ');
    header.push(b'\n');
    Ok(header)
}

/// Reads rows.
pub(super) struct Reader<T> {
    file: BufReader<File>,
    rows: usize,
    held: usize,
    bytes: Vec<u8>,
    element: std::marker::PhantomData<T>,
}

impl<T: Number> Reader<T> {
    /// Opens a file whose rows must have this shape.
    pub(super) fn open(path: &Path, shape: &[usize]) -> Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut file = BufReader::new(file);
        let mut begin = [0; 10];
        file.read_exact(&mut begin)?;
        if !begin.starts_with(MAGIC) {
            return Err(bad("it is not a .npy file of version 1.0"));
        }
        let mut header = vec![0; usize::from(u16::from_le_bytes([begin[8], begin[9]]))];
        file.read_exact(&mut header)?;
        let data = length - (begin.len() + header.len()) as u64;
        let header = String::from_utf8_lossy(&header).replace(' ', "");
        for expected in [format!("'descr':'{}'", T::DESCR), "'fortran_order':False".to_owned()] {
            if !header.contains(&expected) {
                return Err(bad(format!("its header is {}, expected {expected}", header.trim_end())));
            }
        }
        let found = extents(&header).ok_or_else(|| bad("its header states no shape"))?;
        let [rows, found @ ..] = &found[..] else { return Err(bad("its shape is empty")) };
        if found != shape {
            return Err(bad(format!("its rows have the shape {found:?}, expected {shape:?}")));
        }
        let row = shape.iter().try_fold(T::BYTES, |bytes, &extent| bytes.checked_mul(extent));
        // A large row that the file does not hold is not worth its memory.
        let row = row.filter(|&row| row as u64 <= data.max(SMALL));
        let row = row.ok_or_else(|| bad(format!("it is shorter than one block of shape {shape:?}")))?;
        let held = (data / row.max(1) as u64) as usize;
        Ok(Reader { file, rows: *rows, held, bytes: vec![0; row], element: std::marker::PhantomData })
    }

    /// Rows that the header states.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Whole rows that the file holds.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Reads the next row.
    pub(super) fn read(&mut self, row: &mut [T]) -> Result<()> {
        self.file.read_exact(&mut self.bytes)?;
        row.iter_mut()
            .zip(self.bytes.chunks_exact(T::BYTES))
            .for_each(|(item, bytes)| *item = T::take(bytes));
        Ok(())
    }
}

fn extents(header: &str) -> Option<Vec<usize>> {
    let (_, after) = header.split_once("'shape':(")?;
    let (inside, _) = after.split_once(')')?;
    inside.split(',').filter(|extent| !extent.is_empty()).map(|extent| extent.parse().ok()).collect()
}

fn bad(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.npy");
        let mut writer = Writer::<f32>::create(&path, &[2, 3]).unwrap();
        let rows = [[0.1, -0.2, f32::MAX, f32::MIN_POSITIVE, 5.0, 6.0], [7.0; 6]];
        rows.iter().for_each(|row| writer.write(row).unwrap());
        writer.state().unwrap();
        writer.write(&[9.0; 6]).unwrap();
        drop(writer);
        let mut reader = Reader::<f32>::open(&path, &[2, 3]).unwrap();
        assert_eq!((reader.rows(), reader.held()), (2, 3), "the header tells of less than there is");
        let mut row = [0.0; 6];
        for expected in rows {
            reader.read(&mut row).unwrap();
            assert_eq!(row, expected);
        }
        reader.read(&mut row).unwrap();
        assert!(reader.read(&mut row).is_err());
        let text = Reader::<f32>::open(&path, &[6]).err().unwrap().to_string();
        assert_eq!(text, "its rows have the shape [2, 3], expected [6]");
        assert!(Reader::<i16>::open(&path, &[2, 3]).is_err());
    }

    #[test]
    fn the_header_is_as_numpy_writes_it() {
        // As numpy.lib.format.write_array_header_1_0 has it, but for the padding, which is free.
        let header = header::<u64>(17, &[2]).unwrap();
        let text = std::str::from_utf8(&header[10..]).unwrap();
        assert_eq!(text.trim_end(), "{'descr': '<u8', 'fortran_order': False, 'shape': (17, 2,), }");
        assert!(text.ends_with('\n') && header.len().is_multiple_of(64));
    }
}
