//! The USB socket as a serial line.
//!
//! The microphone's interrupt looks after it every 5 ms: a computer waits ten times as long. Without a reader, what is
//! written is dropped, so that nothing waits for a terminal that is not there.

use core::convert::Infallible;

use kws_firmware::{Shared, Usb};
use nrf52840_hal::clocks::{Clocks, ExternalOscillator, Internal, LfOscStopped};
use nrf52840_hal::pac;
use nrf52840_hal::usbd::{UsbPeripheral, Usbd};
use static_cell::StaticCell;
use usb_device::bus::UsbBusAllocator;

/// Times that a full buffer is waited for, 5 ms each.
const RETRIES: u32 = 10;

pub(crate) type Oscillator = Clocks<ExternalOscillator, Internal, LfOscStopped>;
type Bus = Usbd<UsbPeripheral<'static>>;

static BUS: StaticCell<UsbBusAllocator<Bus>> = StaticCell::new();
static USB: Shared<Usb<Bus>> = Shared::new();

/// Where text goes.
pub(crate) struct Line;

/// Opens the line, if the socket has power; else there is none.
pub(crate) fn open(usbd: pac::USBD, power: &pac::POWER, clocks: &'static Oscillator) -> Line {
    if power.usbregstatus.read().vbusdetect().is_vbus_present() {
        while power.usbregstatus.read().outputrdy().is_not_ready() {}
        let bus = BUS.init(UsbBusAllocator::new(Usbd::new(UsbPeripheral::new(usbd, clocks))));
        if let Some(usb) = Usb::new(bus, "kws on a Nano 33 BLE") {
            USB.put(usb);
        }
    }
    Line
}

/// Does what the bus asks for.
pub(crate) fn poll() {
    USB.with(Usb::poll);
}

/// Writes what there is room for now; what nobody reads counts as written.
#[cfg(linked)]
pub(crate) fn put(bytes: &[u8]) -> usize {
    USB.with(|usb| usb.put(bytes)).unwrap_or(bytes.len())
}

/// Bytes that have come.
#[cfg(linked)]
pub(crate) fn take(bytes: &mut [u8]) -> usize {
    USB.with(|usb| usb.take(bytes)).unwrap_or(0)
}

impl embedded_io::ErrorType for Line {
    type Error = Infallible;
}

impl embedded_io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for _ in 0..RETRIES {
            match USB.with(|usb| usb.write(bytes)).flatten() {
                Some(0) => cortex_m::asm::wfe(),
                Some(written) => return Ok(written),
                None => return Ok(bytes.len()),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
