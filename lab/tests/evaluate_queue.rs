//! An evaluation from a queue: processes come and are killed, and what their parts add up to is what one run finds.
#![allow(clippy::unwrap_used, reason = "this is test code")]

mod program;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use kws_carrier::testing::NatsServer;
use kws_lab::audio::{read_16k, write_wav};
use program::{fail, folder, lab, succeed};

const SHARDS: usize = 12;
/// How long all may take.
const LIMIT: Duration = Duration::from_secs(180);

fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines").join(path)
}

/// A folder `data/talk` with the shipped recording in pieces.
fn talk(root: &Path) {
    let samples = read_16k(&shipped("recordings/yes_no.flac")).unwrap();
    let talk = root.join("data/talk");
    fs::create_dir_all(&talk).unwrap();
    let mut rows = "path,label,speaker,split\n".to_owned();
    for (index, piece) in samples.chunks(20_000).enumerate() {
        write_wav(&talk.join(format!("{index}.wav")), piece).unwrap();
        writeln!(rows, "{index}.wav,_speech_,s{},test", index % 5).unwrap();
    }
    fs::write(talk.join("manifest.csv"), rows).unwrap();
}

fn evaluate(root: &Path) -> Command {
    let mut command = lab();
    command.current_dir(root).args(["evaluate", "--data", "data", "--speech", "talk"]);
    command.arg("--pipeline").arg(shipped("yes_no.toml"));
    command
}

/// A process that is killed when it is dropped.
struct Process(Child);

impl Process {
    fn start(root: &Path, queue: &str) -> Self {
        let mut command = evaluate(root);
        let shards = SHARDS.to_string();
        command.args(["--queue", queue, "--shards", &shards, "--output", "parts"]);
        Process(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn figures(path: &Path) -> String {
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    json["streams"].as_object_mut().unwrap().shift_remove("throughput").unwrap();
    serde_json::to_string_pretty(&json).unwrap()
}

#[test]
fn processes_that_are_killed_leave_the_figures_of_one_run() {
    let root = folder("processes_that_are_killed_leave_the_figures_of_one_run");
    let stored = tempfile::tempdir().unwrap();
    let Some(nats) = NatsServer::start(stored.path()).unwrap() else {
        println!("SKIPPED: an evaluation from a queue: `nats-server` is not installed");
        return;
    };
    talk(&root);
    succeed(evaluate(&root).args(["--json", "one.json"]));
    let queue = format!("{}/night", nats.url());
    let mut processes: Vec<Process> = (0..2).map(|_| Process::start(&root, &queue)).collect();
    let (began, mut kills) = (Instant::now(), 0);
    loop {
        sleep(Duration::from_millis(130));
        assert!(began.elapsed() < LIMIT, "it takes too long");
        match processes[0].0.try_wait().unwrap() {
            Some(status) => {
                assert!(status.success(), "{status}");
                break;
            }
            // The other one is killed, and another comes in its place.
            None if kills < 6 => {
                processes[1] = Process::start(&root, &queue);
                kills += 1;
            }
            None => {}
        }
    }
    println!("{kills} processes killed, {:.1} s", began.elapsed().as_secs_f64());
    let parts: Vec<String> = (0..SHARDS).map(|index| format!("parts/part{index}of{SHARDS}.jsonl")).collect();
    succeed(
        lab().current_dir(&root).args(["evaluate", "merge"]).args(&parts).args(["--json", "merged.json"]),
    );
    assert_eq!(figures(&root.join("merged.json")), figures(&root.join("one.json")));
}

#[test]
fn a_queue_without_a_name_is_an_error() {
    let root = folder("a_queue_without_a_name_is_an_error");
    let error = fail(evaluate(&root).args(["--queue", "nats://bus:4222", "--output", "parts"]));
    assert!(error.contains("expected nats://HOST:PORT/NAME"), "{error}");
}
