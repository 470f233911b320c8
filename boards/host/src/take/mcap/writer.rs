//! The container format MCAP (mcap.dev/spec), as far as a file without chunks and index needs it.
//!
//! The crate `mcap` would bring 20 crates that nothing else has.

use std::io::{self, Write};

const MAGIC: &[u8] = b"\x89MCAP0\r\n";

/// The kinds of records.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Record {
    Header = 1,
    Footer = 2,
    Schema = 3,
    Channel = 4,
    Message = 5,
    DataEnd = 15,
}

/// A file under way.
pub(super) struct Mcap<W> {
    to: W,
    channels: u16,
    messages: u32,
}

impl<W: Write> Mcap<W> {
    pub(super) fn begin(mut to: W) -> io::Result<Self> {
        to.write_all(MAGIC)?;
        let mut mcap = Mcap { to, channels: 0, messages: 0 };
        let library = concat!("kws ", env!("CARGO_PKG_VERSION"));
        mcap.record(Record::Header, &[&text(""), &text(library)])?;
        Ok(mcap)
    }

    /// Adds a topic with messages in JSON, after a schema in JSON Schema; its number.
    pub(super) fn channel(&mut self, topic: &str, schema: &str, fields: &str) -> io::Result<u16> {
        // Schema 0 is no schema.
        self.channels += 1;
        let id = self.channels.to_le_bytes();
        self.record(Record::Schema, &[&id, &text(schema), &text("jsonschema"), &text(fields)])?;
        let no_metadata = 0_u32.to_le_bytes();
        self.record(Record::Channel, &[&id, &id, &text(topic), &text("json"), &no_metadata])?;
        Ok(self.channels)
    }

    pub(super) fn message(&mut self, channel: u16, nanos: u64, json: &str) -> io::Result<()> {
        let (sequence, time) = (self.messages.to_le_bytes(), nanos.to_le_bytes());
        self.messages = self.messages.wrapping_add(1);
        let parts: &[&[u8]] = &[&channel.to_le_bytes(), &sequence, &time, &time, json.as_bytes()];
        self.record(Record::Message, parts)
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        // No checksums, no summary.
        self.record(Record::DataEnd, &[&[0; 4]])?;
        self.record(Record::Footer, &[&[0; 20]])?;
        self.to.write_all(MAGIC)?;
        self.to.flush()
    }

    fn record(&mut self, kind: Record, parts: &[&[u8]]) -> io::Result<()> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.to.write_all(&[kind as u8])?;
        self.to.write_all(&(length as u64).to_le_bytes())?;
        parts.iter().try_for_each(|part| self.to.write_all(part))
    }
}

/// A text after its length.
fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stand_one_after_the_other() {
        let mut bytes = Vec::new();
        let mut mcap = Mcap::begin(&mut bytes).unwrap();
        let channel = mcap.channel("/mic", "kws.Values", "{}").unwrap();
        mcap.message(channel, 7, "{}").unwrap();
        mcap.end().unwrap();
        let mut rest = bytes.strip_prefix(MAGIC).unwrap().strip_suffix(MAGIC).unwrap();
        let mut kinds = Vec::new();
        while let Some((&kind, after)) = rest.split_first() {
            let (length, after) = after.split_first_chunk().unwrap();
            let (content, after) = after.split_at(u64::from_le_bytes(*length) as usize);
            kinds.push((kind, content.len()));
            rest = after;
        }
        let sizes =
            [(3, 2 + 4 + 10 + 4 + 10 + 4 + 2), (4, 2 + 2 + 4 + 4 + 4 + 4 + 4), (5, 2 + 4 + 8 + 8 + 2)];
        assert_eq!(kinds[1..], [&sizes[..], &[(15, 4), (2, 20)]].concat());
    }
}
