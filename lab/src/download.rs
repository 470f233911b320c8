//! A file from a server: resumed where it broke off, checked when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use indicatif::ProgressBar;
use serde::Serialize;
use sha2::{Digest, Sha256};
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::corpus::disk::folder_of;
use crate::corpus::progress;

/// A file that is to be fetched.
#[derive(Clone, Debug)]
pub struct Download {
    /// Where it is.
    pub url: String,
    /// Where it is to lie. Until it is whole and checked, it lies beside that with `.part` at its end.
    pub target: PathBuf,
    /// Its size, if known.
    pub bytes: Option<u64>,
    /// Its SHA-256 in hexadecimal digits, if known.
    pub sha256: Option<String>,
    /// Attempts that may fail one after the other without a byte.
    pub attempts: u32,
    /// Time before the second attempt; each further one waits twice as long.
    pub pause: Duration,
}

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fetched {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// Whether that was compared with a published one.
    pub verified: bool,
}

/// The most bytes of a file whose size nobody stated: a server that never ends does not fill the disk.
const MOST: u64 = 256 << 30;

/// How an attempt went that was no failure for good.
enum Outcome {
    Whole,
    /// The connection ended, with this much to hope for.
    Broken(anyhow::Error),
}

impl Download {
    /// Fetches the file, or what is missing of it. A file that lies there already is checked and kept.
    ///
    /// # Errors
    /// When the server refuses, the connection fails repeatedly, the file cannot be written, or size or checksum
    /// differ; a file with a wrong checksum is removed.
    pub fn run(&self) -> Result<Fetched> {
        if let Some(sum) = &self.sha256 {
            let right = sum.len() == 64 && sum.chars().all(|c| c.is_ascii_hexdigit());
            ensure!(right, "`{sum}` is not a SHA-256, expected 64 hexadecimal digits");
        }
        if self.target.is_file() {
            return self
                .check(&self.target)
                .context("delete the file to download it again, or choose another folder");
        }
        let folder = folder_of(&self.target);
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        self.transfer().with_context(|| format!("cannot fetch `{}`", self.url))?;
        let part = self.beside("part");
        let fetched = self.check(&part).inspect_err(|_| self.forget())?;
        fs::rename(&part, &self.target)
            .with_context(|| format!("cannot write `{}`", self.target.display()))?;
        self.forget();
        Ok(Fetched { path: self.target.clone(), ..fetched })
    }

