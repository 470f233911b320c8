//! The page of figures by board: what firmware takes is what the goldens of the firmware say, nothing is measured again.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use kws_engine::firmware::Board;
use serde_json::Value;

use crate::bench::Bench;
use crate::docs::{is_kept, root};

const HEAD: &str = "\
# Figures by board

What firmware takes, by board and pipeline. This page is generated from the figures that CI measures and compares
(`tests/expected/firmware`): `KWS_ACCEPT=1 cargo test -p kws-host --test command figures`.

- **Flash** and **RAM** are bytes of the built image, RAM without the stack.
- **Stack** is in bytes, **worst** and **mean** are instructions of a tick that fires. They are measured in an emulator, so only emulated
  machines have them.
- **Core** and **mA** are estimates. Core is the share of the time that the core is awake, from the operations that the stages state and
  what one takes (`[core]` of `boards/boards.toml`); mA is the current of the whole board at 3.3 V, from round figures in the range of the data
  sheets (`power` there). Nobody has measured either on a board of silicon:
  [send us yours](mlperf.md#send-your-boards-figures). In the emulator of its chip the Pico is awake for 27 % of the
  time with `yes_no_micro`, and `yes_no_tiny` needs more time than there is.

\"Cascade\" is the part of the node. An empty cell is a figure that nobody has.

| board | pipeline | flash | RAM | stack | worst | mean | core | mA |
|---|---|--:|--:|--:|--:|--:|--:|--:|
";

const NETWORKS: &str = "
## Forty networks

Models with the shapes of published networks and random weights, the same that are [timed beside XNNPACK](benchmarks.md#forty-networks-beside-xnnpack),
int8, as firmware in the emulator: instructions of a run, whose outputs are the host's, bit for bit. `.ci/networks` measures them.

- **M4F** is a Cortex-M4F (`mps2-an386`) with the kernels `dsp`, **M55** a Cortex-M55 (`mps3-an547`) with `dsp` and with `helium`, **RV32** a
  RISC-V core of integers (`riscv32-virt`) with `plain`.
- **Each** is instructions per multiplication of a weight.
- **CMSIS-NN** is TFLite Micro with the kernels of CMSIS-NN on that Cortex-M4F.
- **Flash** and **RAM** are bytes of the whole image on the Cortex-M4F, RAM with the stack.
- **Too large for**: boards with such kernels whose flash or RAM it exceeds. In place of a figure is by how many bytes the 512 kB of flash of
  `mps3-an547` are too few.

| network | multiplications | M4F | each | CMSIS-NN | ratio | M55 | Helium | ratio | RV32 | each | flash | RAM | too large for |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
";

/// Pipelines whose models are fetched: not every machine has them, so nothing is estimated.
const FETCHED: &[&str] = &["wake_word"];

/// Where the pipeline of a row is, if it is one of the repository's.
fn pipeline(name: &str) -> Option<PathBuf> {
    let paths = ["pipelines", "boards", "boards/qemu"]
        .map(|folder| root().join(folder).join(name).with_extension("toml"));
    paths.into_iter().find(|path| !FETCHED.contains(&name) && path.exists())
}

/// The share of the time that the core is awake.
fn share(board: &Board, path: &Path) -> f64 {
    let text = fs::read_to_string(path).unwrap();
    let mut arguments = vec![path.to_str().unwrap(), "--check", "--json", "--board", &board.name];
    if text.contains("[[place]]") {
        arguments.extend(["--place", "node"]);
    }
    let report: Value = serde_json::from_str(&Bench::new().run(&arguments).well().out).unwrap();
    let stages = report["stages"].as_array().unwrap().iter();
    stages.map(|stage| stage["instructions_per_second"].as_f64().unwrap()).sum::<f64>()
        / f64::from(board.clock_hz)
}

/// A count with a comma between thousands; a text as it is.
fn grouped(cell: &str) -> String {
    if cell.is_empty() || !cell.bytes().all(|byte| byte.is_ascii_digit()) {
        return cell.to_owned();
    }
    let head = cell.len() % 3;
    let groups = cell.as_bytes()[head..].chunks(3).map(|group| std::str::from_utf8(group).unwrap());
    let first = (head > 0).then_some(&cell[..head]);
    first.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

/// A row of the page for a line of a board's golden, unless the line has a model or a front end alone.
fn row(board: &Board, line: &str) -> Option<String> {
    let cells: Vec<&str> = line.split_whitespace().collect();
    let (name, [flash, ram, stack, worst, mean]) = match cells[..] {
        [name, flash, ram] => (name, [flash, ram, "", "", ""]),
        [name, "pipeline", worst, mean, flash, ram, stack] => (name, [flash, ram, stack, worst, mean]),
        _ => return None,
    };
    let name = name.trim_end_matches("_node");
    let share = pipeline(name).map(|path| share(board, &path));
    let core = share.map_or(String::new(), |share| format!("{:.1} %", 100.0 * share));
    let current = share.zip(board.power.as_ref()).map_or(String::new(), |(share, power)| {
        format!("{:.1}", power.asleep_ma + (power.awake_ma - power.asleep_ma) * share.min(1.0))
    });
    let cells = [&board.name, name, flash, ram, stack, worst, mean, &core, &current].map(grouped);
    Some(format!("| {} |\n", cells.join(" | ")))
}

/// A golden's rows, without its comments.
fn golden(name: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("tests/expected/firmware").join(name)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

/// A figure of a row, or nothing where it says which memory is too small.
fn figure(row: &[String], at: usize) -> Option<f64> {
    row.get(3)?.parse::<f64>().ok().and(row.get(at)?.parse().ok())
}

/// The table of networks.
fn networks(boards: &[Board]) -> String {
    let peers: BTreeMap<String, String> =
        golden("networks_tflite_micro.txt").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let mut rows: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for row in golden("networks.txt") {
        rows.entry(row[0].clone()).or_default().insert(format!("{} {}", row[1], row[2]), row);
    }
    let (mut table, mut ratios) = (NETWORKS.to_owned(), [Vec::new(), Vec::new()]);
    for (name, row) in &rows {
        let of = |kernels: &str| row.get(kernels).map_or(&[] as &[String], Vec::as_slice);
        let (arm, scalar, helium, riscv) =
            (of("mps2-an386 dsp"), of("mps3-an547 dsp"), of("mps3-an547 helium"), of("riscv32-virt plain"));
        let a_run = |row: &[String]| match figure(row, 4) {
            Some(instructions) => grouped(&instructions.to_string()),
            None => row.get(4).map_or(String::new(), |over| format!("{} over", grouped(over))),
        };
        let each = |row: &[String]| {
            let share = figure(row, 4).zip(figure(row, 3));
            share.map_or(String::new(), |(instructions, products)| format!("{:.2}", instructions / products))
        };
        let mut ratio = |of: Option<f64>, to: Option<f64>, at: usize| {
            let ratio = of.zip(to).map(|(of, to)| of / to);
            ratios[at].extend(ratio);
            ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"))
        };
        let peer = peers.get(name).cloned().unwrap_or_default();
        let beside_peer = ratio(figure(arm, 4), peer.parse().ok(), 0);
        let beside_scalar = ratio(figure(helium, 4), figure(scalar, 4), 1);
        let flash = figure(arm, 5).unwrap_or_default();
        let ram = figure(arm, 6).unwrap_or_default() + figure(arm, 8).unwrap_or_default();
        let small = boards.iter().filter(|board| {
            board.core.kernels == "dsp" && (flash > board.flash as f64 || ram > board.ram as f64)
        });
        let small: Vec<&str> = small.map(|board| board.name.as_str()).collect();
        let cells = [
            name.clone(),
            grouped(&arm[3]),
            a_run(arm),
            each(arm),
            grouped(&peer),
            beside_peer,
            a_run(scalar),
            a_run(helium),
            beside_scalar,
            a_run(riscv),
            each(riscv),
            grouped(&flash.to_string()),
            grouped(&ram.to_string()),
            small.join(", "),
        ];
        writeln!(table, "| {} |", cells.join(" | ")).unwrap();
    }
    let mean =
        |ratios: &[f64]| (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
    writeln!(
        table,
        "| **geometric mean** | | | | | **{:.2}** | | | **{:.2}** | | | | | |",
        mean(&ratios[0]),
        mean(&ratios[1])
    )
    .unwrap();
    table
}

#[test]
fn the_page_of_boards_has_the_figures_of_the_goldens() {
    let boards = Board::list(&fs::read_to_string(root().join("boards/boards.toml")).unwrap()).unwrap();
    let mut page = HEAD.to_owned();
    for board in &boards {
        let golden = root().join("tests/expected/firmware").join(&board.name).with_extension("txt");
        let text = fs::read_to_string(golden).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| row(board, line)).for_each(|row| page.write_str(&row).unwrap());
    }
    page.push_str(&networks(&boards));
    is_kept("docs/boards.md", &page);
}
