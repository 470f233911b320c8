//! Microphones of Linux, by way of ALSA: sound cards, PulseAudio, PipeWire.

mod library;

use std::time::Duration;

use library::{Alsa, AlsaError, Capture, Encoding, NO_SUCH_DEVICE, Taken};

use super::callback::MicCallback;
use super::patience;
use crate::audio::{Channel, RATES};

/// What stands for the device that the system is set up to use.
const DEFAULT: &str = "default";
/// Other devices that are of use to a listener: of the many names that ALSA has for a card the one that converts what the
/// card cannot deliver, and sound servers.
const LISTED: [&str; 4] = [DEFAULT, "plughw:", "pipewire", "pulse"];

/// How often a device is asked for new samples. ALSA's way to be woken wakes readers of a sound server a thousand
/// times a second.
const POLL: Duration = Duration::from_millis(10);
/// Microseconds of a device's period and of its buffer: it holds what comes while this thread gets no turn.
const TIMES: (u32, u32) = (10_000, 500_000);
/// Frames read at once.
const FRAMES: usize = 1024;
/// Overruns in a row, nothing heard between, after which a device is lost.
const OVERRUNS: u32 = 5;
/// How long all devices together may take to tell what they can do.
const LISTING: Duration = Duration::from_secs(3);

/// What to do where the library is missing.
pub(super) const HELP: &str = "install it (Debian: `apt install libasound2`, Fedora: `dnf install alsa-lib`)";

/// Whether microphones can be used at all.
///
/// # Errors
/// A text that says why not.
pub(super) fn usable() -> Result<(), String> {
    Alsa::load().map(|_| ())
}

/// Whether a microphone can be opened now.
///
/// # Errors
/// A text that says why not.
pub(super) fn check(device: Option<&str>) -> Result<(), String> {
    let device = device.map(str::to_owned);
    patience(LISTING, move || open(device.as_deref()).map(|_| ()))
        .unwrap_or_else(|| Err("the default microphone does not answer".to_owned()))
}

/// See [`devices`](super::devices).
pub(super) fn devices() -> Result<Vec<String>, String> {
    Alsa::load().map_err(|why| format!("{why}; to list devices, {HELP}"))?;
    patience(LISTING, || {
        let alsa = Alsa::load()?;
        let hints = alsa.hints().map_err(|error| format!("cannot list devices: {}", error.text))?;
        Ok(hints.iter().filter_map(|(name, description)| described(alsa, name, description)).collect())
    })
    .unwrap_or_else(|| Err("a device does not answer: it hangs in its driver or its sound server".to_owned()))
}

/// A line about a device; none of one that is of no use to a listener, or is not there.
fn described(alsa: Alsa, name: &str, description: &str) -> Option<String> {
    if !is_listed(name) {
        return None;
    }
    let delivers = match alsa.open(name).and_then(|capture| capture.abilities()) {
        Ok(can) => {
            let channels = span(can.channels);
            let plural = if channels == "1" { "" } else { "s" };
            format!("{} Hz, {channels} channel{plural}", span(can.rates))
        }
        Err(error) if error.code == NO_SUCH_DEVICE => return None,
        Err(error) => format!("not usable now: {}", error.text),
    };
    let mark = if name == DEFAULT { " (default)" } else { "" };
    let description = description.lines().collect::<Vec<_>>().join(", ");
    Some(format!("{name}{mark}: {delivers}; {description}"))
}

fn is_listed(name: &str) -> bool {
    LISTED.iter().any(|listed| name == *listed || (listed.ends_with(':') && name.starts_with(listed)))
}

fn span((low, high): (u32, u32)) -> String {
    if low == high { low.to_string() } else { format!("{low} to {high}") }
}

/// Opens the default microphone, or the one of this name, or the first one whose name or description contains it.
fn open(device: Option<&str>) -> Result<(String, Capture), String> {
    let alsa = Alsa::load().map_err(|why| format!("{why}; {HELP}"))?;
    let name = match device {
        None => DEFAULT.to_owned(),
        Some(wanted) => named(&alsa.hints().unwrap_or_default(), wanted),
    };
    let failed = |error: AlsaError| match (error.code, device) {
        (NO_SUCH_DEVICE, None) => "no microphone found".to_owned(),
        (NO_SUCH_DEVICE, Some(wanted)) => format!("no microphone's name contains `{wanted}`"),
        _ => format!("the microphone `{name}` cannot be opened: {}", error.text),
    };
    let capture = alsa.open(&name).map_err(failed)?;
    Ok((name, capture))
}

