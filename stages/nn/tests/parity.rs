//! Outputs of the runtime against TFLite Micro's: integers bit for bit, floats to 10⁻⁵.
//!
//! Each folder of vectors holds `model.tflite`, `input<i>.npy` and `output<i>.npy`, whose first dimension counts the
//! runs. Those in `tests/vectors/nn/golden` are in the repository; `tests/vectors/nn/live.py` makes more from any
//! model, `tests/vectors/nn/random_models.py` from random ones, `tests/vectors/nn/published.py` from published shapes;
//! `target/vectors/nn` is the folder that they wrote.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use kws_nn::kernels::{KernelSet, Plain};
use kws_nn::{Element, Model};

thread_local! {
    /// Allocations of this thread.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: it hands every request on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most multiply-accumulates of a model that Miri runs.
const MOST_UNDER_MIRI: u64 = 3_000;

/// Contents of a `.npy` file: the shape and the raw little-endian data.
struct Npy {
    shape: Vec<usize>,
    /// Whether its elements are uint8.
    unsigned: bool,
    data: Vec<u8>,
}

impl Npy {
    fn read(path: &Path) -> Option<Self> {
        let bytes = fs::read(path).ok()?;
        assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00", "{}", path.display());
        let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
        assert!(header.contains("'fortran_order': False"), "{header}");
        let shape = header.split_once("'shape': (").unwrap().1.split_once(')').unwrap().0;
        let shape = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
        let unsigned = header.contains("'descr': '|u1'");
        Some(Self { shape, unsigned, data: bytes[10 + length..].to_vec() })
    }

    /// The data of one run, as a tensor of this element has it: a file of uint8 is read as int8.
    fn run(&self, number: usize, element: Element) -> Vec<u8> {
        let size = self.data.len() / self.shape[0];
        let flip = if self.unsigned && element == Element::I8 { 0x80 } else { 0 };
        self.data[number * size..][..size].iter().map(|byte| byte ^ flip).collect()
    }
}

fn numbered(folder: &Path, name: &str) -> Vec<Npy> {
    (0..).map_while(|i| Npy::read(&folder.join(format!("{name}{i}.npy")))).collect()
}

/// Runs one folder's model on its inputs, as a stream, with every kernel set, and compares every output. Running must
/// not allocate.
fn compare(folder: &Path) -> usize {
    // Miri knows the plain kernels only, and takes its time.
    let sets = if cfg!(miri) { vec![KernelSet::Plain(Plain)] } else { KernelSet::all() };
    sets.into_iter().map(|kernels| compare_on(folder, kernels)).sum()
}

fn compare_on(folder: &Path, kernels: KernelSet) -> usize {
    let bytes = fs::read(folder.join("model.tflite")).unwrap();
    let model =
        Model::open_for(&bytes, kernels).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let (inputs, outputs) = (numbered(folder, "input"), numbered(folder, "output"));
    assert_eq!((inputs.len(), outputs.len()), (model.inputs().len(), model.outputs().len()));
    let mut arena = model.arena();
    let runs = if cfg!(miri) { 1 } else { outputs[0].shape[0] };
    for run in 0..runs {
        for (tensor, values) in model.inputs().iter().zip(&inputs) {
            let to = &mut arena[tensor.span.range()];
            to.iter_mut().zip(values.run(run, tensor.element)).for_each(|(to, from)| *to = from as i8);
        }
        let allocations = ALLOCATIONS.get();
        model.run(&mut arena);
        assert_eq!(ALLOCATIONS.get(), allocations, "{} on {}: allocations", folder.display(), kernels.name());
        for (i, (tensor, expected)) in model.outputs().iter().zip(&outputs).enumerate() {
            let got: Vec<u8> = arena[tensor.span.range()].iter().map(|byte| *byte as u8).collect();
            let wanted = expected.run(run, tensor.element);
            if tensor.element == Element::F32 {
                assert_close(&got, &wanted, greatest(&expected.data), folder);
                continue;
            }
            let differs = got.iter().zip(&wanted).position(|(got, expected)| got != expected);
            let place = folder.display();
            assert_eq!(differs, None, "{place} on {}: first byte of output {i} of run {run}", kernels.name());
            assert_eq!(got.len(), wanted.len(), "{place}: length of output {i}");
        }
    }
    runs
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// Greatest magnitude of floats.
fn greatest(bytes: &[u8]) -> f32 {
    floats(bytes).iter().fold(1e-3, |most, x| x.abs().max(most))
}

/// Floats agree to 10⁻⁵ of the greatest that the tensor holds in any run: the order of a sum is nobody's contract (TFLite
/// Micro adds the bias last, LiteRT first), and where large numbers cancel out, it shows.
fn assert_close(got: &[u8], expected: &[u8], greatest: f32, folder: &Path) {
    for (i, (got, expected)) in floats(got).iter().zip(floats(expected)).enumerate() {
        let close = (got - expected).abs() <= 1e-5 * greatest;
        assert!(close, "{}: {got} for {expected} at {i}, of at most {greatest}", folder.display());
    }
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(of)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    folders.retain(|folder| folder.join("model.tflite").exists());
    folders.sort();
    folders
}

#[test]
fn golden_vectors() {
    let of = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/nn/golden");
    let folders = folders(Path::new(of));
    assert!(folders.len() >= 100, "found {} golden folders", folders.len());
    for folder in folders {
        if cfg!(miri)
            && Model::open(&fs::read(folder.join("model.tflite")).unwrap()).unwrap().macs() > MOST_UNDER_MIRI
        {
            continue;
        }
        assert!(compare(&folder) > 0);
    }
}

#[test]
fn live_vectors() {
    let of = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/vectors/nn");
    let (mut models, random) = (folders(&of), folders(&of.join("random")));
    models.extend(folders(&of.join("published")));
    if models.is_empty() && random.is_empty() {
        // Past the harness, which shows what a test prints only when the test fails.
        let _ = std::io::stderr().write_all(
            b"SKIPPED: live_vectors: `target/vectors/nn` holds no vectors; `.ci/oracles` writes them\n",
        );
        return;
    }
    for folder in models {
        let runs = compare(&folder);
        println!("{}: {runs} runs equal", folder.display());
    }
    // All that differ are listed, not only the first: they often share a cause.
    let compared: Vec<_> = random.iter().map(|folder| catch_unwind(|| compare(folder))).collect();
    let differ = compared.iter().filter(|runs| runs.is_err()).count();
    assert_eq!(differ, 0, "of {} random models", random.len());
    let runs: usize = compared.iter().flatten().sum();
    println!("{} random models: {runs} runs equal", random.len());
}
