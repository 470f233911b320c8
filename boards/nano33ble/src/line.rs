//! The USB socket as a serial line.
//!
//! The microphone's interrupt looks after it every 5 ms: a computer waits ten times as long. Without a reader, what is
//! written is dropped, so that nobody waits for a terminal that is not there.

use core::cell::RefCell;
use core::convert::Infallible;

use critical_section::Mutex;
use nrf52840_hal::clocks::{Clocks, ExternalOscillator, Internal, LfOscStopped};
use nrf52840_hal::pac;
use nrf52840_hal::usbd::{UsbPeripheral, Usbd};
use static_cell::StaticCell;
use usb_device::bus::UsbBusAllocator;
use usb_device::device::{StringDescriptors, UsbDevice, UsbDeviceBuilder, UsbDeviceState, UsbVidPid};
use usbd_serial::{SerialPort, USB_CLASS_CDC};

/// Times that a full buffer is waited for, 5 ms each.
const RETRIES: u32 = 10;

pub(crate) type Oscillator = Clocks<ExternalOscillator, Internal, LfOscStopped>;
type Bus = Usbd<UsbPeripheral<'static>>;

struct Usb {
    device: UsbDevice<'static, Bus>,
    port: SerialPort<'static, Bus>,
}

static BUS: StaticCell<UsbBusAllocator<Bus>> = StaticCell::new();
static USB: Mutex<RefCell<Option<Usb>>> = Mutex::new(RefCell::new(None));

/// Where text goes.
pub(crate) struct Line;

/// Opens the line, if the socket has power; else there is none.
pub(crate) fn open(usbd: pac::USBD, power: &pac::POWER, clocks: &'static Oscillator) -> Line {
    if power.usbregstatus.read().vbusdetect().is_vbus_present() {
        while power.usbregstatus.read().outputrdy().is_not_ready() {}
        let bus = BUS.init(UsbBusAllocator::new(Usbd::new(UsbPeripheral::new(usbd, clocks))));
        let port = SerialPort::new(bus);
        let strings = StringDescriptors::default().manufacturer("kws").product("kws on a Nano 33 BLE");
        // The pair that is free for serial lines of anybody's.
        let builder = UsbDeviceBuilder::new(bus, UsbVidPid(0x16C0, 0x27DD)).device_class(USB_CLASS_CDC);
        if let Ok(builder) = builder.strings(&[strings]) {
            let device = builder.build();
            critical_section::with(|cs| USB.replace(cs, Some(Usb { device, port })));
        }
    }
    Line
}

/// Does what the bus asks for.
pub(crate) fn poll() {
    critical_section::with(|cs| {
        if let Some(Usb { device, port }) = &mut *USB.borrow_ref_mut(cs) {
            device.poll(&mut [port]);
            // A buffer that is not empty goes on when the bus next asks.
            let _ = port.flush();
        }
    });
}

/// Writes what there is room for; `None` when nobody reads.
fn write(bytes: &[u8]) -> Option<usize> {
    critical_section::with(|cs| match &mut *USB.borrow_ref_mut(cs) {
        Some(Usb { device, port }) if device.state() == UsbDeviceState::Configured && port.dtr() => {
            Some(port.write(bytes).unwrap_or(0))
        }
        _ => None,
    })
}

/// Writes what there is room for now; what nobody reads counts as written.
#[cfg(linked)]
pub(crate) fn put(bytes: &[u8]) -> usize {
    write(bytes).unwrap_or(bytes.len())
}

/// Bytes that have come.
#[cfg(linked)]
pub(crate) fn take(bytes: &mut [u8]) -> usize {
    critical_section::with(|cs| match &mut *USB.borrow_ref_mut(cs) {
        Some(Usb { port, .. }) => port.read(bytes).unwrap_or(0),
        None => 0,
    })
}

impl embedded_io::ErrorType for Line {
    type Error = Infallible;
}

impl embedded_io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for _ in 0..RETRIES {
            match write(bytes) {
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
