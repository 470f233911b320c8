//! Playing clips, by a program that the system has.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// Programs that play a WAV file through the default device and end with it.
const KNOWN: [&[&str]; 6] = [
    &["pw-play"],
    &["paplay"],
    &["aplay", "-q"],
    &["afplay"],
    &["ffplay", "-nodisp", "-autoexit", "-loglevel", "error"],
    &["play", "-q"],
];

/// A program that plays, and the clip that it plays.
pub(super) struct Player {
    command: Vec<String>,
    playing: Option<Child>,
}

impl Player {
    /// The first that is installed of those that are known.
    pub(super) fn found() -> Result<Self> {
        let folders: Vec<_> =
            std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        let installed = |command: &&[&str]| {
            folders.iter().any(|folder: &std::path::PathBuf| folder.join(command[0]).is_file())
        };
        let Some(command) = KNOWN.into_iter().find(installed) else {
            let names: Vec<&str> = KNOWN.iter().map(|command| command[0]).collect();
            bail!(
                "no program plays sound: found none of {}; install one, name another with `--player`, or use `--no-play`",
                names.join(", ")
            );
        };
        Ok(Self { command: command.iter().map(|part| (*part).to_owned()).collect(), playing: None })
    }

    /// A program that somebody names, with its arguments.
    pub(super) fn stated(text: &str) -> Result<Self> {
        match shlex::split(text) {
            Some(command) if !command.is_empty() => Ok(Self { command, playing: None }),
            _ => {
                bail!("found `--player {text:?}`, expected a program and its arguments, such as \"aplay -q\"")
            }
        }
    }

    /// Plays a clip while the review goes on; the one before it ends.
    pub(super) fn play(&mut self, clip: &Path) -> Result<()> {
        self.stop();
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).arg(clip).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().with_context(|| {
            format!(
                "cannot run `{}` to play clips; name another program with `--player`, or use `--no-play`",
                self.command[0]
            )
        })?;
        self.playing = Some(child);
        Ok(())
    }

    /// Ends what plays, if it still does.
    pub(super) fn stop(&mut self) {
        if let Some(mut child) = self.playing.take() {
            // One that has ended by itself cannot be ended; either way it is waited for.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.stop();
    }
}
