//! A dialogue, line by line. Where the answer is from is stated beside it:
//!
//! - *api*: MLPerf Tiny's `benchmark/api/internally_implemented.cpp`;
//! - *kws*: `submitter_implemented.cpp` of its reference submission for keyword spotting;
//! - *ad*: that for anomaly detection;
//! - *sww*: `sww_ref_util.c` of that for the streaming wakeword;
//! - *menu*: `InterfaceMenu.cpp` of the interface board;
//! - *own*: where the reference reads past its memory or goes on without an input.

use super::*;

/// A model whose output is its input less one, and a clock that goes on by a millisecond for each run.
struct Echo {
    arena: Vec<i8>,
    now: u64,
}

impl Machine for Echo {
    fn arena(&mut self) -> &mut [i8] {
        &mut self.arena
    }

    fn infer(&mut self) {
        let (input, output) = self.arena.split_at_mut(4);
        for (to, from) in output.iter_mut().zip(input) {
            *to = from.wrapping_sub(1);
        }
        self.now += 1000;
    }

    fn microseconds(&mut self) -> u64 {
        self.now
    }

    fn name(&self) -> &str {
        "echo"
    }

    fn model(&self) -> &str {
        "5c1a"
    }
}

struct Dialogue(Dut<[u8; 16]>, Echo);

impl Dialogue {
    fn new(benchmark: Benchmark, scale: f32, zero_point: i32) -> Self {
        let end = |start| Quantised { start, len: 4, scale, zero_point };
        let dut = Dut::new(benchmark, Ends { input: end(0), output: end(4) }, [0; 16]);
        Dialogue(dut, Echo { arena: vec![0; 8], now: 7 })
    }

    /// Lines that are said when this is heard; all must end as the runner expects.
    fn says(&mut self, heard: &str) -> Vec<String> {
        let mut said = String::new();
        for byte in heard.bytes() {
            self.0.hear(byte, &mut self.1, &mut said).expect("a string takes everything");
        }
        let lines: Vec<String> = said.split_terminator("\r\n").map(str::to_owned).collect();
        assert!(said.is_empty() || said.ends_with("\r\n"), "{said:?}");
        lines
    }
}

#[test]
fn a_device_introduces_itself() {
    let mut device = Dialogue::new(Benchmark::Vww01, 1.0, 0);
    let mut said = String::new();
    device.0.boot(&mut device.1, &mut said).expect("a string takes everything");
    // kws: th_timestamp_initialize; api: ee_benchmark_initialize.
    assert_eq!(said, "m-timestamp-mode-performance\r\nm-lap-us-7\r\nm-init-done\r\nm-ready\r\n");
    // api: EE_MSG_NAME.
    assert_eq!(device.says("name%"), ["m-name-dut-[kws]", "m-ready"]);
    // api: ee_profile_parse.
    assert_eq!(
        device.says("profile%"),
        ["m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[vww01]", "m-ready"]
    );
    let firmware = concat!("m-firmware-[kws ", env!("CARGO_PKG_VERSION"), "]");
    assert_eq!(device.says("about%"), [firmware, "m-board-[echo]", "m-sha256-[5c1a]", "m-ready"]);
    // kws: EE_MSG_TIMESTAMP.
    assert_eq!(device.says("timestamp%"), ["m-lap-us-7", "m-ready"]);
    // api: EE_ERR_CMD.
    assert_eq!(device.says("names 1%"), ["e-[Unknown command: names]", "m-ready"]);
    // own: the reference dereferences a null pointer.
    assert_eq!(device.says("%"), ["e-[Unknown command: ]", "m-ready"]);
    assert_eq!(device.says("help%").last().map(String::as_str), Some("m-ready"));
}

#[test]
fn an_input_comes_in_parts_and_runs_are_timed() {
    let mut device = Dialogue::new(Benchmark::Kws01, 1.0 / 256.0, -128);
    // api: ee_buffer_parse.
    assert_eq!(device.says("db load 4%"), ["m-[Expecting 4 bytes]", "m-ready"]);
    assert_eq!(device.says("db 81fF%"), ["m-ready"]);
    // own: the reference runs on what it has.
    assert_eq!(device.says("infer 1 0%"), ["e-[Input db has 2 bytes, expected 4]", "m-ready"]);
    assert_eq!(device.says("db 017f0000%"), ["m-load-done", "m-ready"]);
    assert_eq!(device.says("db 0000%"), ["m-ready"]);
    assert_eq!(device.says("db print%"), ["m-buffer-81-ff-01-7f", "", "m-ready"]);
    // api: ee_infer; kws: th_results.
    assert_eq!(
        device.says("infer 3 2%"),
        [
            "m-warmup-start-2",
            "m-warmup-done",
            "m-infer-start-3",
            "m-lap-us-2007",
            "m-lap-us-5007",
            "m-infer-done",
            "m-results-[0.000,0.492,0.500,0.992]",
            "m-ready"
        ]
    );
    assert_eq!(device.says("results%"), ["m-results-[0.000,0.492,0.500,0.992]", "m-ready"]);
    // api: ten runs before it, unless it is said how many.
    assert_eq!(device.says("infer 1%")[0], "m-warmup-start-10");
}

