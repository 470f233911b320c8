//! What a session has shown, kept until the program takes it.

use std::collections::VecDeque;

use crate::{Buffer, Detection, Element, Output};

/// Events and blocks that wait for the program.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// Detections, the oldest first.
    pub(crate) events: VecDeque<Heard>,
    /// Blocks of tapped stages, the oldest first.
    pub(crate) blocks: VecDeque<Block>,
    /// Of each stage that writes events, the sink that reads it, the first where there are several: each event once.
    readers: Vec<(String, String)>,
}

/// A detection with its names.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// The label.
    pub label: String,
    /// The operating point.
    pub point: String,
    /// The stage that found it.
    pub stage: String,
    /// The score, 0 to 1.
    pub score: f32,
    /// Tick of the stream at which it was certain.
    pub tick: u64,
    /// That tick in seconds.
    pub time: f64,
    /// Seconds of the stream at which the evidence began.
    pub start: f64,
    /// Seconds of the stream at which it ended.
    pub end: f64,
    /// The line of JSON that `jsonl` writes, without a line feed.
    pub json: String,
}

/// A block of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The stage that wrote it.
    pub stage: String,
    /// Tick that completed it.
    pub tick: u64,
    /// That tick in seconds.
    pub time: f64,
    /// Ticks that are missing before it.
    pub lost: u64,
    /// The items.
    pub items: Buffer,
}

impl Inbox {
    /// Keeps what comes out of a session: the events that its sinks read, and the blocks of tapped stages. A tapped stage
    /// of events adds nothing where a sink reads it.
    pub(crate) fn keep(&mut self, output: &Output<'_>) {
        if output.block.element() == Element::Event {
            if self.first_reader(output) {
                self.events.extend(output.detections().map(|event| Heard::new(output, &event)));
            }
        } else if output.reader == output.stage {
            let (stage, time) = (output.stage.to_owned(), output.seconds());
            let items = output.block.clone();
            self.blocks.push_back(Block { stage, tick: output.at, time, lost: output.lost, items });
        }
    }

    fn first_reader(&mut self, output: &Output<'_>) -> bool {
        let of_stage = self.readers.iter().find(|(stage, _)| stage == output.stage);
        if let Some((_, reader)) = of_stage {
            return reader == output.reader;
        }
        self.readers.push((output.stage.to_owned(), output.reader.to_owned()));
        true
    }
}

impl Heard {
    fn new(output: &Output<'_>, detection: &Detection<'_>) -> Self {
        let event = detection.event();
        Heard {
            label: detection.label().to_owned(),
            point: detection.point().to_owned(),
            stage: output.stage.to_owned(),
            score: detection.score(),
            tick: output.at,
            time: detection.seconds(),
            start: output.port.seconds(event.start),
            end: output.port.seconds(event.end),
            json: detection.json().to_string(),
        }
    }
}
