//! `kws-lab corpus fetch`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use kws_lab::corpus::fetch::{DATA_SETS, DataSet, Unpacked, unpack};
use kws_lab::download::{Download, Fetched};
use serde::Serialize;

use crate::commands::data::Data;
use crate::commands::json::Json;

/// Downloads a published data set by its name, or any file by its address, and unpacks it.
///
/// A download that broke off goes on where it ended when the same command is given again. What has a published SHA-256 is
/// compared with it; for an address give `--sha256`. `.tar.gz` and `.zip` are unpacked beside the archive.
#[derive(Args)]
pub(crate) struct Fetch {
    /// Name of a data set, or an address that begins with `http://` or `https://`.
    #[arg(required_unless_present = "list")]
    what: Option<String>,
    /// Lists the data sets that are known by name.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    data: Data,
    /// Folder that the archive is put in, and a folder of the same name with its content [default: the data folder].
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// SHA-256 of the file, 64 hexadecimal digits.
    #[arg(long)]
    sha256: Option<String>,
    /// Attempts that may fail one after the other without a byte.
    #[arg(long, default_value_t = 5)]
    attempts: u32,
    /// Leaves the archive as it is.
    #[arg(long)]
    packed: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Serialize)]
struct Outcome {
    file: Fetched,
    unpacked: Option<Unpacked>,
}

/// Endings of archives.
const ARCHIVES: [&str; 3] = [".tar.gz", ".tgz", ".zip"];

impl Fetch {
    pub(crate) fn run(self) -> Result<()> {
        let Some(what) = self.what.as_deref().filter(|_| !self.list) else {
            return self.json.show(&DATA_SETS, listing);
        };
        let set = DataSet::named(what);
        let url = match set {
            Some(set) => set.url,
            None if what.starts_with("http://") || what.starts_with("https://") => what,
            None => anyhow::bail!(
                "unknown data set `{what}`, expected an address or one of {}",
                DATA_SETS.iter().map(|set| format!("`{}`", set.name)).collect::<Vec<_>>().join(", ")
            ),
        };
        let name = file_name(url, set).with_context(|| format!("`{url}` names no file"))?;
        let output = self.output.clone().unwrap_or_else(|| self.data.folder().root().to_owned());
        let download = Download {
            url: url.to_owned(),
            target: output.join(&name),
            bytes: set.and_then(|set| set.bytes),
            sha256: self.sha256.clone().or(set.and_then(|set| set.sha256).map(str::to_owned)),
            attempts: self.attempts.max(1),
            pause: Duration::from_secs(1),
        };
        let file = download.run()?;
        let stem = ARCHIVES.iter().find_map(|ending| name.strip_suffix(ending));
        let folder = stem.filter(|_| !self.packed).map(|stem| output.join(stem));
        // Given a second time, the command has nothing to do.
        let there = folder
            .as_ref()
            .and_then(|f| f.read_dir().ok())
            .is_some_and(|mut entries| entries.next().is_some());
        let unpacked = match &folder {
            Some(folder) if !there => Some(unpack(&file.path, folder)?),
            _ => None,
        };
        let result = Outcome { file, unpacked };
        self.json.show(&result, || describe(&result, set))
    }
}

/// Name of the file that is written: the address' last part, or the data set's name where that says nothing.
fn file_name(url: &str, set: Option<&DataSet>) -> Option<String> {
    let path = url.split(['?', '#']).next()?;
    let last = path.split_once("://")?.1.split('/').skip(1).last().filter(|last| !last.is_empty())?;
    let ending = ARCHIVES.iter().find(|ending| last.ends_with(**ending));
    match (set, ending) {
        (Some(set), Some(ending)) => Some(format!("{}{ending}", set.name)),
        _ => Some(last.to_owned()),
    }
}

fn listing() -> String {
    let mut table = kws_lab::page::Table::new(["name", "MB", "checksum", "licence", "holds"]);
    for set in DATA_SETS {
        let size = set.bytes.map_or("?".to_owned(), |bytes| (bytes / 1_000_000).to_string());
        let sum = if set.sha256.is_some() { "SHA-256" } else { "none published" };
        table = table.row([set.name, &size, sum, set.licence, set.about]);
    }
    table.text()
}

fn describe(result: &Outcome, set: Option<&DataSet>) -> String {
    let Outcome { file, unpacked } = result;
    let mut text = format!("`{}`, {:.1} MB\n", file.path.display(), file.bytes as f64 / 1e6);
    text += &if file.verified {
        format!("SHA-256 {} is the published one\n", file.sha256)
    } else {
        format!("SHA-256 {}, compared with nothing: no checksum is known\n", file.sha256)
    };
    if let Some(Unpacked { folder, files, skipped }) = unpacked {
        text += &format!("{files} files in `{}`\n", folder.display());
        if let [first, ..] = &skipped[..] {
            text += &format!("{} links and devices are left out, such as `{first}`\n", skipped.len());
        }
        if let Some(set) = set {
            text += &format!("licence: {}; layout: {}\n", set.licence, set.layout);
            if set.layout == "speech-commands" {
                let folder = folder.display();
                text += &format!("next: kws-lab corpus import speech-commands {folder} --output CORPUS\n");
            }
        }
    }
    text
}
