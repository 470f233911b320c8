//! What is published when, whatever client carries it.

use crossbeam_channel::{Receiver, never, select};

use super::discovery::Device;
use crate::sink::action::outbox::{Message, report};

/// One message to a broker. All are sent until the broker has acknowledged them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Publication {
    pub(super) topic: String,
    pub(super) payload: String,
    /// Whether the broker keeps it for those who come later.
    pub(super) retain: bool,
}

impl Publication {
    /// One that the broker keeps.
    pub(super) fn retained(topic: String, payload: impl Into<String>) -> Self {
        Publication { topic, payload: payload.into(), retain: true }
    }

    /// One for those who listen now.
    pub(super) fn passing(topic: String, payload: impl Into<String>) -> Self {
        Publication { topic, payload: payload.into(), retain: false }
    }
}

/// A client of a broker.
pub(super) trait Broker {
    /// Hands a message over to be sent once; forgotten when the connection is lost before it is acknowledged.
    fn publish(&mut self, publication: &Publication);
    /// Asks for the messages of a topic.
    fn subscribe(&mut self, topic: &str);
    /// Ends the connection in order.
    fn disconnect(&mut self);
}

/// What happens to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal<B> {
    /// A new one stands, by this client, and knows nothing of what was published before.
    Connected(B),
    /// One more message has arrived at the broker.
    Acknowledged,
    /// Somebody published this on a topic that was subscribed to.
    Said {
        /// The topic.
        topic: String,
        /// The text.
        payload: String,
    },
    /// It is lost; it will be tried again.
    Lost(String),
}

/// Publishes one event after the other, each until all its messages are acknowledged.
pub(super) struct Publisher<B> {
    device: Device,
    /// The client of the connection that stands.
    broker: Option<B>,
    /// Whether the last loss has been reported.
    reported: bool,
    /// The event that is under way.
    current: Vec<Publication>,
    /// Messages that the broker has not acknowledged.
    unacknowledged: usize,
}

impl<B: Broker> Publisher<B> {
    pub(super) fn new(device: Device) -> Self {
        Publisher { device, broker: None, reported: false, current: Vec::new(), unacknowledged: 0 }
    }

    /// Works until the messages end and the last of them is delivered.
    pub(super) fn run(mut self, messages: &Receiver<Message>, signals: &Receiver<Signal<B>>) {
        let nothing = never();
        let mut ended = false;
        loop {
            let free = self.broker.is_some() && self.current.is_empty() && self.unacknowledged == 0;
            if free && ended {
                break;
            }
            let messages = if free { messages } else { &nothing };
            select! {
                recv(messages) -> message => match message {
                    Ok(message) => self.begin(self.device.event(&message)),
                    Err(_) => {
                        ended = true;
                        self.begin(vec![self.device.status("offline")]);
                    }
                },
                recv(signals) -> signal => match signal {
                    Ok(signal) => self.follow(signal),
                    Err(_) => break,
                },
            }
        }
        if let Some(broker) = &mut self.broker {
            broker.disconnect();
        }
    }

    fn begin(&mut self, publications: Vec<Publication>) {
        self.publish(&publications);
        self.current = publications;
    }

    /// Publishes where a connection stands.
    fn publish(&mut self, publications: &[Publication]) {
        let Some(broker) = &mut self.broker else { return };
        publications.iter().for_each(|publication| broker.publish(publication));
        self.unacknowledged += publications.len();
    }

    fn follow(&mut self, signal: Signal<B>) {
        match signal {
            Signal::Connected(broker) => self.connected(broker),
            Signal::Acknowledged => {
                self.unacknowledged = self.unacknowledged.saturating_sub(1);
                if self.unacknowledged == 0 {
                    self.current.clear();
                }
            }
            Signal::Said { topic, payload } => match self.device.greeting() {
                Some(greeting) if greeting == topic => {
                    if payload == "online" {
                        self.publish(&self.device.introduction());
                    }
                }
                _ => self.turn(&topic, &payload),
            },
            Signal::Lost(why) => {
                self.broker = None;
                if !self.reported {
                    report("mqtt", &format!("is not connected to the broker ({why}); trying again"));
                    self.reported = true;
                }
            }
        }
    }

    fn connected(&mut self, broker: B) {
        if self.reported {
            report("mqtt", "is connected to the broker");
        }
        (self.broker, self.reported, self.unacknowledged) = (Some(broker), false, 0);
        self.publish(&self.device.introduction());
        let topics = self.device.topics();
        if let Some(broker) = &mut self.broker {
            topics.iter().for_each(|topic| broker.subscribe(topic));
        }
        let current = self.current.clone();
        self.publish(&current);
    }

    /// Turns the knob that a message is for, and tells where it stands.
    fn turn(&mut self, topic: &str, payload: &str) {
        match self.device.turn(topic, payload) {
            Ok(state) => self.publish(state.as_slice()),
            Err(why) => report("mqtt", &why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::{Sender, unbounded};

    /// Notes what it is asked for.
    struct Notes(Sender<String>);

    impl Broker for Notes {
        fn publish(&mut self, publication: &Publication) {
            let kept = if publication.retain { " (kept)" } else { "" };
            let _ = self.0.send(format!("{} {}{kept}", publication.topic, publication.payload));
        }
        fn subscribe(&mut self, topic: &str) {
            let _ = self.0.send(format!("subscribe {topic}"));
        }
        fn disconnect(&mut self) {
            let _ = self.0.send("disconnect".to_owned());
        }
    }

    fn device() -> Device {
        let (name, model) = ("a".to_owned(), "test".to_owned());
        let (labels, occupancy, knobs) = (vec!["yes".to_owned()], vec![], vec![]);
        Device { name, model, prefix: String::new(), labels, occupancy, knobs }
    }

    fn message() -> Message {
        Message {
            stage: "trigger".to_owned(),
            label: "yes".to_owned(),
            point: "default".to_owned(),
            score: 0.5,
            time: "1.000".to_owned(),
            json: "{}".to_owned(),
        }
    }

    #[test]
    fn what_was_not_acknowledged_is_published_again_and_nothing_while_the_broker_is_away() {
        let device = device();
        let (notes, noted) = unbounded();
        let (send, messages) = unbounded();
        let (signal, signals) = unbounded();
        let connected = || Signal::Connected(Notes(notes.clone()));
        let publisher = Publisher::new(device);
        let thread = std::thread::spawn(move || publisher.run(&messages, &signals));
        let next = || noted.recv().unwrap();
        let event = ["kws/a/event {\"event_type\":\"yes\"}", "kws/a/trigger yes", "kws/a/score 0.5000"];
        send.send(message()).unwrap();
        signal.send(connected()).unwrap();
        assert_eq!(next(), "kws/a/status online (kept)");
        signal.send(Signal::Acknowledged).unwrap();
        assert_eq!([next(), next(), next()], event);
        signal.send(Signal::Acknowledged).unwrap();
        signal.send(Signal::Lost("gone".to_owned())).unwrap();
        signal.send(connected()).unwrap();
        assert_eq!(next(), "kws/a/status online (kept)");
        assert_eq!([next(), next(), next()], event, "the event again, whole");
        (0..4).for_each(|_| signal.send(Signal::Acknowledged).unwrap());
        drop(send);
        assert_eq!(next(), "kws/a/status offline (kept)");
        signal.send(Signal::Acknowledged).unwrap();
        assert_eq!(next(), "disconnect");
        thread.join().unwrap();
    }
}
