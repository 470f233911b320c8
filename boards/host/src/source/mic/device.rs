//! The sound card, by way of cpal.

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{Device, ErrorKind, FromSample, Sample, SampleFormat, SizedSample, Stream, SupportedStreamConfig};
use kws_engine::{Cost, Design, Opened, Port, Simple, StageFault, node};

use super::capture::{MicCallback, Shape, Troubles, capture};
use crate::audio::RATES;

/// Keeps ALSA's library from writing to the terminal what this program says in its own words.
fn hush() {
    // Without it there is only more to read.
    #[cfg(target_os = "linux")]
    let _ = alsa::Output::local_error_handler();
}

/// See [`devices`](super::devices).
pub(super) fn devices() -> Result<Vec<String>, String> {
    hush();
    let host = cpal::default_host();
    let found = host.input_devices().map_err(|error| format!("cannot list devices: {}", said(&error)))?;
    let default = host.default_input_device().map(|device| device.to_string());
    let describe = |device: Device| {
        let name = device.to_string();
        let mark = if default.as_ref() == Some(&name) { " (default)" } else { "" };
        let delivers = match device.default_input_config() {
            Ok(config) => format!(
                "{} Hz, {} channels, {}",
                config.sample_rate(),
                config.channels(),
                config.sample_format()
            ),
            Err(error) => format!("not usable: {}", said(&error)),
        };
        format!("{name}{mark}: {delivers}")
    };
    Ok(found.map(describe).collect())
}

/// The default microphone, or the first one whose name contains this.
///
/// # Errors
/// A text that says that there is none.
pub(super) fn find(name: Option<&str>) -> Result<Device, String> {
    hush();
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

/// A source that listens to a device.
///
/// # Errors
/// A text that says why the device is of no use.
pub(super) fn design(device: Device, port: Port) -> Result<Box<dyn Design>, String> {
    let name = device.to_string();
    let config = device
        .default_input_config()
        .map_err(|error| format!("the microphone `{name}` cannot be used: {}", said(&error)))?;
    let (device_rate, channels) = (config.sample_rate(), usize::from(config.channels()));
    if !RATES.contains(&device_rate) {
        return Err(format!(
            "the microphone `{name}` reports a sample rate of {device_rate} Hz, expected {} to {} Hz",
            RATES.start(),
            RATES.end()
        ));
    }
    let shape = Shape { channels, device_rate, rate: port.clock, block: port.len() };
    Ok(Simple::boxed(Some(port), Cost::default(), move || {
        let (name, device) = (name.clone(), device.clone());
        Ok(node(Opened::anew(move || {
            let stage = capture(shape, |callback, troubles| open(&device, config, callback, troubles));
            stage.map_err(|why| {
                StageFault::because(format!("the microphone `{name}` cannot be opened: {why}"))
            })
        })))
    }))
}

fn open(
    device: &Device,
    config: SupportedStreamConfig,
    callback: MicCallback,
    troubles: Troubles,
) -> Result<Stream, String> {
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
    let stream = build(device, config, callback, troubles).map_err(|error| said(&error))?;
    stream.play().map_err(|error| said(&error))?;
    Ok(stream)
}

fn build<S>(
    device: &Device,
    config: SupportedStreamConfig,
    mut callback: MicCallback,
    troubles: Troubles,
) -> Result<Stream, cpal::Error>
where
    S: SizedSample,
    f32: FromSample<S>,
{
    device.build_input_stream(
        config.into(),
        move |frames: &[S], _: &_| callback.push(frames, f32::from_sample),
        move |error: cpal::Error| match error.kind() {
            ErrorKind::Xrun => troubles.overrun(),
            // The stream goes on.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
            _ => troubles.fail(said(&error)),
        },
        None,
    )
}
