//! The USB socket as a serial line: the chip's own USB-Serial-JTAG.
//!
//! A full buffer is waited for as long as a computer takes to read, and not again before somebody has read: nothing waits for a
//! terminal that is not there.

use core::convert::Infallible;

use esp_hal::Blocking;
use esp_hal::peripherals::USB_DEVICE;
use esp_hal::time::{Duration, Instant};
use esp_hal::usb::usb_serial_jtag::UsbSerialJtag;
use kws_firmware::Shared;

/// How long a full buffer is waited for.
const TIMEOUT: Duration = Duration::from_millis(50);

static USB: Shared<UsbSerialJtag<'static, Blocking>> = Shared::new();

/// Where text goes.
pub(crate) struct Line {
    /// Whether the last bytes found room.
    read: bool,
}

/// Opens the line.
pub(crate) fn open(device: USB_DEVICE<'static>) -> Line {
    USB.put(UsbSerialJtag::new(device));
    Line { read: true }
}

/// Writes what there is room for now.
pub(crate) fn put(bytes: &[u8]) -> usize {
    USB.with(|usb| {
        let written = bytes.iter().take_while(|byte| usb.write_byte_nb(**byte).is_ok()).count();
        let _ = usb.flush_tx_nb();
        written
    })
    .unwrap_or(0)
}

/// Bytes that have come.
#[cfg(linked)]
pub(crate) fn take(bytes: &mut [u8]) -> usize {
    USB.with(|usb| {
        let places = bytes.iter_mut();
        places.map_while(|place| usb.read_byte().ok().map(|byte| *place = byte)).count()
    })
    .unwrap_or(0)
}

impl embedded_io::ErrorType for Line {
    type Error = Infallible;
}

impl embedded_io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        let began = Instant::now();
        loop {
            let written = put(bytes);
            if written > 0 || bytes.is_empty() {
                self.read = true;
                return Ok(written);
            }
            if !self.read || began.elapsed() > TIMEOUT {
                self.read = false;
                return Ok(bytes.len());
            }
        }
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
