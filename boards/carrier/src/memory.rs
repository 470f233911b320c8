//! A wire within a program, for tests: two ends, whose connection can be broken.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::wire::{Connected, Wire};

const PAUSE: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Pipe {
    bytes: Mutex<(VecDeque<u8>, bool)>,
    moved: Condvar,
}

/// One end of a wire within a program.
struct Memory {
    comes: Arc<Pipe>,
    goes: Arc<Pipe>,
    connected: bool,
}

/// Both ends of a wire within a program, of one connection.
pub fn memory() -> [Box<dyn Wire>; 2] {
    let pipes = [Arc::new(Pipe::default()), Arc::new(Pipe::default())];
    let [one, other] = pipes;
    let end = |comes: &Arc<Pipe>, goes: &Arc<Pipe>| -> Box<dyn Wire> {
        Box::new(Memory { comes: comes.clone(), goes: goes.clone(), connected: false })
    };
    [end(&one, &other), end(&other, &one)]
}

impl Wire for Memory {
    fn connect(&mut self) -> io::Result<Option<Connected>> {
        if std::mem::replace(&mut self.connected, true) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (reader, writer) = (End(self.comes.clone()), End(self.goes.clone()));
        Ok(Some(Connected { reader: Box::new(reader), writer: Box::new(writer) }))
    }

    fn name(&self) -> String {
        "memory".to_owned()
    }
}

struct End(Arc<Pipe>);

impl Read for End {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = |state: &mut (VecDeque<u8>, bool)| state.0.is_empty() && !state.1;
        let waited = self.0.moved.wait_timeout_while(bytes, PAUSE, empty);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if empty(&mut state) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        state.0.read(buffer)
    }
}

impl Write for End {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner).0.extend(bytes);
        self.0.moved.notify_all();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.0.moved.notify_all();
    }
}
