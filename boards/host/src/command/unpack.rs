//! `--unpack`: the pipelines that come with the program, as files.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use kws_pipelines::FILES;

use super::command_error::CommandError;
use super::journal::{Level, tell};

/// Writes all files into a folder. A file that is there already stays as it is: its owner may have changed it.
pub(super) fn unpack(folder: &Path, out: &mut impl Write) -> Result<(), CommandError> {
    let mut kept = 0;
    for (path, contents) in FILES {
        let path = folder.join(path);
        if path.exists() {
            kept += usize::from(fs::read(&path).is_ok_and(|found| found != *contents));
            continue;
        }
        let written =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, contents));
        written.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot write `{}`: {error}", path.display()))
        })?;
    }
    let pipelines = FILES.iter().filter(|(path, _)| !path.contains('/') && path.ends_with(".toml"));
    for (path, _) in pipelines {
        writeln!(out, "{}", folder.join(path).display())?;
    }
    if kept > 0 {
        tell(
            Level::Info,
            format_args!(
                "{kept} files differ from those of this version and were kept: to get these, unpack into an empty folder"
            ),
        );
    }
    Ok(())
}
