//! Recordings of runs that were killed.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};

use crate::bench::{Bench, FEATURES, events};

const KILLS: u64 = 200;
const AT_ONCE: u64 = 8;
/// What may be missing.
const LAST: Duration = Duration::from_secs(1);

/// Sound with its features, and many events beside it.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.sound("sound.raw", 4.0);
    let every_50_ms: Vec<(u64, u16)> = (0..80).map(|n| (5 * n, (n % 2) as u16)).collect();
    events(&bench, "events", 400, &every_50_ms);
    let more = "[[stage]]\nname = \"spotted\"\nkind = \"replay\"\npath = \"events\"\n\n[[stage]]\nkind = \"print\"\n";
    bench.write("both.toml", &format!("{FEATURES}\n{more}"));
    bench
}

/// What a run that is killed after a while has written, and when.
fn killed(bench: &Bench, take: &str, after: Duration) -> Vec<(String, Duration)> {
    let arguments = ["both.toml", "--json", "--realtime", "--record", take];
    let mut command = bench.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let seen: Arc<Mutex<Vec<(String, Instant)>>> = Arc::default();
    let (lines, to) = (BufReader::new(child.stdout.take().unwrap()).lines(), seen.clone());
    let reader = thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|line| to.lock().unwrap().push((line, Instant::now())));
    });
    thread::sleep(after);
    let end = Instant::now();
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.into_iter().map(|(line, at)| (line, end.saturating_duration_since(at))).collect()
}

#[test]
fn what_a_killed_run_recorded_replays_but_for_its_last_second() {
    let bench = &bench();
    let all = bench.run(&["both.toml", "--json"]).well().out;
    let replayed: usize = thread::scope(|scope| {
        let kill = |worker: u64| {
            let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(worker);
            let mut replayed = 0;
            for turn in 0..KILLS / AT_ONCE {
                let take = format!("take{worker}_{turn}");
                let seen = killed(bench, &take, Duration::from_millis(random.random_range(0..2500)));
                replayed += usize::from(replays(bench, &take, &all, &seen));
            }
            replayed
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|worker| scope.spawn(move || kill(worker))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    println!("{replayed} of {KILLS} killed recordings held something");
    assert!(replayed > 0);
}

/// Whether there is something to replay; there must be where something was seen long enough before the end.
fn replays(bench: &Bench, take: &str, all: &str, seen: &[(String, Duration)]) -> bool {
    let due = seen.iter().filter(|(_, before_end)| *before_end > LAST).count();
    let pipeline = format!("{take}/pipeline.toml");
    let ended = bench.run(&[&pipeline, "--json"]);
    if ended.code != Some(0) {
        let too_early = ["holds no block", "cannot open", "cannot read", "cannot replay"];
        assert!(due == 0 && too_early.iter().any(|text| ended.err.contains(text)), "{due} {ended:#?}");
        return false;
    }
    assert!(all.starts_with(&ended.out), "{ended:#?}");
    assert!(ended.out.lines().count() >= due, "{due} events were seen, {ended:#?}");
    assert!(ended.err.contains("was cut off"), "{ended:#?}");
    true
}

#[test]
fn a_recording_never_overwrites() {
    let bench = Bench::new();
    bench.sound("sound.raw", 1.0);
    bench.write("features.toml", FEATURES);
    bench.run(&["features.toml", "--record", "take"]).well();
    let before = std::fs::read(bench.path("take/mic.wav")).unwrap();
    bench
        .run(&["features.toml", "--record", "take"])
        .badly(2, &["--record take", "not empty", "choose another one"]);
    assert_eq!(std::fs::read(bench.path("take/mic.wav")).unwrap(), before);
    std::fs::create_dir(bench.path("empty")).unwrap();
    bench.run(&["features.toml", "--record", "empty"]).well();
}
