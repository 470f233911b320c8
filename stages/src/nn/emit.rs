//! A planned model as firmware source.

use kws_engine::firmware::{Code, Item, constant_name};
use kws_nn::Model;
use kws_nn::kernels::only;
use kws_nn::op::Op;

/// The plan as firmware source: operations and constants as `static`s whose names begin with `name`, and an
/// expression of the [`Plan`](kws_nn::plan::Plan) that borrows them.
///
/// A board must run it with the kernels that it was planned for, see [`kernels_code`].
pub fn model_code(model: &Model, name: &str) -> Code {
    let plan = model.plan();
    let item = |about: &str, part: &str| (about.to_owned(), constant_name(&[name, part]));
    let ops = |about: &str, part: &str, ops: &[Op]| {
        let (about, name) = item(about, part);
        let lines: String = ops.iter().map(|op| format!("Op::{op:?},\n")).collect();
        let value = format!("[\n{lines}]");
        let of = format!("[Op; {}]", ops.len());
        Item { about, name, of, value, bytes: size_of_val(ops) }
    };
    let items = vec![
        ops("Operations of one run.", "ops", &plan.ops),
        ops("Operations that give variables their first values.", "start", &plan.start),
        Item::array("Weights and tables.", constant_name(&[name, "bytes"]), "i8", &plan.bytes),
        Item::array(
            "Biases, factors and packed weights.",
            constant_name(&[name, "words"]),
            "i32",
            &plan.words,
        ),
    ];
    let value = format!(
        "Plan {{ ops: &{}, start: &{}, bytes: &{}, words: &{}, input: {:?}, output: {:?}, variables: {}, \
         arena: {} }}",
        items[0].name,
        items[1].name,
        items[2].name,
        items[3].name,
        plan.input,
        plan.output,
        plan.variables,
        plan.arena
    );
    Code {
        of: "Plan<&'static [Op], &'static [i8], &'static [i32]>".to_owned(),
        value,
        uses: vec![
            "core::f32::INFINITY as inf".to_owned(),
            "kws_stages::nn::fixed::Factor".to_owned(),
            "kws_stages::nn::op::{Arithmetic::*, Function::*, Layout::*, Pooling::*, Rounding::*, Source::*, *}"
                .to_owned(),
            "kws_stages::nn::plan::Plan".to_owned(),
        ],
        items,
        ..Code::default()
    }
}

/// The kernels that the plan was made for as firmware source, cut down to the operators that it uses.
pub fn kernels_code(model: &Model) -> Code {
    let plan = model.plan();
    let used = plan.ops.iter().chain(&plan.start).fold(0, |used, op| used | op.family());
    let names = only::NAMES.iter().filter(|(family, _)| used & family != 0).map(|(_, name)| *name);
    let names: Vec<&str> = names.collect();
    let kernels = model.kernels().type_name();
    let operators = if names.is_empty() { "0".to_owned() } else { names.join(" | ") };
    Code {
        of: format!("Only<kernels::{kernels}, {{ {operators} }}>"),
        value: format!("Only(kernels::{kernels})"),
        uses: vec!["kws_stages::nn::kernels::{self, only::*}".to_owned()],
        ..Code::default()
    }
}
