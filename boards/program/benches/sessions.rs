//! What a session of `pipelines/yes_no.toml` takes: of a core, of memory, and to be made.

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use kws::{Plan, Session};

/// Bytes that are allocated, counted by what was asked for.
static BYTES: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

struct Counted;

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's contract.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's contract.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

const SESSIONS: usize = 1000;
const RATE: usize = 16_000;
/// 10 ms.
const BLOCK: usize = RATE / 100;
const REPEATS: usize = 5;

/// A second of noise, so that no stage sees zeros.
fn noise() -> Vec<i16> {
    let mut random = 0x2545_F491_u32;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        (random >> 20) as i16 - 2048
    };
    (0..RATE).map(|_| next()).collect()
}

fn session(plan: &Plan) -> Session {
    plan.session().expect("the pipeline's stages build")
}

/// Seconds of sound per second of one core, of so many sessions that take turns, 10 ms each.
fn throughput(plan: &Plan, count: usize, noise: &[i16]) -> f64 {
    let mut sessions: Vec<Session> = (0..count).map(|_| session(plan)).collect();
    let seconds = (4 * SESSIONS).div_ceil(count).min(60);
    let play = |sessions: &mut Vec<Session>, seconds: usize| {
        for block in (0..seconds).flat_map(|_| noise.chunks_exact(BLOCK)) {
            for session in sessions.iter_mut() {
                session.push("mic", block, |_| {}).expect("the session takes samples");
            }
        }
    };
    // Until every window is full.
    play(&mut sessions, 2);
    let (start, allocated) = (Instant::now(), ALLOCATIONS.load(Ordering::Relaxed));
    play(&mut sessions, seconds);
    let elapsed = start.elapsed().as_secs_f64();
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), allocated, "a session allocates while it runs");
    (seconds * count) as f64 / elapsed
}

fn row(what: &str, mut found: Vec<f64>, unit: &str) {
    found.sort_by(f64::total_cmp);
    let (median, best) =
        (found[found.len() / 2], if unit == "x real time" { found[found.len() - 1] } else { found[0] });
    println!("{what:<44} {median:>10.1} {best:>10.1}  {unit}");
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let plan = kws::read(root.join("pipelines/yes_no.toml")).unwrap_or_else(|error| panic!("{error}"));
    let noise = noise();
    println!("{:<44} {:>10} {:>10}", "pipelines/yes_no.toml, 16 kHz, blocks of 10 ms", "median", "best");
    for count in [1, SESSIONS] {
        let found = (0..REPEATS).map(|_| throughput(&plan, count, &noise)).collect();
        row(&format!("sessions of one core in real time, {count} at once"), found, "x real time");
    }
    let before = BYTES.load(Ordering::Relaxed);
    let start = Instant::now();
    let sessions: Vec<Session> = (0..SESSIONS).map(|_| session(&plan)).collect();
    let each = start.elapsed().as_secs_f64() * 1e6 / SESSIONS as f64;
    row("bytes of a session", vec![((BYTES.load(Ordering::Relaxed) - before) / SESSIONS) as f64], "bytes");
    row("to make a session from a plan", vec![each], "µs");
    drop(sessions);
}
