//! Reading messages from bytes in any pieces, with bounded memory.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::ClientError;

/// Longest header line and longest data in bytes. Python's asyncio reads no longer lines either.
pub(crate) const MAX_TEXT: usize = 64 * 1024;

/// Memory that a reader keeps between messages.
const KEPT: usize = 1024;

/// Who receives what is read.
pub(crate) trait Receive {
    /// A message has come, up to its payload.
    ///
    /// # Errors
    /// When the connection must end.
    fn message(&mut self, kind: &str, data: Data<'_>) -> Result<(), ClientError>;

    /// Bytes of the last message's payload have come, at least one.
    ///
    /// # Errors
    /// When the connection must end.
    fn payload(&mut self, bytes: &[u8]) -> Result<(), ClientError>;

    /// The payload of the last message is complete; also when it has none.
    ///
    /// # Errors
    /// When the connection must end.
    fn complete(&mut self) -> Result<(), ClientError>;
}

/// The data of a message: inline in the header, behind it, or both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Data<'a> {
    inline: Option<&'a str>,
    behind: &'a [u8],
}

impl Data<'_> {
    /// The data as a struct; keys behind the header replace those in it.
    ///
    /// # Errors
    /// When it is not JSON, or a value has another type.
    pub(crate) fn read<T: DeserializeOwned + Default>(self, kind: &str) -> Result<T, ClientError> {
        let found = match (self.inline, self.behind) {
            (None, []) => return Ok(T::default()),
            (None, behind) => serde_json::from_slice(behind),
            (Some(inline), []) => serde_json::from_str(inline),
            (Some(inline), behind) => merged(inline, behind).and_then(serde_json::from_value),
        };
        found.map_err(|error| ClientError::new("malformed", format!("the data of `{kind}`: {error}")))
    }
}

fn merged(inline: &str, behind: &[u8]) -> serde_json::Result<Value> {
    let mut all: Value = serde_json::from_str(inline)?;
    let more: serde_json::Map<String, Value> = serde_json::from_slice(behind)?;
    if let Some(all) = all.as_object_mut() {
        all.extend(more);
    }
    Ok(all)
}

/// The first line of a message.
#[derive(Deserialize)]
struct Header<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    data_length: Option<u64>,
    #[serde(default)]
    payload_length: Option<u64>,
}

/// A header whose data has not come yet.
struct Begun {
    kind: String,
    inline: Option<String>,
    length: usize,
    payload: u64,
}

enum State {
    Header,
    Data(Box<Begun>),
    /// So many bytes of payload are to come.
    Payload(u64),
}

/// Cuts a stream of bytes into messages. A payload is handed on as it comes, so that its length does not matter; of
/// headers and data at most 64 KiB each are kept.
pub(crate) struct Reader {
    state: State,
    /// The beginning of a header or of data that has not come whole.
    pending: Vec<u8>,
}

impl Reader {
    /// At the beginning of a message.
    pub(crate) fn new() -> Self {
        Reader { state: State::Header, pending: Vec::new() }
    }

    /// Whether a message has begun and is not complete.
    pub(crate) fn is_within(&self) -> bool {
        !matches!(self.state, State::Header) || !self.pending.is_empty()
    }

