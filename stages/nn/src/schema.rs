//! The subset of the TFLite schema that inference needs, read into plain values.
//!
//! Table and field numbers are those of `tensorflow/lite/schema/schema.fbs`, version 3.
#![forbid(unsafe_code)]

use super::builtin::Builtin;
use super::error::{ModelError, ModelErrorKind};
use super::flatbuffer::{F32s, I32s, I64s, Table};

/// Most tensors, and most operators, that one file may hold.
const MOST: usize = 4096;
/// Most dimensions of a tensor.
const MOST_DIMENSIONS: usize = 8;

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Element {
    /// 32-bit float.
    F32,
    /// 32-bit integer.
    I32,
    /// 8-bit unsigned integer.
    U8,
    /// 64-bit integer.
    I64,
    /// 8-bit truth value.
    Bool,
    /// 16-bit integer.
    I16,
    /// 8-bit integer.
    I8,
    /// 64-bit unsigned integer.
    U64,
    /// 32-bit unsigned integer.
    U32,
    /// A variable's handle: no data.
    Resource,
    /// Any other type, by its number in the schema.
    Other(i8),
}

impl Element {
    fn from_code(code: i8) -> Self {
        match code {
            0 => Self::F32,
            2 => Self::I32,
            3 => Self::U8,
            4 => Self::I64,
            6 => Self::Bool,
            7 => Self::I16,
            9 => Self::I8,
            12 => Self::U64,
            13 => Self::Resource,
            15 => Self::U32,
            other => Self::Other(other),
        }
    }

    /// Bytes that one element takes; zero for those without data.
    pub fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::I16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::I64 | Self::U64 => 8,
            Self::Resource | Self::Other(_) => 0,
        }
    }
}

/// How integers stand for real numbers: `real = scale · (integer − zero_point)`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quantisation<'a> {
    /// One scale, or one per index of dimension `axis`; empty when the tensor is not quantised.
    pub(crate) scales: F32s<'a>,
    /// One zero point per scale; empty stands for zeros.
    pub(crate) zero_points: I64s<'a>,
    /// Dimension that the scales run along.
    pub(crate) axis: i32,
}

/// A tensor as the file declares it.
#[derive(Clone, Debug)]
pub(crate) struct Tensor<'a> {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) element: Element,
    pub(crate) quantisation: Quantisation<'a>,
    /// Contents of a constant; nothing for a tensor that is computed.
    pub(crate) data: Option<&'a [u8]>,
}

impl Tensor<'_> {
    /// Number of elements. The reader made sure that it fits.
    pub(crate) fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.count() * self.element.size()
    }
}

/// An operator as the file declares it.
#[derive(Clone, Debug)]
pub(crate) struct Operator<'a> {
    pub(crate) code: Builtin,
    /// Tensor numbers; −1 stands for an optional input that is absent.
    pub(crate) inputs: I32s<'a>,
    pub(crate) outputs: I32s<'a>,
    pub(crate) options: Option<Table<'a>>,
    /// The options of a custom operator.
    pub(crate) custom: &'a [u8],
}

/// One graph of operators.
#[derive(Clone, Debug)]
pub(crate) struct Graph<'a> {
    pub(crate) tensors: Vec<Tensor<'a>>,
    pub(crate) operators: Vec<Operator<'a>>,
    pub(crate) inputs: Vec<usize>,
    pub(crate) outputs: Vec<usize>,
}

impl Graph<'_> {
    /// Number of weights of bytes.
    #[cfg_attr(
        not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "wasm32")),
        expect(dead_code, reason = "these kernels have one form")
    )]
    pub(crate) fn weights(&self) -> usize {
        let weights = self.tensors.iter().filter(|tensor| tensor.element == Element::I8);
        weights.filter_map(|tensor| tensor.data.map(<[u8]>::len)).sum()
    }
}

/// A whole file. The first graph is the one that is run.
#[derive(Clone, Debug)]
pub(crate) struct File<'a> {
    pub(crate) graphs: Vec<Graph<'a>>,
    /// Whether the file is one of uint8, read as int8.
    pub(crate) unsigned: bool,
}

