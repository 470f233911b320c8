//! What a page may want to know of a pipeline.

use kws::{Element, Plan, Port};
use serde_json::{Value, json};

/// A pipeline as `package/kws.d.ts` has it.
pub(crate) fn describe(plan: &Plan) -> Value {
    let stages: Vec<Value> = (0..plan.stages.len()).map(|index| stage(plan, index)).collect();
    let knobs: Vec<Value> = plan.knobs.iter().map(knob).collect();
    json!({ "name": plan.name, "stages": stages, "knobs": knobs, "notices": plan.notices })
}

fn stage(plan: &Plan, index: usize) -> Value {
    let stage = &plan.stages[index];
    let inputs: Vec<&str> = plan.inputs(index).map(|edge| plan.stages[edge.from].name.as_str()).collect();
    json!({
        "name": stage.name,
        "kind": stage.kind,
        "params": stage.params,
        "inputs": inputs,
        "output": stage.output.as_ref().map(port),
    })
}

fn port(port: &Port) -> Value {
    let words: Vec<&String> = port.labels.iter().filter(|label| kws::is_word(label)).collect();
    let quant = port.quant;
    json!({
        "element": element(port.element),
        "shape": port.shape,
        "role": port.role.name(),
        "clock": port.clock,
        "period": port.period,
        "labels": port.labels,
        "words": words,
        "points": port.points,
        "scale": quant.map_or(1.0, |quant| quant.scale),
        "zeroPoint": quant.map_or(0, |quant| quant.zero_point),
    })
}

fn knob(knob: &kws::Knob) -> Value {
    json!({
        "stage": knob.stage,
        "key": knob.key,
        "label": knob.label,
        "value": knob.value(),
        "scores": knob.scores(),
    })
}

fn element(element: Element) -> &'static str {
    match element {
        Element::I8 => "int8",
        Element::U8 => "uint8",
        Element::I16 => "int16",
        Element::F32 => "float32",
        Element::Event => "event",
    }
}
