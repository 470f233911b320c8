//! A file of lines that may be continued, and that is put aside when it is full.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What becomes of what is there already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Whether the file is continued.
    pub(super) append: bool,
    /// Bytes from which on a new file is begun.
    pub(super) bytes: Option<u64>,
    /// Old files to keep.
    pub(super) keep: u32,
}

/// Bytes at the end of a file whose lines are known again.
const LAST: u64 = 64 << 10;

/// The file.
pub(super) struct Log {
    path: PathBuf,
    limits: Limits,
    file: File,
    bytes: u64,
}

impl Log {
    /// Opens or makes it.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(super) fn open(path: &Path, limits: Limits) -> Result<Self> {
        // A device or a pipe has nothing to continue.
        let continued = limits.append && path.is_file();
        if !continued {
            return Ok(Log { path: path.to_owned(), limits, file: File::create(path)?, bytes: 0 });
        }
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let bytes = whole_lines(&mut file)?;
        file.set_len(bytes)?;
        file.seek(SeekFrom::Start(bytes))?;
        Ok(Log { path: path.to_owned(), limits, file, bytes })
    }

    /// The lines at its end, of the last [`LAST`] bytes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn last_lines(&mut self) -> Result<HashSet<Vec<u8>>> {
        if !self.limits.append || self.bytes == 0 {
            return Ok(HashSet::new());
        }
        let from = self.bytes.saturating_sub(LAST);
        self.file.seek(SeekFrom::Start(from))?;
        let mut text = Vec::new();
        self.file.read_to_end(&mut text)?;
        Ok(text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect())
    }

    /// Puts the file aside and begins a new one.
    fn rotate(&mut self) -> Result<()> {
        let aside = |number: u32| {
            let mut name = OsString::from(&self.path);
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        for number in (1..self.limits.keep).rev() {
            // There need not be so many yet.
            let _ = std::fs::rename(aside(number), aside(number + 1));
        }
        if self.limits.keep > 0 {
            std::fs::rename(&self.path, aside(1))?;
        }
        self.file = File::create(&self.path)?;
        self.bytes = 0;
        Ok(())
    }
}

impl Write for Log {
    /// Takes whole lines.
    fn write(&mut self, line: &[u8]) -> Result<usize> {
        let full = self.limits.bytes.is_some_and(|most| self.bytes + line.len() as u64 > most);
        if full && self.bytes > 0 {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.bytes += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}

/// Bytes up to the end of the last whole line.
fn whole_lines(file: &mut File) -> Result<u64> {
    let mut end = file.metadata()?.len();
    let mut part = [0; 4096];
    while end > 0 {
        let length = end.min(part.len() as u64);
        file.seek(SeekFrom::Start(end - length))?;
        let part = &mut part[..length as usize];
        file.read_exact(part)?;
        if let Some(place) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(end - length + place as u64 + 1);
        }
        end -= length;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, limits: Limits, lines: &[&str]) {
        let mut log = Log::open(path, limits).unwrap();
        lines.iter().for_each(|line| log.write_all(line.as_bytes()).unwrap());
    }

    #[test]
    fn the_last_lines_of_a_continued_file_are_known() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let limits = Limits { append: true, bytes: None, keep: 0 };
        let long = format!("{}\n", "x".repeat(LAST as usize));
        write(&path, limits, &["old\n", &long, "a\n", "b\n", "cut"]);
        let mut log = Log::open(&path, limits).unwrap();
        let known = log.last_lines().unwrap();
        assert!(known.contains(&b"a\n"[..]) && known.contains(&b"b\n"[..]));
        assert!(!known.contains(&b"old\n"[..]) && !known.contains(&b"cut"[..]));
        log.write_all(b"c\n").unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("x\na\nb\nc\n"));
    }

    #[test]
    fn a_file_is_continued_after_its_last_whole_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let text = || std::fs::read_to_string(&path).unwrap();
        let limits = Limits { append: true, bytes: None, keep: 0 };
        let long = format!("{}\n", "x".repeat(5000));
        write(&path, limits, &["a\n", &long, "cut"]);
        write(&path, limits, &["b\n"]);
        assert_eq!(text(), format!("a\n{long}b\n"));
        write(&path, Limits { append: false, ..limits }, &["c\n"]);
        assert_eq!(text(), "c\n");
    }

    #[test]
    fn a_full_file_is_put_aside_and_the_oldest_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let limits = Limits { append: true, bytes: Some(4), keep: 2 };
        write(&path, limits, &["a\n", "b\n", "c\n", "d\n", "e\n"]);
        write(&path, limits, &["f\n", "g\n"]);
        let text = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!([text("a.jsonl"), text("a.jsonl.1"), text("a.jsonl.2")], ["g\n", "e\nf\n", "c\nd\n"]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
    }
}
