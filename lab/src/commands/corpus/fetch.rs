//! `kws-lab corpus fetch`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use kws_lab::corpus::fetch::{Archive, DATA_SETS, DataSet, Pins, Unpacked, unpack};
use kws_lab::download::{Download, Fetched};
use serde::Serialize;

use crate::commands::data::Data;
use crate::commands::json::Json;

/// Downloads and unpacks a data set by name into the data folder, or any file by URL.
///
/// Configurations and arguments can then use the name. If a download is interrupted, run the same command again to
/// resume it. Files with a published SHA-256 are verified; for a URL, give `--sha256`. Where nobody publishes one, that of the
/// first download is kept in `checksums.toml`, in the data folder, and a later one that differs is refused; the first over
/// `http://` needs `--allow-http`. `.tar.gz` and `.zip` files are unpacked.
#[derive(Args)]
pub(crate) struct Fetch {
    /// Name of a data set, or a URL that begins with `http://` or `https://`.
    #[arg(required_unless_present = "list")]
    what: Option<String>,
    /// Lists the available data sets.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    data: Data,
    /// Output folder, instead of the data folder.
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Expected SHA-256 of the file, 64 hexadecimal digits.
    #[arg(long)]
    sha256: Option<String>,
    /// URL of a mirror, instead of the published one; the checksum stays the same.
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Fetches over plain HTTP what no checksum verifies, although anybody on the way can change it.
    #[arg(long)]
    allow_http: bool,
    /// Maximum consecutive attempts without progress.
    #[arg(long, default_value_t = 5)]
    attempts: u32,
    /// Does not unpack archives.
    #[arg(long)]
    packed: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Serialize)]
struct Outcome {
    file: Fetched,
    /// Where the publisher states no checksum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pinned: Option<Pinned>,
    unpacked: Option<Unpacked>,
}

/// By which download a file is verified whose publisher states no checksum.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Pinned {
    /// By an earlier one.
    Before,
    /// This is the first.
    Now,
}

/// Endings of archives.
const ARCHIVES: [&str; 3] = [".tar.gz", ".tgz", ".zip"];

impl Fetch {
    pub(crate) fn run(self) -> Result<()> {
        let Some(what) = self.what.as_deref().filter(|_| !self.list) else {
            return self.json.show(&*DATA_SETS, listing);
        };
        let root = self.output.clone().unwrap_or_else(|| self.data.folder().root().to_owned());
        match DataSet::named(what) {
            Some(set) => self.data_set(set, &root),
            None if is_address(what) => self.address(what, &root),
            None => bail!(
                "unknown data set `{what}`, expected a URL or one of {}",
                DATA_SETS.iter().map(|set| format!("`{}`", set.name)).collect::<Vec<_>>().join(", ")
            ),
        }
    }

    fn data_set(&self, set: &DataSet, root: &Path) -> Result<()> {
        let folder = root.join(&set.name);
        let filled = |text: &str| {
            let (folder, root) = (folder.display().to_string(), root.display().to_string());
            text.replace("{folder}", &folder).replace("{data}", &root)
        };
        if let Some(how) = &set.by_hand {
            bail!("`{}` cannot be downloaded automatically: {}", set.name, filled(how));
        }
        ensure!(
            set.archives.len() == 1 || self.from.is_none() && self.sha256.is_none(),
            "`{}` has {} archives, but `--from` and `--sha256` apply to one: fetch each by its URL",
            set.name,
            set.archives.len()
        );
        let mut outcomes = Vec::new();
        for archive in &set.archives {
            let name =
                last_part(&archive.url).with_context(|| format!("`{}` has no file name", archive.url))?;
            let stem = stem(name).unwrap_or(name);
            let into = if set.archives.len() == 1 { folder.clone() } else { folder.join(stem) };
            let target = folder.with_file_name(name);
            outcomes.push(self.fetched(archive, root, target, Some(into))?);
        }
        if !self.packed {
            set.about().write(&folder)?;
        }
        self.json.show(&outcomes, || {
            let mut text: String = outcomes.iter().map(describe).collect();
            text += &format!("{}: {}; {}\n", set.title, set.source, set.licence);
            match &set.next {
                Some(next) => text + &format!("next: {}\n", filled(next)),
                None => text + &format!("use it in configurations as `{}`\n", set.name),
            }
        })
    }

    fn address(&self, url: &str, root: &Path) -> Result<()> {
        let name = last_part(url).with_context(|| format!("`{url}` has no file name"))?;
        let archive = Archive { url: url.to_owned(), bytes: None, sha256: None };
        let outcome =
            self.fetched(&archive, root, root.join(name), stem(name).map(|stem| root.join(stem)))?;
        self.json.show(&outcome, || describe(&outcome))
    }

