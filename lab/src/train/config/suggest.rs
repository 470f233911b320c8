//! What was probably meant by a word that a configuration should not hold.

/// An error of the TOML reader, with a guess where a key or a choice is unknown.
pub(super) fn explain(error: &toml::de::Error) -> anyhow::Error {
    let text = error.to_string();
    let text = text.trim_end();
    match nearest(error.message()) {
        Some(name) => anyhow::anyhow!("{text}\nhelp: did you mean `{name}`?"),
        None => anyhow::anyhow!("{text}"),
    }
}

/// Of the words that serde lists in backticks, the one most like the first, which is the unknown one.
fn nearest(message: &str) -> Option<&str> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next()?;
    let likeness = |word: &str| strsim::jaro_winkler(unknown, word);
    words.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|word| likeness(word) > 0.7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_named() {
        let message = "unknown field `epoch`, expected one of `clips`, `epochs`, `rate`";
        assert_eq!(nearest(message), Some("epochs"));
        assert_eq!(nearest("unknown field `zzz`, expected one of `clips`, `rate`"), None);
        assert_eq!(nearest("missing field `epochs`"), None);
    }
}
