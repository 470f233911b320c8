//! Models on their own.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use kws_nn::Element;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::array::{Array, array, items};
use crate::error::refused;

/// A `.tflite` file, ready to run. Variables keep their values from run to run.
#[pyclass(frozen, module = "kws")]
pub(crate) struct Model {
    model: kws_nn::Model,
    arena: Mutex<Vec<i8>>,
}

/// A model's input or output.
#[pyclass(frozen, get_all, module = "kws")]
pub(crate) struct Tensor {
    name: String,
    dtype: &'static str,
    shape: Vec<usize>,
    scale: f32,
    zero_point: i32,
}

/// What an input gets: its bytes as the model stores them.
struct Input<'a> {
    bytes: Cow<'a, [u8]>,
    is_real: bool,
}

impl Tensor {
    fn new(tensor: &kws_nn::Tensor) -> Self {
        let kws_nn::Tensor { name, element, dims, scale, zero_point, .. } = tensor.clone();
        Tensor { name, dtype: dtype(element), shape: dims, scale, zero_point }
    }
}

fn dtype(element: Element) -> &'static str {
    match element {
        Element::I8 => "int8",
        Element::U8 => "uint8",
        Element::I16 => "int16",
        Element::I32 => "int32",
        Element::F32 => "float32",
        _ => "other",
    }
}

#[pymethods]
impl Tensor {
    fn __repr__(&self) -> String {
        let Tensor { name, dtype, shape, scale, zero_point } = self;
        format!("Tensor({name:?}, {dtype}, shape={shape:?}, scale={scale}, zero_point={zero_point})")
    }
}

#[pymethods]
impl Model {
    /// From a file, or from its contents.
    #[new]
    fn new(py: Python<'_>, model: &Bound<'_, PyAny>) -> PyResult<Self> {
        let bytes = match model.extract::<Vec<u8>>() {
            Ok(bytes) => bytes,
            Err(_) => {
                let path: PathBuf = model.extract()?;
                std::fs::read(&path)
                    .map_err(|error| PyOSError::new_err(format!("`{}`: {error}", path.display())))?
            }
        };
        let model = py.detach(|| kws_nn::Model::open(&bytes)).map_err(refused)?;
        let arena = Mutex::new(model.arena());
        Ok(Model { model, arena })
    }

    #[getter]
    fn inputs(&self) -> Vec<Tensor> {
        self.model.inputs().iter().map(Tensor::new).collect()
    }

    #[getter]
    fn outputs(&self) -> Vec<Tensor> {
        self.model.outputs().iter().map(Tensor::new).collect()
    }

    /// Sets the variables to their first values.
    fn reset(&self, py: Python<'_>) {
        py.detach(|| *self.arena.lock().unwrap_or_else(PoisonError::into_inner) = self.model.arena());
    }

    /// Runs it once. The output, or a tuple where there are several.
    #[pyo3(signature = (*inputs))]
    fn run<'py>(&self, py: Python<'py>, inputs: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let tensors = self.model.inputs();
        if inputs.len() != tensors.len() {
            return Err(PyTypeError::new_err(format!(
                "found {} inputs, expected {}",
                inputs.len(),
                tensors.len()
            )));
        }
        let arrays: Vec<Array<'_>> =
            inputs.iter().map(|given| Array::new(&given)).collect::<PyResult<_>>()?;
        let inputs = arrays.iter().zip(tensors).map(|(array, tensor)| input(array, tensor));
        let inputs: Vec<Input<'_>> = inputs.collect::<PyResult<_>>()?;
        let outputs: Vec<Vec<u8>> = py.detach(|| {
            let mut arena = self.arena.lock().unwrap_or_else(PoisonError::into_inner);
            for (input, tensor) in inputs.iter().zip(tensors) {
                let into = &mut arena[tensor.span.range()];
                into.iter_mut().zip(input.bytes.iter()).for_each(|(to, from)| *to = *from as i8);
            }
            self.model.run(&mut arena);
            let bytes =
                |tensor: &kws_nn::Tensor| arena[tensor.span.range()].iter().map(|byte| *byte as u8).collect();
            self.model.outputs().iter().map(bytes).collect()
        });
        let is_real = inputs.iter().any(|input| input.is_real);
        let outputs = outputs.iter().zip(self.model.outputs());
        let outputs = outputs.map(|(bytes, tensor)| output(py, bytes, tensor, is_real));
        let mut outputs: Vec<Bound<'py, PyAny>> = outputs.collect::<PyResult<_>>()?;
        match outputs.len() {
            1 => Ok(outputs.remove(0)),
            _ => Ok(PyTuple::new(py, outputs)?.into_any()),
        }
    }

    fn __repr__(&self) -> String {
        format!("Model({} MACs, arena of {} bytes)", self.model.macs(), self.model.arena_bytes())
    }
}

