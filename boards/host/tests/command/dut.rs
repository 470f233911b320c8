//! A device under test of MLPerf Tiny: the dialogue itself is tested with the state machine, here is what is around it.

use std::io::Write;
#[cfg(unix)]
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::Stdio;

use crate::bench::{Bench, Ended};

fn model(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/models").join(name);
    path.join("model.tflite").to_str().unwrap().to_owned()
}

/// An input for a model that reads so many bytes, as the runner sends it.
fn input(bytes: usize) -> String {
    let lines = (0..bytes.div_ceil(31)).map(|line| {
        let count = (bytes - 31 * line).min(31);
        format!("db {}%", "80".repeat(count))
    });
    format!("db load {bytes}%{}", lines.collect::<String>())
}

#[test]
fn a_model_answers_over_standard_input() {
    let dialogue = format!("name%profile%{}infer 2 1%", input(960));
    let bench = Bench::new();
    let mut command = bench.command(&["--dut", "kws01", "--stdio", &model("yes_no_tiny")]);
    let mut device = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    device.stdin.take().unwrap().write_all(dialogue.as_bytes()).unwrap();
    let run = Ended::from(device.wait_with_output().unwrap()).well();
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines.contains(&"m-name-dut-[kws]") && lines.contains(&"m-model-[kws01]"), "{run:#?}");
    assert!(lines.contains(&"m-load-done"), "{run:#?}");
    let results = lines.iter().find_map(|line| line.strip_prefix("m-results-[")).unwrap();
    let scores: Vec<f32> =
        results.trim_end_matches(']').split(',').map(|score| score.parse().unwrap()).collect();
    assert!((scores.iter().sum::<f32>() - 1.0).abs() < 0.02, "{scores:?}");
    let stamps = lines.iter().filter(|line| line.starts_with("m-lap-us-")).count();
    assert_eq!((stamps, lines.last()), (3, Some(&"m-ready")), "{run:#?}");
}

/// A runner that opens the line, asks and goes; and another one after it.
#[cfg(unix)]
#[test]
fn runners_come_and_go_at_a_pseudoterminal() {
    let bench = Bench::new();
    let mut command = bench.command(&["--dut", "kws01", &model("yes_no_tiny")]);
    let mut device = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut path = String::new();
    BufReader::new(device.stdout.take().unwrap()).read_line(&mut path).unwrap();
    for round in 0..2 {
        let mut line = std::fs::OpenOptions::new().read(true).write(true).open(path.trim_end()).unwrap();
        line.write_all(b"name%").unwrap();
        let (mut heard, mut byte) = (String::new(), [0]);
        while !heard.ends_with("m-name-dut-[kws]\r\nm-ready\r\n") {
            assert_eq!(line.read(&mut byte).unwrap(), 1, "round {round}: {heard:?}");
            heard.push(char::from(byte[0]));
        }
    }
    device.kill().unwrap();
    device.wait().unwrap();
}

#[test]
fn what_cannot_be_a_device_is_reported() {
    let bench = Bench::new();
    let model = model("yes_no_tiny");
    bench.run(&["--dut", "kws02", &model]).badly(2, &["no benchmark `kws02`", "ad01"]);
    bench.run(&["--dut", "kws01", "none.tflite", "--stdio"]).badly(1, &["`none.tflite`"]);
    bench.run(&["--dut", "ad01", &model, "--stdio"]).badly(1, &["`ad01` compares the output with the input"]);
    bench.run(&["--stdio", &model]).badly(2, &["--dut"]);
}

/// A command and what is answered.
#[cfg(unix)]
fn ask(line: &mut (impl Read + Write), command: &str) -> Vec<String> {
    write!(line, "{command}%").unwrap();
    let (mut heard, mut byte) = (String::new(), [0]);
    while !heard.ends_with("m-ready\r\n") {
        assert_eq!(line.read(&mut byte).unwrap(), 1, "{heard:?}");
        heard.push(char::from(byte[0]));
    }
    heard.lines().map(str::to_owned).collect()
}

/// A program that listens, and the lines of its device and of the interface board.
#[cfg(unix)]
fn listening(bench: &Bench) -> (Program, std::fs::File, std::fs::File) {
    let pipeline = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/yes_no_tiny.toml");
    let mut command = bench.command(&["--dut", "sww01", pipeline.to_str().unwrap()]);
    let mut program = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(program.stdout.take().unwrap());
    let mut line = || {
        let mut path = String::new();
        said.read_line(&mut path).unwrap();
        std::fs::OpenOptions::new().read(true).write(true).open(path.trim_end()).unwrap()
    };
    let (device, interface) = (line(), line());
    (Program(program), device, interface)
}

/// Sound of two channels at 16 kHz.
#[cfg(unix)]
const STEREO: hound::WavSpec = hound::WavSpec {
    channels: 2,
    sample_rate: 16_000,
    bits_per_sample: 16,
    sample_format: hound::SampleFormat::Int,
};