impl<'a> File<'a> {
    /// Reads a file and checks that every number in it is in range.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, ModelError> {
        match bytes.get(4..8) {
            Some(b"TFL3") => {}
            Some(other) => {
                let found = format!("identifier `{}` at byte 4", other.escape_ascii());
                return Err(format_error("model", found, "`TFL3`, the mark of a `.tflite` file"));
            }
            None => return Err(format_error("model", format!("{} bytes", bytes.len()), "a `.tflite` file")),
        }
        let root = Table::root(bytes)?;
        let version = root.u32(0, 0)?;
        if version != 3 {
            return Err(format_error("model", format!("schema version {version}"), "version 3"));
        }
        let buffers = root.tables(4)?.map(|table| buffer(table?, bytes)).collect::<Result<Vec<_>, _>>()?;
        let codes = root.tables(1)?.map(|table| builtin(table?)).collect::<Result<Vec<_>, ModelError>>()?;
        let graphs = root.tables(2)?;
        if graphs.len() == 0 || graphs.len() > 8 {
            return Err(format_error("model", format!("{} subgraphs", graphs.len()), "1 to 8"));
        }
        let graphs = graphs.map(|table| graph(table?, &buffers, &codes)).collect::<Result<_, _>>()?;
        Ok(Self { graphs, unsigned: false })
    }
}

fn format_error(place: impl Into<String>, found: impl Into<String>, expected: &str) -> ModelError {
    ModelError::new(ModelErrorKind::Format, place, found, expected)
}

/// Contents of a buffer. Large files keep them behind the flatbuffer, by offset and size from the file's start.
fn buffer<'a>(table: Table<'a>, file: &'a [u8]) -> Result<&'a [u8], ModelError> {
    let (offset, size) = (table.u64(1, 0)?, table.u64(2, 0)?);
    if offset <= 1 {
        return Ok(table.bytes(0)?);
    }
    let start = usize::try_from(offset).ok();
    let end = start.zip(usize::try_from(size).ok()).and_then(|(start, size)| start.checked_add(size));
    start.zip(end).and_then(|(start, end)| file.get(start..end)).ok_or_else(|| {
        let found = format!("a buffer of {size} bytes at byte {offset}, outside the file");
        format_error("model", found, "a complete, undamaged `.tflite` file")
    })
}

fn builtin(table: Table<'_>) -> Result<Builtin, ModelError> {
    // The 8-bit field came first; operators above 127 carry a placeholder there.
    let code = i32::from(table.i8(0, 0)?).max(table.i32(3, 0)?);
    Ok(Builtin { code, custom: table.string(1)? })
}

