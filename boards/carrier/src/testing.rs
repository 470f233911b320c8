//! A NATS server of a test's own, for the tests of this crate and of those above it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{io, thread};

/// How long a server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A NATS server that keeps what it stores in a folder. It ends when this is dropped.
#[derive(Debug)]
pub struct NatsServer {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl NatsServer {
    /// Starts a server at a free port of this computer; `None` where there is no such program: `nats-server` on the path, or the one
    /// that `NATS_SERVER` names.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn start(folder: &Path) -> io::Result<Option<Self>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let Some(process) = spawn(port, folder)? else { return Ok(None) };
        Ok(Some(NatsServer { process, port, folder: folder.to_owned() }))
    }

    /// Where it is, without options.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills the server and starts it again after a while.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn restart(&mut self, pause: Duration) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        thread::sleep(pause);
        self.process = spawn(self.port, &self.folder)?.ok_or(io::ErrorKind::NotFound)?;
        Ok(())
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(port: u16, folder: &Path) -> io::Result<Option<Child>> {
    let program = std::env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into());
    let mut command = Command::new(program);
    command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(folder);
    let Ok(process) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else { return Ok(None) };
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if began.elapsed() > TIMEOUT {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the NATS server does not answer"));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(Some(process))
}