    /// Takes bytes and hands on all that they complete.
    ///
    /// # Errors
    /// When they are no messages, or `to` refuses one.
    pub(crate) fn take(&mut self, mut bytes: &[u8], to: &mut impl Receive) -> Result<(), ClientError> {
        while !bytes.is_empty() {
            match &mut self.state {
                State::Header => self.header(&mut bytes, to)?,
                State::Data(_) => self.data(&mut bytes, to)?,
                State::Payload(left) => {
                    let now = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    let (payload, rest) = bytes.split_at(now);
                    (*left, bytes) = (*left - now as u64, rest);
                    let over = *left == 0;
                    to.payload(payload)?;
                    if over {
                        self.state = State::Header;
                        to.complete()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes a header line, and with it the data behind it where that has come too.
    fn header(&mut self, bytes: &mut &[u8], to: &mut impl Receive) -> Result<(), ClientError> {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let length = self.pending.len() + end.unwrap_or(bytes.len());
        if length > MAX_TEXT {
            let text = format!("a header line of more than {MAX_TEXT} bytes");
            return Err(ClientError::new("header-too-long", text));
        }
        let Some(end) = end else {
            self.pending.extend_from_slice(bytes);
            *bytes = &[];
            return Ok(());
        };
        let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
        *bytes = rest;
        if self.pending.is_empty() {
            return self.parse(line, bytes, to);
        }
        let mut whole = std::mem::take(&mut self.pending);
        whole.extend_from_slice(line);
        self.parse(&whole, bytes, to)?;
        if self.pending.is_empty() {
            self.keep(whole);
        }
        Ok(())
    }

    fn parse(&mut self, line: &[u8], bytes: &mut &[u8], to: &mut impl Receive) -> Result<(), ClientError> {
        let header: Header<'_> = serde_json::from_slice(line)
            .map_err(|error| ClientError::new("malformed", format!("a header line that is none: {error}")))?;
        let length = header.data_length.unwrap_or(0);
        if length > MAX_TEXT as u64 {
            let text = format!("data of {length} bytes, expected at most {MAX_TEXT}");
            return Err(ClientError::new("data-too-long", text));
        }
        let (length, payload) = (length as usize, header.payload_length.unwrap_or(0));
        let inline = header.data.map(RawValue::get);
        if bytes.len() < length {
            let (kind, inline) = (header.kind.into_owned(), inline.map(str::to_owned));
            self.state = State::Data(Box::new(Begun { kind, inline, length, payload }));
            return Ok(());
        }
        let (behind, rest) = bytes.split_at(length);
        *bytes = rest;
        to.message(&header.kind, Data { inline, behind })?;
        self.then(payload, to)
    }

    fn data(&mut self, bytes: &mut &[u8], to: &mut impl Receive) -> Result<(), ClientError> {
        let State::Data(begun) = &self.state else { return Ok(()) };
        let now = (begun.length - self.pending.len()).min(bytes.len());
        self.pending.extend_from_slice(&bytes[..now]);
        *bytes = &bytes[now..];
        if self.pending.len() < begun.length {
            return Ok(());
        }
        let behind = std::mem::take(&mut self.pending);
        to.message(&begun.kind, Data { inline: begun.inline.as_deref(), behind: &behind })?;
        let payload = begun.payload;
        self.keep(behind);
        self.then(payload, to)
    }

    fn then(&mut self, payload: u64, to: &mut impl Receive) -> Result<(), ClientError> {
        self.state = if payload == 0 { State::Header } else { State::Payload(payload) };
        if payload == 0 { to.complete() } else { Ok(()) }
    }

    /// Keeps a small buffer for the next message.
    fn keep(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= KEPT {
            buffer.clear();
            self.pending = buffer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Notes all that comes.
    #[derive(Default)]
    struct Notes(Vec<String>, Vec<u8>);

    impl Receive for Notes {
        fn message(&mut self, kind: &str, data: Data<'_>) -> Result<(), ClientError> {
            let data: Value = data.read(kind)?;
            self.0.push(format!("{kind} {data}"));
            Ok(())
        }
        fn payload(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
            self.1.extend_from_slice(bytes);
            Ok(())
        }
        fn complete(&mut self) -> Result<(), ClientError> {
            self.0.push(format!("{} bytes", std::mem::take(&mut self.1).len()));
            Ok(())
        }
    }

    fn read(bytes: &[u8], pieces: usize) -> Result<Vec<String>, ClientError> {
        let (mut reader, mut notes) = (Reader::new(), Notes::default());
        for piece in bytes.chunks(pieces) {
            reader.take(piece, &mut notes)?;
        }
        Ok(notes.0)
    }

    #[test]
    fn messages_are_the_same_in_any_pieces() {
        let behind = json!({"rate": 8000, "width": 2}).to_string();
        let length = behind.len();
        let text = format!(
            "{{\"type\":\"describe\"}}\n{{\"type\": \"a\", \"data\": {{\"rate\": 1, \"x\": null}}, \
             \"data_length\": {length}, \"payload_length\": 5}}\n{behind}\n\n{{}}\
             {{\"type\":\"b\",\"data\":{{\"y\":\"\u{e4}\"}},\"version\":\"1\",\"payload_length\":null}}\n"
        );
        let expected = [
            "describe null",
            "0 bytes",
            "a {\"rate\":8000,\"x\":null,\"width\":2}",
            "5 bytes",
            "b {\"y\":\"\u{e4}\"}",
            "0 bytes",
        ];
        let text = text.replace("\n\n{}", "\n\n{}#");
        for pieces in 1..text.len() {
            assert_eq!(read(text.as_bytes(), pieces).unwrap(), expected, "in pieces of {pieces}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let code = |text: &str| read(text.as_bytes(), 7).unwrap_err().code;
        assert_eq!(code("GET / HTTP/1.1\r\n"), "malformed");
        assert_eq!(code("\n"), "malformed");
        assert_eq!(code("[]\n"), "malformed");
        assert_eq!(code("{\"type\": 5}\n"), "malformed");
        assert_eq!(code("{\"type\":\"x\",\"data_length\":-1}\n"), "malformed");
        assert_eq!(code("{\"type\":\"x\",\"data_length\":1000000}\n"), "data-too-long");
        assert_eq!(code("{\"type\":\"x\",\"data_length\":3}\n{\"a"), "malformed");
        assert_eq!(code("{\"type\":\"x\",\"data\":7,\"data_length\":2}\n[]"), "malformed");
    }

    #[test]
    fn a_header_without_end_is_refused_and_takes_little_memory() {
        let (mut reader, mut notes) = (Reader::new(), Notes::default());
        let mut taken = 0;
        let refused = loop {
            match reader.take(&[b'x'; 1000], &mut notes) {
                Ok(()) => taken += 1000,
                Err(refusal) => break refusal,
            }
            assert!(reader.pending.capacity() <= 2 * MAX_TEXT);
        };
        assert_eq!(refused.code, "header-too-long");
        assert!(taken <= MAX_TEXT);
    }

    #[test]
    fn memory_of_a_long_message_is_given_back() {
        let (mut reader, mut notes) = (Reader::new(), Notes::default());
        let data = format!("{{\"a\":\"{}\"}}", "x".repeat(60_000));
        let text = format!("{{\"type\":\"x\",\"data_length\":{}}}\n{data}", data.len());
        for piece in text.as_bytes().chunks(100) {
            reader.take(piece, &mut notes).unwrap();
        }
        assert!(!reader.is_within() && reader.pending.capacity() <= KEPT);
    }
}
