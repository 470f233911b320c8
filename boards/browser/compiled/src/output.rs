//! Events, for the page.

use std::fmt;

use crate::{enrolled, outbox};

/// Takes the lines that `print` and `jsonl` write.
#[derive(Clone, Copy)]
pub(crate) struct Output;

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        outbox::with(|outbox| {
            for byte in text.bytes() {
                match byte {
                    b'\n' => outbox.events.push_back(enrolled::named(std::mem::take(&mut outbox.line))),
                    byte => outbox.line.push(byte),
                }
            }
        });
        Ok(())
    }
}
