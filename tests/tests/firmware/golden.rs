//! What is written for boards, against `tests/expected/firmware/BOARD/PIPELINE.rs`. `KWS_ACCEPT=1` writes it anew.
//!
//! Of long tables only the first line is kept, and a checksum of the rest.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kws_engine::firmware::{Board, Firmware};
use kws_engine::{Pipeline, Registry};
use kws_tests::root;

/// Lines of a table that are kept as they are.
const KEPT: usize = 60;

/// The source without the bulk of its tables.
fn shortened(source: &str) -> String {
    let mut short = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(short, "{line}");
        if !line.trim_start().starts_with("pub static") || line.ends_with(';') {
            continue;
        }
        let mut table = Vec::new();
        for line in lines.by_ref() {
            table.push(line);
            if line.ends_with(';') {
                break;
            }
        }
        let whole = if table.len() > KEPT { 1 } else { table.len() };
        for line in &table[..whole] {
            let _ = writeln!(short, "{line}");
        }
        if whole < table.len() {
            let sum = checksum(&table.concat());
            let _ = writeln!(short, "        // and {} lines more, checksum {sum:016x}", table.len() - whole);
        }
    }
    short
}

/// FNV-1a.
fn checksum(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn compare(board: &str, pipeline: &str) {
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    kws_devices::bind(&mut registry);
    let board = Board::read(root().join("boards/boards.toml"), board).unwrap();
    let file = Pipeline::read(&root().join("pipelines").join(pipeline).with_extension("toml")).unwrap();
    let written = Firmware::new(&file, &board, &registry).unwrap_or_else(|error| panic!("{error}"));
    let found = shortened(&written.source);
    let folder = root().join("tests/expected/firmware").join(&board.name);
    let golden = folder.join(pipeline).with_extension("rs");
    if std::env::var("KWS_ACCEPT").is_ok_and(|accept| accept == "1") {
        fs::create_dir_all(&folder).unwrap();
        fs::write(&golden, &found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or(found.lines().count().min(expected.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(the end)").to_owned();
    assert!(
        found == expected,
        "line {} of {} is\n{}\nexpected\n{}\nif this is meant, accept it: KWS_ACCEPT=1 cargo test -p kws-tests --test firmware",
        line + 1,
        Path::new(&golden).display(),
        at(&found),
        at(&expected)
    );
}

#[test]
fn boards_get_what_they_got() {
    for (board, pipeline) in [
        ("mps2-an386", "yes_no"),
        ("mps2-an386", "yes_no_tiny"),
        ("mps2-an386", "commands"),
        ("mps2-an386", "person"),
        ("riscv32-virt", "yes_no_tiny"),
    ] {
        compare(board, pipeline);
    }
}

#[test]
fn a_change_within_a_table_is_seen() {
    let table = |last: u32| {
        let lines: String = (0..100).map(|line| format!("        {line},\n")).collect();
        format!("    pub static TABLE: [u32; 101] = [\n{lines}        {last},\n    ];\n}}\n")
    };
    let short = shortened(&table(7));
    assert!(short.lines().count() < 10 && short.ends_with("}\n"), "{short}");
    assert_ne!(short, shortened(&table(8)));
}
