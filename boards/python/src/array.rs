//! Arrays of NumPy, in and out.

use kws::{Block, Element, Samples};
use numpy::{
    Element as Item, PyArray1, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// An array that is read where it lies.
pub(crate) enum Array<'py> {
    I8(PyReadonlyArrayDyn<'py, i8>),
    U8(PyReadonlyArrayDyn<'py, u8>),
    I16(PyReadonlyArrayDyn<'py, i16>),
    F32(PyReadonlyArrayDyn<'py, f32>),
}

impl<'py> Array<'py> {
    /// An array of a type that pipelines and models read.
    pub(crate) fn new(given: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(array) = given.extract() {
            return Ok(Array::I16(array));
        }
        if let Ok(array) = given.extract() {
            return Ok(Array::F32(array));
        }
        if let Ok(array) = given.extract() {
            return Ok(Array::U8(array));
        }
        if let Ok(array) = given.extract() {
            return Ok(Array::I8(array));
        }
        let expected = "expected a NumPy array of int16, float32, uint8 or int8";
        Err(PyTypeError::new_err(match given.cast::<PyUntypedArray>() {
            Ok(array) => {
                format!("found an array of {}, {expected}: `array.astype(...)` makes one", array.dtype())
            }
            Err(_) => format!("found {}, {expected}", given.get_type()),
        }))
    }

    /// As what a source takes.
    pub(crate) fn samples(&self) -> PyResult<Samples<'_>> {
        match self {
            Array::I16(array) => Ok(Samples::I16(items(array)?)),
            Array::F32(array) => Ok(Samples::F32(items(array)?)),
            Array::U8(array) => Ok(Samples::U8(items(array)?)),
            Array::I8(_) => Err(PyTypeError::new_err(
                "found an array of int8, expected int16 or float32, or uint8 for pixels",
            )),
        }
    }
}

/// An array's items in their order; they are not copied.
pub(crate) fn items<'a, T: Item>(array: &'a PyReadonlyArrayDyn<'_, T>) -> PyResult<&'a [T]> {
    array.as_slice().map_err(|_| {
        PyValueError::new_err(
            "the array is not contiguous: `numpy.ascontiguousarray(array)` makes one that is",
        )
    })
}

/// An array of this shape that owns its items.
pub(crate) fn array<'py, T: Item>(
    py: Python<'py>,
    items: Vec<T>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    let array = PyArray1::from_vec(py, items);
    Ok(array.reshape(shape.to_vec())?.into_any())
}

/// Blocks of one stage, along the first axis of an array.
pub(crate) fn stacked<'py>(
    py: Python<'py>,
    blocks: &[Block],
    element: Element,
    shape: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    let shape: Vec<usize> = std::iter::once(blocks.len()).chain(shape.iter().copied()).collect();
    match element {
        Element::I8 => array(py, joined::<i8>(blocks), &shape),
        Element::U8 => array(py, joined::<u8>(blocks), &shape),
        Element::I16 => array(py, joined::<i16>(blocks), &shape),
        Element::F32 => array(py, joined::<f32>(blocks), &shape),
        Element::Event => {
            Err(PyTypeError::new_err("found a stage that writes events, expected one of numbers"))
        }
    }
}

fn joined<T: kws::Item>(blocks: &[Block]) -> Vec<T> {
    let items = blocks.iter().filter_map(|block| T::items(&block.items));
    items.flatten().copied().collect()
}
