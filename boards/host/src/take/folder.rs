//! What a take consists of, and a new one made after it.

use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::{Density, Kind, Pipeline, Plan, Port, Registry};

use crate::wrapper::{Files, PORT, ReplayParams, read_port, write_whole};

/// The pipeline that replays a take, in its folder.
const PIPELINE: &str = "pipeline.toml";
/// The longest common period of the edges that a cut or a joint goes by, in seconds.
const LONGEST_BEAT: f64 = 10.0;

/// A recorded edge of a take.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    /// The common stem of its files: the stage's name, where that can be a file's.
    pub(crate) name: String,
    /// What its blocks mean.
    pub(crate) port: Port,
    /// Where it is.
    pub(crate) files: Files,
}

/// A folder with a recording of a run.
pub(crate) struct Take {
    /// The folder.
    pub(crate) dir: PathBuf,
    /// The pipeline that replays it.
    pub(crate) pipeline: Pipeline,
    /// What was recorded, in the order of the stages.
    pub(crate) edges: Vec<Edge>,
    /// Names of the edges that the pipeline replays.
    sources: Vec<String>,
}

impl Take {
    /// Reads what a folder holds.
    ///
    /// # Errors
    /// When it is no take; the text names the file.
    pub(crate) fn open(dir: &Path) -> Result<Self, String> {
        let path = dir.join(PIPELINE);
        if !path.is_file() {
            return Err(format!(
                "`{}` is not a take: it holds no `{PIPELINE}`; `kws-run PIPELINE --record {}` makes one",
                dir.display(),
                dir.display()
            ));
        }
        let pipeline = Pipeline::read(&path).map_err(|error| error.to_string())?;
        let replays = |stage: &&kws_engine::StageSpec| stage.kind == ReplayParams::NAME;
        let played = pipeline.stages.iter().filter(replays);
        let played = played.filter_map(|stage| stage.params.get("path")?.text().map(str::to_owned));
        let played: Vec<String> = played.collect();
        let mut take = Take { dir: dir.to_owned(), sources: Vec::new(), edges: Vec::new(), pipeline };
        let names = take.names()?;
        for path in played {
            let source = names.iter().find(|name| Path::new(&path).file_stem() == Some(name.as_ref()));
            let source = source.filter(|_| Path::new(&path).components().count() == 1).ok_or_else(|| {
                format!("`{}` is not a take: it replays `{path}`, which it does not hold", dir.display())
            })?;
            take.sources.push(source.clone());
        }
        for name in names {
            let files = Files::to_read(&dir.join(&name));
            take.edges.push(Edge { port: read_port(&files.port())?, files, name });
        }
        if take.sources.is_empty() {
            return Err(format!("`{}` is not a take: its pipeline replays nothing", dir.display()));
        }
        Ok(take)
    }

    /// Names of the edges that there are: first those of stages, in their order, then any others by name.
    fn names(&self) -> Result<Vec<String>, String> {
        let cannot =
            |error: std::io::Error| format!("cannot read the take `{}`: {error}", self.dir.display());
        let files = fs::read_dir(&self.dir).map_err(cannot)?;
        let files = files.collect::<Result<Vec<_>, _>>().map_err(cannot)?;
        let name = |file: &fs::DirEntry| Some(file.file_name().to_str()?.strip_suffix(PORT)?.to_owned());
        let mut names: Vec<String> = files.iter().filter_map(name).collect();
        let place = |name: &String| self.pipeline.stages.iter().position(|stage| stage.name == *name);
        names.sort_by_key(|name| (place(name).unwrap_or(usize::MAX), name.clone()));
        Ok(names)
    }

    /// The edge of this name.
    pub(crate) fn edge(&self, name: &str) -> Option<&Edge> {
        self.edges.iter().find(|edge| edge.name == name)
    }

    /// Whether the pipeline replays an edge.
    pub(crate) fn is_source(&self, edge: &Edge) -> bool {
        self.sources.contains(&edge.name)
    }

    /// The edges that the pipeline replays; there is one at least.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| self.is_source(edge))
    }

    /// The edge by whose ticks all others are cut and joined: the first that is replayed.
    pub(crate) fn leader(&self) -> &Edge {
        self.sources().next().expect("a take without sources is not opened")
    }

    /// Ticks of the leader after which all stages stand as they did: the least common multiple of the periods of all
    /// edges. A stream that begins at a multiple of them meets every stage as the whole one does.
    ///
    /// # Errors
    /// When the pipeline cannot be planned.
    pub(crate) fn beat(&self, registry: &Registry) -> Result<u64, String> {
        let plan = Plan::new(&self.pipeline, registry).map_err(|error| error.to_string())?;
        let leader = &self.leader().port;
        let ports = plan.stages.iter().filter_map(|stage| stage.output.as_ref());
        let regular = ports.filter(|port| port.clock == leader.clock && port.density != Density::Sparse);
        let most = (LONGEST_BEAT * f64::from(leader.clock)) as u64;
        let beat = regular.map(|port| port.period).fold(leader.period, lcm);
        Ok(if beat <= most { beat } else { leader.period })
    }

    /// Makes the folder of a take with this one's pipeline and the files that the pipeline reads, without edges.
    ///
    /// # Errors
    /// When the folder holds something, or cannot be written.
    pub(crate) fn begin(&self, dir: &Path) -> Result<(), String> {
        if fs::read_dir(dir).is_ok_and(|mut files| files.next().is_some()) {
            return Err(format!(
                "`--output {}`: this folder is not empty, and a take never overwrites; choose another one or remove it",
                dir.display()
            ));
        }
        let cannot = |error: std::io::Error| format!("cannot write the take to `{}`: {error}", dir.display());
        fs::create_dir_all(dir).map_err(cannot)?;
        let text = fs::read_to_string(self.dir.join(PIPELINE)).map_err(cannot)?;
        write_whole(&dir.join(PIPELINE), &text).map_err(cannot)?;
        self.folders()
            .try_for_each(|folder| copy(&self.dir.join(&folder), &dir.join(&folder)))
            .map_err(cannot)
    }

    /// Folders beside the edges: those of models.
    fn folders(&self) -> impl Iterator<Item = std::ffi::OsString> {
        let files = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        files.filter(|file| file.path().is_dir()).map(|file| file.file_name())
    }
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let target = to.join(file.file_name());
        if file.file_type()?.is_dir() {
            copy(&file.path(), &target)?;
        } else {
            fs::copy(file.path(), target)?;
        }
    }
    Ok(())
}

fn lcm(one: u64, other: u64) -> u64 {
    let (mut a, mut b) = (one, other);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    (one / a.max(1)).saturating_mul(other)
}

/// A tick of one clock as that of another, rounded down.
pub(super) fn rescaled(tick: u64, from: u32, to: u32) -> u64 {
    (u128::from(tick) * u128::from(to) / u128::from(from)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beat_is_the_least_common_multiple() {
        assert_eq!([160, 480, 640].into_iter().fold(320, lcm), 1920);
        assert_eq!(lcm(u64::MAX, 2), u64::MAX);
    }

    #[test]
    fn ticks_of_long_streams_are_rescaled() {
        assert_eq!(rescaled(16_000 * 86_400 * 365, 16_000, 1_000_000), 1_000_000 * 86_400 * 365);
        assert_eq!(rescaled(1, 16_000, 8000), 0);
    }
}
