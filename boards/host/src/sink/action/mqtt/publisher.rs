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

/// What a client says of its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// It stands, and knows nothing of what was published before.
    Connected,
    /// One more message has arrived at the broker.
    Acknowledged,
    /// Home Assistant has started.
    Greeted,
    /// It is lost; it will be tried again.
    Lost(String),
}

/// Publishes one event after the other, each until all its messages are acknowledged.
pub(super) struct Publisher<B> {
    device: Device,
    broker: B,
    connected: bool,
    /// Whether the last loss has been reported.
    reported: bool,
    /// The event that is under way.
    current: Vec<Publication>,
    /// Messages that the broker has not acknowledged.
    unacknowledged: usize,
}

impl<B: Broker> Publisher<B> {
    pub(super) fn new(device: Device, broker: B) -> Self {
        Publisher {
            device,
            broker,
            connected: false,
            reported: false,
            current: Vec::new(),
            unacknowledged: 0,
        }
    }

    /// Works until the messages end and the last of them is delivered.
    pub(super) fn run(mut self, messages: &Receiver<Message>, signals: &Receiver<Signal>) {
        let nothing = never();
        let mut ended = false;
        loop {
            let free = self.connected && self.current.is_empty() && self.unacknowledged == 0;
            if free && ended {
                break;
            }
            let messages = if free { messages } else { &nothing };
            select! {
                recv(messages) -> message => match message {
                    Ok(message) => self.begin(&message),
                    Err(_) => {
                        ended = true;
                        self.publish(&self.device.status("offline"));
                    }
                },
                recv(signals) -> signal => match signal {
                    Ok(signal) => self.follow(signal),
                    Err(_) => break,
                },
            }
        }
        self.broker.disconnect();
    }

    fn begin(&mut self, message: &Message) {
        self.current = self.device.event(message);
        self.publish_current();
    }

    fn publish_current(&mut self) {
        for publication in self.current.clone() {
            self.publish(&publication);
        }
    }

    fn publish(&mut self, publication: &Publication) {
        self.broker.publish(publication);
        self.unacknowledged += 1;
    }

    fn follow(&mut self, signal: Signal) {
        match signal {
            Signal::Connected => {
                if self.reported {
                    report("mqtt", "is connected again");
                }
                (self.connected, self.reported, self.unacknowledged) = (true, false, 0);
                if let Some(topic) = self.device.greeting() {
                    self.broker.subscribe(&topic);
                }
                self.announce();
                self.publish_current();
            }
            Signal::Greeted if self.connected => self.announce(),
            Signal::Greeted => {}
            Signal::Acknowledged => {
                self.unacknowledged = self.unacknowledged.saturating_sub(1);
                if self.unacknowledged == 0 {
                    self.current.clear();
                }
            }
            Signal::Lost(why) => {
                self.connected = false;
                if !self.reported {
                    report("mqtt", &format!("has lost the broker ({why}); trying again"));
                    self.reported = true;
                }
            }
        }
    }

    fn announce(&mut self) {
        if let Some(announcement) = self.device.announcement() {
            self.publish(&announcement);
        }
        self.publish(&self.device.status("online"));
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
        let device = Device {
            name: "a".to_owned(),
            prefix: String::new(),
            labels: vec!["yes".to_owned()],
            occupancy: vec![],
        };
        let (notes, noted) = unbounded();
        let (send, messages) = unbounded();
        let (signal, signals) = unbounded();
        let publisher = Publisher::new(device, Notes(notes));
        let thread = std::thread::spawn(move || publisher.run(&messages, &signals));
        let next = || noted.recv().unwrap();
        let event = ["kws/a/event {\"event_type\":\"yes\"}", "kws/a/trigger yes", "kws/a/score 0.5000"];
        send.send(message()).unwrap();
        signal.send(Signal::Connected).unwrap();
        assert_eq!(next(), "kws/a/status online (kept)");
        signal.send(Signal::Acknowledged).unwrap();
        assert_eq!([next(), next(), next()], event);
        signal.send(Signal::Acknowledged).unwrap();
        signal.send(Signal::Lost("gone".to_owned())).unwrap();
        signal.send(Signal::Connected).unwrap();
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
