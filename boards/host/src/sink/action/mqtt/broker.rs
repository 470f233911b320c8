//! The client, of the crate `rumqttc`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use kws_engine::{Cost, Design, Simple, Site, StageFault, node};
use rumqttc::{Client, Event, LastWill, MqttOptions, Packet, QoS, Transport};

use super::MqttParams;
use super::discovery::Device;
use super::publisher::{Broker, Publication, Publisher, Signal};
use crate::sink::action::outbox::{Message, Outbox};
use crate::sink::action::secret::Secret;
use crate::sink::names::Names;

/// Messages that the client holds; more than one event and the announcements ever publish.
const ROOM: usize = 1024;
/// Bytes of the largest message to a broker, an announcement of many labels.
const LARGEST: usize = 1 << 20;
/// Bytes of the largest message from a broker.
const LARGEST_HEARD: usize = 1 << 16;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The sink of these parameters.
pub(super) fn design(
    params: MqttParams,
    site: &Site<'_>,
    names: Vec<Names>,
    device: Device,
) -> Box<dyn Design> {
    let address = Address {
        host: params.host,
        port: params.port.unwrap_or(if params.tls { 8883 } else { 1883 }),
        tls: params.tls.then(|| params.ca.as_ref().map(|path| site.path(path))),
        username: params.username,
        password: params.password,
    };
    Simple::boxed(None, Cost::default(), move || {
        let signals = connect(&address, &device)?;
        let publisher = Publisher::new(device.clone());
        let act = move |messages: Receiver<Message>| publisher.run(&messages, &signals);
        Ok(node(Outbox::start("mqtt", names.clone(), params.queue, act)?))
    })
}

/// Where the broker is, and how to log in.
#[derive(Clone, Debug)]
struct Address {
    host: String,
    port: u16,
    /// None for a plain connection; then the certificates to trust, or none for the system's.
    tls: Option<Option<PathBuf>>,
    username: Option<String>,
    password: Option<Secret>,
}

/// A client of one connection.
struct Rumqttc(Client);

/// Begins to connect, and goes on for as long as somebody takes the signals.
///
/// # Errors
/// When a secret or a certificate cannot be read, or the system gives no thread. A broker that cannot be reached is no
/// error: it may come later.
fn connect(address: &Address, device: &Device) -> Result<Receiver<Signal<Rumqttc>>, StageFault> {
    let options = options(address, device).map_err(StageFault::because)?;
    let (sender, signals) = unbounded();
    let thread = std::thread::Builder::new().name("mqtt connection".to_owned());
    thread
        .spawn(move || keep_up(&options, &sender))
        .map_err(|error| StageFault::because(format!("cannot start a thread for `mqtt`: {error}")))?;
    Ok(signals)
}

fn options(address: &Address, device: &Device) -> Result<MqttOptions, String> {
    // The same name every time: a broker then ends the last connection, and tells of that end, before it begins this one.
    let mut options = MqttOptions::new(format!("kws-{}", device.id()), &address.host, address.port);
    options.set_keep_alive(KEEP_ALIVE).set_max_packet_size(LARGEST_HEARD, LARGEST);
    let offline = device.status("offline");
    options.set_last_will(LastWill::new(offline.topic, offline.payload, QoS::AtLeastOnce, true));
    if let Some(username) = &address.username {
        let password = address.password.as_ref().map_or(Ok(String::new()), Secret::read)?;
        options.set_credentials(username, password);
    }
    if let Some(ca) = &address.tls {
        options.set_transport(tls(ca.as_deref())?);
    }
    Ok(options)
}

/// An encrypted connection to a broker whose certificate one of these has signed, or one that the system trusts.
#[cfg(feature = "tls")]
fn tls(ca: Option<&Path>) -> Result<Transport, String> {
    use rumqttc::TlsConfiguration;
    // An error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Some(path) = ca else { return Ok(Transport::tls_with_default_config()) };
    let ca = std::fs::read(path)
        .map_err(|error| format!("cannot read the certificates in `{}`: {error}", path.display()))?;
    Ok(Transport::tls_with_config(TlsConfiguration::Simple { ca, alpn: None, client_auth: None }))
}

#[cfg(not(feature = "tls"))]
fn tls(_: Option<&Path>) -> Result<Transport, String> {
    Err("this program was built without `tls`".to_owned())
}

/// Connects again and again, until nobody listens to what happens any more.
fn keep_up(options: &MqttOptions, sender: &Sender<Signal<Rumqttc>>) {
    let mut pause = FIRST_PAUSE;
    loop {
        // A client of its own for each connection: nothing of an old one is sent on, or acknowledged, in a new one.
        let (client, mut connection) = Client::new(options.clone(), ROOM);
        for event in connection.iter() {
            let signal = match event {
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    pause = FIRST_PAUSE;
                    Signal::Connected(Rumqttc(client.clone()))
                }
                Ok(Event::Incoming(Packet::PubAck(_))) => Signal::Acknowledged,
                Ok(Event::Incoming(Packet::Publish(message))) => Signal::Said {
                    topic: message.topic,
                    payload: String::from_utf8_lossy(&message.payload).into_owned(),
                },
                Ok(_) => continue,
                Err(error) => {
                    if sender.send(Signal::Lost(error.to_string())).is_err() {
                        return;
                    }
                    break;
                }
            };
            if sender.send(signal).is_err() {
                return;
            }
        }
        std::thread::sleep(pause);
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

impl Broker for Rumqttc {
    fn publish(&mut self, publication: &Publication) {
        let Publication { topic, payload, retain } = publication.clone();
        // There is room for all that may be under way; a connection that is being lost says so by a signal.
        let _ = self.0.try_publish(topic, QoS::AtLeastOnce, retain, payload);
    }

    fn subscribe(&mut self, topic: &str) {
        let _ = self.0.try_subscribe(topic, QoS::AtLeastOnce);
    }

    fn disconnect(&mut self) {
        let _ = self.0.try_disconnect();
    }
}
