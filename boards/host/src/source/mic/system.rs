//! Microphones of systems other than Linux, by way of cpal.

use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{Device, ErrorKind, FromSample, Sample, SampleFormat, SizedSample, Stream, SupportedStreamConfig};

use super::callback::MicCallback;
use crate::audio::{Channel, RATES};

/// How often the thread that keeps a device open looks whether anybody listens.
const LOOK: Duration = Duration::from_millis(100);

/// What to do where microphones cannot be used.
pub(super) const HELP: &str = "connect one; `kws-run --devices` lists those that are found";

/// Whether microphones can be used at all.
///
/// # Errors
/// None: the system has them.
pub(super) fn usable() -> Result<(), String> {
    Ok(())
}

/// Whether a microphone can be opened now.
///
/// # Errors
/// A text that says why not.
pub(super) fn check(device: Option<&str>) -> Result<(), String> {
    find(device).map(|_| ())
}

/// See [`devices`](super::devices).
pub(super) fn devices() -> Result<Vec<String>, String> {
    let host = cpal::default_host();
    let found = host.input_devices().map_err(|error| format!("cannot list devices: {}", said(&error)))?;
    let default = host.default_input_device().map(|device| device.to_string());
    let describe = |device: Device| {
        let name = device.to_string();
        let mark = if default.as_ref() == Some(&name) { " (default)" } else { "" };
        let delivers = match device.default_input_config() {
            Ok(config) => format!("{} Hz, {} channels", config.sample_rate(), config.channels()),
            Err(error) => format!("not usable now: {}", said(&error)),
        };
        format!("{name}{mark}: {delivers}")
    };
    Ok(found.map(describe).collect())
}

/// The default microphone, or the first one whose name contains this.
fn find(name: Option<&str>) -> Result<Device, String> {
    let host = cpal::default_host();
    let Some(name) = name else {
        return host.default_input_device().ok_or_else(|| "no microphone found".to_owned());
    };
    let mut found = host.input_devices().map_err(|error| format!("cannot list devices: {}", said(&error)))?;
    let wanted = name.to_lowercase();
    found
        .find(|device| device.to_string().to_lowercase().contains(&wanted))
        .ok_or_else(|| format!("no microphone's name contains `{name}`"))
}

/// What cpal says, without its full stop.
fn said(error: &cpal::Error) -> String {
    error.to_string().trim_end_matches('.').to_owned()
}

/// Listens until nobody wants to hear any more.
///
/// # Errors
/// A text that says why there is no microphone, or no more.
pub(super) fn listen(
    device: Option<&str>,
    _rate: u32,
    channel: Channel,
    mut callback: MicCallback,
) -> Result<(), String> {
    let device = find(device)?;
    let name = device.to_string();
    let unusable = |why: String| format!("the microphone `{name}` cannot be used: {why}");
    let config = device.default_input_config().map_err(|error| unusable(said(&error)))?;
    let (rate, channels) = (config.sample_rate(), usize::from(config.channels()));
    if !RATES.contains(&rate) {
        return Err(unusable(format!("it has {rate} Hz, expected {} to {} Hz", RATES.start(), RATES.end())));
    }
    if !channel.is_among(channels) {
        return Err(unusable(format!("it has {channels} channels, and `channel` counts from 0")));
    }
    callback.begin(rate, channels, channel);
    let link = callback.link();
    let _stream = open(&device, config, callback).map_err(unusable)?;
    while link.is_wanted() {
        if let Some(why) = link.failure() {
            return Err(format!("the microphone `{name}` is lost: {why}"));
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

fn open(device: &Device, config: SupportedStreamConfig, callback: MicCallback) -> Result<Stream, String> {
    let build = match config.sample_format() {
        SampleFormat::I8 => build::<i8>,
        SampleFormat::I16 => build::<i16>,
        SampleFormat::I24 => build::<cpal::I24>,
        SampleFormat::I32 => build::<i32>,
        SampleFormat::U8 => build::<u8>,
        SampleFormat::U16 => build::<u16>,
        SampleFormat::F32 => build::<f32>,
        SampleFormat::F64 => build::<f64>,
        other => return Err(format!("its sample format {other} is not supported")),
    };
    let stream = build(device, config, callback).map_err(|error| said(&error))?;
    stream.play().map_err(|error| said(&error))?;
    Ok(stream)
}

fn build<S>(
    device: &Device,
    config: SupportedStreamConfig,
    mut callback: MicCallback,
) -> Result<Stream, cpal::Error>
where
    S: SizedSample,
    f32: FromSample<S>,
{
    let link = callback.link();
    device.build_input_stream(
        config.into(),
        move |frames: &[S], _: &_| callback.push(frames, f32::from_sample),
        move |error: cpal::Error| match error.kind() {
            ErrorKind::Xrun => link.overrun(),
            // The stream goes on.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
            _ => link.fail(said(&error)),
        },
        None,
    )
}
