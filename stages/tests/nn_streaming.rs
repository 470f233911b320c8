//! Models that run on new frames against the same models over whole windows, bit for bit.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../nn/tests/tflite/mod.rs"]
mod tflite;

use std::io::Write;
use std::path::{Path, PathBuf};

use kws_engine::testing::Rig;
use kws_engine::{Element, Port, Role};
use kws_stages::nn::Model;
use kws_stages::nn::kernels::KernelSet;
use tflite::{Field, Network, code};

const VALID: i8 = 1;

/// A small generator of random numbers (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn of(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        range.start() + (self.0 % (range.end() - range.start() + 1) as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.of(1..=count) == 1
    }

    fn bytes(&mut self, count: usize) -> Vec<i8> {
        (0..count).map(|_| self.of(0..=255) as u8 as i8).collect()
    }
}

/// A network that grows from its input on; time is dimension 1 of every image.
struct Growing {
    random: Random,
    network: Network,
    input: i32,
    /// What the last layer wrote, `[1, time, width, channels]`.
    last: i32,
}

impl Growing {
    fn new(seed: u64, window: usize) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (width, channels) = if random.one_in(2) { (1, random.of(1..=12)) } else { (random.of(2..=8), 1) };
        let mut network = Network::default();
        let input = network.tensor(&[1, window, width, channels], 0.05, -7);
        Self { random, network, input, last: input }
    }

    fn image(&self) -> [usize; 4] {
        self.network.shape(self.last).try_into().unwrap()
    }

    fn output(&mut self, shape: &[usize]) -> i32 {
        let zero = self.random.of(0..=40) as i64 - 20;
        self.network.tensor(shape, 0.05, zero)
    }

    /// CONV_2D or DEPTHWISE_CONV_2D with a random window, `VALID` along time.
    fn filter(&mut self) {
        let [_, time, width, channels] = self.image();
        let depthwise = self.random.one_in(2);
        let (taps, dilation) = (self.random.of(1..=5), self.random.of(1..=2));
        let dilation = if (taps - 1) * dilation + 1 > time { 1 } else { dilation };
        let taps = taps.min(time);
        let stride = if self.random.one_in(3) { self.random.of(2..=3) } else { 1 };
        let columns = self.random.of(1..=width.min(3));
        let out = if depthwise { channels * self.random.of(1..=2) } else { self.random.of(1..=9) };
        let to_time = (time - (taps - 1) * dilation - 1) / stride + 1;
        let shape = if depthwise { [1, taps, columns, out] } else { [out, taps, columns, channels] };
        let data = self.random.bytes(shape.iter().product());
        let data: Vec<i8> = data.into_iter().map(|byte| byte.max(-127)).collect();
        let scales = (0..out).map(|_| self.random.of(1..=20) as f32 * 1e-4).collect();
        let weights = self.network.weights(&shape, &data, scales, if depthwise { 3 } else { 0 });
        let biases: Vec<i32> = (0..out).map(|_| self.random.of(0..=2000) as i32 - 1000).collect();
        let biases = self.network.words(&[out], &biases);
        let output = self.output(&[1, to_time, width - columns + 1, out]);
        let (stride, dilation) = (stride as i32, dilation as i32);
        let activation = self.random.of(0..=1) as i8;
        let shared = [Field::I8(0, VALID), Field::I32(1, 1), Field::I32(2, stride)];
        let own = match depthwise {
            true => vec![Field::I8(4, activation), Field::I32(5, 1), Field::I32(6, dilation)],
            false => vec![Field::I8(3, activation), Field::I32(4, 1), Field::I32(5, dilation)],
        };
        let number = if depthwise { code::DEPTHWISE_CONV_2D } else { code::CONV_2D };
        self.network.op(number, &[self.last, weights, biases], &[output], &[&shared[..], &own].concat());
        self.last = output;
    }

    fn pool(&mut self) {
        let [_, time, width, channels] = self.image();
        let (taps, stride) = (self.random.of(1..=time.min(4)), self.random.of(1..=2));
        let (scale, zero) = self.network.quantisation(self.last);
        let output = self.network.tensor(&[1, (time - taps) / stride + 1, width, channels], scale, zero);
        let options = [
            Field::I8(0, VALID),
            Field::I32(1, 1),
            Field::I32(2, stride as i32),
            Field::I32(3, 1),
            Field::I32(4, taps as i32),
        ];
        let number = if self.random.one_in(2) { code::AVERAGE_POOL_2D } else { code::MAX_POOL_2D };
        self.network.op(number, &[self.last], &[output], &options);
        self.last = output;
    }

    /// A filter of stride one, and what it read added to what it wrote, cut to the same time.
    fn residual(&mut self) {
        let [_, time, width, channels] = self.image();
        let from = self.last;
        let taps = self.random.of(1..=time.min(4));
        let data = self.random.bytes(taps * channels);
        let weights = self.network.weights(&[1, taps, 1, channels], &data, vec![0.01; channels], 3);
        let biases = self.network.words(&[channels], &vec![50; channels]);
        let shape = [1, time - taps + 1, width, channels];
        let filtered = self.output(&shape);
        let options = [Field::I8(0, VALID), Field::I32(1, 1), Field::I32(2, 1)];
        self.network.op(code::DEPTHWISE_CONV_2D, &[from, weights, biases], &[filtered], &options);
        let (scale, zero) = self.network.quantisation(from);
        let cut = self.network.tensor(&shape, scale, zero);
        let first = self.random.of(0..=taps - 1);
        let begin = self.network.words(&[4], &[0, first as i32, 0, 0]);
        if self.random.one_in(2) {
            let size = self.network.words(&[4], &shape.map(|size| size as i32));
            self.network.op(code::SLICE, &[from, begin, size], &[cut], &[]);
        } else {
            let stop = first as i32 - taps as i32 + 1;
            let (end, mask) = if stop == 0 { (0, 0b1111) } else { (stop, 0b1101) };
            let end = self.network.words(&[4], &[0, end, 0, 0]);
            let ones = self.network.words(&[4], &[1; 4]);
            let options = [Field::I32(0, 0b1101), Field::I32(1, mask)];
            self.network.op(code::STRIDED_SLICE, &[from, begin, end, ones], &[cut], &options);
        }
        let output = self.network.tensor(&shape, 0.1, 3);
        self.network.op(code::ADD, &[filtered, cut], &[output], &[Field::I8(0, 0)]);
        self.last = output;
    }

    /// The last tensor beside itself along channels.
    fn twice(&mut self) {
        let [_, time, width, channels] = self.image();
        let (scale, zero) = self.network.quantisation(self.last);
        let output = self.network.tensor(&[1, time, width, 2 * channels], scale, zero);
        let options = [Field::I32(0, 3), Field::I8(1, 0)];
        self.network.op(code::CONCATENATION, &[self.last, self.last], &[output], &options);
        self.last = output;
    }

    fn relu(&mut self) {
        let shape = self.image();
        let output = self.output(&shape);
        self.network.op(code::RELU, &[self.last], &[output], &[]);
        self.last = output;
    }

    fn layer(&mut self) {
        match self.random.of(0..=9) {
            0..=4 => self.filter(),
            5 => self.pool(),
            6 | 7 => self.residual(),
            8 if self.image()[3] < 8 => self.twice(),
            _ => self.relu(),
        }
    }

    /// From rows to an answer: a mean over time, or a layer over all rows, or over each row.
    fn end(&mut self) -> Vec<u8> {
        let [_, time, width, channels] = self.image();
        let labels = self.random.of(1..=4);
        match self.random.of(0..=3) {
            0 => {
                let axes = self.network.words(&[2], &[1, 2]);
                let mean = self.output(&[1, channels]);
                self.network.op(code::MEAN, &[self.last, axes], &[mean], &[Field::I8(0, 0)]);
                self.last = mean;
            }
            1 => {
                let shape = self.network.words(&[2], &[1, -1]);
                let (scale, zero) = self.network.quantisation(self.last);
                let flat = self.network.tensor(&[1, time * width * channels], scale, zero);
                self.network.op(code::RESHAPE, &[self.last, shape], &[flat], &[]);
                self.last = flat;
            }
            2 => {}
            _ => {
                let flat = self.network.tensor(&[time, width * channels], 0.05, 0);
                let (scale, zero) = self.network.quantisation(self.last);
                let reshaped = self.network.tensor(&[time, width * channels], scale, zero);
                let shape = self.network.words(&[2], &[time as i32, -1]);
                self.network.op(code::RESHAPE, &[self.last, shape], &[reshaped], &[]);
                self.network.op(code::RELU, &[reshaped], &[flat], &[]);
                self.last = flat;
            }
        }
        let shape = self.network.shape(self.last);
        let (rows, inputs) = match shape[..] {
            [rows, inputs] => (rows, inputs),
            _ => (1, shape.iter().product()),
        };
        let data = self.random.bytes(labels * inputs);
        let weights = self.network.weights(&[labels, inputs], &data, vec![0.002], 0);
        let biases = self.network.words(&[labels], &vec![100; labels]);
        let dense = self.network.tensor(&[rows, labels], 0.1, 10);
        self.network.op(code::FULLY_CONNECTED, &[self.last, weights, biases], &[dense], &[Field::I8(0, 0)]);
        let output = self.network.tensor(&[rows, labels], 1.0 / 256.0, -128);
        self.network.op(code::SOFTMAX, &[dense], &[output], &[Field::F32(0, 1.0)]);
        self.network.file(&[self.input], &[output])
    }
}