/// The runner's dialogue for the streaming wakeword, with a device on one line and the interface board on another.
#[cfg(unix)]
#[test]
fn a_pipeline_listens_to_what_the_interface_board_plays() {
    let bench = Bench::new();
    let mut wav = hound::WavWriter::create(bench.path("short.wav"), STEREO).unwrap();
    // Five blocks of 32 ms, and a bit that fills none.
    for sample in 0..2 * (5 * 512 + 100) {
        wav.write_sample((sample * 331 % 20_000 - 10_000) as i16).unwrap();
    }
    wav.finalize().unwrap();
    let (_program, mut device, mut interface) = listening(&bench);
    assert_eq!(ask(&mut device, "start")[1], "Listening for I2S data ... ");
    ask(&mut interface, "record_detections");
    assert!(ask(&mut interface, "play none.wav")[1].starts_with("e-["));
    assert_eq!(ask(&mut interface, "play short.wav")[1], "succeeded.");
    let stopped = ask(&mut device, "stop");
    assert_eq!(stopped[1..3], ["Streaming stopped.", "target activations: "]);
    // The first frame is reported, and nothing else was heard.
    let detections = ask(&mut interface, "print_detections");
    assert_eq!((detections.len(), &*detections[0]), (3, "Detection Timestamps (ms)"));
    assert!(detections[1].trim_end_matches(',').parse::<u32>().unwrap() >= 32, "{detections:?}");
    // Five frames, each begun and done.
    let cycles = ask(&mut interface, "print_dutycycle");
    assert_eq!(
        (&*cycles[0], &*cycles[6], cycles.len()),
        ("Duty cycle start times (s)", "Duty cycle stop times (s)", 13)
    );
}

/// The emulated board gives what the computer gives, also after it was stopped and started again. `.ci/firmware` runs this.
#[cfg(unix)]
#[test]
#[ignore = "needs the emulator of a board"]
fn an_emulated_board_hears_what_the_computer_hears() {
    let bench = Bench::new();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let recording = format!("file:{}", root.join("pipelines/recordings/yes_no.flac").display());
    let pipeline = root.join("pipelines/yes_no_tiny.toml");
    bench.run(&[pipeline.to_str().unwrap(), "--source", &recording, "--record", "take"]).well();
    let mut recorded = hound::WavReader::open(bench.path("take/mic.wav")).unwrap();
    let mut wav = hound::WavWriter::create(bench.path("words.wav"), STEREO).unwrap();
    for sample in recorded.samples::<i16>().take(8 * 16_000) {
        let sample = sample.unwrap();
        [sample, sample / 2].into_iter().for_each(|channel| wav.write_sample(channel).unwrap());
    }
    wav.finalize().unwrap();
    // What it said of the frames, and the milliseconds of the detections.
    let hear = |device: &mut dyn Line, interface: &mut dyn Line| {
        let (mut device, mut interface) = (device, interface);
        ask(&mut device, "start");
        ask(&mut interface, "record_detections");
        assert_eq!(ask(&mut interface, "play words.wav")[1], "succeeded.");
        let activations = ask(&mut device, "stop").split_off(2).concat();
        let detections = ask(&mut interface, "print_detections").split_off(1);
        let times = detections.iter().filter_map(|line| line.trim_end_matches(',').parse::<u32>().ok());
        (activations, times.collect::<Vec<_>>())
    };
    let (_computer, mut device, mut interface) = listening(&bench);
    let (expected, times) = hear(&mut device, &mut interface);
    let activations = expected.split(',').count();
    assert!(activations > 150 && times.len() > 2, "{activations} activations, {times:?}");

    let [serial, second] = ["serial", "second"].map(|name| bench.path(name));
    let at = |path: &PathBuf| format!("unix:{},server=on,wait=off", path.display());
    let mut board = std::process::Command::new(root.join("boards/qemu/run"));
    board.args(["sww", &format!("card={}", bench.path("").display())]).env("PIPELINE", &pipeline);
    board.env("SERIAL", at(&serial)).env("INTERFACE", at(&second)).stdin(Stdio::null());
    // What this test was started with is not meant for the firmware's cargo.
    board.env_remove("CARGO_TARGET_DIR");
    let _board = Program(board.spawn().unwrap());
    let connected = |path: &PathBuf| loop {
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(line) => break line,
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(50)),
        }
    };
    let (mut device, mut interface) = (connected(&serial), connected(&second));
    for round in 0..2 {
        let (said, found) = hear(&mut device, &mut interface);
        assert_eq!(said, expected, "round {round}");
        assert_eq!(found.len(), times.len(), "{found:?}, {times:?}");
    }
}

/// A line that can be read and written.
#[cfg(unix)]
trait Line: Read + Write {}

#[cfg(unix)]
impl<T: Read + Write> Line for T {}

/// A program that is killed when it is dropped.
#[cfg(unix)]
struct Program(std::process::Child);

