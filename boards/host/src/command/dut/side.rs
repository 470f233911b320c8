//! Which side of the serial line `--dut` asks for.

use std::str::FromStr;

use kws_carrier::Address;
use kws_devices::dut::Benchmark;

/// The benchmark that sends sound, not one input at a time.
const STREAMING: &str = "sww01";

/// The side of the line on which this program is.
#[derive(Clone, Debug)]
pub(crate) enum Side {
    /// That of the device, for this benchmark.
    Device(Benchmark),
    /// That of the device and of the interface board that the streaming wakeword needs.
    Streaming,
    /// That of the runner, which measures the device at this address.
    Runner(Address),
}

impl FromStr for Side {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains(':') {
            return text
                .parse()
                .map(Side::Runner)
                .map_err(|error: kws_carrier::AddressError| error.to_string());
        }
        if text == STREAMING {
            return Ok(Side::Streaming);
        }
        text.parse().map(Side::Device).map_err(|error: String| {
            format!(
                "{error}, {STREAMING}, or the address of a device to measure, such as serial:/dev/ttyACM0"
            )
        })
    }
}