/// An array as a model stores it: as it is where the types are equal; real numbers quantised, as the tensor says; uint8 as
/// int8 less 128, which is how models of the older kind are read.
fn input<'a>(array: &'a Array<'_>, tensor: &kws_nn::Tensor) -> PyResult<Input<'a>> {
    let kws_nn::Tensor { name, element, scale, zero_point, .. } = tensor;
    let quantised = |real: &f32, least: i32, most: i32| {
        ((real / scale).round() as i32).saturating_add(*zero_point).clamp(least, most)
    };
    let (bytes, is_real): (Cow<'a, [u8]>, bool) = match (array, element) {
        (Array::I8(array), Element::I8) => (items(array)?.iter().map(|item| *item as u8).collect(), false),
        (Array::U8(array), Element::U8) => (items(array)?.into(), false),
        (Array::U8(array), Element::I8) => (items(array)?.iter().map(|item| item ^ 0x80).collect(), false),
        (Array::I16(array), Element::I16) => {
            (items(array)?.iter().flat_map(|item| item.to_le_bytes()).collect(), false)
        }
        (Array::F32(array), Element::F32) => {
            (items(array)?.iter().flat_map(|item| item.to_le_bytes()).collect(), false)
        }
        (Array::F32(array), Element::I8) if *scale > 0.0 => {
            (items(array)?.iter().map(|real| quantised(real, -128, 127) as u8).collect(), true)
        }
        (Array::F32(array), Element::U8) if *scale > 0.0 => {
            (items(array)?.iter().map(|real| quantised(real, 0, 255) as u8).collect(), true)
        }
        (Array::F32(array), Element::I16) if *scale > 0.0 => {
            let stored = items(array)?.iter().map(|real| quantised(real, -32_768, 32_767) as i16);
            (stored.flat_map(i16::to_le_bytes).collect(), true)
        }
        _ => {
            let expected = dtype(*element);
            return Err(PyTypeError::new_err(format!(
                "`{name}` does not read this type, expected {expected}"
            )));
        }
    };
    let expected = tensor.span.range().len();
    if bytes.len() != expected {
        let (found, shape) = (bytes.len() / element.size().max(1), &tensor.dims);
        return Err(PyValueError::new_err(format!("found {found} items for `{name}`, expected {shape:?}")));
    }
    Ok(Input { bytes, is_real })
}

/// An output as an array: as the model stores it, or real numbers.
fn output<'py>(
    py: Python<'py>,
    bytes: &[u8],
    tensor: &kws_nn::Tensor,
    is_real: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let kws_nn::Tensor { name, element, dims, scale, zero_point, .. } = tensor;
    let real = |stored: i32| (stored - zero_point) as f32 * scale;
    let is_real = is_real && *scale > 0.0;
    let words = || bytes.chunks_exact(4).map(|word| [word[0], word[1], word[2], word[3]]);
    let halves = || bytes.chunks_exact(2).map(|half| i16::from_le_bytes([half[0], half[1]]));
    match element {
        Element::I8 if is_real => {
            array(py, bytes.iter().map(|byte| real(i32::from(*byte as i8))).collect(), dims)
        }
        Element::I8 => array(py, bytes.iter().map(|byte| *byte as i8).collect(), dims),
        Element::U8 if is_real => array(py, bytes.iter().map(|byte| real(i32::from(*byte))).collect(), dims),
        Element::U8 => array(py, bytes.to_vec(), dims),
        Element::I16 if is_real => array(py, halves().map(|half| real(i32::from(half))).collect(), dims),
        Element::I16 => array(py, halves().collect(), dims),
        Element::I32 => array(py, words().map(i32::from_le_bytes).collect(), dims),
        Element::F32 => array(py, words().map(f32::from_le_bytes).collect(), dims),
        other => {
            Err(refused(format!("`{name}` is of {other:?}, expected int8, uint8, int16, int32 or float32")))
        }
    }
}