    /// Tries until the file is whole.
    fn transfer(&self) -> Result<()> {
        let timeout = Some(Duration::from_secs(60));
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            // What began encrypted is not led to an address that is not.
            .https_only(self.url.starts_with("https://"))
            .user_agent(concat!("kws-lab/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(timeout)
            .timeout_recv_response(timeout)
            .timeout_per_read(timeout)
            .build()
            .into();
        let name = self.target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bar = progress::bytes(self.bytes.unwrap_or(0), name);
        let (mut failures, mut pause) = (0, self.pause);
        loop {
            let before = self.have();
            let why = match self.attempt(&agent, &bar)? {
                Outcome::Whole => break,
                Outcome::Broken(why) => why,
            };
            failures = if self.have() > before { 0 } else { failures + 1 };
            if failures >= self.attempts {
                let kept = self.have();
                bar.finish_and_clear();
                return Err(why.context(format!(
                    "gave up after {failures} attempts without progress; {kept} bytes are kept, run the same command again to resume"
                )));
            }
            pause = if failures == 0 { self.pause } else { pause * 2 };
            bar.suspend(|| {
                eprintln!(
                    "the connection was interrupted ({why:#}), retrying in {:.1} s",
                    pause.as_secs_f32()
                )
            });
            std::thread::sleep(pause);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// One request and its answer.
    fn attempt(&self, agent: &Agent, bar: &ProgressBar) -> Result<Outcome> {
        let have = self.have();
        let mut request = agent.get(&self.url).header("accept-encoding", "identity");
        if have > 0 {
            request = request.header("range", format!("bytes={have}-"));
            // The server sends the whole file when it is another one by now.
            if let Ok(tag) = fs::read_to_string(self.beside("part.tag")) {
                request = request.header("if-range", tag);
            }
        }
        let response = match request.call() {
            Ok(response) => response,
            Err(why @ (ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::TooManyRedirects)) => {
                return Err(why.into());
            }
            Err(why) => return Ok(Outcome::Broken(why.into())),
        };
        match response.status().as_u16() {
            200 => self.receive(response, 0, bar),
            206 => match range(&response) {
                Some(first) if first == have => self.receive(response, have, bar),
                found => {
                    self.forget();
                    Ok(Outcome::Broken(anyhow!("requested bytes from {have} on, but got {found:?}")))
                }
            },
            416 if header(&response, "content-range").is_some_and(|r| r == format!("bytes */{have}")) => {
                Ok(Outcome::Whole)
            }
            416 => {
                self.forget();
                Ok(Outcome::Broken(anyhow!("the file is shorter than the local part: starting over")))
            }
            status @ (408 | 429 | 500..) => {
                Ok(Outcome::Broken(anyhow!("the server responded with status {status}")))
            }
            404 | 410 => bail!("the server does not have it (status {})", response.status().as_u16()),
            status => bail!("the server responded with status {status}, expected 200 or 206"),
        }
    }

    /// Writes what comes from byte `from` on.
    fn receive(&self, response: Response<Body>, from: u64, bar: &ProgressBar) -> Result<Outcome> {
        let rest = header(&response, "content-length").and_then(|length| length.parse::<u64>().ok());
        let total = rest.map(|rest| from.saturating_add(rest)).or(self.bytes);
        let most = self.bytes.unwrap_or(MOST);
        if let Some(total) = total.filter(|&total| total > most) {
            self.forget();
            bail!("the server sends {total} bytes, expected {}{most}", self.at_most());
        }
        let part = self.beside("part");
        let writes = || format!("cannot write `{}`", part.display());
        if from == 0 {
            let tag = header(&response, "etag").filter(|tag| !tag.starts_with("W/"));
            match tag.or_else(|| header(&response, "last-modified")) {
                Some(tag) => fs::write(self.beside("part.tag"), tag).with_context(writes)?,
                None => drop(fs::remove_file(self.beside("part.tag"))),
            }
        }
        let file = if from == 0 { File::create(&part) } else { OpenOptions::new().append(true).open(&part) };
        let mut file = file.with_context(writes)?;
        bar.set_length(total.unwrap_or(0));
        bar.set_position(from);
        let mut body = response.into_body().into_reader();
        let (mut at, mut chunk) = (from, vec![0; 1 << 16]);
        loop {
            match body.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) if at + count as u64 > total.unwrap_or(most) => {
                    self.forget();
                    bail!("the server sends more than {} bytes", total.unwrap_or(most));
                }
                Ok(count) => {
                    file.write_all(&chunk[..count]).with_context(writes)?;
                    at += count as u64;
                    bar.set_position(at);
                }
                Err(why) if why.kind() == std::io::ErrorKind::Interrupted => {}
                Err(why) => return Ok(Outcome::Broken(why.into())),
            }
        }
        file.flush().with_context(writes)?;
        Ok(match total {
            Some(total) if at < total => Outcome::Broken(anyhow!("received {at} of {total} bytes")),
            _ => Outcome::Whole,
        })
    }

    /// How a message says that a size is a ceiling and not the file's own.
    fn at_most(&self) -> &'static str {
        if self.bytes.is_some() { "" } else { "at most " }
    }

    /// Size and checksum of a whole file.
    fn check(&self, path: &Path) -> Result<Fetched> {
        let (bytes, sha256) = digest(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if let Some(expected) = self.bytes {
            ensure!(bytes == expected, "`{}` has {bytes} bytes, expected {expected}", self.target.display());
        }
        if let Some(expected) = &self.sha256 {
            ensure!(
                sha256.eq_ignore_ascii_case(expected),
                "`{}` has the SHA-256 {sha256}, expected {expected}: it is damaged, or another file",
                self.target.display()
            );
        }
        Ok(Fetched { path: path.to_owned(), bytes, sha256, verified: self.sha256.is_some() })
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut path = self.target.clone().into_os_string();
        path.push(format!(".{ending}"));
        path.into()
    }

    /// Bytes that lie here already.
    fn have(&self) -> u64 {
        fs::metadata(self.beside("part")).map_or(0, |about| about.len())
    }

    /// Removes what lies here, so that it starts over.
    fn forget(&self) {
        for ending in ["part", "part.tag"] {
            // What is not there needs no removing.
            drop(fs::remove_file(self.beside(ending)));
        }
    }
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// First byte of a part that a server sends: `bytes FIRST-LAST/TOTAL`.
fn range(response: &Response<Body>) -> Option<u64> {
    header(response, "content-range")?.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

fn digest(path: &Path) -> Result<(u64, String)> {
    let (mut file, mut hash) = (File::open(path)?, Sha256::new());
    let bytes = std::io::copy(&mut file, &mut hash)?;
    Ok((bytes, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}