    /// Downloads a file, and unpacks it where it is an archive. Given a second time, there is nothing to do. One without a
    /// published checksum must be what it was the first time.
    fn fetched(
        &self,
        archive: &Archive,
        root: &Path,
        target: PathBuf,
        into: Option<PathBuf>,
    ) -> Result<Outcome> {
        let mut pins = Pins::read(root)?;
        let published = self.sha256.clone().or(archive.sha256.clone());
        let pin = pins.of(&archive.url).filter(|_| published.is_none()).cloned();
        let sha256 = published.or(pin.as_ref().map(|pin| pin.sha256.clone()));
        let url = self.from.clone().unwrap_or(archive.url.clone());
        ensure!(
            sha256.is_some() || self.allow_http || !is_open_to_change(&url),
            "`{url}` is sent over plain HTTP, where anybody on the way can change it: give `--sha256`, or `--allow-http` if \
             you accept that"
        );
        let download = Download {
            url,
            target,
            bytes: archive.bytes.or(pin.as_ref().map(|pin| pin.bytes)),
            sha256,
            attempts: self.attempts.max(1),
            pause: Duration::from_secs(1),
        };
        let file = match (download.run(), &pin) {
            (Err(error), Some(_)) => Err(error).with_context(|| {
                let pins = pins.path().display();
                format!("it was pinned in `{pins}` when it was first fetched; to accept what is published now, remove it there")
            })?,
            (file, _) => file?,
        };
        if !file.verified {
            pins.keep(&archive.url, &file)?;
        }
        let there = |folder: &Path| folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        let into = into.filter(|folder| !self.packed && !there(folder));
        let unpacked = into.map(|folder| unpack(&file.path, &folder)).transpose()?;
        let pinned =
            if pin.is_some() { Some(Pinned::Before) } else { (!file.verified).then_some(Pinned::Now) };
        Ok(Outcome { file, pinned, unpacked })
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Whether a file comes from another machine without encryption.
fn is_open_to_change(url: &str) -> bool {
    let host = url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let host = host.map(|host| {
        host.strip_prefix('[')
            .map_or_else(|| host.split(':').next().unwrap_or(host), |v6| v6.split(']').next().unwrap_or(v6))
    });
    let loopback = |host: &str| {
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    host.is_some_and(|host| !loopback(host))
}

/// The last part of an address, which names the file.
fn last_part(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next()?;
    path.split_once("://")?.1.split('/').skip(1).last().filter(|last| !last.is_empty())
}

/// Name of an archive without its ending; none of what is no archive.
fn stem(name: &str) -> Option<&str> {
    ARCHIVES.iter().find_map(|ending| name.strip_suffix(ending))
}

fn listing() -> String {
    let mut table = kws_lab::page::Table::new(["name", "MB", "checksum", "licence", "contents"]);
    for set in DATA_SETS.iter() {
        let bytes: Option<u64> = set.archives.iter().map(|archive| archive.bytes).sum();
        let size =
            bytes.filter(|bytes| *bytes > 0).map_or("?".to_owned(), |bytes| (bytes / 1_000_000).to_string());
        let known = set.archives.iter().filter(|archive| archive.sha256.is_some()).count();
        let sum = match (set.archives.len(), known) {
            (0, _) => "by hand",
            (all, known) if all == known => "SHA-256",
            (_, 0) => "by the first download",
            _ => "of a part",
        };
        table = table.row([set.name.as_str(), &size, sum, &set.licence, &set.holds]);
    }
    table.text()
}

fn describe(result: &Outcome) -> String {
    let Outcome { file, pinned, unpacked } = result;
    let mut text = format!("`{}`, {:.1} MB\n", file.path.display(), file.bytes as f64 / 1e6);
    text += &match pinned {
        None => format!("SHA-256 {} matches the published one\n", file.sha256),
        Some(Pinned::Before) => format!("SHA-256 {} matches the first download's\n", file.sha256),
        Some(Pinned::Now) => format!(
            "SHA-256 {}, not verified: nobody publishes one; later downloads must have the same\n",
            file.sha256
        ),
    };
    if let Some(Unpacked { folder, files, skipped }) = unpacked {
        text += &format!("{files} files in `{}`\n", folder.display());
        if let [first, ..] = &skipped[..] {
            text += &format!("skipped {} links and devices, such as `{first}`\n", skipped.len());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_open_to_change_but_from_this_machine() {
        for open in [
            "http://example.org/a.zip",
            "http://127.0.0.1.example.org/a",
            "http://user@localhost/a",
            "http://",
        ] {
            assert!(is_open_to_change(open), "{open}");
        }
        for safe in
            ["https://example.org/a.zip", "http://127.0.0.1:80/a", "http://[::1]:9/a", "http://localhost/a"]
        {
            assert!(!is_open_to_change(safe), "{safe}");
        }
    }
}
