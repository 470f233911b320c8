//! Nodes of a cascade without machines: what they send, and what is to come of it.
#![allow(unreachable_pub, reason = "a module of a test")]
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kws::{Output, Pipeline, Plan};
use kws_carrier::stream::{Direction, seal};
use kws_link::{MAX_FRAME, Mark, Outbox};
use kws_tests::root;

/// `pipelines/yes_no.toml`, cut behind its features.
pub struct Cascade {
    pub toml: String,
    /// Frames that a node sends: one for each block, and the end.
    pub frames: Vec<Vec<u8>>,
    /// Detections of the whole, each with the number of the block by which they are known.
    pub expected: Vec<String>,
    pub direction: Direction,
}

impl Cascade {
    /// A cascade whose nodes hear so many seconds of the shipped recording, over and over.
    pub fn new(seconds: f64) -> Self {
        let folder = root().join("pipelines");
        let text = std::fs::read_to_string(folder.join("yes_no.toml")).unwrap();
        let toml = text
            .replace("kind = \"classifier\"", "kind = \"classifier\"\nplace = \"hub\"\non_full = \"block\"")
            .replace("models/", &format!("{}/models/", folder.display()))
            .replace("recordings/", &format!("{}/recordings/", folder.display()))
            + "[[place]]\nname = \"node\"\n[[place]]\nname = \"hub\"\n";
        let pipeline = Pipeline::parse(&toml, "cascade.toml", Path::new("")).unwrap();
        let mut samples = kws_tests::listening::recording();
        let len = (seconds * 16_000.0) as usize;
        samples = samples.iter().copied().cycle().take(len).collect();
        let registry = kws::registry();
        let mut expected = Vec::new();
        let mut see = |output: Output<'_>| {
            expected.extend(output.detections().map(|detection| detection.json().to_string()));
        };
        let mut whole = Plan::new(&pipeline, &registry).unwrap().session().unwrap();
        whole.push("mic", &samples, &mut see).unwrap();
        whole.finish(&mut see).unwrap();
        let plan = Plan::at(&pipeline, &registry, "node").unwrap();
        let (frames, link) = (frames(&plan, &samples), &plan.links[0]);
        let direction = Direction::new(link.pipeline, "node", "hub");
        Cascade { toml, frames, expected, direction }
    }
}

/// What a node's end of the link sends.
fn frames(plan: &Plan, samples: &[i16]) -> Vec<Vec<u8>> {
    let edge = &plan.links[0].edges[0];
    let bytes = edge.port.bytes();
    let mut outbox = Outbox::new(edge.edge, bytes as u32, vec![0; Outbox::room_for(4, bytes)]);
    outbox.open_log(4);
    let (mut frames, mut frame) = (Vec::new(), [0; MAX_FRAME]);
    let mut send = |outbox: &mut Outbox<Vec<u8>>| {
        let len = outbox.take(77, 0, &mut frame).unwrap().unwrap();
        outbox.stored(frames.len() as u64 + 1);
        frames.push(seal(&frame[..len]));
    };
    let mut session = plan.session().unwrap();
    session
        .push("mic", samples, |output| {
            let mut block = Vec::new();
            output.block.to_wire(|byte| block.push(byte));
            let mark = Mark { block: true, tick: output.at, blocks: 1, lost: output.lost, order: None };
            outbox.push(mark, block.len(), block.into_iter()).unwrap();
            send(&mut outbox);
        })
        .unwrap();
    outbox.end();
    send(&mut outbox);
    frames
}

/// A worker: a program of its own.
pub struct Worker(pub Child);

impl Worker {
    pub fn start(cascade: &Path, url: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kws-serve"));
        command.arg(cascade).args(["--place", "hub", "--link", url, "--log", "warn"]);
        Worker(command.stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes the cascade's file to a folder.
pub fn written(cascade: &Cascade, folder: &Path) -> PathBuf {
    let path = folder.join("cascade.toml");
    std::fs::write(&path, &cascade.toml).unwrap();
    path
}
