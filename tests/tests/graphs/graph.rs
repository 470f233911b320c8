//! Random graphs that a board can be: one source, joins, gates, gaps, merges into sinks, one lane or two.

use std::fmt::Write as _;

use kws_engine::testing::Random;

/// Graphs that are compared.
pub const GRAPHS: u64 = 300;

/// The stages of a graph, in an order in which each reads earlier ones.
pub struct Graph {
    pub stages: Vec<Stage>,
}

/// A stage of a graph.
pub struct Stage {
    pub name: String,
    pub kind: &'static str,
    pub inputs: Vec<String>,
    params: String,
    /// Whether it stands in the second lane.
    pub second: bool,
}

/// What a later stage may read: its name, the period of its blocks if it carries samples, and how many read it.
struct Stream {
    name: String,
    samples: Option<u64>,
    second: bool,
    readers: u32,
}

/// The graph of a number.
pub fn graph(number: u64) -> Graph {
    let mut random = Random::new(number);
    let (block, loses) = (2 + random.below(9), random.below(3) * 5);
    let params = format!("block = {block}\nblocks = {}\nloses = {loses}\n", 24 + random.below(24));
    let mut graph = Graph { stages: Vec::new() };
    graph.add("s0", "count", &[], params, false);
    let mut streams = vec![Stream { name: "s0".to_owned(), samples: Some(block), second: false, readers: 0 }];
    let first = 2 + random.below(6);
    for number in 0..first {
        stage(&mut graph, &mut streams, number, false, &mut random);
    }
    // Every other graph has a second lane, into which the blocks of one stage pass.
    if random.below(2) == 0 {
        let from = random.below(streams.len() as u64) as usize;
        streams[from].readers += 1;
        let (name, samples) = (streams[from].name.clone(), streams[from].samples);
        graph.add("door", "gain", &[name], String::new(), true);
        streams.push(Stream { name: "door".to_owned(), samples, second: true, readers: 0 });
        for number in first..first + 1 + random.below(5) {
            stage(&mut graph, &mut streams, number, true, &mut random);
        }
    }
    for second in [false, true] {
        sinks(&mut graph, &streams, second, &mut random);
    }
    graph
}

/// A stage that reads earlier ones of its lane.
fn stage(graph: &mut Graph, streams: &mut Vec<Stream>, number: u64, second: bool, random: &mut Random) {
    let here: Vec<usize> = (0..streams.len()).filter(|&stream| streams[stream].second == second).collect();
    let pick = |random: &mut Random| here[random.below(here.len() as u64) as usize];
    let first = pick(random);
    let samples = streams[first].samples;
    let mut read = vec![first];
    let (kind, params, samples) = match (random.below(9), samples) {
        (8, _) => ("frail", format!("lasts = {}\non_fault = \"restart\"\n", 2 + random.below(20)), samples),
        (7, _) => return clips(graph, streams, number, second, [first, pick(random)], random),
        (0, Some(period)) => ("every", format!("hop = {}\n", period * (1 + random.below(4))), None),
        (1 | 2, _) => {
            read.extend((0..1 + random.below(2)).map(|_| pick(random)));
            (if read.len() == 2 { "pair" } else { "three" }, String::new(), None)
        }
        (3 | 4, _) => {
            let (open, shut) = (1 + random.below(6), random.below(6));
            ("holes", format!("open = {open}\nshut = {shut}\nloses = {}\n", random.below(2) * 13), None)
        }
        (5, _) => {
            read.push(pick(random));
            let (on, within) = (random.below(8), random.below(40));
            ("door", format!("on = {on}\nwithin = {within}\n"), samples)
        }
        _ => ("gain", String::new(), samples),
    };
    read.iter().for_each(|&stream| streams[stream].readers += 1);
    let inputs: Vec<String> = read.iter().map(|&stream| streams[stream].name.clone()).collect();
    let name = format!("x{number}");
    graph.add(&name, kind, &inputs, params, second);
    streams.push(Stream { name, samples, second, readers: 0 });
}