/// Outputs of every whole window, `hop` frames apart.
fn recomputed(file: &[u8], kernels: KernelSet, features: &[i8], hop: usize, frame: usize) -> Vec<Vec<i8>> {
    let model = Model::open_for(file, kernels).unwrap_or_else(|error| panic!("{error}"));
    let mut arena = model.arena();
    let window = model.inputs()[0].count();
    let starts = (0..).map(|k| k * hop * frame).take_while(|start| start + window <= features.len());
    let run = |start: usize| {
        model.plan().input_mut(&mut arena).copy_from_slice(&features[start..start + window]);
        model.run(&mut arena);
        model.plan().output(&arena).to_vec()
    };
    starts.map(run).collect()
}

/// Outputs of a model that runs on new frames, from the first full window on.
fn streamed(model: &Model, features: &[i8]) -> Vec<Vec<i8>> {
    let streaming = model.streaming().unwrap();
    let mut arena = model.arena();
    let missing = vec![99; streaming.missing() * streaming.frame];
    let features = [&missing[..], features].concat();
    let runs = features.chunks_exact(streaming.hop * streaming.frame).map(|fresh| {
        model.plan().input_mut(&mut arena).copy_from_slice(fresh);
        model.run(&mut arena);
        model.plan().output(&arena).to_vec()
    });
    runs.skip(streaming.silent()).collect()
}