/// The device that is meant: any that ALSA knows by its whole name, or a part of one that is listed.
fn named(hints: &[(String, String)], wanted: &str) -> String {
    let part = wanted.to_lowercase();
    let contains = |text: &str| text.to_lowercase().contains(&part);
    let exact = hints.iter().find(|(name, _)| name == wanted);
    let found = exact.or_else(|| {
        hints.iter().find(|(name, about)| is_listed(name) && (contains(name) || contains(about)))
    });
    // What is not listed ALSA may know all the same, such as `hw:1,0`.
    found.map_or_else(|| wanted.to_owned(), |(name, _)| name.clone())
}

/// Listens until nobody wants to hear any more.
///
/// # Errors
/// A text that says why there is no microphone, or no more.
pub(super) fn listen(
    device: Option<&str>,
    rate: u32,
    channel: Channel,
    mut callback: MicCallback,
) -> Result<(), String> {
    let (name, mut capture) = open(device)?;
    let unusable = |error: AlsaError| format!("the microphone `{name}` cannot be used: {}", error.text);
    let channels = match channel {
        Channel::All(_) => 1,
        Channel::One(index) => u32::from(index) + 1,
    };
    let format = capture.configure(rate, channels, TIMES).map_err(unusable)?;
    if !RATES.contains(&format.rate) {
        let (low, high) = (RATES.start(), RATES.end());
        return Err(format!("the microphone `{name}` has {} Hz, expected {low} to {high} Hz", format.rate));
    }
    if !channel.is_among(format.channels) {
        let (last, index) = (format.channels - 1, channels - 1);
        return Err(format!("the microphone `{name}` has no `channel = {index}`, expected 0 to {last}"));
    }
    callback.begin(format.rate, format.channels, channel);
    capture.start().map_err(unusable)?;
    let frame = format.encoding.bytes() * format.channels;
    let mut bytes = vec![0; FRAMES * frame];
    let mut overruns = 0;
    let link = callback.link();
    while link.is_wanted() {
        let lost = |error: AlsaError| format!("the microphone `{name}` is lost: {}", error.text);
        match capture.read(&mut bytes, frame).map_err(lost)? {
            Taken::Frames(frames) => {
                overruns = 0;
                push(&mut callback, format.encoding, &bytes[..frames * frame]);
                if frames == FRAMES {
                    continue;
                }
            }
            Taken::NotYet => {}
            Taken::Overrun if overruns == OVERRUNS => {
                return Err(format!("the microphone `{name}` is lost: it runs over and over"));
            }
            Taken::Overrun => {
                overruns += 1;
                link.overrun();
            }
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}

fn push(callback: &mut MicCallback, encoding: Encoding, bytes: &[u8]) {
    match encoding {
        Encoding::I16 => {
            callback.push(bytes.as_chunks::<2>().0, |sample| f32::from(i16::from_le_bytes(sample)) / 32_768.0)
        }
        Encoding::I32 => {
            callback
                .push(bytes.as_chunks::<4>().0, |sample| i32::from_le_bytes(sample) as f32 / 2_147_483_648.0);
        }
        Encoding::F32 => callback.push(bytes.as_chunks::<4>().0, f32::from_le_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_found_by_its_whole_name_or_a_part() {
        let hints = [
            ("null", "Discards all samples"),
            ("default", "Default Audio Device"),
            ("hw:CARD=Yeti,DEV=0", "Yeti Stereo Microphone, USB Audio"),
            ("plughw:CARD=Yeti,DEV=0", "Yeti Stereo Microphone, USB Audio"),
        ];
        let hints = hints.map(|(name, about)| (name.to_owned(), about.to_owned()));
        assert_eq!(named(&hints, "yeti"), "plughw:CARD=Yeti,DEV=0");
        assert_eq!(named(&hints, "stereo mic"), "plughw:CARD=Yeti,DEV=0");
        assert_eq!(named(&hints, "hw:CARD=Yeti,DEV=0"), "hw:CARD=Yeti,DEV=0");
        assert_eq!(named(&hints, "hw:1,0"), "hw:1,0");
    }
}
