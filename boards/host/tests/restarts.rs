//! A hub that is killed and started again, between a node and a cloud: what comes of it is what comes of one program that runs
//! through. Over TCP and serial lines, and over a NATS server that stores their blocks.
//!
//! `KWS_CHAOS_SECONDS=600` makes it longer.
#![allow(clippy::unwrap_used, reason = "this is test code")]

#[cfg(unix)]
#[path = "../../carrier/tests/cable/mod.rs"]
mod cable;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};

/// How long all may take when nobody is killed any more.
const LIMIT: Duration = Duration::from_secs(120);

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A program that is killed when it is dropped.
struct Program(Child);

impl Program {
    fn start(arguments: &[&str]) -> Self {
        Program::at(None, arguments, Stdio::null())
    }

    /// On a computer, which is a network namespace of this one; with its standard error there.
    fn at(computer: Option<&str>, arguments: &[&str], to: impl Into<Stdio>) -> Self {
        let program = env!("CARGO_BIN_EXE_kws-run");
        let mut command = match computer {
            None => Command::new(program),
            Some(name) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", name, program]);
                command
            }
        };
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(to);
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

/// `pipelines/yes_no.toml` with three places, two of which write detections to a folder. The first one holds `depth` blocks.
fn cascade(sound: &Path, folder: &Path, depth: u32) -> String {
    let pipelines = format!("{ROOT}/pipelines");
    let text = std::fs::read_to_string(format!("{pipelines}/yes_no.toml")).unwrap();
    let (stages, _) = text.split_once("[[stage]]\nkind = \"print\"").unwrap();
    let stages = stages
        .replace(
            "kind = \"classifier\"",
            &format!("kind = \"classifier\"\nplace = \"hub\"\non_full = \"block\"\ndepth = {depth}"),
        )
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

/// The addresses of a link, for the place that sends and for the one that receives.
struct Addresses(String, String);

/// Where the places run: the namespace of the hub and that of the others, and how many milliseconds a hub lives.
struct Network<'a> {
    hub: Option<&'a str>,
    others: Option<&'a str>,
    life: std::ops::Range<u64>,
}

/// All on this computer.
const HERE: Network<'static> = Network { hub: None, others: None, life: 200..3000 };

/// Runs a cascade whose hub is killed again and again, and compares what it and the cloud write with what one program does.
fn kill_the_hub(links: [Addresses; 2], network: &Network<'_>, seed: u64) {
    let seconds: u64 = std::env::var("KWS_CHAOS_SECONDS").map_or(30, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let sound = sound(seconds, folder.path());
    for name in ["whole", "parts"] {
        std::fs::create_dir(path(name)).unwrap();
        std::fs::write(path(&format!("{name}.toml")), cascade(&sound, path(name).as_ref(), 1500)).unwrap();
    }
    assert!(Program::start(&[&path("whole.toml")]).ends_within(LIMIT));
    let parts = path("parts.toml");
    let [Addresses(from_node, to_hub), Addresses(from_hub, to_cloud)] = links;
    let link = |place: &str, address: &str| format!("{place}={address}");
    let log = std::fs::File::create(path("log.txt")).unwrap();
    let Network { hub, others, life } = network;
    let of_cloud = [&parts, "--place", "cloud", "--link", &link("hub", &to_cloud)];
    let mut last = Program::at(*others, &of_cloud, log);
    let of_node = [&parts, "--place", "node", "--realtime", "--link", &link("hub", &from_node)];
    let mut first = Program::at(*others, &of_node, Stdio::null());
    let (node, cloud) = (link("node", &to_hub), link("cloud", &from_hub));
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut kills = 0;
    loop {
        let of_hub = [&parts, "--place", "hub", "--warm-up", "5s", "--link", &node, "--link", &cloud];
        let mut middle = Program::at(*hub, &of_hub, Stdio::null());
        if middle.ends_within(Duration::from_millis(random.random_range(life.clone()))) {
            break;
        }
        drop(middle);
        kills += 1;
        sleep(Duration::from_millis(random.random_range(0..1000)));
    }
    assert!(first.ends_within(LIMIT) && last.ends_within(LIMIT));
    println!("the hub was killed {kills} times");
    assert!(kills > 2);
    let log = std::fs::read_to_string(path("log.txt")).unwrap();
    assert!(!log.contains("has started again") && !log.contains("gap"), "{log}");
    for place in ["hub", "cloud"] {
        let read = |folder: &str| std::fs::read_to_string(path(&format!("{folder}/{place}.jsonl"))).unwrap();
        assert_eq!(read("parts"), read("whole"), "{place}");
        assert!(read("parts").lines().count() as u64 > seconds / 6);
    }
}

/// A hub cannot be done with what the cloud does not have, and its bookmark stays where it was until the node has forgotten what
/// stands there.
#[test]
fn a_hub_that_is_killed_while_the_cloud_is_away_says_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let sound = sound(32, folder.path());
    for name in ["whole", "parts"] {
        std::fs::create_dir(path(name)).unwrap();
        // Eight seconds, and the memory of half as many again.
        std::fs::write(path(&format!("{name}.toml")), cascade(&sound, path(name).as_ref(), 400)).unwrap();
    }
    assert!(Program::start(&[&path("whole.toml")]).ends_within(LIMIT));
    let parts = path("parts.toml");
    let ([to_node, at_node], [to_cloud, at_cloud]) = (port(), port());
    let link = |place: &str, address: &str| format!("{place}={address}");
    let of_node = [&parts, "--place", "node", "--realtime", "--link", &link("hub", &at_node)];
    let (node, cloud) = (link("node", &to_node), link("cloud", &to_cloud));
    let of_hub = [&parts, "--place", "hub", "--warm-up", "5s", "--link", &node, "--link", &cloud];
    let mut first = Program::start(&of_node);
    assert!(!Program::start(&of_hub).ends_within(Duration::from_secs(19)));
    let mut last = Program::start(&[&parts, "--place", "cloud", "--link", &link("hub", &at_cloud)]);
    for program in [&mut Program::start(&of_hub), &mut first, &mut last] {
        assert!(program.ends_within(LIMIT));
    }
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    assert_eq!(read("parts/hub.jsonl"), read("whole/hub.jsonl"));
    // What the node had forgotten never comes to the cloud, and the rest as it was.
    let (has, whole) = (read("parts/cloud.jsonl"), read("whole/cloud.jsonl"));
    assert!(has.lines().count() >= 4 && has.len() < whole.len() && whole.ends_with(&has), "{has}\n{whole}");
}

/// Addresses of a port of this computer that is free now.
fn port() -> [String; 2] {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    ["tcp", "tcp-listen"].map(|scheme| format!("{scheme}:127.0.0.1:{port}"))
}

#[test]
fn a_hub_that_is_killed_goes_on_as_if_it_had_never_ended_over_tcp() {
    let ([to_node, node], [cloud, at_cloud]) = (port(), port());
    kill_the_hub([Addresses(node, to_node), Addresses(cloud, at_cloud)], &HERE, 1);
}

/// Needs a network that loses packets and delays them: `tests/lossy.py` makes one, and `.ci/links` runs this there.
#[test]
#[ignore = "needs network namespaces"]
fn a_hub_that_is_killed_goes_on_as_if_it_had_never_ended_over_a_lossy_network() {
    let link = |port: u16| Addresses(format!("tcp-listen:10.77.0.1:{port}"), format!("tcp:10.77.0.1:{port}"));
    let Addresses(at_cloud, to_cloud) = link(7001);
    // A hub must live longer than what it reads again takes over such a network.
    let network = Network { hub: Some("far"), others: Some("near"), life: 5000..20_000 };
    kill_the_hub([link(7000), Addresses(to_cloud, at_cloud)], &network, 4);
}

#[cfg(unix)]
#[test]
fn a_hub_that_is_killed_goes_on_as_if_it_had_never_ended_over_serial_lines() {
    let line = || {
        let [one, other] = cable::cable().map(|path| format!("serial:{}", path.display()));
        Addresses(one, other)
    };
    kill_the_hub([line(), line()], &HERE, 2);
}

#[cfg(feature = "nats")]
#[test]
fn a_hub_that_is_killed_goes_on_as_if_it_had_never_ended_over_a_server_that_stores() {
    let stored = tempfile::tempdir().unwrap();
    let Some(nats) = kws_carrier::testing::NatsServer::start(stored.path()).unwrap() else {
        println!("SKIPPED: restarts of a hub: `nats-server` is not installed");
        return;
    };
    let link = || Addresses(format!("{}?keep=1h", nats.url()), format!("{}?keep=1h", nats.url()));
    kill_the_hub([link(), link()], &HERE, 3);
}

/// The first hub is killed when the cloud has heard something of it, before it is certainly done with anything.
#[cfg(feature = "nats")]
#[test]
fn a_hub_that_is_killed_in_its_first_second_goes_on_over_a_server_that_stores() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let Some(nats) = kws_carrier::testing::NatsServer::start(path("stored").as_ref()).unwrap() else {
        println!("SKIPPED: the first second of a hub: `nats-server` is not installed");
        return;
    };
    let sound = sound(16, folder.path());
    for name in ["whole", "parts"] {
        std::fs::create_dir(path(name)).unwrap();
        std::fs::write(path(&format!("{name}.toml")), cascade(&sound, path(name).as_ref(), 1500)).unwrap();
    }
    assert!(Program::start(&[&path("whole.toml")]).ends_within(LIMIT));
    let (parts, address) = (path("parts.toml"), format!("{}?keep=1h", nats.url()));
    let [of_node, of_hub, of_cloud] = ["node", "hub", "cloud"].map(|place| format!("{place}={address}"));
    // All is stored before the hub comes.
    assert!(Program::start(&[&parts, "--place", "node", "--link", &of_hub]).ends_within(LIMIT));
    let log = std::fs::File::create(path("log.txt")).unwrap();
    let mut last = Program::at(None, &[&parts, "--place", "cloud", "--link", &of_hub], log);
    let hub = [&parts, "--place", "hub", "--warm-up", "5s", "--link", &of_node, "--link", &of_cloud];
    let first = Program::start(&hub);
    let heard = || std::fs::read_to_string(path("parts/cloud.jsonl")).unwrap_or_default();
    let began = Instant::now();
    while heard().is_empty() {
        assert!(began.elapsed() < LIMIT);
        sleep(Duration::from_millis(1));
    }
    drop(first);
    assert!(Program::start(&hub).ends_within(LIMIT) && last.ends_within(LIMIT));
    let log = std::fs::read_to_string(path("log.txt")).unwrap();
    assert!(!log.contains("has started again") && !log.contains("gap"), "{log}");
    for place in ["hub", "cloud"] {
        let read = |folder: &str| std::fs::read_to_string(path(&format!("{folder}/{place}.jsonl"))).unwrap();
        assert_eq!(read("parts"), read("whole"), "{place}");
    }
}
