//! `--record`: what passed, and a pipeline that replays it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kws_devices::PrintParams;
use kws_engine::{Effect, Kind, Origin, Pipeline, Plan, Registry, Setting, StageSpec, nearest};
use serde_json::{Value, json};

use super::command_error::CommandError;
use super::overrides::{is_path, is_source};
use super::source::absolute;
use crate::wrapper::{RecordParams, ReplayParams, write_whole};

/// The pipeline that replays, in the folder of the recording.
const PIPELINE: &str = "pipeline.toml";
/// Where copies of the files go that the pipeline reads.
const FILES: &str = "files";

/// What is recorded, and where.
pub(crate) struct Recording {
    dir: PathBuf,
    /// Stages whose output is recorded, with the file of each.
    edges: Vec<(String, String)>,
    /// Stages that read files, with those that they were designed from: sinks write theirs, and sources are replaced.
    readers: Vec<(String, Vec<PathBuf>)>,
}

impl Recording {
    /// Chooses what is recorded: the output of every stage, or of those named and of the sources, without which there
    /// is nothing to replay.
    pub(crate) fn new(
        plan: &Plan,
        pipeline: &Pipeline,
        registry: &Registry,
        dir: &Path,
        chosen: &[String],
    ) -> Result<Self, CommandError> {
        let writes = |name: &str| plan.stage(name).is_some_and(|stage| stage.output.is_some());
        let all: Vec<&str> =
            pipeline.stages.iter().map(|stage| stage.name.as_str()).filter(|name| writes(name)).collect();
        if let Some(unknown) = chosen.iter().find(|name| !all.contains(&name.as_str())) {
            let help = nearest(unknown, &all).map_or_else(
                || format!("available: `{}`", all.join("`, `")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(CommandError::usage(format!(
                "`--edges`: no stage `{unknown}` writes anything; {help}"
            )));
        }
        let wanted = |stage: &&StageSpec| {
            chosen.is_empty() || chosen.contains(&stage.name) || is_source(stage, registry)
        };
        let edges = pipeline.stages.iter().filter(|stage| writes(&stage.name)).filter(wanted);
        let edges =
            edges.enumerate().map(|(index, stage)| (stage.name.clone(), file_name(&stage.name, index)));
        let readers =
            pipeline.stages.iter().filter(|stage| writes(&stage.name) && !is_source(stage, registry));
        Ok(Recording {
            dir: dir.to_owned(),
            edges: edges.collect(),
            readers: readers
                .filter_map(|stage| Some((stage.name.clone(), plan.stage(&stage.name)?.files.clone())))
                .collect(),
        })
    }

    /// Makes the folder: the pipeline that replays, and copies of the files that it reads.
    pub(crate) fn prepare(&self, pipeline: &Pipeline, registry: &Registry) -> Result<(), CommandError> {
        let same = |path: &Path| {
            path.canonicalize().is_ok_and(|path| self.dir.canonicalize().is_ok_and(|dir| dir == path))
        };
        if same(&absolute(&pipeline.dir)) {
            let dir = self.dir.display();
            return Err(CommandError::usage(format!(
                "`--record {dir}`: the pipeline itself is in this folder; choose another one"
            )));
        }
        let holds_something = fs::read_dir(&self.dir).is_ok_and(|mut files| files.next().is_some());
        if holds_something {
            let dir = self.dir.display();
            return Err(CommandError::usage(format!(
                "`--record {dir}`: this folder is not empty, and a recording never overwrites; choose another one or remove it"
            )));
        }
        let about = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("cannot write the recording to `{}`: {error}", self.dir.display()),
            )
        };
        fs::create_dir_all(&self.dir).map_err(about)?;
        let text = self.replaying(pipeline, registry).map_err(about)?.to_toml();
        write_whole(&self.dir.join(PIPELINE), &text).map_err(about)?;
        Ok(())
    }

