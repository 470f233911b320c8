//! The commit that trained a model.

use std::path::Path;
use std::process::Command;

/// The commit as far as git knows it, with `-dirty` behind it when files differ from it, those of the model's own
/// folder excepted: training writes these.
pub(super) fn revision(folder: &Path) -> String {
    let git = |arguments: &[&str]| -> Option<String> {
        let output = Command::new("git").args(arguments).output().ok().filter(|o| o.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["describe", "--always"]) else { return "unknown".to_owned() };
    let own = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let own = format!(":(exclude,top){}", relative(&own, git(&["rev-parse", "--show-toplevel"])));
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ":(top)", &own]);
    if changed.is_some_and(|list| !list.is_empty()) { format!("{commit}-dirty") } else { commit }
}

/// The path from the repository's root; a name that nothing has where the folder lies outside.
fn relative(folder: &Path, root: Option<String>) -> String {
    let inside = root.and_then(|root| folder.strip_prefix(root).ok().map(Path::to_owned));
    inside
        .filter(|p| !p.as_os_str().is_empty())
        .map_or("<none>".to_owned(), |p| p.to_string_lossy().into_owned())
}
