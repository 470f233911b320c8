//! TCP and Unix sockets.

use std::io;
use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::wire::{Connected, Wire};

/// How long a read or a listener waits before it looks whether it shall end.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a write waits for an end that takes nothing, before the connection counts as broken.
const STUCK: Duration = Duration::from_secs(5);

/// Who makes the connection.
enum Side<L> {
    Caller,
    Called(Option<L>),
}

/// A TCP connection.
pub(crate) struct Tcp {
    address: String,
    side: Side<TcpListener>,
}

impl Tcp {
    pub(crate) fn to(address: &str) -> Self {
        Tcp { address: address.to_owned(), side: Side::Caller }
    }

    pub(crate) fn from(address: &str) -> Self {
        Tcp { address: address.to_owned(), side: Side::Called(None) }
    }
}

impl Wire for Tcp {
    fn connect(&mut self) -> io::Result<Option<Connected>> {
        let stream = match &mut self.side {
            Side::Caller => Some(TcpStream::connect(&self.address)?),
            Side::Called(listener) => {
                let listening = match listener.take() {
                    Some(listening) => listening,
                    None => {
                        let listening = TcpListener::bind(&self.address)?;
                        listening.set_nonblocking(true)?;
                        listening
                    }
                };
                accepted(listener.insert(listening).accept())?.map(|(stream, _)| stream)
            }
        };
        let Some(stream) = stream else { return Ok(None) };
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PAUSE))?;
        stream.set_write_timeout(Some(STUCK))?;
        Ok(Some(Connected { reader: Box::new(stream.try_clone()?), writer: Box::new(stream) }))
    }

    fn name(&self) -> String {
        format!("tcp:{}", self.address)
    }
}

/// A connection that somebody made, if somebody has; else a little later.
fn accepted<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(accepted) => Ok(Some(accepted)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            std::thread::sleep(PAUSE);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A connection over a Unix socket.
#[cfg(unix)]
pub(crate) struct Unix {
    path: PathBuf,
    side: Side<UnixListener>,
}

#[cfg(unix)]
impl Unix {
    pub(crate) fn to(path: &Path) -> Self {
        Unix { path: path.to_owned(), side: Side::Caller }
    }

    pub(crate) fn from(path: &Path) -> Self {
        Unix { path: path.to_owned(), side: Side::Called(None) }
    }
}

#[cfg(unix)]
impl Wire for Unix {
    fn connect(&mut self) -> io::Result<Option<Connected>> {
        let stream = match &mut self.side {
            Side::Caller => Some(UnixStream::connect(&self.path)?),
            Side::Called(listener) => {
                let listening = match listener.take() {
                    Some(listening) => listening,
                    None => {
                        forget(&self.path);
                        let listening = UnixListener::bind(&self.path)?;
                        listening.set_nonblocking(true)?;
                        listening
                    }
                };
                accepted(listener.insert(listening).accept())?.map(|(stream, _)| stream)
            }
        };
        let Some(stream) = stream else { return Ok(None) };
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PAUSE))?;
        stream.set_write_timeout(Some(STUCK))?;
        Ok(Some(Connected { reader: Box::new(stream.try_clone()?), writer: Box::new(stream) }))
    }

    fn name(&self) -> String {
        format!("unix:{}", self.path.display())
    }
}

/// Removes the socket that a program left which was killed: one that nobody listens at.
#[cfg(unix)]
fn forget(path: &Path) {
    use std::os::unix::fs::FileTypeExt;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err() {
        let _ = std::fs::remove_file(path);
    }
}
