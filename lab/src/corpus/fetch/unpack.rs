//! Archives: `.tar.gz` and `.zip`, recognised by their content.

use std::fs::{self, File};
use std::io::{Read, Seek, copy};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use flate2::read::MultiGzDecoder;
use serde::Serialize;
use tar::EntryType;

use crate::corpus::disk::{folder_of, open_to_all};
use crate::corpus::progress;

/// The most that an archive may hold, as a multiple of its own size and a rest for small ones: audio packs to a half,
/// text to a tenth, and a bomb to a thousandth.
const RATIO: u64 = 30;
const REST: u64 = if cfg!(fuzzing) { 1 << 20 } else { 1 << 30 };

/// What an archive gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unpacked {
    /// The folder that holds it.
    pub folder: PathBuf,
    /// Count of files.
    pub files: usize,
    /// Links and devices, which are left out.
    pub skipped: Vec<String>,
}

/// Unpacks an archive into a folder that is empty or not there yet. Where everything lies in one folder of the
/// archive, that folder's content is unpacked.
///
/// # Errors
/// When the file is no archive or is damaged, names a path outside the folder, holds more than thirty times its size and
/// a GB, or the folder cannot be written; the folder is then not made.
pub fn unpack(archive: &Path, folder: &Path) -> Result<Unpacked> {
    let holds = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    ensure!(!holds, "`{}` is not empty; choose an empty folder", folder.display());
    let parent = folder_of(folder);
    fs::create_dir_all(parent)?;
    let stage = tempfile::Builder::new().prefix(".kws-unpack-").tempdir_in(parent)?;
    let (files, skipped) =
        entries(archive, stage.path()).with_context(|| format!("cannot unpack `{}`", archive.display()))?;
    ensure!(files > 0, "`{}` contains no files", archive.display());
    if folder.is_dir() {
        fs::remove_dir(folder)?;
    }
    fs::rename(top(stage.path())?, folder).with_context(|| format!("cannot write `{}`", folder.display()))?;
    open_to_all(folder)?;
    Ok(Unpacked { folder: folder.to_owned(), files, skipped })
}

/// The only folder in a folder, or that itself. What macOS puts beside does not count.
fn top(stage: &Path) -> Result<PathBuf> {
    let entries: Vec<PathBuf> =
        fs::read_dir(stage)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    let mut own = entries.into_iter().filter(|path| !path.ends_with("__MACOSX"));
    Ok(match (own.next(), own.next()) {
        (Some(only), None) if only.is_dir() => only,
        _ => stage.to_owned(),
    })
}

fn entries(archive: &Path, into: &Path) -> Result<(usize, Vec<String>)> {
    let mut file = File::open(archive)?;
    let mut magic = [0; 4];
    file.read_exact(&mut magic).context("the file is too short for an archive")?;
    file.rewind()?;
    let mut room = Room::of(file.metadata()?.len());
    match magic {
        [0x1f, 0x8b, ..] => tar_gz(file, into, &mut room),
        [b'P', b'K', ..] => zip(file, into, &mut room),
        _ => bail!("it is neither a .tar.gz nor a .zip file"),
    }
}

fn tar_gz(file: File, into: &Path, room: &mut Room) -> Result<(usize, Vec<String>)> {
    let bar = progress::bytes(file.metadata()?.len(), "unpacking".to_owned());
    let mut archive = tar::Archive::new(MultiGzDecoder::new(bar.wrap_read(file)));
    let (mut files, mut skipped) = (0, Vec::new());
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                room.write(&mut entry, &inside(into, &path)?)?;
                files += 1;
            }
            EntryType::Directory => fs::create_dir_all(inside(into, &path)?)?,
            EntryType::XGlobalHeader | EntryType::XHeader => {}
            _ => skipped.push(path.display().to_string()),
        }
    }
    bar.finish_and_clear();
    Ok((files, skipped))
}

fn zip(file: File, into: &Path, room: &mut Room) -> Result<(usize, Vec<String>)> {
    let mut archive = zip::ZipArchive::new(file)?;
    let bar = progress::count(archive.len(), "unpacking");
    let (mut files, mut skipped) = (0, Vec::new());
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        let path = inside(into, Path::new(&name))?;
        if entry.is_symlink() {
            skipped.push(name);
        } else if entry.is_dir() {
            fs::create_dir_all(path)?;
        } else {
            room.write(&mut entry, &path)?;
            files += 1;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((files, skipped))
}

/// Where an entry is to lie.
fn inside(folder: &Path, path: &Path) -> Result<PathBuf> {
    let fits = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    ensure!(
        path.components().all(|part| fits(&part)) && !path.to_string_lossy().contains('\\'),
        "it names `{}`, which is outside the archive's folder: do not trust it",
        path.display()
    );
    Ok(folder.join(path))
}

/// What may still be unpacked.
struct Room {
    whole: u64,
    left: u64,
}

impl Room {
    fn of(archive: u64) -> Self {
        let whole = archive.saturating_mul(RATIO).saturating_add(REST);
        Room { whole, left: whole }
    }

    fn write(&mut self, entry: &mut impl Read, path: &Path) -> Result<()> {
        fs::create_dir_all(path.parent().context("an entry without a name")?)?;
        let mut file = File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?;
        let written = copy(&mut entry.take(self.left.saturating_add(1)), &mut file)?;
        self.left = self.left.checked_sub(written).with_context(|| {
            let most = self.whole / 1_000_000;
            format!("it holds more than {most} MB, which no corpus of its size does: do not trust it")
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_that_holds_more_than_its_size_allows_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut room = Room { whole: 5_000_000, left: 10 };
        room.write(&mut &[0_u8; 10][..], &folder.path().join("a")).unwrap();
        let error = room.write(&mut &[0_u8; 1][..], &folder.path().join("b")).unwrap_err().to_string();
        assert_eq!(error, "it holds more than 5 MB, which no corpus of its size does: do not trust it");
        assert_eq!(Room::of(u64::MAX).left, u64::MAX);
    }
}
