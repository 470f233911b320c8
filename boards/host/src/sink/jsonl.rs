//! `jsonl`: detections for programs.

use std::collections::HashSet;
use std::io::{ErrorKind, Write};
use std::path::Path;

use kws_devices::JsonlParams;
use kws_engine::{
    Any, Block, Cost, Design, DesignError, Effect, Event, Flow, Kind, Opened, Simple, Site, Stage,
    StageFault, node,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::log::{Limits, Log};
use super::names::Names;

// Lines of JSON in a file or on standard output: the kind's parameters are those of every board.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct JsonLines(JsonlParams);

impl Kind for JsonLines {
    const NAME: &'static str = JsonlParams::NAME;
    const EFFECT: Effect = Effect::Shows;
    const INPUTS: std::ops::RangeInclusive<usize> = 1..=usize::MAX;

    fn design(self, site: &Site<'_>) -> Result<Box<dyn Design>, DesignError> {
        let names = Names::of_all(site)?;
        let path = (self.0.path != Path::new("-")).then(|| site.path(&self.0.path));
        let once = self.0.once;
        if once && !self.0.append {
            return Err(DesignError::new("`once` without `append`")
                .help("add `append = true`: only a file that is continued has lines"));
        }
        let limits = Limits { append: self.0.append, bytes: self.0.max_bytes, keep: self.0.keep };
        Ok(Simple::boxed(None, Cost::default(), move || {
            let (path, names) = (path.clone(), names.clone());
            Ok(node(Opened::once(move || {
                let mut known = HashSet::new();
                let out: Box<dyn Write + Send> = match &path {
                    None => Box::new(std::io::stdout()),
                    Some(path) => {
                        let mut log = Log::open(path, limits).map_err(|error| {
                            StageFault::because(format!("cannot write `{}`: {error}", path.display()))
                        })?;
                        if once {
                            known = log.last_lines().map_err(|error| {
                                StageFault::because(format!("cannot read `{}`: {error}", path.display()))
                            })?;
                        }
                        Box::new(log)
                    }
                };
                Ok(Jsonl { names: names.clone(), line: Vec::with_capacity(256), known, out })
            })))
        }))
    }
}

struct Jsonl<W> {
    names: Vec<Names>,
    line: Vec<u8>,
    /// Lines that are there already.
    known: HashSet<Vec<u8>>,
    out: W,
}

impl<W: Write> Jsonl<W> {
    fn write(&mut self, which: usize, at: u64, event: &Event) -> std::io::Result<()> {
        self.line.clear();
        self.names[which].write_line(at, event, &mut self.line)?;
        self.line.push(b'\n');
        if self.known.remove(&self.line) {
            return Ok(());
        }
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

impl<W: Write> Stage for Jsonl<W> {
    type In = Any<Event>;
    type Out = ();

    fn process(&mut self, (which, events): (usize, Block<'_, Event>), (): ()) -> Result<Flow, StageFault> {
        for event in events.iter().filter(|event| event.is_some()) {
            match self.write(which, events.at, event) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Flow::End),
                Err(error) => return Err(StageFault::because(format!("cannot write events: {error}"))),
            }
        }
        Ok(Flow::Skip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kws_engine::{Element, Port, Role};

    fn names(stage: &str) -> Names {
        let mut port = Port::source(Element::Event, vec![2], Role::EVENTS, 16_000, 320);
        port.labels = vec!["_silence_".to_owned(), "y\"es".to_owned()];
        port.points = vec!["wake".to_owned()];
        Names::of(&port, stage).unwrap()
    }

    const EVENT: Event = Event { label: 1, point: 0, score: 0.97, start: 12_800, end: 19_840 };

    #[test]
    fn writes_one_line_for_each_event() {
        let mut sink = Jsonl {
            names: vec![names("a"), names("b")],
            line: Vec::new(),
            known: HashSet::new(),
            out: Vec::new(),
        };
        let items = [Event { score: f32::NAN, label: 7, ..EVENT }, Event::NONE, EVENT];
        assert_eq!(sink.process((1, Block { at: 19_840, items: &items }), ()), Ok(Flow::Skip));
        let expected = concat!(
            r#"{"time":1.240,"tick":19840,"stage":"b","label":"7","point":"wake","score":null,"start":0.800,"end":1.240}"#,
            "\n",
            r#"{"time":1.240,"tick":19840,"stage":"b","label":"y\"es","point":"wake","score":0.9700,"start":0.800,"end":1.240}"#,
            "\n"
        );
        assert_eq!(String::from_utf8(sink.out).unwrap(), expected);
    }

    /// Fails every time.
    struct Gone(ErrorKind);

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn ending(kind: ErrorKind) -> Result<Flow, StageFault> {
        let mut sink =
            Jsonl { names: vec![names("a")], line: Vec::new(), known: HashSet::new(), out: Gone(kind) };
        sink.process((0, Block { at: 1, items: &[EVENT] }), ())
    }

    #[test]
    fn ends_quietly_when_its_reader_is_gone() {
        assert_eq!(ending(ErrorKind::BrokenPipe), Ok(Flow::End));
        assert!(ending(ErrorKind::StorageFull).unwrap_err().to_string().starts_with("cannot write events: "));
    }
}
