//! `print`: detections for people.

use std::io::{ErrorKind, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use kws_devices::PrintParams;
use kws_engine::{
    Any, Block, Cost, Design, DesignError, Effect, Event, Flow, Kind, Simple, Site, Stage, StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::Names;

// Lines for people on standard output: the kind's parameters are those of every board.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Lines(PrintParams);

impl Kind for Lines {
    const NAME: &'static str = PrintParams::NAME;
    const EFFECT: Effect = Effect::Shows;
    const INPUTS: std::ops::RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let names = Names::of_all(site)?;
        Ok(Simple::boxed(None, Cost::default(), move || {
            Ok(node(Print::new(names.clone(), AutoStream::auto(std::io::stdout()))))
        }))
    }
}

const LABEL: Style = AnsiColor::Green.on_default().bold();
const ASIDE: Style = Style::new().dimmed();

struct Print<W> {
    names: Vec<Names>,
    label_width: usize,
    point_width: usize,
    line: Vec<u8>,
    out: W,
}

impl<W: Write> Print<W> {
    fn new(names: Vec<Names>, out: W) -> Self {
        let widest = |width: fn(&Names) -> usize| names.iter().map(width).max().unwrap_or(0);
        let (label_width, point_width) = (widest(Names::label_width), widest(Names::point_width));
        Print { names, label_width, point_width, line: Vec::with_capacity(128), out }
    }

    fn write(&mut self, which: usize, at: u64, event: &Event) -> std::io::Result<()> {
        let names = &self.names[which];
        let (label, point, time) = (names.label(event), names.point(event), names.seconds(at).to_string());
        self.line.clear();
        write!(self.line, "{time:>9} s  {LABEL}{label:<0$}{LABEL:#}", self.label_width)?;
        write!(self.line, "  {point:<0$}  {score:.2}", self.point_width, score = event.score)?;
        if self.names.len() > 1 {
            write!(self.line, "  {ASIDE}{}{ASIDE:#}", names.stage)?;
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

impl<W: Write> Stage for Print<W> {
    type In = Any<Event>;
    type Out = ();

    fn process(&mut self, (which, events): (usize, Block<'_, Event>), (): ()) -> Result<Flow, StageFault> {
        for event in events.iter().filter(|event| event.is_some()) {
            match self.write(which, events.at, event) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Flow::End),
                Err(error) => return Err(StageFault::because(format!("cannot print events: {error}"))),
            }
        }
        Ok(Flow::Skip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kws_engine::{Element, Port, Role};

    fn printed(stages: &[&str]) -> String {
        let mut port = Port::source(Element::Event, vec![1], Role::EVENTS, 16_000, 320);
        port.labels = vec!["yes".to_owned(), "follow".to_owned()];
        port.points = vec!["wake".to_owned()];
        let names = stages.iter().map(|stage| Names::of(&port, stage).unwrap()).collect();
        let mut sink = Print::new(names, AutoStream::never(Vec::new()));
        let event = Event { label: 0, point: 0, score: 0.971, start: 0, end: 19_840 };
        let _ = sink.process((0, Block { at: 19_840, items: &[Event::NONE] }), ()).unwrap();
        let _ = sink.process((0, Block { at: 19_840, items: &[event] }), ()).unwrap();
        String::from_utf8(sink.out.into_inner()).unwrap()
    }

    #[test]
    fn lines_are_aligned_and_name_the_stage_where_there_are_several() {
        assert_eq!(printed(&["trigger"]), "    1.240 s  yes     wake  0.97\n");
        assert_eq!(printed(&["near", "far"]), "    1.240 s  yes     wake  0.97  near\n");
    }
}
