//! A dialogue, line by line. Where the answer is from is stated beside it:
//!
//! - *api*: MLPerf Tiny's `benchmark/api/internally_implemented.cpp`;
//! - *kws*: `submitter_implemented.cpp` of its reference submission for keyword spotting;
//! - *ad*: that for anomaly detection;
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
fn pictures_are_bytes_without_a_sign() {
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
fn what_the_runner_gets_wrong_is_told() {
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
