//! Plans the pipeline that `PIPELINE` names and writes it as Rust source: as firmware, with what a page asks for beside it.

#[path = "../../src/describe.rs"]
mod describe;
mod enrolled;
mod tap;
mod turned;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use kws_engine::firmware::{Board, Firmware, constant_name};
use kws_engine::{Knob, Pipeline, Plan, Port, Registry};

/// Stages whose blocks a page may ask for: what a detection is made from.
const TAPPED: [&str; 3] = ["classifier", "match", "smooth"];

/// Stand for what the page brings: an enrolled word, and the scores that its knob means.
const WORD: &str = "{word}";
const SCORES: &str = "{scores}";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=PIPELINE");
    println!("cargo::rerun-if-changed=board.toml");
    let path = PathBuf::from(env::var("PIPELINE").map_err(|_| "set `PIPELINE`, the pipeline to compile")?);
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    kws_devices::bind(&mut registry);
    registry.add::<tap::TapParams>().add::<turned::Turned>().add::<enrolled::Enrolled>();

    let folder = path.parent().unwrap_or(Path::new(""));
    let text = fs::read_to_string(&path)?;
    println!("cargo::rerun-if-changed={}", path.display());
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let plan = Plan::new(&Pipeline::parse(&text, &name, folder)?, &registry)?;
    let tapped = with_taps(&text, &plan);
    let board = Board::of_file(Path::new("board.toml"), "")?;
    let firmware = Firmware::new(&Pipeline::parse(&tapped, &name, folder)?, &board, &registry)?;
    if let Some(misfit) = firmware.misfit {
        return Err(misfit.into());
    }
    for file in &firmware.files {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("pipeline.rs"), firmware.source)?;
    fs::write(out.join("about.rs"), about(&plan)?)?;
    Ok(())
}

/// The pipeline with a tap behind each stage whose blocks a page may ask for.
fn with_taps(text: &str, plan: &Plan) -> String {
    tapped(plan).fold(text.to_owned(), |mut text, stage| {
        let _ = write!(text, "\n[[stage]]\nname = \"tap_{stage}\"\nkind = \"tap\"\ninput = \"{stage}\"\n");
        text
    })
}

fn tapped(plan: &Plan) -> impl Iterator<Item = &str> {
    let tapped = plan.stages.iter().filter(|stage| TAPPED.contains(&stage.kind.as_str()));
    tapped.map(|stage| stage.name.as_str())
}

/// What the module tells of its pipeline, and how it turns its knobs.
fn about(plan: &Plan) -> Result<String, Box<dyn Error>> {
    let mut description = describe::describe(plan);
    let enrols = plan.stages.iter().any(|stage| stage.kind == "match");
    let (mut scores, mut arms) = (Vec::new(), String::new());
    for (index, knob) in plan.knobs.iter().enumerate() {
        let own: Vec<&Knob> = plan.knobs.iter().filter(|other| other.stage == knob.stage).collect();
        let stage = plan.stages.iter().find(|stage| stage.name == knob.stage).ok_or("a knob of no stage")?;
        if stage.output.as_ref().map(|port| port.len()) != Some(own.len()) {
            return Err(format!(
                "`{}` has several points for a label, which a compiled module cannot turn",
                knob.stage
            )
            .into());
        }
        let watch = own.iter().position(|other| other.label == knob.label).ok_or("a knob of no watch")?;
        let module = constant_name(&[&knob.stage]).to_lowercase();
        let _ =
            writeln!(arms, "        {index} => pipeline::{module}::WATCHES.turn({watch}, value, scores),");
        scores.push(format!("&{:?}", knob.scores()));
        if enrols {
            description["knobs"][index]["scores"] = SCORES.into();
        }
    }
    let source = (0..plan.stages.len()).find(|index| plan.inputs(*index).next().is_none());
    let port =
        source.and_then(|index| plan.stages[index].output.as_ref()).ok_or("the pipeline has no source")?;
    let tapped: Vec<&str> = tapped(plan).collect();
    let matching = plan.stages.iter().position(|stage| stage.kind == "match");
    let embedding = matching.and_then(|index| plan.inputs(index).next()).map(|edge| &plan.stages[edge.from]);
    let values = embedding.and_then(|stage| stage.output.as_ref()).map_or(0, Port::len);
    Ok(format!(
        "/// What the source delivers.\npub(crate) type Item = {};\n\
         /// Items of a block.\npub(crate) const BLOCK: usize = {};\n\
         /// Ticks of a block.\npub(crate) const TICKS: u64 = {};\n\
         /// Stages whose blocks a page may ask for.\npub(crate) static TAPPED: [&str; {}] = {tapped:?};\n\
         /// The pipeline as `kws.d.ts` has it.\npub(crate) const DESCRIPTION: &str = {:?};\n\
         /// Whether it has a word that the page enrols.\npub(crate) const ENROLS: bool = {enrols};\n\
         /// What a word is enrolled by: the stage, and its values.\n\
         pub(crate) struct Embedding {{\n    pub(crate) stage: &'static str,\n    pub(crate) values: usize,\n}}\n\
         /// Nothing where no word is enrolled.\n\
         pub(crate) const EMBEDDING: Embedding = Embedding {{ stage: {:?}, values: {values} }};\n\
         /// Scores that the knobs mean, at values from 0 to 1 in equal steps.\n\
         pub(crate) static SCORES: [&[f32]; {}] = [{}];\n\
         /// Turns a knob.\npub(crate) fn turn(knob: usize, value: f32, scores: &[f32]) {{\n    match knob {{\n{arms}        _ => {{}}\n    }}\n}}\n",
        port.element.name(),
        port.len(),
        port.period,
        tapped.len(),
        description.to_string(),
        embedding.map_or("", |stage| stage.name.as_str()),
        scores.len(),
        scores.join(", ")
    ))
}