    /// Lets the pipeline record while it runs.
    pub(crate) fn attach(&self, pipeline: &mut Pipeline) {
        for (stage, file) in &self.edges {
            let path = absolute(&self.dir.join(file));
            pipeline.attach(
                &format!("record {stage}"),
                RecordParams::NAME,
                stage,
                &json!({"path": path}),
                "--record",
            );
        }
    }

    /// The pipeline with recordings in the place of its sources, and without actions: what was done once is not done again.
    fn replaying(&self, pipeline: &Pipeline, registry: &Registry) -> io::Result<Pipeline> {
        let mut replaying = pipeline.clone();
        for stage in pipeline.stages.iter().filter(|stage| is_source(stage, registry)) {
            if let Some((_, file)) = self.edges.iter().find(|(name, _)| *name == stage.name) {
                replaying.replace(&stage.name, ReplayParams::NAME, &json!({"path": file}), "--record");
            }
        }
        without_actions(&mut replaying, registry);
        let mut copies = Copies { from: pipeline.dir.clone(), to: self.dir.clone(), done: Vec::new() };
        for stage in &mut replaying.stages {
            if let Some((_, files)) = self.readers.iter().find(|(name, _)| *name == stage.name) {
                copies.of_stage(stage, files, registry)?;
            }
        }
        Ok(replaying)
    }
}

/// Lets `print` tell what actions were for.
fn without_actions(pipeline: &mut Pipeline, registry: &Registry) {
    let acts =
        |stage: &&StageSpec| registry.kind(&stage.kind).is_some_and(|kind| kind.effect == Effect::Acts);
    let actions: Vec<String> = pipeline.stages.iter().filter(acts).map(|stage| stage.name.clone()).collect();
    actions.iter().for_each(|action| pipeline.replace(action, PrintParams::NAME, &json!({}), "--record"));
}

/// A file name from a stage's name, which may hold anything.
fn file_name(stage: &str, index: usize) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_".contains(c);
    if stage.chars().all(plain) { stage.to_owned() } else { format!("edge{index}") }
}

/// Files that a pipeline reads, copied so that the recording's folder can go elsewhere.
struct Copies {
    from: PathBuf,
    to: PathBuf,
    /// Files that were copied, and the path of each copy.
    done: Vec<(PathBuf, String)>,
}

impl Copies {
    /// Copies what the stage's paths name, with all beside it that it was designed from, and lets them name the copies.
    fn of_stage(&mut self, stage: &mut StageSpec, files: &[PathBuf], registry: &Registry) -> io::Result<()> {
        let Some(kind) = registry.kind(&stage.kind) else { return Ok(()) };
        let mut params = stage.params.to_json();
        let Some(entries) = params.as_object_mut() else { return Ok(()) };
        for (name, _) in kind.params().filter(|(_, schema)| is_path(schema)) {
            let path = entries.get(name).and_then(Value::as_str).map(|path| self.from.join(path));
            if let Some(path) = path.filter(|path| path.is_file()) {
                entries.insert(name.to_owned(), Value::from(self.copy(&path.canonicalize()?, files)?));
            }
        }
        stage.params = Setting::from_json(&params, &Origin::Nowhere);
        Ok(())
    }

    /// Copies a file, with those of `files` that stand in the same folder, to a folder called as its own.
    fn copy(&mut self, file: &Path, files: &[PathBuf]) -> io::Result<String> {
        if let Some((_, copy)) = self.done.iter().find(|(done, _)| done == file) {
            return Ok(copy.clone());
        }
        let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        // Folders of one name elsewhere must not run together.
        let name = format!("{FILES}/{}-{folder}", self.done.len() + 1);
        fs::create_dir_all(self.to.join(&name))?;
        let beside = files.iter().filter_map(|path| path.canonicalize().ok());
        let beside = beside.filter(|path| path.parent() == file.parent() && path != file);
        for path in beside.chain([file.to_owned()]) {
            fs::copy(&path, self.to.join(&name).join(path.file_name().unwrap_or_default()))?;
        }
        let copy = format!("{name}/{}", file.file_name().unwrap_or_default().to_string_lossy());
        self.done.push((file.to_owned(), copy.clone()));
        Ok(copy)
    }
}
