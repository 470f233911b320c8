//! The client, of the crate `ureq`.

use std::time::Duration;

use crossbeam_channel::Receiver;
use kws_engine::{Cost, Design, Simple, StageFault, node};

use super::WebhookParams;
use crate::sink::action::outbox::{Message, Outbox, report};
use crate::sink::names::Names;

/// The sink of these parameters.
pub(super) fn design(params: WebhookParams, names: Vec<Names>) -> Box<dyn Design> {
    Simple::boxed(None, Cost::default(), move || {
        let client = Client::new(&params)?;
        let act = move |messages: Receiver<Message>| client.run(&messages);
        Ok(node(Outbox::start("webhook", names.clone(), params.queue, act)?))
    })
}

struct Client {
    agent: ureq::Agent,
    url: ureq::http::Uri,
    headers: Vec<(String, String)>,
    retries: u32,
}

impl Client {
    fn new(params: &WebhookParams) -> Result<Self, StageFault> {
        let limit = Duration::from_secs_f64(params.limit_s);
        let config =
            ureq::Agent::config_builder().timeout_global(Some(limit)).http_status_as_error(false).build();
        let url = params.url.read().map_err(|why| StageFault::because(format!("`url`: {why}")))?;
        // Without the address itself, which may be a secret.
        let url = url.trim().parse().ok().filter(|url: &ureq::http::Uri| url.host().is_some());
        let url = url.ok_or_else(|| StageFault::new("`url` of `webhook` is no address"))?;
        let headers = params.headers.iter().map(|(name, value)| {
            let value = value.read().map_err(|why| StageFault::because(format!("header `{name}`: {why}")))?;
            Ok((name.clone(), value))
        });
        let headers = headers.collect::<Result<_, StageFault>>()?;
        Ok(Client { agent: config.into(), url, headers, retries: params.retries })
    }

    fn run(&self, messages: &Receiver<Message>) {
        for message in messages {
            if let Err(why) = self.deliver(&message) {
                let host = self.url.host().unwrap_or_default();
                report("webhook", &format!("could not deliver `{}` to `{host}`: {why}", message.label));
            }
        }
    }

    /// Sends an event until it has arrived or there is no use in going on.
    fn deliver(&self, message: &Message) -> Result<(), String> {
        let mut pause = Duration::from_millis(500);
        for turn in 0.. {
            let why = match self.post(message) {
                Ok(200..=299) => return Ok(()),
                Ok(status @ (429 | 500..)) => format!("status {status}"),
                Ok(status) => return Err(format!("status {status}")),
                Err(error) => error.to_string(),
            };
            if turn == self.retries {
                return Err(format!("{why}, {} times", turn + 1));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(30));
        }
        Ok(())
    }

    fn post(&self, message: &Message) -> Result<u16, ureq::Error> {
        let mut request = self.agent.post(self.url.clone()).header("Content-Type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Ok(request.send(&message.json)?.status().as_u16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::action::outbox::tests::{feed, names};
    use crate::sink::action::secret::Text;
    use kws_engine::Stage;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    /// Answers one request after the other with these statuses; gives the requests' heads and bodies.
    fn serve(statuses: &'static [u16]) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let answer = |status: &u16| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut text, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    text.push_str(&line);
                    if line.trim().is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                text.push_str(std::str::from_utf8(&body).unwrap());
                write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .unwrap();
                text
            };
            statuses.iter().map(answer).collect()
        });
        (url, thread)
    }

    fn params(url: &str) -> WebhookParams {
        let mut params: WebhookParams = serde_json::from_value(serde_json::json!({ "url": url })).unwrap();
        params.headers.insert("X-Token".to_owned(), Text::Plain("abc".to_owned()));
        params
    }

    #[test]
    fn a_server_that_fails_once_gets_the_event_again() {
        let (url, server) = serve(&[503, 200]);
        let client = Client::new(&params(&url)).unwrap();
        let mut outbox = Outbox::start("webhook", names(), 4, move |messages| client.run(&messages)).unwrap();
        feed(&mut outbox, 1);
        let requests = server.join().unwrap();
        outbox.finish().unwrap();
        assert_eq!(requests.len(), 2);
        assert!(requests[1].to_lowercase().contains("x-token: abc"), "{}", requests[1]);
        assert!(requests[1].ends_with("\"end\":1.240}"), "{}", requests[1]);
    }

    #[test]
    fn a_refusal_is_final() {
        let (url, server) = serve(&[404]);
        let client = Client::new(&params(&url)).unwrap();
        let (sender, messages) = crossbeam_channel::bounded(1);
        let mut outbox = Outbox::start("webhook", names(), 4, move |m| {
            m.iter().for_each(|message| sender.send(message).unwrap());
        })
        .unwrap();
        feed(&mut outbox, 1);
        assert_eq!(client.deliver(&messages.recv().unwrap()), Err("status 404".to_owned()));
        assert_eq!(server.join().unwrap().len(), 1);
    }
}
