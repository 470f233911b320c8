//! Archives, good and evil.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use kws_lab::corpus::fetch::unpack;
use tar::{EntryType, Header};

/// A `.tar.gz` of entries: name, kind, and content or the target of a link.
fn tar_gz(path: &Path, entries: &[(&str, EntryType, &str)]) {
    let mut tar = tar::Builder::new(GzEncoder::new(File::create(path).unwrap(), Compression::fast()));
    for (name, kind, content) in entries {
        let mut header = Header::new_gnu();
        // Written by hand, as the crate refuses evil names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        let content = if kind.is_file() { content.as_bytes() } else { b"" };
        header.set_size(content.len() as u64);
        if !kind.is_file() && !kind.is_dir() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        tar.append(&header, content).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
}

fn zip(path: &Path, entries: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, content) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn archives_are_unpacked_without_the_folder_around_them() {
    let folder = tempfile::tempdir().unwrap();
    let tar = folder.path().join("a.tar.gz");
    let file = EntryType::Regular;
    tar_gz(
        &tar,
        &[("./yes/", EntryType::Directory, ""), ("./yes/a.wav", file, "1"), ("./README.md", file, "2")],
    );
    let unpacked = unpack(&tar, &folder.path().join("tar")).unwrap();
    assert_eq!((unpacked.files, unpacked.skipped.len()), (2, 0));
    assert_eq!(fs::read_to_string(folder.path().join("tar/yes/a.wav")).unwrap(), "1");
    let archive = folder.path().join("a.zip");
    zip(&archive, &[("set/no/b.wav", "3"), ("set/c.txt", "4"), ("__MACOSX/x", "")]);
    unpack(&archive, &folder.path().join("zip")).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("zip/no/b.wav")).unwrap(), "3");
    let error = unpack(&archive, &folder.path().join("zip")).unwrap_err().to_string();
    assert!(error.contains("is not empty"), "{error}");
}

#[test]
fn nothing_leaves_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    for name in ["../evil", "a/../../evil", "/tmp/kws-evil"] {
        let archive = inner.join("a.tar.gz");
        tar_gz(&archive, &[("good", EntryType::Regular, "1"), (name, EntryType::Regular, "2")]);
        let error = format!("{:#}", unpack(&archive, &inner.join("out")).unwrap_err());
        assert!(error.contains(name) && error.contains("outside"), "{error}");
        let archive = inner.join("a.zip");
        zip(&archive, &[("good", "1"), (name, "2")]);
        let error = format!("{:#}", unpack(&archive, &inner.join("out")).unwrap_err());
        assert!(error.contains("outside"), "{error}");
    }
    let mut left: Vec<_> = fs::read_dir(&inner).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["a.tar.gz", "a.zip"]);
    assert!(!folder.path().join("evil").exists() && !Path::new("/tmp/kws-evil").exists());
}

#[test]
fn links_are_left_out_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("a.tar.gz");
    let links =
        [("link", EntryType::Symlink, ""), ("hard", EntryType::Link, ""), ("a.wav", EntryType::Regular, "1")];
    tar_gz(&archive, &links);
    let unpacked = unpack(&archive, &folder.path().join("out")).unwrap();
    assert_eq!((unpacked.files, unpacked.skipped), (1, vec!["link".to_owned(), "hard".to_owned()]));
    assert!(!folder.path().join("out/link").exists());
}

#[test]
fn damaged_and_other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("a.tar.gz");
    tar_gz(&archive, &[("a.wav", EntryType::Regular, &"x".repeat(100_000))]);
    let bytes = fs::read(&archive).unwrap();
    for (content, expected) in
        [(&bytes[..bytes.len() / 2], "cannot unpack"), (b"hello you", "neither"), (b"x", "too short")]
    {
        fs::write(&archive, content).unwrap();
        let error = format!("{:#}", unpack(&archive, &folder.path().join("out")).unwrap_err());
        assert!(error.contains(expected) && error.contains("a.tar.gz"), "{error}");
        assert!(!folder.path().join("out").exists());
    }
}