#[test]
fn images_are_bytes_without_a_sign() {
    let mut device = Dialogue::new(Benchmark::Ic01, 1.0, -128);
    device.says("db load 4%db 0180ff02%infer 1 0%");
    assert_eq!(device.1.arena[..4], [-127, 0, 127, -126]);
}

#[test]
fn an_anomaly_is_how_far_the_copy_is_off() {
    let mut device = Dialogue::new(Benchmark::Ad01, 0.5, 10);
    // 1.0, -2.25, 1000.0 and 0.0: two beyond what the model's numbers can say or lie between two of them.
    let input = "db load 16%db 0000803f000010c000007a4400000000%";
    assert_eq!(device.says(input), ["m-[Expecting 16 bytes]", "m-ready", "m-load-done", "m-ready"]);
    let said = device.says("infer 1 0%");
    // ad: QuantizeFloatToInt8 rounds half away from zero and clips.
    assert_eq!(device.1.arena[..4], [12, 5, 127, 10]);
    // ad: calculate_result. Each copy is half a step below: 0.5, -3.0, 58.0, -0.5.
    let error: f32 = (0.5 * 0.5 + 0.75 * 0.75 + 942.0 * 942.0 + 0.5 * 0.5) / 4.0;
    assert_eq!(said[6], format!("m-results-[{error:.3}]"));
}

#[test]
fn what_the_runner_gets_wrong_is_reported() {
    let mut device = Dialogue::new(Benchmark::Kws01, 1.0, 0);
    let mut first = |command: &str| device.says(command).swap_remove(0);
    // api: ee_buffer_parse.
    assert_eq!(first("db%"), "e-[Command 'db' requires a subcommand]");
    assert_eq!(first("db load%"), "e-[Command 'db load' requires the # of bytes]");
    assert_eq!(first("db load 0%"), "e-[Command 'db load' must be >0 bytes]");
    assert_eq!(first("db load x%"), "e-[Command 'db load' must be >0 bytes]");
    // own: the reference says so as a line of text, and writes past its memory later.
    assert_eq!(first("db load 17%"), "e-[Supplied buffer size 17 exceeds maximum of 16]");
    assert_eq!(first("db 00%"), "e-[Command 'db' requires 'db load' first]");
    device.says("db load 2%");
    let mut first = |command: &str| device.says(command).swap_remove(0);
    assert_eq!(first("db 012%"), "e-[Insufficent number of hex digits]");
    assert_eq!(first("db zz%"), "e-[Invalid hex digit 'zz']");
    assert_eq!(first("infer 0%"), "e-[Inference iterations must be >0]");
    assert_eq!(first("infer 1 -1%"), "e-[Inference warmup must be >=0]");
    // own: an input of another length than the model's.
    assert_eq!(first("db 0000%"), "m-load-done");
    assert_eq!(first("infer 1%"), "e-[Input db has 2 bytes, expected 4]");
}

#[test]
fn a_long_command_is_cut_off() {
    let mut device = Dialogue::new(Benchmark::Kws01, 1.0, 0);
    let long = "x".repeat(100);
    // api: EE_CMD_SIZE.
    assert_eq!(device.says(&format!("{long}%"))[0], format!("e-[Unknown command: {}]", &long[..80]));
    assert_eq!(device.says("name%")[0], "m-name-dut-[kws]");
}

/// A card with one file of some blocks, each of which takes a millisecond of work; the word is found in the third one.
struct Song {
    left: u32,
    at: u32,
    begun: u32,
    now: u64,
}

impl Ears for Song {
    type Error = &'static str;

    fn begin(&mut self) {
        self.begun += 1;
    }

    fn open(&mut self, name: &str) -> Result<(), &'static str> {
        (self.left, self.at, self.now) = (5, 0, 0);
        if name == "song.wav" { Ok(()) } else { Err("there is none") }
    }

    fn wait(&mut self) -> bool {
        let has_more = self.left > 0;
        self.left = self.left.saturating_sub(1);
        self.at += 1;
        self.now = u64::from(self.at) * 32_000;
        has_more
    }

    fn work(&mut self, activation: &mut dyn FnMut(i8)) -> bool {
        activation(self.at as i8 - 127 - 1);
        self.now += 1000;
        self.at == 3
    }

    fn microseconds(&mut self) -> u64 {
        self.now
    }
}