/// Grows a network, and compares; what it saves, or why it cannot be converted.
fn compare(seed: u64) -> Result<f64, String> {
    let mut growing = Growing::new(seed, 12 + (seed as usize * 7) % 50);
    for _ in 0..growing.random.of(1..=6) {
        growing.layer();
    }
    let file = growing.end();
    let [_, window, width, channels]: [usize; 4] = growing.network.shape(growing.input).try_into().unwrap();
    let frame = width * channels;
    let least = Model::open_streaming(&file, frame, None).map_err(|error| error.to_string())?;
    let least = least.streaming().unwrap().hop;
    let hop = Some(least * growing.random.of(1..=3)).filter(|hop| *hop < window).unwrap_or(least);
    let features = growing.random.bytes((window + 9 * hop + 2) * frame);
    let mut saved = 0.0;
    for kernels in KernelSet::all() {
        let model = Model::open_streaming_for(&file, frame, Some(hop), kernels);
        let model = model.map_err(|error| error.to_string())?;
        let whole = recomputed(&file, kernels, &features, hop, frame);
        assert!(whole.len() >= 10);
        let operators = growing.network.codes();
        assert_eq!(
            streamed(&model, &features),
            whole,
            "seed {seed}, hop {hop}, {operators:?}\n{}",
            model.describe()
        );
        let streaming = model.streaming().unwrap();
        saved = streaming.whole_macs as f64 / model.macs().max(1) as f64;
    }
    Ok(saved)
}

