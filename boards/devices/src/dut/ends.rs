//! The ends of a `.tflite` model, for the host and for the build of a board.

use std::fmt;
use std::str::FromStr;

use kws_stages::nn::{Element, Model, Tensor};

use super::{Benchmark, Ends, LONGEST_INPUT, Quantised};

impl Ends {
    /// The ends of a model that is to run as this benchmark.
    ///
    /// # Errors
    /// Says what the model has and the benchmark does not expect.
    pub fn of(model: &Model, benchmark: Benchmark) -> Result<Self, String> {
        let ([input], [output]) = (model.inputs(), model.outputs()) else {
            let (inputs, outputs) = (model.inputs().len(), model.outputs().len());
            return Err(format!(
                "`{benchmark}` needs a model with one input and one output; found {inputs} and {outputs}"
            ));
        };
        let ends = Ends { input: quantised(input, benchmark)?, output: quantised(output, benchmark)? };
        let bytes = benchmark.input_bytes(&ends);
        if bytes > LONGEST_INPUT {
            return Err(format!(
                "an input of `{benchmark}` has at most {LONGEST_INPUT} bytes; this model's would have {bytes}"
            ));
        }
        if benchmark == Benchmark::Ad01 && ends.input.len != ends.output.len {
            let (read, written) = (ends.input.len, ends.output.len);
            return Err(format!(
                "`{benchmark}` compares the output with the input; this model reads {read} numbers and writes {written}"
            ));
        }
        Ok(ends)
    }
}

fn quantised(tensor: &Tensor, benchmark: Benchmark) -> Result<Quantised, String> {
    if tensor.element != Element::I8 {
        return Err(format!(
            "`{benchmark}` needs a model that reads and writes int8; `{}` of this one is {:?}",
            tensor.name, tensor.element
        ));
    }
    let (scale, zero_point) = (tensor.scale, tensor.zero_point);
    Ok(Quantised { start: tensor.span.range().start, len: tensor.count(), scale, zero_point })
}

impl fmt::Display for Benchmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Benchmark {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|benchmark| benchmark.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Benchmark::name).join(", ");
            format!("no benchmark `{text}`; there are {names}")
        })
    }
}
