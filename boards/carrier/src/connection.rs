//! Connections that come and go, each with a thread that reads and one that writes, so that whoever carries a link never waits
//! for a wire.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use kws_engine::run::Waker;

use crate::wire::{Connected, Wire};

/// Frames that may wait to be written.
const WAITING: usize = 32;

/// Pauses between attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// What happens at a wire.
pub(crate) enum Happened {
    /// A connection is there: where what is to be written goes.
    Connected(Sender<Vec<u8>>),
    /// It cannot be made.
    Failed(io::Error),
    /// Bytes have come.
    Bytes(Vec<u8>),
    /// The connection has ended.
    Closed,
}

/// What makes connections, until it is dropped.
pub(crate) struct Connections {
    happens: Receiver<Happened>,
    to_write: Option<Sender<Vec<u8>>>,
    ended: Arc<AtomicBool>,
    /// Counts connections that were given up.
    given_up: Arc<AtomicU64>,
}

impl Connections {
    pub(crate) fn new(mut wire: Box<dyn Wire>, waker: Arc<Waker>) -> io::Result<Self> {
        let (tell, happens) = unbounded();
        let (ended, given_up) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (until, broken) = (ended.clone(), given_up.clone());
        let tell = Tell { tell, waker };
        std::thread::Builder::new().name("link connections".to_owned()).spawn(move || {
            let mut pause = FIRST_PAUSE;
            while !until.load(Ordering::Acquire) {
                match wire.connect() {
                    Ok(None) => {}
                    Ok(Some(connected)) => {
                        pause = FIRST_PAUSE;
                        serve(connected, &tell, &until, &broken);
                        tell.tell(Happened::Closed);
                    }
                    Err(error) => {
                        tell.tell(Happened::Failed(error));
                        std::thread::sleep(pause);
                        pause = (2 * pause).min(LONGEST_PAUSE);
                    }
                }
            }
        })?;
        Ok(Connections { happens, to_write: None, ended, given_up })
    }

    /// What has happened since it was last asked.
    pub(crate) fn next(&mut self) -> Option<Happened> {
        let happened = self.happens.try_recv().ok()?;
        match &happened {
            Happened::Connected(to_write) => self.to_write = Some(to_write.clone()),
            Happened::Closed => self.to_write = None,
            Happened::Failed(_) | Happened::Bytes(_) => {}
        }
        Some(happened)
    }

    pub(crate) fn has_news(&self) -> bool {
        !self.happens.is_empty()
    }

    /// Whether there is a connection.
    pub(crate) fn is_connected(&self) -> bool {
        self.to_write.is_some()
    }

    /// Whether bytes can be written now.
    pub(crate) fn has_room(&self) -> bool {
        self.to_write.as_ref().is_some_and(|to_write| !to_write.is_full())
    }

    /// Whether all has been handed to the wire.
    pub(crate) fn is_written(&self) -> bool {
        self.to_write.as_ref().is_none_or(Sender::is_empty)
    }

    /// Writes bytes; what finds no room is lost, as in a wire.
    pub(crate) fn write(&self, bytes: Vec<u8>) {
        if let Some(to_write) = &self.to_write {
            // Whoever asks for room first never finds it full, and hears soon of a writer that has ended.
            let _ = to_write.try_send(bytes);
        }
    }

    /// Gives the connection up and lets another be made.
    pub(crate) fn give_up(&mut self) {
        self.given_up.fetch_add(1, Ordering::AcqRel);
        self.to_write = None;
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}

/// Tells whoever carries the link.
#[derive(Clone)]
struct Tell {
    tell: Sender<Happened>,
    waker: Arc<Waker>,
}

impl Tell {
    fn tell(&self, happened: Happened) {
        let _ = self.tell.send(happened);
        self.waker.wake();
    }
}

/// Reads until the connection ends; another thread writes meanwhile.
fn serve(connected: Connected, tell: &Tell, ended: &AtomicBool, given_up: &AtomicU64) {
    let Connected { mut reader, writer } = connected;
    let begun = given_up.load(Ordering::Acquire);
    let (to_write, written) = bounded(WAITING);
    let broken = Arc::new(AtomicBool::new(false));
    let (breaks, wakes) = (broken.clone(), tell.clone());
    let spawned = std::thread::Builder::new()
        .name("link writer".to_owned())
        .spawn(move || write_all(writer, &written, &breaks, &wakes));
    if let Err(error) = spawned {
        return tell.tell(Happened::Failed(error));
    }
    tell.tell(Happened::Connected(to_write));
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(len) => tell.tell(Happened::Bytes(buffer[..len].to_vec())),
            Err(error) if is_pause(&error) => {}
            Err(_) => return,
        }
        let over = ended.load(Ordering::Acquire) || given_up.load(Ordering::Acquire) != begun;
        if over || broken.load(Ordering::Acquire) {
            return;
        }
    }
}

fn is_pause(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

/// Writes until nobody has anything more to write.
fn write_all(
    mut writer: Box<dyn Write + Send>,
    written: &Receiver<Vec<u8>>,
    broken: &AtomicBool,
    tell: &Tell,
) {
    for bytes in written {
        if writer.write_all(&bytes).and_then(|()| writer.flush()).is_err() {
            break;
        }
        // There is room again.
        tell.waker.wake();
    }
    broken.store(true, Ordering::Release);
}