struct Stream(Listener<[i8; 20]>, Interface<[Worked; 12], [u32; 3]>, Song);

impl Stream {
    fn new() -> Self {
        let board = Interface::new([Worked::NONE; 12], [0; 3]);
        Stream(Listener::new([0; 20]), board, Song { left: 0, at: 0, begun: 0, now: 0 })
    }

    fn device(&mut self, heard: &str) -> Vec<String> {
        let mut said = String::new();
        for byte in heard.bytes() {
            if self.0.hear(byte, &mut said).expect("a string takes everything") {
                self.2.begin();
            }
        }
        said.split_terminator("\r\n").map(str::to_owned).collect()
    }

    fn board(&mut self, heard: &str) -> Vec<String> {
        let Stream(device, board, song) = self;
        let mut said = String::new();
        for byte in heard.bytes() {
            board.hear(byte, song, device, &mut said).expect("a string takes everything");
        }
        said.split_terminator("\r\n").map(str::to_owned).collect()
    }
}

#[test]
fn a_device_listens_between_start_and_stop() {
    let mut stream = Stream::new();
    // sww: process_command, which repeats each command.
    assert_eq!(
        stream.device("profile%"),
        [
            "Received command: profile",
            "m-profile-[MLPerf Tiny Firmware V0.1.0]",
            "m-model-[sww01]",
            "m-ready"
        ]
    );
    assert_eq!(stream.device("name%")[1], "m-name-dut-[kws]");
    assert_eq!(stream.device("stop%")[1], "I2S is already idle.  Ignoring stop request");
    assert_eq!(stream.device("sing%")[1], "Unrecognized command sing");
    // What is played before it listens is not heard.
    stream.board("play song.wav%");
    assert_eq!(
        stream.device("start%"),
        ["Received command: start", "Listening for I2S data ... ", "DMA receive initiated.", "m-ready"]
    );
    assert_eq!((stream.2.begun, stream.0.is_listening()), (1, true));
    assert_eq!(stream.device("start%")[1], "I2S Rx currently in progress. Ignoring request");
    assert_eq!(stream.2.begun, 1);
    stream.board("play song.wav%");
    assert_eq!(
        stream.device("stop%"),
        [
            "Received command: stop",
            "Streaming stopped.",
            "target activations: ",
            "[-127, -126, -125, -124, -123 ",
            "]",
            "m-ready"
        ]
    );
    // Sixteen in a line; what it has no memory for, it says.
    stream.device("start%");
    stream.board("play song.wav%play song.wav%play song.wav%play song.wav%play song.wav%");
    let stopped = stream.device("stop%");
    assert_eq!(stopped[1], "e-[Only the first 20 activations are kept]");
    assert_eq!(stopped[5], "-126, -125, -124, -123 ");
}

#[test]
fn the_interface_board_notes_when_the_device_works_and_finds_a_word() {
    let mut stream = Stream::new();
    stream.device("start%");
    // menu: the runner reads these by their first lines.
    assert_eq!(stream.board("name%"), ["m-name-dut-[kws]", "m-ready"]);
    assert_eq!(stream.board("setbaud 115200%"), ["set baud to: 115200", "m-ready"]);
    assert_eq!(stream.board("record_detections%"), ["Now recording detections", "m-ready"]);
    assert_eq!(stream.board("play no.wav%")[1], "e-[there is none]");
    assert_eq!(stream.board("play song.wav%"), ["Attempting to play song.wav", "succeeded.", "m-ready"]);
    // The first frame, and the one in which the word is found.
    assert_eq!(stream.board("print_detections%"), ["Detection Timestamps (ms)", "32,", "97,", "m-ready"]);
    let work = [
        "Duty cycle start times (s)",
        "3200,",
        "6400,",
        "9600,",
        "12800,",
        "16000,",
        "Duty cycle stop times (s)",
        "3300,",
        "6500,",
        "9700,",
        "12900,",
        "16100,",
        "m-ready",
    ];
    assert_eq!(stream.board("print_dutycycle%"), work);
    // Nothing is recorded any more.
    stream.board("play song.wav%");
    assert_eq!(stream.board("print_dutycycle%"), work);
    // More than there is memory for.
    let said = stream.board("record_detections%play song.wav%play song.wav%play song.wav%");
    assert_eq!(said[said.len() - 2], "e-[Only the first 12 frames are recorded]");
    assert_eq!(stream.board("print_dutycycle%").len(), 2 + 2 * 12 + 1);
    // What is not recorded needs no memory.
    assert_eq!(stream.board("print_detections%play song.wav%").iter().rev().nth(1).unwrap(), "succeeded.");
    assert_eq!(stream.board("sing%"), ["e-[Unknown command: sing]", "m-ready"]);
}