#[test]
fn outputs_equal_those_of_whole_windows() {
    let mut savings = Vec::new();
    let mut refused = 0;
    for seed in 1..=300 {
        match compare(seed) {
            Ok(saved) => savings.push(saved),
            Err(error) => {
                assert!(error.contains("nothing that a run on") || error.contains("a hop of"), "{error}");
                refused += 1;
            }
        }
    }
    savings.sort_by(f64::total_cmp);
    println!(
        "{} converted, median saving {:.1} times, {refused} refused",
        savings.len(),
        savings[savings.len() / 2]
    );
    assert!(savings.len() >= 150);
    assert!(savings[savings.len() / 2] >= 2.0);
}

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn random_windows(file: &[u8], frame: usize, hop: usize) {
    let window = Model::open(file).unwrap().inputs()[0].count();
    let features = Random(7).bytes(window + 40 * hop * frame);
    for kernels in KernelSet::all() {
        let model = Model::open_streaming_for(file, frame, Some(hop), kernels).unwrap();
        assert_eq!(streamed(&model, &features), recomputed(file, kernels, &features, hop, frame));
    }
}

#[test]
fn mlperf_streaming_wakeword_computes_an_eighteenth() {
    let path = file("../shared/data/models/mlperf_streaming_wakeword_int8.tflite");
    let Ok(bytes) = std::fs::read(&path) else {
        // Past the harness, which shows what a test prints only when the test fails.
        let _ = std::io::stderr().write_all(
            b"SKIPPED: mlperf_streaming_wakeword_computes_an_eighteenth: it needs `../shared/data/models`, which is missing\n",
        );
        return;
    };
    let model = Model::open_streaming(&bytes, 40, None).unwrap_or_else(|error| panic!("{error}"));
    let streaming = model.streaming().unwrap();
    println!("{}", model.describe());
    assert_eq!((streaming.window, streaming.hop, streaming.silent()), (30, 1, 29));
    assert_eq!((model.macs(), streaming.whole_macs), (46_040, 826_368));
    random_windows(&bytes, 40, 1);
    random_windows(&bytes, 40, 4);
}

#[test]
fn yes_no_runs_on_two_new_frames() {
    let bytes = std::fs::read(file("pipelines/models/yes_no/model.tflite")).unwrap();
    let model = Model::open_streaming(&bytes, 40, None).unwrap_or_else(|error| panic!("{error}"));
    let streaming = model.streaming().unwrap();
    println!("{} MACs for {}, whole {}", model.macs(), streaming.hop, streaming.whole_macs);
    assert_eq!((streaming.window, streaming.hop), (49, 2));
    assert!(8 * model.macs() < streaming.whole_macs);
    random_windows(&bytes, 40, 2);
    random_windows(&bytes, 40, 6);
    let error = Model::open_streaming(&bytes, 40, Some(5)).unwrap_err().to_string();
    assert!(error.contains("operator 0 `CONV_2D`") && error.contains("a multiple of 2"), "{error}");
}

