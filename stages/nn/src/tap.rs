//! A model with another of its tensors as its output.
#![forbid(unsafe_code)]

use super::error::{ModelError, ModelErrorKind};
use super::flatbuffer::Table;
use super::planner::operators::code;
use super::schema::{File, Graph};

/// The slots of a graph's table.
const OUTPUTS: usize = 2;
const OPERATORS: usize = 3;

/// Bytes of an element of a vector of numbers or of offsets.
const WORD: usize = 4;

/// The contents of a `.tflite` file whose only output is the tensor of this name, or of this number, without the
/// operators that only what comes behind it needs.
///
/// # Errors
/// When the file cannot be read, or none of its operators computes such a tensor; the message lists those that there are.
pub fn tapped(bytes: &[u8], tensor: &str) -> Result<Vec<u8>, ModelError> {
    let file = File::read(bytes)?;
    let graph = &file.graphs[0];
    let number = find(graph, tensor)?;
    let table = Table::root(bytes)?.tables(OUTPUTS)?.next();
    let table = table.ok_or_else(|| refused("a file without graphs".to_owned(), "one".to_owned()))??;
    let (outputs, count) = table.place(OUTPUTS, WORD)?;
    if count == 0 {
        return Err(refused("a graph without outputs".to_owned(), "at least one".to_owned()));
    }
    let (operators, _) = table.place(OPERATORS, WORD)?;
    let mut tapped = bytes.to_vec();
    put(&mut tapped, outputs - WORD, 1);
    put(&mut tapped, outputs, number);
    // Each offset starts where it stands: one that moves to the front becomes longer by as much.
    let needed = needed(graph, number);
    for (place, operator) in needed.iter().enumerate() {
        let from = operators + WORD * operator;
        let moved = WORD * (operator - place);
        let offset = bytes[from..].first_chunk().map_or(0, |offset| u32::from_le_bytes(*offset));
        put(&mut tapped, from - moved, offset as usize + moved);
    }
    put(&mut tapped, operators - WORD, needed.len());
    Ok(tapped)
}

fn put(bytes: &mut [u8], at: usize, number: usize) {
    bytes[at..at + WORD].copy_from_slice(&(number as u32).to_le_bytes());
}

fn refused(found: String, expected: String) -> ModelError {
    ModelError::new(ModelErrorKind::Shape, "model", found, expected)
}

/// The number of a tensor that an operator computes, by its name or its number.
fn find(graph: &Graph<'_>, wanted: &str) -> Result<usize, ModelError> {
    let written = graph.operators.iter().flat_map(|operator| operator.outputs.iter());
    let written: Vec<usize> = written.filter_map(|number| usize::try_from(number).ok()).collect();
    let by_name = written.iter().find(|number| graph.tensors[**number].name == wanted);
    let by_number = || wanted.parse().ok().filter(|number| written.contains(number));
    by_name.copied().or_else(by_number).ok_or_else(|| {
        let names: Vec<&str> = written.iter().map(|number| graph.tensors[*number].name.as_str()).collect();
        refused(
            format!("no tensor `{wanted}` that an operator writes"),
            format!("one of `{}`", names.join("`, `")),
        )
    })
}

/// The operators that a tensor needs, and those that keep what is remembered from run to run.
fn needed(graph: &Graph<'_>, tensor: usize) -> Vec<usize> {
    let mut wanted = vec![false; graph.tensors.len()];
    wanted[tensor] = true;
    let mut needed = Vec::new();
    for (number, operator) in graph.operators.iter().enumerate().rev() {
        let keeps = [code::CALL_ONCE, code::ASSIGN_VARIABLE].contains(&operator.code.code);
        let mut writes = operator.outputs.iter().filter_map(|number| usize::try_from(number).ok());
        if keeps || writes.any(|number| wanted[number]) {
            let reads = operator.inputs.iter().filter_map(|number| usize::try_from(number).ok());
            reads.for_each(|number| wanted[number] = true);
            needed.push(number);
        }
    }
    needed.reverse();
    needed
}
