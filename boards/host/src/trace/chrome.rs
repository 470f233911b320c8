//! Chrome's trace format, as Perfetto reads it: a JSON array of events, which may break off.

use std::io::{self, Write};

use kws_engine::{Plan, Port};
use serde_json::{Value, json};

use super::Note;

/// After so many bytes nothing is added: viewers take a few hundred megabytes.
const MOST: u64 = 400 << 20;
/// The one process.
const PROCESS: u32 = 1;

/// A trace file under way.
pub(super) struct Chrome<W> {
    to: W,
    written: u64,
    stages: Vec<Traced>,
    rings: Vec<Ring>,
    full: bool,
}

/// What is known of a stage.
struct Traced {
    name: String,
    category: &'static str,
    lane: usize,
    /// What its first input carries.
    reads: Option<Port>,
}

/// A ring, and how many blocks wait in it.
struct Ring {
    name: String,
    from: usize,
    to: usize,
    input: usize,
    depth: u64,
    waiting: u64,
}

impl<W: Write> Chrome<W> {
    /// Begins with the names of pipeline and lanes.
    pub(super) fn begin(plan: &Plan, to: W) -> io::Result<Self> {
        let traced = |(index, stage): (usize, &kws_engine::PlannedStage)| Traced {
            name: stage.name.clone(),
            // What a source takes is mostly time in which it waits.
            category: if plan.inputs(index).next().is_none() { "source" } else { "stage" },
            lane: stage.lane,
            reads: plan.first_input(index).cloned(),
        };
        let ring = |edge: &kws_engine::Edge| {
            let (from, to) = (&plan.stages[edge.from].name, &plan.stages[edge.to].name);
            Some(Ring {
                name: format!("ring {from} → {to}"),
                from: edge.from,
                to: edge.to,
                input: edge.input,
                depth: edge.ring?.depth as u64,
                waiting: 0,
            })
        };
        let stages = plan.stages.iter().enumerate().map(traced).collect();
        let rings = plan.edges.iter().filter_map(ring).collect();
        let mut chrome = Chrome { to, written: 0, stages, rings, full: false };
        let name = json!({"name": "process_name", "ph": "M", "pid": PROCESS, "args": {"name": plan.name}});
        chrome.put("[\n", &name)?;
        for (lane, name) in plan.lanes.iter().enumerate() {
            let name = format!("lane {name}");
            let args = json!({"name": name});
            chrome.event(
                &json!({"name": "thread_name", "ph": "M", "pid": PROCESS, "tid": lane + 1, "args": args}),
            )?;
        }
        Ok(chrome)
    }

    /// Adds what has been noted, in the order of time.
    pub(super) fn write(&mut self, notes: Vec<(usize, Note)>) -> io::Result<()> {
        for (stage, note) in notes {
            if self.written > MOST {
                self.full = true;
                return Ok(());
            }
            self.note(stage, note)?;
        }
        self.to.flush()
    }

    fn note(&mut self, index: usize, note: Note) -> io::Result<()> {
        let Traced { name, category, lane, reads } = &self.stages[index];
        let at = note.at();
        let (pid, tid) = (PROCESS, lane + 1);
        match note {
            Note::Fired { begin, nanos, which, emitted } => {
                let fired = json!({"name": name, "cat": category, "ph": "X", "ts": micros(begin), "dur": micros(nanos),
                    "pid": pid, "tid": tid});
                self.event(&fired)?;
                self.count(index, which, emitted, at)
            }
            Note::Found { event, .. } => {
                let of = |names: Option<&Vec<String>>, index: u16| {
                    names.and_then(|names| names.get(usize::from(index))).cloned().unwrap_or_default()
                };
                let label = of(reads.as_ref().map(|port| &port.labels), event.label);
                let point = of(reads.as_ref().map(|port| &port.points), event.point);
                let seconds = reads.as_ref().map(|port| port.seconds(event.end));
                let args = json!({"score": event.score, "point": point, "stream_seconds": seconds});
                let found = json!({"name": label, "cat": "event", "ph": "i", "s": "g", "ts": micros(at), "pid": pid,
                    "tid": tid, "args": args});
                self.event(&found)
            }
            Note::Lost { ticks, .. } => {
                let lost = json!({"name": format!("gap of {name}"), "cat": "gap", "ph": "i", "s": "p", "ts": micros(at),
                    "pid": pid, "tid": tid, "args": {"ticks": ticks}});
                self.event(&lost)
            }
        }
    }

    /// How full the rings are at both ends of a stage that has fired.
    fn count(&mut self, stage: usize, which: usize, emitted: bool, at: u64) -> io::Result<()> {
        let mut changed = Vec::new();
        for ring in &mut self.rings {
            let before = ring.waiting;
            if ring.from == stage && emitted {
                // One that is full drops its oldest block, or lets the writer wait.
                ring.waiting = (ring.waiting + 1).min(ring.depth);
            }
            if ring.to == stage && ring.input == which {
                ring.waiting = ring.waiting.saturating_sub(1);
            }
            if ring.waiting != before {
                let args = json!({"blocks": ring.waiting});
                changed.push(
                    json!({"name": ring.name, "ph": "C", "ts": micros(at), "pid": PROCESS, "args": args}),
                );
            }
        }
        changed.iter().try_for_each(|event| self.event(event))
    }

    fn event(&mut self, event: &Value) -> io::Result<()> {
        self.put(",\n", event)
    }

    fn put(&mut self, before: &str, event: &Value) -> io::Result<()> {
        let line = format!("{before}{event}");
        self.written += line.len() as u64;
        self.to.write_all(line.as_bytes())
    }

    /// Closes the file.
    ///
    /// # Errors
    /// When it cannot be written, or something had no room.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.to.write_all(b"\n]\n")?;
        self.to.flush()?;
        if self.full {
            return Err(io::Error::other(format!(
                "it has {} MB, and nothing was added after that",
                MOST >> 20
            )));
        }
        Ok(())
    }
}

fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}
