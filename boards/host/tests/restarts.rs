//! A hub that is killed and started again, between a node and a cloud over a NATS server that stores their blocks: what comes of it
//! is what comes of one program that runs through.
//!
//! `KWS_CHAOS_SECONDS=600` makes it longer.
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use kws_carrier::testing::NatsServer;
use rand::{Rng, SeedableRng};

/// How long all may take when nobody is killed any more.
const LIMIT: Duration = Duration::from_secs(120);

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A program that is killed when it is dropped.
struct Program(Child);

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kws-run"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Program(command.spawn().unwrap())
    }

    /// Waits for its end; false where it is not over by then.
    fn ends_within(&mut self, limit: Duration) -> bool {
        let began = Instant::now();
        while began.elapsed() < limit {
            if let Some(status) = self.0.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return true;
            }
            sleep(Duration::from_millis(5));
        }
        false
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `pipelines/yes_no.toml` with three places, two of which write detections to a folder.
fn cascade(sound: &Path, folder: &Path) -> String {
    let pipelines = format!("{ROOT}/pipelines");
    let text = std::fs::read_to_string(format!("{pipelines}/yes_no.toml")).unwrap();
    let (stages, _) = text.split_once("[[stage]]\nkind = \"print\"").unwrap();
    let stages = stages
        .replace("kind = \"classifier\"", "kind = \"classifier\"\nplace = \"hub\"\non_full = \"block\"")
        .replace("models/", &format!("{pipelines}/models/"))
        .replace(
            "kind = \"mic\"\nfallback = \"recordings/yes_no.flac\"",
            &format!("kind = \"audio_file\"\npath = \"{}\"", sound.display()),
        );
    let sink = |place: &str| {
        format!(
            "[[stage]]\nname = \"at_{place}\"\nkind = \"jsonl\"\ninput = \"trigger\"\nplace = \"{place}\"\nappend = true\nonce = \
             true\npath = \"{}/{place}.jsonl\"\n",
            folder.display()
        )
    };
    let places = ["node", "hub", "cloud"].map(|place| format!("[[place]]\nname = \"{place}\"\n")).concat();
    stages + &sink("hub") + &sink("cloud") + &places
}

/// So many seconds of the shipped recording, over and over.
fn sound(seconds: u64, folder: &Path) -> PathBuf {
    let (take, recording) = (folder.join("take"), format!("file:{ROOT}/pipelines/recordings/yes_no.flac"));
    let pipeline = format!("{ROOT}/pipelines/yes_no.toml");
    let take = take.to_str().unwrap();
    assert!(Program::start(&[&pipeline, "--source", &recording, "--record", take]).ends_within(LIMIT));
    let mut once = hound::WavReader::open(format!("{take}/mic.wav")).unwrap();
    let samples: Vec<i16> = once.samples().map(Result::unwrap).collect();
    let path = folder.join("sound.wav");
    let mut over_and_over = hound::WavWriter::create(&path, once.spec()).unwrap();
    let len = seconds * u64::from(once.spec().sample_rate);
    for sample in samples.iter().cycle().take(len as usize) {
        over_and_over.write_sample(*sample).unwrap();
    }
    over_and_over.finalize().unwrap();
    path
}

#[test]
fn a_hub_that_is_killed_goes_on_as_if_it_had_never_ended() {
    let stored = tempfile::tempdir().unwrap();
    let Some(nats) = NatsServer::start(stored.path()).unwrap() else {
        println!("SKIPPED: restarts of a hub: `nats-server` is not installed");
        return;
    };
    let seconds: u64 = std::env::var("KWS_CHAOS_SECONDS").map_or(30, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let sound = sound(seconds, folder.path());
    for name in ["whole", "parts"] {
        std::fs::create_dir(path(name)).unwrap();
        std::fs::write(path(&format!("{name}.toml")), cascade(&sound, path(name).as_ref())).unwrap();
    }
    assert!(Program::start(&[&path("whole.toml")]).ends_within(LIMIT));
    let parts = path("parts.toml");
    let link = |place: &str| format!("{place}={}?keep=1h", nats.url());
    let (node, hub, cloud) = (link("node"), link("hub"), link("cloud"));
    let mut last = Program::start(&[&parts, "--place", "cloud", "--link", &hub]);
    let mut first = Program::start(&[&parts, "--place", "node", "--realtime", "--link", &hub]);
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    let mut kills = 0;
    loop {
        let mut middle =
            Program::start(&[&parts, "--place", "hub", "--warm-up", "5s", "--link", &node, "--link", &cloud]);
        if middle.ends_within(Duration::from_millis(random.random_range(200..3000))) {
            break;
        }
        drop(middle);
        kills += 1;
        sleep(Duration::from_millis(random.random_range(0..1000)));
    }
    assert!(first.ends_within(LIMIT) && last.ends_within(LIMIT));
    println!("the hub was killed {kills} times");
    assert!(kills > 5);
    for place in ["hub", "cloud"] {
        let read = |folder: &str| std::fs::read_to_string(path(&format!("{folder}/{place}.jsonl"))).unwrap();
        assert_eq!(read("parts"), read("whole"), "{place}");
        assert!(read("parts").lines().count() as u64 > seconds / 6);
    }
}