/// A capture of one stream on marks of another, and stages that judge its clips.
fn clips(
    graph: &mut Graph,
    streams: &mut Vec<Stream>,
    number: u64,
    second: bool,
    read: [usize; 2],
    random: &mut Random,
) {
    read.iter().for_each(|&stream| streams[stream].readers += 1);
    let [stream, marked] = read.map(|stream| streams[stream].name.clone());
    let (samples, name) = (streams[read[0]].samples, |of: &str| format!("{of}{number}"));
    graph.add(&name("mark"), "mark", &[marked], format!("not = {}\n", 2 + random.below(3)), second);
    let (blocks, after) = (2 + random.below(5), random.below(20));
    let length = blocks * samples.unwrap_or(7);
    let params = format!("length_ms = {length}\nafter_ms = {after}\n");
    graph.add(&name("clip"), "capture", &[stream, name("mark")], params, second);
    let mut last = name("clip");
    let mut judge = |graph: &mut Graph, of: &str, kind, params| {
        graph.add(&name(of), kind, &[std::mem::replace(&mut last, name(of))], params, second);
    };
    if random.below(3) > 0 {
        judge(graph, "louder", "gain", String::new());
    }
    match (random.below(4), samples) {
        (0 | 1, Some(period)) => {
            judge(graph, "sums", "every", format!("hop = {}\n", period * (1 + random.below(2))));
        }
        (2, _) => {
            let (open, shut) = (1 + random.below(6), random.below(3));
            judge(graph, "holed", "holes", format!("open = {open}\nshut = {shut}\nloses = 0\n"));
        }
        _ => {}
    }
    judge(graph, "verdict", "mark", format!("not = {}\n", 2 + random.below(3)));
    judge(graph, "x", "about", String::new());
    streams.push(Stream { name: last, samples: None, second, readers: 0 });
}

/// Sinks for the streams that nobody reads: one for each, or one that merges some.
fn sinks(graph: &mut Graph, streams: &[Stream], second: bool, random: &mut Random) {
    let open = streams.iter().filter(|stream| stream.second == second && stream.readers == 0);
    let open: Vec<String> = open.map(|stream| stream.name.clone()).collect();
    let (merged, alone) = open.split_at(if random.below(2) == 0 { open.len().min(3) } else { 0 });
    let lane = if second { "b" } else { "a" };
    if !merged.is_empty() {
        graph.add(&format!("all_{lane}"), "keep_all", merged, String::new(), second);
    }
    for name in alone {
        graph.add(&format!("keep_{name}"), "keep", std::slice::from_ref(name), String::new(), second);
    }
}

impl Graph {
    fn add(&mut self, name: &str, kind: &'static str, inputs: &[String], params: String, second: bool) {
        self.stages.push(Stage { name: name.to_owned(), kind, inputs: inputs.to_vec(), params, second });
    }

    /// Whether it has a second lane.
    pub fn two_lanes(&self) -> bool {
        self.stages.iter().any(|stage| stage.second)
    }

    /// As a pipeline file with these keys of each stage besides, such as its lane.
    pub fn toml(&self, mut keys: impl FnMut(&Stage) -> String) -> String {
        let mut text = String::new();
        for stage in &self.stages {
            let Stage { name, kind, inputs, params, .. } = stage;
            let _ = writeln!(text, "[[stage]]\nname = \"{name}\"\nkind = \"{kind}\"");
            if !inputs.is_empty() {
                let _ = writeln!(text, "inputs = {inputs:?}");
            }
            text += params;
            text += &keys(stage);
        }
        text
    }

    #[allow(dead_code, reason = "the build script writes boards")]
    /// As a board has it: its lanes, and what happens where they meet.
    pub fn on_board(&self, number: u64) -> String {
        let policy = ["block", "drop_newest", "fail"][(number % 3) as usize];
        let depth = if policy == "block" { 1 + number % 4 } else { 64 };
        self.toml(|stage| {
            let lane = if stage.second { "b" } else { "a" };
            let crossing = format!("on_full = \"{policy}\"\ndepth = {depth}\n");
            format!("lane = \"{lane}\"\n{}", if stage.name == "door" { &crossing } else { "" })
        })
    }

    /// With every stage in one of so many lanes, by rings of every policy. Those that drop blocks have room for all, so
    /// that what comes is a matter of the graph alone.
    pub fn laid_out(&self, lanes: u64, random: &mut Random) -> String {
        self.toml(|_| {
            let (policy, depth) = match random.below(6) {
                0 => ("drop_newest", 1024),
                1 => ("drop_oldest", 1024),
                2 => ("fail", 1024),
                _ => ("block", 1 + random.below(3)),
            };
            format!("lane = \"{}\"\non_full = \"{policy}\"\ndepth = {depth}\n", random.below(lanes))
        })
    }
}
