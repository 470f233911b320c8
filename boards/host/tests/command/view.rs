//! `--view`: what the page's server tells, to whom, and that nobody who looks changes the run.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_kws-run");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The first seconds of the recording of the project, as a WAV file: they hold "yes" and "no".
fn clip(folder: &Path, seconds: usize) -> (PathBuf, Vec<i16>) {
    let recorded = folder.join("recorded");
    let made = Command::new(PROGRAM)
        .args([
            "pipelines/yes_no.toml",
            "--source",
            "file:pipelines/recordings/yes_no.flac",
            "--edges",
            "mic",
        ])
        .arg("--record")
        .arg(&recorded)
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut whole = hound::WavReader::open(recorded.join("mic.wav")).unwrap();
    let samples: Vec<i16> = whole.samples().take(16_000 * seconds).map(|sample| sample.unwrap()).collect();
    let path = folder.join("clip.wav");
    let mut wav = hound::WavWriter::create(&path, whole.spec()).unwrap();
    samples.iter().for_each(|sample| wav.write_sample(*sample).unwrap());
    wav.finalize().unwrap();
    (path, samples)
}

/// A run with a page.
struct Viewed {
    run: Child,
    port: u16,
    errors: BufReader<std::process::ChildStderr>,
}

impl Viewed {
    fn start(clip: &Path, more: &[&str]) -> Viewed {
        Viewed::of(&format!("file:{}", clip.display()), more)
    }

    fn of(source: &str, more: &[&str]) -> Viewed {
        Viewed::run(&[&["pipelines/yes_no.toml", "--source", source], more].concat())
    }

