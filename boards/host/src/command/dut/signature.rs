//! A signature by an SSH key, as releases have one.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::command_error::CommandError;

/// What the key signs: `ssh-keygen` takes no signature for anything else.
const NAMESPACE: &str = "kws-board";

/// The armoured signature of a text by the key at `key`.
pub(crate) fn sign(text: &str, key: &Path) -> Result<String, CommandError> {
    let failed = |reason: &str| {
        CommandError::Lacking(format!("`ssh-keygen` does not sign with `{}`: {reason}", key.display()))
    };
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"]).arg(key);
    let signing = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut signing = signing.map_err(|error| match error.kind() {
        ErrorKind::NotFound => failed("it is not installed (OpenSSH has it)"),
        _ => failed(&error.to_string()),
    })?;
    if let Some(mut input) = signing.stdin.take() {
        // A program that ends early says why.
        let _ = input.write_all(text.as_bytes());
    }
    let ended = signing.wait_with_output()?;
    if !ended.status.success() {
        return Err(failed(String::from_utf8_lossy(&ended.stderr).trim()));
    }
    String::from_utf8(ended.stdout).map_err(|error| failed(&error.to_string()))
}