/// What the planner says of a network of one layer and a dense end over all of its rows.
fn refusal(build: impl FnOnce(&mut Growing)) -> String {
    let mut growing = Growing::new(3, 20);
    growing.network = Network::default();
    growing.input = growing.network.tensor(&[1, 20, 1, 4], 0.05, -7);
    growing.last = growing.input;
    build(&mut growing);
    let file = growing.end();
    Model::open(&file).unwrap_or_else(|error| panic!("{error}"));
    Model::open_streaming(&file, 4, None).expect_err("a refusal").to_string()
}

#[test]
fn refusals_name_the_operator_and_the_reason() {
    let same = refusal(|growing| {
        let output = growing.network.tensor(&[1, 20, 1, 4], 0.05, 0);
        let options =
            [Field::I8(0, 0), Field::I32(1, 1), Field::I32(2, 1), Field::I32(3, 1), Field::I32(4, 3)];
        growing.network.op(code::MAX_POOL_2D, &[growing.input], &[output], &options);
        growing.last = output;
    });
    assert!(same.contains("operator 0 `MAX_POOL_2D`") && same.contains("`SAME`"), "{same}");
    let padded = refusal(|growing| {
        let output = growing.network.tensor(&[1, 22, 1, 4], 0.05, -7);
        let paddings = growing.network.words(&[4, 2], &[0, 0, 2, 0, 0, 0, 0, 0]);
        growing.network.op(code::PAD, &[growing.input, paddings], &[output], &[]);
        growing.last = output;
    });
    assert!(padded.contains("operator 0 `PAD`") && padded.contains("adds rows"), "{padded}");
    let mixed = refusal(|growing| {
        let flat = growing.network.tensor(&[1, 1, 1, 80], 0.05, -7);
        let shape = growing.network.words(&[4], &[1, 1, 1, 80]);
        growing.network.op(code::RESHAPE, &[growing.input, shape], &[flat], &[]);
        growing.last = flat;
    });
    assert!(mixed.contains("nothing that a run on new frames saves"), "{mixed}");
}

/// A port of frames of 40 features, one every 20 ms.
fn frames() -> Port {
    Port::source(Element::F32, vec![40], Role::LOG_MEL, 16_000, 320)
}

/// A copy of the shipped model without its card, so that any frames will do.
fn bare_model(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("kws-streaming-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(file("pipelines/models/yes_no/model.tflite"), folder.join("model.tflite")).unwrap();
    folder.join("model.tflite")
}

#[test]
fn the_classifier_answers_as_behind_a_stack_also_after_a_gap() {
    let path = bare_model("classifier");
    let classifier = format!(
        "[[stage]]\nkind = 'classifier'\nmodel = '{}'\nlabels = ['a', 'b', 'c', 'd']\n",
        path.display()
    );
    let features: Vec<f32> =
        Random(11).bytes(40 * 150).into_iter().map(|byte| f32::from(byte) / 12.0).collect();
    let stacked = format!("[[stage]]\nkind = 'stack'\nframes = 49\nhop = 6\n{classifier}");
    let streaming = format!("{classifier}streaming = true\nhop = 6\n");
    let run = |toml: &str| {
        let rig = Rig::new(kws_stages::register, &frames(), toml)
            .unwrap_or_else(|error| panic!("{error}"))
            .gap(80, 640);
        (rig.output().period, rig.run::<f32, i8>(&features))
    };
    let (whole, new) = (run(&stacked), run(&streaming));
    assert_eq!(whole.0, 6 * 320);
    assert!(whole.1.len() >= 8);
    assert_eq!(whole, new);
    let error = Rig::new(kws_stages::register, &frames(), &format!("{stacked}streaming = true\n"))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("remove the `stack`"), "{error}");
    let error =
        Rig::new(kws_stages::register, &frames(), &format!("{classifier}streaming = true\nhop = 5\n"))
            .err()
            .unwrap()
            .to_string();
    assert!(error.contains("a hop that is a multiple of 2"), "{error}");
    let error = Rig::new(kws_stages::register, &frames(), &format!("{classifier}hop = 3\n"))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("without `streaming = true`"), "{error}");
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}