    fn run(arguments: &[&str]) -> Viewed {
        let mut run = Command::new(PROGRAM)
            .args(["--view", "0", "--json"])
            .args(arguments)
            .current_dir(ROOT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut errors = BufReader::new(run.stderr.take().unwrap());
        let mut line = String::new();
        errors.read_line(&mut line).unwrap();
        let port = line.trim().trim_end_matches('/').rsplit(':').next().unwrap().parse().expect(&line);
        Viewed { run, port, errors }
    }

    /// Waits until the stream is over.
    fn over(&mut self) {
        let mut line = String::new();
        while !line.contains("the stream is over") {
            line.clear();
            assert!(self.errors.read_line(&mut line).unwrap() > 0, "it ended without a word");
        }
    }

    /// Ends the run; the events that it printed.
    fn end(mut self) -> Vec<Value> {
        #[cfg(unix)]
        {
            use nix::sys::signal::{Signal, kill};
            kill(nix::unistd::Pid::from_raw(self.run.id() as i32), Signal::SIGINT).unwrap();
        }
        #[cfg(not(unix))]
        self.run.kill().unwrap();
        let mut text = String::new();
        self.run.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        self.run.wait().unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn open(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(request.replace("PORT", &self.port.to_string()).as_bytes()).unwrap();
        stream
    }

    /// The status line's number and the body.
    fn ask(&self, request: &str) -> (u16, Vec<u8>) {
        let mut bytes = Vec::new();
        self.open(request).read_to_end(&mut bytes).unwrap();
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let status = std::str::from_utf8(&bytes[9..12]).unwrap().parse().unwrap();
        (status, bytes.split_off(head + 4))
    }

    fn get(&self, path: &str) -> (u16, Vec<u8>) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"))
    }

    fn post(&self, path: &str, body: &str) -> (u16, Vec<u8>) {
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://localhost:PORT\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// All messages up to the last.
    fn messages(&self) -> Vec<Value> {
        let stream = self.open("GET /stream HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n");
        let mut messages = Vec::new();
        for line in BufReader::new(stream).lines() {
            if let Some(text) = line.unwrap().strip_prefix("data: ") {
                messages.push(serde_json::from_str::<Value>(text).unwrap());
                if messages.last().unwrap().get("over").is_some() {
                    break;
                }
            }
        }
        messages
    }
}

/// Of the edges that show this, all that the messages bring.
fn news(messages: &[Value], what: &str, key: &str) -> Vec<Value> {
    let edges = messages[0]["edges"].as_array().unwrap();
    let index = edges.iter().position(|edge| edge["what"] == what).unwrap();
    let of = |message: &Value| message["news"][index][key].as_array().cloned().unwrap_or_default();
    messages.iter().flat_map(of).collect()
}

#[test]
fn a_viewer_sees_what_the_run_hears_and_finds() {
    let folder = tempfile::tempdir().unwrap();
    let (clip, samples) = clip(folder.path(), 5);
    let mut run = Viewed::start(&clip, &[]);
    for path in ["/", "/view.js", "/draw.js", "/view.css"] {
        assert_eq!(run.get(path).0, 200, "{path}");
    }
    // One who comes first and one who comes late see the same.
    let early = run.messages();
    run.over();
    let late = run.messages();
    let count = |key: &str, what: &str| (news(&early, what, key), news(&late, what, key));
    for (what, key) in [("audio", "low"), ("features", "columns"), ("scores", "scores"), ("events", "events")]
    {
        let (early, late) = count(key, what);
        assert!(!late.is_empty(), "{what}");
        assert_eq!(early, late, "{what}");
    }
    assert_eq!(news(&late, "audio", "low").len(), samples.len() / 160, "every hundredth of a second");
    let (status, wav) = run.get("/sound.wav");
    assert_eq!(status, 200);
    let heard = hound::WavReader::new(&wav[..]).unwrap().into_samples::<i16>();
    assert_eq!(heard.map(|sample| sample.unwrap()).collect::<Vec<_>>(), samples, "sample by sample");
    assert!(late.iter().any(|message| message["stats"]["stages"][0]["fired"].as_u64() > Some(0)));
    let shown = news(&late, "events", "events");
    let labels = |events: &[Value]| events.iter().map(|event| event["label"].clone()).collect::<Vec<_>>();
    assert_eq!(labels(&run.end()), labels(&shown));
}

#[test]
fn a_threshold_that_is_dragged_changes_what_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (_, samples) = clip(folder.path(), 5);
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let found = |value: Option<f32>| {
        let mut run = Viewed::of("raw:-", &[]);
        // The sound waits until the knobs stand.
        for knob in value.iter().flat_map(|_| 0..2) {
            let body = format!("{{\"knob\":{knob},\"value\":{}}}", value.unwrap());
            assert_eq!(run.post("/knob", &body).0, 200);
        }
        assert_eq!(run.post("/knob", "{\"knob\":9,\"value\":0}").0, 400);
        run.run.stdin.take().unwrap().write_all(&bytes).unwrap();
        run.over();
        let stand = run.messages().iter().filter(|message| message.get("knob").is_some()).count();
        assert_eq!(stand, if value.is_some() { 2 } else { 0 }, "one who comes late sees where they stand");
        let scores = run.end().iter().map(|event| event["score"].as_f64().unwrap()).collect::<Vec<_>>();
        assert!(!scores.is_empty());
        scores
    };
    let (strict, usual) = (found(Some(0.0)), found(None));
    assert!(
        strict.iter().all(|score| *score > 0.94),
        "at its strictest it waits for high scores: {strict:?}"
    );
    assert!(usual.iter().all(|score| *score < 0.94), "{usual:?}");
}

#[test]
fn strangers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (clip, _) = clip(folder.path(), 1);
    let run = Viewed::start(&clip, &[]);
    let refused = [
        "GET / HTTP/1.1\r\nHost: evil.example:PORT\r\n\r\n",
        "GET /stream HTTP/1.1\r\nHost: evil.example:PORT\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost:1\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET /sound.wav HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://evil.example\r\n\r\n",
        "POST /knob HTTP/1.1\r\nHost: localhost:PORT\r\nContent-Length: 2\r\n\r\n{}",
        "POST /knob HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: null\r\nContent-Length: 2\r\n\r\n{}",
    ];
    for request in refused {
        assert_eq!(run.ask(request).0, 403, "{request}");
    }
    let long = "x".repeat(9000);
    assert_eq!(run.ask(&format!("GET /?{long} HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n")).0, 400);
    assert_eq!(run.get("/../Cargo.toml").0, 404);
    assert_eq!(run.get("/sound.wav?from=NaN").0, 400);
    assert_eq!(run.post("/clip", "{}").0, 400, "no folder for clips was given");
    run.end();
}

