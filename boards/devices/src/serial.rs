//! A line out of a board: what `jsonl` and `print` write to.

use core::cell::RefCell;
use core::fmt;

use embedded_io::Write;

/// Text for a serial line, over embedded-io.
///
/// Several hold the line at once: the sinks of a pipeline, and the main loop for what it has to say itself. It writes no
/// faster than the line takes it; give the ring before the pipeline room for as long as a line of text lasts (11 ms for 130
/// characters at 115,200 baud).
///
/// # Reads
/// Events, by way of the sinks `jsonl` and `print`, which make the host's line of each and write it here.
///
/// # Parameters
/// None; `path` of `jsonl`, which only a computer needs, is passed over.
///
/// # Reference
/// embedded-io, `Write`.
///
/// # Example
/// ```
/// use core::cell::RefCell;
/// use core::fmt::Write;
/// use kws_devices::Serial;
///
/// let mut sent = [0; 16];
/// let line = RefCell::new(&mut sent[..]);
/// let serial = Serial::new(&line);
/// let (mut sink, mut main) = (serial, serial);
/// write!(sink, "yes {}\n", 7).and_then(|()| main.write_str("asleep\n"))?;
/// assert_eq!(&sent[..13], b"yes 7\nasleep\n");
/// # Ok::<(), core::fmt::Error>(())
/// ```
#[derive(Debug)]
pub struct Serial<'l, W>(&'l RefCell<W>);

impl<'l, W> Serial<'l, W> {
    /// Text for this line.
    pub const fn new(line: &'l RefCell<W>) -> Self {
        Serial(line)
    }
}

impl<W> Clone for Serial<'_, W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for Serial<'_, W> {}

impl<W: Write> fmt::Write for Serial<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut line = self.0.try_borrow_mut().map_err(|_| fmt::Error)?;
        line.write_all(text.as_bytes()).map_err(|_| fmt::Error)?;
        if text.ends_with('\n') { line.flush().map_err(|_| fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write as _;

    /// A line that takes three bytes at a time and notes when it was flushed as `|`.
    struct Slow(Vec<u8>);

    impl embedded_io::ErrorType for Slow {
        type Error = embedded_io::ErrorKind;
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
            if bytes.contains(&b'!') {
                return Err(embedded_io::ErrorKind::Other);
            }
            let taken = bytes.len().min(3);
            self.0.extend(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> Result<(), Self::Error> {
            self.0.push(b'|');
            Ok(())
        }
    }

    #[test]
    fn text_goes_out_whole_and_is_flushed_line_by_line() {
        let line = RefCell::new(Slow(Vec::new()));
        let mut serial = Serial::new(&line);
        assert!(writeln!(serial, "{{\"label\":{:?}}}", "yes").is_ok());
        assert!(serial.write_str("oh!").is_err());
        assert_eq!(line.borrow().0, b"{\"label\":\"yes\"}\n|");
    }
}