#[cfg(unix)]
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A device that is at a pseudoterminal while a test goes on.
#[cfg(unix)]
struct Device(#[expect(dead_code, reason = "it is killed when this is dropped")] Program, String);

#[cfg(unix)]
impl Device {
    fn start(bench: &Bench, model: &str) -> Self {
        let mut command = bench.command(&["--dut", "kws01", model]);
        let mut device = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut path = String::new();
        BufReader::new(device.stdout.take().unwrap()).read_line(&mut path).unwrap();
        Device(Program(device), format!("serial:{}", path.trim_end()))
    }
}

/// The same by both programs: this one is the device, and measures it.
#[cfg(unix)]
#[test]
fn a_device_is_measured_over_its_line() {
    let (bench, model) = (Bench::new(), model("yes_no_tiny"));
    let device = Device::start(&bench, &model);
    let figures = bench.run(&["--dut", &device.1, &model, "--window", "0.01"]).well().out;
    let figures: toml::Table = figures.parse().unwrap();
    let text = |key: &str| figures[key].as_str().unwrap();
    assert_eq!((text("benchmark"), text("board")), ("kws01", std::env::consts::ARCH));
    assert_eq!(text("firmware"), concat!("kws ", env!("CARGO_PKG_VERSION")));
    assert_eq!(text("model_sha256").len(), 64);
    let windows: Vec<f64> =
        figures["windows"].as_array().unwrap().iter().map(|us| us.as_float().unwrap()).collect();
    assert_eq!(windows.len(), 5);
    assert!(windows.contains(&figures["median"].as_float().unwrap()), "{figures}");
    // A window is not over before its runs are.
    let runs = figures["runs"].as_integer().unwrap();
    assert!(runs as f64 * windows[0] >= 1000.0, "{figures}");
}

#[cfg(unix)]
#[test]
fn figures_of_another_model_are_refused() {
    let bench = Bench::new();
    let device = Device::start(&bench, &model("yes_no_tiny"));
    // Other weights, which these inputs need not show.
    let mut bytes = std::fs::read(model("yes_no_tiny")).unwrap();
    let weights = bytes.len() / 8;
    bytes[weights..weights + 300].fill(0x55);
    std::fs::write(bench.path("other.tflite"), bytes).unwrap();
    let run = bench.run(&["--dut", &device.1, "other.tflite", "--window", "0.01"]);
    assert_eq!(run.out, "");
    run.badly(1, &["the device runs another model than `other.tflite`"]);
}

#[cfg(unix)]
#[test]
fn figures_are_signed_and_a_changed_digit_is_found() {
    use std::process::Command;

    let (bench, model) = (Bench::new(), model("yes_no_tiny"));
    let keygen = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(bench.path("key"))
        .status();
    if !keygen.is_ok_and(|status| status.success()) {
        println!("skipped: `ssh-keygen` is not installed");
        return;
    }
    let device = Device::start(&bench, &model);
    let signed = bench.run(&["--dut", &device.1, &model, "--window", "0.01", "--sign", "key"]).well().out;
    let verified = |text: &str| {
        bench.write("figures.txt", text);
        let verify = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../verify");
        Command::new(verify).arg(bench.path("figures.txt")).output().unwrap().status.success()
    };
    assert!(verified(&signed), "{signed}");
    assert!(!verified(&signed.replace("clock ", "clocK ")), "{signed}");
    assert!(!verified(signed.split_once("-----BEGIN").unwrap().0), "{signed}");
    bench
        .run(&["--dut", &device.1, &model, "--window", "0.01", "--sign", "none"])
        .badly(1, &["`ssh-keygen` does not sign with `none`"]);
}

/// A board that resets when its line is opened may be ready only after the first command was sent.
#[cfg(unix)]
#[test]
fn a_device_that_starts_late_is_understood() {
    use std::io::Read;
    use std::os::unix::net::UnixListener;

    let (bench, model) = (Bench::new(), model("yes_no_tiny"));
    let listener = UnixListener::bind(bench.path("line")).unwrap();
    let device = std::thread::spawn(move || {
        let (mut line, _) = listener.accept().unwrap();
        let (mut heard, mut byte) = (Vec::new(), [0]);
        while line.read(&mut byte).unwrap() == 1 {
            heard.push(byte[0]);
            match &heard[..] {
                b"name%" => {
                    line.write_all(b"m-timeup-[0]\r\nm-ready\r\nm-name-dut-[late]\r\nm-ready\r\n").unwrap()
                }
                b"profile%" => line.write_all(b"e-[no such command]\r\nm-ready\r\n").unwrap(),
                _ => continue,
            }
            heard.clear();
        }
    });
    let run = bench.run(&["--dut", &format!("unix:{}", bench.path("line").display()), &model]);
    run.badly(1, &["answers `profile` with e-[no such command]"]);
    device.join().unwrap();
}

#[test]
fn a_line_that_is_none_is_reported() {
    let (bench, model) = (Bench::new(), model("yes_no_tiny"));
    bench.run(&["--dut", "serial:none", &model]).badly(1, &["`serial:none`"]);
    bench.run(&["--dut", "kws01", &model, "--sign", "key"]).badly(2, &["`--sign` signs figures"]);
    bench.run(&["--dut", "serial:none", &model, "--stdio"]).badly(2, &["`--stdio` is for the device's side"]);
    bench.run(&["--dut", "sww01", &model, "--sign", "key"]).badly(2, &["`--sign` signs figures"]);
    bench.run(&["--dut", "serial:none", &model, "--window", "0"]).badly(2, &["0.001 to 20"]);
}