#[test]
fn an_address_that_others_reach_needs_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let (clip, _) = clip(folder.path(), 1);
    let mut run = Command::new(PROGRAM)
        .args(["pipelines/yes_no.toml", "--view", "0.0.0.0:0", "--source"])
        .arg(format!("file:{}", clip.display()))
        .current_dir(ROOT)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(run.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let (address, token) = line.trim().rsplit_once("/?token=").unwrap();
    let port = address.rsplit(':').next().unwrap();
    let status = |path: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port.parse::<u16>().unwrap())).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").unwrap();
        let mut bytes = [0; 12];
        stream.read_exact(&mut bytes).unwrap();
        std::str::from_utf8(&bytes[9..]).unwrap().to_owned()
    };
    assert_eq!((status("/").as_str(), status("/stream").as_str()), ("200", "403"));
    assert_eq!(status(&format!("/stream?token={token}")), "200");
    assert_eq!(status("/stream?token=0"), "403");
    run.kill().unwrap();
    run.wait().unwrap();
}

#[test]
fn a_judged_clip_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (clip, samples) = clip(folder.path(), 2);
    let kept = folder.path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    let mut run = Viewed::start(&clip, &["--view-clips", kept.to_str().unwrap()]);
    run.over();
    let (status, file) =
        run.post("/clip", "{\"label\":\"yes\",\"from\":0.5,\"to\":1.0,\"verdict\":\"wrong\"}");
    let file = PathBuf::from(String::from_utf8(file).unwrap());
    assert_eq!((status, file.parent()), (200, Some(kept.join("wrong/yes").as_path())));
    let wav = hound::WavReader::open(&file).unwrap().into_samples::<i16>();
    assert_eq!(wav.map(|sample| sample.unwrap()).collect::<Vec<_>>(), samples[8000..16_000]);
    for bad in ["../yes", "unknown word"] {
        let body = format!("{{\"label\":\"{bad}\",\"from\":0.5,\"to\":1.0,\"verdict\":\"wrong\"}}");
        assert_eq!(run.post("/clip", &body).0, 400);
    }
    run.end();
}

#[test]
fn viewers_who_do_not_read_stop_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (clip, _) = clip(folder.path(), 5);
    let mut run = Viewed::start(&clip, &[]);
    let asleep: Vec<TcpStream> =
        (0..70).map(|_| run.open("GET /stream HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n")).collect();
    run.over();
    drop(asleep);
    assert!(!run.end().is_empty());
}

/// The folder of a take is replayed as fast as possible, and nothing of it is missing.
#[test]
fn a_take_is_shown_from_beginning_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let (_, samples) = clip(folder.path(), 100);
    let take = folder.path().join("recorded");
    let mut run = Viewed::run(&[take.to_str().unwrap()]);
    run.over();
    let messages = run.messages();
    assert_eq!(messages[0]["hello"]["whole"], true);
    assert_eq!(news(&messages, "audio", "low").len(), samples.len() / 160, "every hundredth of a second");
    assert_eq!(news(&messages, "features", "columns").len(), samples.len() / 320 - 1);
    let (_, wav) = run.get("/sound.wav");
    assert_eq!(hound::WavReader::new(&wav[..]).unwrap().len() as usize, samples.len());
    assert_eq!(run.end().len(), news(&messages, "events", "events").len());
}

#[test]
fn a_report_holds_detections_and_their_sound() {
    let folder = tempfile::tempdir().unwrap();
    let (clip, samples) = clip(folder.path(), 5);
    let page = folder.path().join("report.html");
    let made = Command::new(PROGRAM)
        .args(["pipelines/yes_no.toml", "--json", "--source", &format!("file:{}", clip.display())])
        .arg("--report")
        .arg(&page)
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let page = std::fs::read_to_string(page).unwrap();
    let part = |id: &str| -> Vec<Value> {
        let (_, after) = page.split_once(&format!("id=\"{id}\">")).unwrap();
        serde_json::from_str(after.split_once("</script>").unwrap().0).unwrap()
    };
    let messages = part("recorded");
    assert_eq!(messages.last().unwrap()["over"], true);
    let events = news(&messages, "events", "events");
    assert_eq!(events.len(), String::from_utf8(made.stdout).unwrap().lines().count());
    assert!(!events.is_empty());
    let sound = part("sound");
    let length = (samples.len() * 2 + 44).div_ceil(3) * 4;
    assert_eq!((sound.len(), sound[0]["wav"].as_str().unwrap().len()), (1, length));
}

