//! Random graphs.

use kws_engine::testing::Random;

/// A stream of a random graph: its stage, the period of its samples if it carries any, and whether a merge is before.
struct Stream {
    name: String,
    samples: Option<u64>,
    merged: bool,
}

/// A random graph of sources with different clocks, fan-outs, joins and merges, which ends in a join and a sink.
pub fn random_graph(random: &mut Random) -> String {
    graph(random, 5)
}

/// As [`random_graph`], with stages that lose blocks of their own and gates that withhold some.
pub fn random_gapped_graph(random: &mut Random) -> String {
    graph(random, 7)
}

fn graph(random: &mut Random, kinds: u64) -> String {
    let mut text = String::new();
    let mut streams: Vec<Stream> = Vec::new();
    for n in 0..1 + random.below(3) {
        let (block, clock) = (3 + random.below(10), [1000, 1000, 333, 700][random.below(4) as usize]);
        let blocks = 40 + random.below(40);
        text += &format!(
            "[[stage]]\nname = \"s{n}\"\nkind = \"count\"\nblock = {block}\nclock = {clock}\nblocks = {blocks}\n"
        );
        streams.push(Stream { name: format!("s{n}"), samples: Some(block), merged: false });
    }
    for n in 0..3 + random.below(9) {
        let any = random.below(streams.len() as u64) as usize;
        let plain: Vec<usize> = (0..streams.len()).filter(|&s| !streams[s].merged).collect();
        let pick =
            |random: &mut Random| streams[plain[random.below(plain.len() as u64) as usize]].name.clone();
        let first = streams[any].name.clone();
        let (kind, inputs, more, stream) = match (random.below(kinds), streams[any].samples) {
            (0, Some(period)) => {
                let hop = period * (1 + random.below(5));
                ("every", vec![first], format!("hop = {hop}\n"), (None, streams[any].merged))
            }
            (1, _) => (
                "merge",
                (0..2 + random.below(2)).map(|_| pick(random)).collect(),
                String::new(),
                (None, true),
            ),
            (2 | 3, _) => {
                let others = (0..1 + random.below(2)).map(|_| pick(random));
                (
                    "add",
                    std::iter::once(first).chain(others).collect(),
                    String::new(),
                    (None, streams[any].merged),
                )
            }
            (5 | 6, _) => {
                let more = format!(
                    "open = {}\nshut = {}\nloses = {}\n",
                    1 + random.below(6),
                    random.below(6),
                    random.below(2) * 13
                );
                ("holes", vec![first], more, (None, streams[any].merged))
            }
            _ => ("gain", vec![first], String::new(), (streams[any].samples, streams[any].merged)),
        };
        text += &format!("[[stage]]\nname = \"x{n}\"\nkind = \"{kind}\"\ninputs = {inputs:?}\n{more}");
        streams.push(Stream { name: format!("x{n}"), samples: stream.0, merged: stream.1 });
    }
    let last = &streams[streams.len() - 1].name;
    text + &format!(
        "[[stage]]\nname = \"end\"\nkind = \"add\"\ninputs = [\"{last}\", \"s0\"]\n[[stage]]\nname = \"out\"\nkind = \"out\"\n"
    )
}

/// The graph with every stage in one of so many lanes, by rings of every policy. Those that drop blocks have room for
/// all, so that what comes is a matter of the graph alone.
pub fn laid_out(graph: &str, lanes: u64, random: &mut Random) -> String {
    let mut text = String::new();
    for stage in graph.split("[[stage]]").skip(1) {
        let (policy, depth) = match random.below(6) {
            0 => ("drop_newest", 4096),
            1 => ("drop_oldest", 4096),
            2 => ("fail", 4096),
            _ => ("block", 1 + random.below(3)),
        };
        let lane = random.below(lanes);
        text += &format!("[[stage]]\nlane = \"{lane}\"\ndepth = {depth}\non_full = \"{policy}\"{stage}");
    }
    text
}
