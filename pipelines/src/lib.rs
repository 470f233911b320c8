#![doc = include_str!("../README.md")]

/// A file: its path below the folder of pipelines, with `/` between folders, and its contents.
pub type File = (&'static str, &'static [u8]);

/// The files named, with their contents.
macro_rules! files {
    ($($path:literal,)*) => { &[$(($path, include_bytes!(concat!("../", $path)))),*] };
}

/// All files, in the order of their paths. The paths that pipelines name are relative to the folder that holds all of them.
pub const FILES: &[File] = files![
    "cascade.toml",
    "commands.toml",
    "computer.toml",
    "home.toml",
    "kws.schema.json",
    "models/commands/card.md",
    "models/commands/model.tflite",
    "models/commands/model.toml",
    "models/computer/card.md",
    "models/computer/model.tflite",
    "models/computer/model.toml",
    "models/person/card.md",
    "models/embedding/model.tflite",
    "models/embedding/model.toml",
    "models/embedding/card.md",
    "models/person/model.tflite",
    "models/person/model.toml",
    "models/yes_no/card.md",
    "models/yes_no/model.tflite",
    "models/yes_no/model.toml",
    "models/yes_no_micro/card.md",
    "models/yes_no_micro/model.tflite",
    "models/yes_no_micro/model.toml",
    "models/yes_no_tiny/card.md",
    "models/yes_no_tiny/model.tflite",
    "models/yes_no_tiny/model.toml",
    "person.toml",
    "person_and_word.toml",
    "person_cascade.toml",
    "images/00.png",
    "images/01.png",
    "images/02.png",
    "images/03.png",
    "images/04.png",
    "images/05.png",
    "images/06.png",
    "images/07.png",
    "images/08.png",
    "images/09.png",
    "images/10.png",
    "images/11.png",
    "images/12.png",
    "images/13.png",
    "images/14.png",
    "images/15.png",
    "images/16.png",
    "images/17.png",
    "images/README.md",
    "recordings/README.md",
    "recordings/commands.flac",
    "recordings/computer.flac",
    "recordings/yes_no.flac",
    "wake_word.toml",
    "yes_no.toml",
    "yes_no_micro.toml",
    "yes_no_tiny.toml",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "this is test code")]

    use std::path::Path;

    use super::FILES;

    /// Names of the files in a folder, with the folder before them.
    fn listed(folder: &str, ends: &str) -> Vec<String> {
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).read_dir().unwrap();
        let names = files.map(|file| format!("{folder}{}", file.unwrap().file_name().into_string().unwrap()));
        names.filter(|name| name.ends_with(ends)).collect()
    }

    /// A pipeline that is added here reaches those who install.
    #[test]
    fn no_pipeline_is_missing() {
        let pipelines = listed("", ".toml").into_iter().filter(|name| name != "Cargo.toml");
        for file in pipelines.chain(listed("recordings/", ".flac")).chain(listed("images/", ".png")) {
            assert!(FILES.iter().any(|(path, _)| *path == file), "`{file}` is not in `FILES`");
        }
    }

    /// Models, recordings and images that a pipeline names come with it.
    #[test]
    fn what_pipelines_name_comes_with_them() {
        for (path, text) in FILES.iter().filter(|(path, _)| path.ends_with(".toml") && !path.contains('/')) {
            let text = std::str::from_utf8(text).unwrap();
            let named = text.lines().filter_map(|line| {
                let (key, value) = line.split_once('=')?;
                let value = value.trim().strip_prefix('"')?.split('"').next()?;
                matches!(key.trim(), "model" | "fallback").then_some(value)
            });
            // What is in no repository has to be fetched: the file says how.
            for name in named.filter(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name).exists()) {
                let found = FILES.iter().any(|(path, _)| {
                    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                });
                assert!(found, "`{name}` of `{path}` is not in `FILES`");
            }
        }
    }
}
