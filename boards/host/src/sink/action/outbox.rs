//! Events on their way to something slow.

use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use kws_engine::{Any, Block, Event, Flow, Stage, StageFault};

use crate::sink::names::Names;

/// How long the end of a stream waits for what is still to be done.
const DRAIN: Duration = Duration::from_secs(2);

/// An event in words, as actions hand it on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    /// The stage that wrote it.
    pub(super) stage: String,
    /// The label's name.
    pub(super) label: String,
    /// The operating point's name.
    pub(super) point: String,
    /// The score, 0 to 1.
    pub(super) score: f32,
    /// Seconds of the stream, with three digits.
    pub(super) time: String,
    /// All of it as `jsonl` writes it: one line, without a line feed.
    pub(super) json: String,
}

impl Message {
    fn new(names: &Names, at: u64, event: &Event) -> Self {
        Message {
            stage: names.stage.clone(),
            label: names.label(event).to_string(),
            point: names.point(event).to_string(),
            score: event.score,
            time: names.seconds(at).to_string(),
            json: names.borrowed().line(at, event).to_string(),
        }
    }
}

/// The sink itself: a bounded queue before a thread that acts.
pub(super) struct Outbox {
    /// The kind, for what is reported.
    kind: &'static str,
    names: Vec<Names>,
    sender: Option<Sender<Message>>,
    worker: Option<Worker>,
    dropped: u64,
}

struct Worker {
    /// To count what it has not taken.
    queue: Receiver<Message>,
    thread: JoinHandle<()>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
}

impl Outbox {
    /// Starts the thread; `act` takes messages until the channel is disconnected and empty. At most `room` messages wait.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(
        kind: &'static str,
        names: Vec<Names>,
        room: u32,
        act: impl FnOnce(Receiver<Message>) + Send + 'static,
    ) -> Result<Self, StageFault> {
        let (sender, receiver) = bounded(room as usize);
        let (ending, ended) = bounded(0);
        let queue = receiver.clone();
        let thread = std::thread::Builder::new().name(kind.to_owned()).spawn(move || {
            let _ending = ending;
            act(receiver);
        });
        let thread = thread
            .map_err(|error| StageFault::because(format!("cannot start a thread for `{kind}`: {error}")))?;
        Ok(Outbox {
            kind,
            names,
            sender: Some(sender),
            worker: Some(Worker { queue, thread, ended }),
            dropped: 0,
        })
    }

    fn send(&mut self, message: Message) {
        let Some(sender) = &self.sender else { return };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = sender.try_send(message) {
            self.dropped += 1;
            if self.dropped == 1 {
                report(self.kind, "cannot keep up: events are dropped");
            }
        }
    }

    /// Lets the thread do what is left, for a while.
    fn end(&mut self) {
        self.sender = None;
        let Some(Worker { queue, thread, ended }) = self.worker.take() else { return };
        // The other half is never sent to: an answer means that the thread has let go of it.
        match ended.recv_timeout(DRAIN) {
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => {
                let (seconds, waiting) = (DRAIN.as_secs(), queue.len());
                let lost =
                    format!("the event under way and {waiting} that waited may not have been delivered");
                report(self.kind, &format!("gave up after {seconds} s: {lost}"));
            }
            _ => {
                let _ = thread.join();
            }
        }
        if self.dropped > 0 {
            report(self.kind, &format!("dropped {} events", self.dropped));
        }
    }
}

impl Stage for Outbox {
    type In = Any<Event>;
    type Out = ();

    fn process(&mut self, (which, events): (usize, Block<'_, Event>), (): ()) -> Result<Flow, StageFault> {
        for event in events.iter().filter(|event| event.is_some()) {
            self.send(Message::new(&self.names[which], events.at, event));
        }
        Ok(Flow::Skip)
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        self.end();
        Ok(())
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.end();
    }
}

/// Says something about an action on standard error.
pub(super) fn report(kind: &str, text: &str) {
    anstream::eprintln!("notice: `{kind}` {text}");
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use kws_engine::{Element, Port, Role};

    pub(in super::super) fn names() -> Vec<Names> {
        let mut port = Port::source(Element::Event, vec![1], Role::EVENTS, 16_000, 320);
        port.labels = vec!["silence".to_owned(), "yes".to_owned()];
        port.points = vec!["wake".to_owned()];
        vec![Names::of(&port, "trigger").unwrap()]
    }

    pub(in super::super) const EVENT: Event =
        Event { label: 1, point: 0, score: 0.97, start: 12_800, end: 19_840 };

    /// Lets an outbox take so many events.
    pub(in super::super) fn feed(outbox: &mut Outbox, events: usize) {
        for _ in 0..events {
            let block = Block { at: 19_840, items: &[Event::NONE, EVENT] };
            assert_eq!(outbox.process((0, block), ()), Ok(Flow::Skip));
        }
    }

    #[test]
    fn a_message_says_what_jsonl_says() {
        let (sender, heard) = bounded(9);
        let mut outbox = Outbox::start("test", names(), 4, move |messages| {
            messages.iter().for_each(|message| sender.send(message).unwrap());
        })
        .unwrap();
        feed(&mut outbox, 1);
        outbox.finish().unwrap();
        let message = heard.recv().unwrap();
        assert_eq!((message.label.as_str(), message.time.as_str()), ("yes", "1.240"));
        assert!(message.json.starts_with(r#"{"time":1.240,"tick":19840,"stage":"trigger","label":"yes""#));
        assert!(heard.recv().is_err(), "the end of the stream ends the thread");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_and_holds_nobody_up() {
        let (go, wait) = bounded::<()>(0);
        let (sender, heard) = bounded(9);
        let mut outbox = Outbox::start("test", names(), 2, move |messages| {
            let _ = wait.recv();
            messages.iter().for_each(|message| sender.send(message).unwrap());
        })
        .unwrap();
        feed(&mut outbox, 5);
        assert_eq!(outbox.dropped, 3);
        drop(go);
        outbox.finish().unwrap();
        assert_eq!(heard.iter().count(), 2, "what had room is delivered when the stream ends");
    }
}