fn graph<'a>(table: Table<'a>, buffers: &[&'a [u8]], codes: &[Builtin]) -> Result<Graph<'a>, ModelError> {
    let tables = table.tables(0)?;
    within("tensors", tables.len())?;
    let tensors =
        tables.enumerate().map(|(i, t)| tensor(i, t?, buffers)).collect::<Result<Vec<_>, ModelError>>()?;
    let tables = table.tables(3)?;
    within("operators", tables.len())?;
    let operators = tables
        .enumerate()
        .map(|(i, t)| operator(i, t?, codes, tensors.len()))
        .collect::<Result<Vec<_>, ModelError>>()?;
    let ends = |slot| -> Result<Vec<usize>, ModelError> {
        let numbers: I32s<'_> = table.numbers(slot)?;
        within("inputs or outputs of a graph", numbers.len())?;
        numbers.iter().map(|number| index("model", number, tensors.len())).collect()
    };
    let (inputs, outputs) = (ends(1)?, ends(2)?);
    Ok(Graph { inputs, outputs, tensors, operators })
}

fn within(what: &str, count: usize) -> Result<(), ModelError> {
    if count <= MOST {
        return Ok(());
    }
    let found = format!("{count} {what}");
    Err(ModelError::new(ModelErrorKind::Limit, "model", found, format!("at most {MOST}")))
}

fn index(place: &str, number: i32, count: usize) -> Result<usize, ModelError> {
    usize::try_from(number).ok().filter(|i| *i < count).ok_or_else(|| {
        format_error(place, format!("tensor number {number}"), &format!("0 to {}", count as i64 - 1))
    })
}

fn tensor<'a>(number: usize, table: Table<'a>, buffers: &[&'a [u8]]) -> Result<Tensor<'a>, ModelError> {
    let name = table.string(3)?;
    let place = format!("tensor {number} `{name}`");
    let element = Element::from_code(table.i8(1, 0)?);
    let dims: I32s<'_> = table.numbers(0)?;
    if dims.len() > MOST_DIMENSIONS {
        let (found, expected) = (format!("{} dimensions", dims.len()), format!("at most {MOST_DIMENSIONS}"));
        return Err(ModelError::new(ModelErrorKind::Limit, place, found, expected));
    }
    let mut shape = Vec::with_capacity(dims.len());
    let mut count = 1u32;
    for dim in dims.iter() {
        let dim = u32::try_from(dim).ok().filter(|d| *d > 0 || element == Element::I32);
        let product = dim.and_then(|dim| count.checked_mul(dim)).filter(|n| *n < 1 << 28);
        let Some((dim, product)) = dim.zip(product) else {
            return Err(format_error(place, format!("shape {:?}", dims.iter().collect::<Vec<_>>()), SIZES));
        };
        count = product;
        shape.push(dim as usize);
    }
    let buffer = table.u32(2, 0)? as usize;
    let contents = match buffers.get(buffer) {
        Some(contents) => *contents,
        None if buffer == 0 => &[],
        None => {
            let found = format!("buffer number {buffer}");
            return Err(format_error(place, found, &format!("less than {}", buffers.len())));
        }
    };
    let quantisation = table.table(4)?.map(|t| quantisation(&place, t)).transpose()?.unwrap_or_default();
    let mut tensor = Tensor { name, shape, element, quantisation, data: None };
    if !contents.is_empty() && element.size() > 0 {
        if contents.len() != tensor.len() {
            let found = format!("{} bytes of contents", contents.len());
            let expected = format!("{} for shape {:?} of `{element:?}`", tensor.len(), tensor.shape);
            return Err(format_error(place, found, &expected));
        }
        tensor.data = Some(contents);
    }
    if table.table(6)?.is_some() {
        let expected = "dense ones; densify the model";
        return Err(ModelError::new(ModelErrorKind::Unsupported, place, "sparse contents", expected));
    }
    Ok(tensor)
}

const SIZES: &str = "sizes of at least 1 whose product is below 2^28 (convert the model with a fixed shape)";

fn quantisation<'a>(place: &str, table: Table<'a>) -> Result<Quantisation<'a>, ModelError> {
    let (scales, zero_points): (F32s<'a>, I64s<'a>) = (table.numbers(2)?, table.numbers(3)?);
    let error = |found, expected| ModelError::new(ModelErrorKind::Quantisation, place, found, expected);
    if zero_points.len() != scales.len() && zero_points.len() > 0 {
        let found = format!("{} zero points", zero_points.len());
        return Err(error(found, format!("one per scale, {}", scales.len())));
    }
    if let Some(scale) = scales.iter().find(|s| !s.is_finite() || *s < 0.0) {
        return Err(error(format!("scale {scale}"), "a finite number, not negative".into()));
    }
    if let Some(zero) = zero_points.iter().find(|z| z.unsigned_abs() > 1 << 16) {
        return Err(error(format!("zero point {zero}"), "one that the element type can hold".into()));
    }
    if table.i8(4, 0)? != 0 {
        return Err(error("custom quantisation".into(), "scales and zero points".into()));
    }
    Ok(Quantisation { scales, zero_points, axis: table.i32(6, 0)? })
}

fn operator<'a>(
    number: usize,
    table: Table<'a>,
    codes: &[Builtin],
    tensors: usize,
) -> Result<Operator<'a>, ModelError> {
    let code = table.u32(0, 0)? as usize;
    let place = format!("operator {number}");
    let Some(code) = codes.get(code) else {
        return Err(format_error(
            place,
            format!("operator code {code}"),
            &format!("less than {}", codes.len()),
        ));
    };
    let place = format!("operator {number} `{code}`");
    let numbers = |slot| -> Result<I32s<'a>, ModelError> {
        let numbers: I32s<'a> = table.numbers(slot)?;
        within("inputs or outputs of an operator", numbers.len())?;
        for number in numbers.iter().filter(|n| *n != -1) {
            index(&place, number, tensors)?;
        }
        Ok(numbers)
    };
    let (inputs, outputs) = (numbers(1)?, numbers(2)?);
    Ok(Operator { code: code.clone(), inputs, outputs, options: table.table(4)?, custom: table.bytes(5)? })
}