/// A hum of this loudness and length, as a microphone brings it.
fn hum(seconds: f64, amplitude: f64) -> Vec<i16> {
    (0..(seconds * 16_000.0) as usize).map(|n| (amplitude * (n as f64 * 0.3).sin()) as i16).collect()
}

/// A speaker's part: a quiet room, words, and others.
fn speaker(words: &[f64]) -> Vec<u8> {
    let mut samples = hum(1.5, 3.0);
    for amplitude in words {
        samples.extend(hum(0.6, *amplitude));
        samples.extend(hum(2.4, 3.0));
    }
    samples.extend(hum(11.0, 3000.0));
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

#[test]
fn a_speaker_enrols_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let speakers = folder.path().to_str().unwrap();
    let mut run = Viewed::of("raw:-", &["--view-enrol", speakers]);
    let (status, offers) = run.get("/offers");
    let offers: Value = serde_json::from_slice(&offers).unwrap();
    assert_eq!((status, &offers["enrol"], &offers["judge"]), (200, &Value::Bool(true), &Value::Bool(false)));
    let bad = [
        "{\"name\":\"anna\",\"consent\":\"  \"}",
        "{\"name\":\"anna\"}",
        "{\"name\":\"../anna\",\"consent\":\"yes\"}",
        "{\"name\":\"\",\"consent\":\"yes\"}",
    ];
    for body in bad {
        assert_eq!(run.post("/enrol", body).0, 400, "{body}");
    }
    assert_eq!(run.post("/enrol", "{\"name\":\"anna\",\"consent\":\"it's fine\"}").0, 200);
    assert_eq!(run.post("/enrol", "{\"name\":\"bert\",\"consent\":\"yes\"}").0, 400, "one at a time");
    // The second is clipped, and asked for again.
    let words = [5000.0, 40_000.0, 5000.0, 5000.0, 5000.0, 5000.0];
    run.run.stdin.take().unwrap().write_all(&speaker(&words)).unwrap();
    run.over();
    let messages = run.messages();
    let last = messages.iter().rev().find_map(|message| message.get("enrol")).unwrap();
    assert_eq!((&last["state"], &last["good"]), (&"done".into(), &5.into()), "{last}");
    assert!(last["next"].as_str().unwrap().contains(r"--consent 'it'\''s fine'"), "{last}");
    for take in 1..=5 {
        let path = folder.path().join(format!("anna/takes/{take}.wav"));
        assert_eq!(hound::WavReader::open(path).unwrap().len(), 32_000);
    }
    assert_eq!(hound::WavReader::open(folder.path().join("anna/others.wav")).unwrap().len(), 160_000);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "and nothing else");
    run.end();
}

#[test]
fn of_an_enrolment_that_is_not_complete_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let speakers = folder.path().to_str().unwrap();
    let mut run = Viewed::of("raw:-", &["--view-enrol", speakers]);
    assert_eq!(run.post("/enrol", "{\"name\":\"anna\",\"consent\":\"yes\"}").0, 200);
    run.run.stdin.take().unwrap().write_all(&speaker(&[5000.0, 40_000.0])).unwrap();
    run.over();
    let messages = run.messages();
    let last = messages.iter().rev().find_map(|message| message.get("enrol")).unwrap();
    assert_eq!((&last["state"], &last["good"]), (&"failed".into(), &1.into()), "{last}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    run.end();
    let run = Viewed::of("raw:-", &[]);
    assert_eq!(run.post("/enrol", "{\"name\":\"anna\",\"consent\":\"yes\"}").0, 400, "not asked for");
    run.end();
}
