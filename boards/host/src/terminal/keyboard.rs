//! The keys of a terminal.

use std::io::{BufRead, IsTerminal, stdin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A button that Enter presses and releases.
#[derive(Clone, Debug)]
struct Key {
    name: String,
    pressed: Arc<AtomicBool>,
}

/// All buttons of this program; the first one's thread reads for all.
static KEYS: Mutex<Vec<Key>> = Mutex::new(Vec::new());

/// Whether anybody can press a key: a terminal sends nothing on release, so that Enter does both, by turns.
pub(super) fn is_there() -> bool {
    stdin().is_terminal()
}

/// Whether a button is pressed, from now on. Enter presses and releases it; of several, the one whose name was typed before.
pub(super) fn key(name: &str) -> Arc<AtomicBool> {
    let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    let pressed = Arc::new(AtomicBool::new(false));
    if keys.is_empty() {
        std::thread::spawn(|| {
            for line in stdin().lock().lines().map_while(Result::ok) {
                press(&KEYS.lock().unwrap_or_else(PoisonError::into_inner), line.trim());
            }
        });
    }
    keys.push(Key { name: name.to_owned(), pressed: pressed.clone() });
    pressed
}

/// Presses or releases the button of this name; without a name the first one.
fn press(keys: &[Key], name: &str) {
    let key = keys.iter().find(|key| name.is_empty() || key.name == name);
    if let Some(key) = key {
        key.pressed.fetch_xor(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_presses_and_releases_by_turns() {
        let key = |name: &str| Key { name: name.to_owned(), pressed: Arc::default() };
        let keys = [key("left"), key("right")];
        let pressed = || keys.each_ref().map(|key| key.pressed.load(Ordering::Relaxed));
        press(&keys, "");
        assert_eq!(pressed(), [true, false]);
        press(&keys, "right");
        press(&keys, "left");
        press(&keys, "middle");
        assert_eq!(pressed(), [false, true]);
    }
}
